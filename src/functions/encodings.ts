/** Character sets that texts are converted from and to: those of one byte that everybody has, and UTF-8. */
import { PgError } from "../base/error.ts";

type Side = "source" | "destination";

/** PostgreSQL's names, without case and punctuation, and what WHATWG calls them. */
const labels: Readonly<Record<string, string>> = {
  utf8: "utf-8",
  unicode: "utf-8",
  sqlascii: "utf-8",
  latin2: "iso-8859-2",
  latin3: "iso-8859-3",
  latin4: "iso-8859-4",
  latin6: "iso-8859-10",
  latin7: "iso-8859-13",
  latin8: "iso-8859-14",
  latin9: "iso-8859-15",
  latin10: "iso-8859-16",
  iso88595: "iso-8859-5",
  iso88596: "iso-8859-6",
  iso88597: "iso-8859-7",
  iso88598: "iso-8859-8",
  koi8r: "koi8-r",
  koi8u: "koi8-u",
  win866: "ibm866",
  win1250: "windows-1250",
  win1251: "windows-1251",
  win1252: "windows-1252",
  win1253: "windows-1253",
  win1254: "windows-1254",
  win1255: "windows-1255",
  win1256: "windows-1256",
  win1257: "windows-1257",
  win1258: "windows-1258",
};

const isLatin1 = (name: string) => /^(?:latin1|iso88591)$/.test(name);
const plainName = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

function label(name: string, side: Side): string {
  const found = labels[plainName(name)];
  if (found === undefined) throw new PgError("22023", `invalid ${side} encoding name "${name}"`);
  return found;
}

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");

export function fromEncoding(bytes: Uint8Array, name: string, side: Side): string {
  if (isLatin1(plainName(name))) return Buffer.from(bytes).toString("latin1");
  const decoder = new TextDecoder(label(name, side), { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(bytes);
  } catch {
    const bad = bytes.find((byte) => byte > 127) ?? 0;
    throw new PgError(
      "22021",
      `invalid byte sequence for encoding "${name.toUpperCase()}": ${hex(Uint8Array.of(bad))}`,
    );
  }
}

export function toEncoding(text: string, name: string, side: Side): Uint8Array {
  const plain = plainName(name);
  if (isLatin1(plain)) return bytewise(text, name, (code) => (code < 256 ? code : undefined));
  const target = label(name, side);
  if (target === "utf-8") return new Uint8Array(Buffer.from(text, "utf8"));
  const table = tableOf(target);
  return bytewise(text, name, (code) => table.get(code));
}

const tables = new Map<string, ReadonlyMap<number, number>>();

function tableOf(target: string): ReadonlyMap<number, number> {
  const known = tables.get(target);
  if (known !== undefined) return known;
  const decoder = new TextDecoder(target);
  const pairs = Array.from(
    { length: 256 },
    (_, byte) => [decoder.decode(Uint8Array.of(byte)).codePointAt(0) ?? 0, byte] as const,
  );
  const made = new Map(pairs);
  tables.set(target, made);
  return made;
}

function bytewise(
  text: string,
  name: string,
  byteOf: (code: number) => number | undefined,
): Uint8Array {
  return Uint8Array.from(Array.from(text), (character) => {
    const byte = byteOf(character.codePointAt(0) ?? 0);
    if (byte !== undefined) return byte;
    throw new PgError(
      "22P05",
      `character with byte sequence ${hex(Buffer.from(character))} in encoding "UTF8" has no equivalent in encoding "${name.toUpperCase()}"`,
    );
  });
}
