/** How names, statements and messages are spelled where the client's character set is not UTF-8. */
export interface Charset {
  /** 22021 or 22P05 for what is no text. */
  decode(bytes: Uint8Array): string;
  /** 22P05 for a character it has not. */
  encode(text: string): Uint8Array;
}
