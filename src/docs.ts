/** `lakewire docs`: the reference pages, written from the declarations. A repository test says they are fresh. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { referencePages } from "./config/reference.ts";

/** Paths of what was written. */
export async function writeReference(folder: string): Promise<readonly string[]> {
  const pages = Object.entries(referencePages());
  for (const [path, text] of pages) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return pages.map(([path]) => path);
}
