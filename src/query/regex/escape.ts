/** Escapes that stand for one character. */
import { PgError } from "../../base/error.ts";

const letters: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  B: 0x5c,
  e: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

/** `text[at]` is the backslash. */
export function readEscape(
  text: string,
  at: number,
): { readonly code: number; readonly length: number } {
  const rest = text.slice(at + 1, at + 16);
  const code = rest.codePointAt(0);
  if (code === undefined) throw invalidEscape();
  const [letter = ""] = rest;
  const plain = letters[letter];
  if (plain !== undefined) return { code: plain, length: 2 };
  const numbered = /^(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]+))/i.exec(rest);
  if (numbered !== null && /^[uUx]/.test(numbered[0])) {
    const value = Number.parseInt(numbered[1] ?? numbered[2] ?? numbered[3] ?? "", 16);
    if (value > 0x10ffff) throw invalidEscape();
    return { code: value, length: numbered[0].length + 1 };
  }
  if (letter === "c" && rest.length > 1)
    return { code: (rest.codePointAt(1) ?? 0) & 31, length: 3 };
  const octal = /^(?:0[0-7]{0,2}|[0-7]{2,3})/.exec(rest);
  if (octal !== null) return { code: Number.parseInt(octal[0], 8), length: octal[0].length + 1 };
  if (/[\p{L}\p{N}]/u.test(String.fromCodePoint(code))) throw invalidEscape();
  return { code, length: code > 0xffff ? 3 : 2 };
}

function invalidEscape(): PgError {
  return new PgError("2201B", "invalid regular expression: invalid escape \\ sequence");
}
