/** to_ascii: a text's bytes read as letters of a one-byte encoding, whatever the database's is. https://www.postgresql.org/docs/15/functions-string.html */
import { PgError } from "../base/error.ts";
import { encodingName } from "../config/encoding-names.ts";
import type { KernelTable } from "./kernel.ts";

/** What stands for the bytes 0x80 to 0xBF, and for those from 0xC2 to 0xF4: UTF-8 has no others beyond ASCII. */
const letters: Readonly<Record<string, readonly [following: string, leading: string]>> = {
  LATIN1: [
    `                                  cL Y  "Ca  -R     'u .,      ?`,
    "AAAAACEEEEIIII NOOOOOxOUUUUYTBaaaaaaaceeeeiiii nooo",
  ],
  LATIN2: [
    `                                 A L LS "SSTZ-ZZ a,l'ls ,sstz"zz`,
    "AAALCCCEEEEIIDDNNOOOOxRUUUUYTBraaaalccceeeeiiddnnoo",
  ],
  LATIN9: [
    "                                  cL YS sCa  -R     Zu .z   EeY?",
    "AAAAACEEEEIIII NOOOOOxOUUUUYTBaaaaaaaceeeeiiii nooo",
  ],
  WIN1250: [
    `  ' "    %S<STZZ \`'"".--  s>stzz   L A  "CS  -RZ  ,l'u .,as L"lz`,
    "AAALCCCEEEEIIDDNNOOOOxRUUUUYTBraaaalccceeeeiiddnnoo",
  ],
};

function toAscii(text: string, encoding: string): string {
  const [following, leading] = letters[encoding] ?? [];
  if (following === undefined || leading === undefined)
    throw new PgError("0A000", `encoding conversion from ${encoding} to ASCII not supported`);
  return Array.from(Buffer.from(text), (byte) => {
    if (byte < 0x80) return String.fromCharCode(byte);
    return (byte < 0xc0 ? following[byte - 0x80] : leading[byte - 0xc2]) ?? " ";
  }).join("");
}

function named(encoding: string): string {
  const name = encodingName(encoding);
  if (name === undefined) throw new PgError("42704", `${encoding} is not a valid encoding name`);
  return name;
}

export const toAsciiKernels: KernelTable = {
  "to_ascii(text) text": (text: string) => toAscii(text, "UTF8"),
  "to_ascii(text,name) text": (text: string, encoding: string) => toAscii(text, named(encoding)),
};
