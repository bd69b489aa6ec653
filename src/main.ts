/** argv + environment → config → server; signals → drain. The first file to read. */
export async function main(_argv: readonly string[]): Promise<void> {}
