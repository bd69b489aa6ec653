/** encode and decode: base64, hex and escape. */
import { PgError } from "../base/error.ts";

export function encodeBytes(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case "hex":
      return Buffer.from(bytes).toString("hex");
    case "base64":
      return (
        Buffer.from(bytes)
          .toString("base64")
          .match(/.{1,76}/g) ?? []
      ).join("\n");
    case "escape":
      return Array.from(bytes, escapedByte).join("");
    default:
      throw unknownFormat(format);
  }
}

/** Other bytes above 127 and zeros are three octal digits. */
function escapedByte(byte: number): string {
  if (byte === 0x5c) return "\\\\";
  return byte === 0 || byte > 127
    ? `\\${byte.toString(8).padStart(3, "0")}`
    : String.fromCharCode(byte);
}

export function decodeBytes(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case "hex":
      return fromHex(text);
    case "base64":
      return fromBase64(text);
    case "escape":
      return fromEscapes(text);
    default:
      throw unknownFormat(format);
  }
}

function unknownFormat(format: string): PgError {
  return new PgError("22023", `unrecognized encoding: "${format}"`);
}

function fromHex(text: string): Uint8Array {
  const digits = text.replace(/[ \n\t\r]/g, "");
  const bad = /[^0-9a-f]/iu.exec(digits);
  if (bad !== null) throw new PgError("22023", `invalid hexadecimal digit: "${bad[0]}"`);
  if (digits.length % 2 === 1)
    throw new PgError("22023", "invalid hexadecimal data: odd number of digits");
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function fromBase64(text: string): Uint8Array {
  const symbols = text.replace(/[ \n\t\r]/g, "");
  const bad = /[^A-Za-z0-9+/=]/u.exec(symbols);
  if (bad !== null)
    throw new PgError("22023", `invalid symbol "${bad[0]}" found while decoding base64 sequence`);
  if (symbols.length % 4 !== 0 || /=[^=]|===/.test(symbols))
    throw new PgError("22023", "invalid base64 end sequence", {
      hint: "Input data is missing padding, is truncated, or is otherwise corrupted.",
    });
  return new Uint8Array(Buffer.from(symbols, "base64"));
}

function fromEscapes(text: string): Uint8Array {
  const bytes: number[] = [];
  const pattern = /\\([0-3][0-7]{2})|\\\\|(\\)|[^\\]+/gsy;
  for (const [found, octal, alone] of text.matchAll(pattern)) {
    if (alone !== undefined) throw new PgError("22P02", "invalid input syntax for type bytea");
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (found === "\\\\") bytes.push(0x5c);
    else bytes.push(...Buffer.from(found, "utf8"));
  }
  return new Uint8Array(bytes);
}
