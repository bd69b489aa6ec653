/** Character sets of PostgreSQL's that COPY reads and writes: https://www.postgresql.org/docs/15/multibyte.html */
import { PgError } from "../base/error.ts";

export interface Encoding {
  /** PostgreSQL's name. */
  readonly name: string;
  /** As the Encoding Standard calls it; undefined: UTF-8, whose bytes are ours. */
  readonly label: string | undefined;
  readonly isSingleByte: boolean;
}

/** By PostgreSQL's name: its aliases, the standard's label. The first kind is of one byte a character. */
const singleBytes: readonly (readonly [name: string, aliases: string, label: string])[] = [
  ["LATIN1", "iso88591", "latin1"],
  ["LATIN2", "iso88592", "iso-8859-2"],
  ["LATIN3", "iso88593", "iso-8859-3"],
  ["LATIN4", "iso88594", "iso-8859-4"],
  ["LATIN6", "iso885910", "iso-8859-10"],
  ["LATIN7", "iso885913", "iso-8859-13"],
  ["LATIN8", "iso885914", "iso-8859-14"],
  ["LATIN9", "iso885915", "iso-8859-15"],
  ["LATIN10", "iso885916", "iso-8859-16"],
  ["ISO_8859_5", "iso88595", "iso-8859-5"],
  ["ISO_8859_6", "iso88596", "iso-8859-6"],
  ["ISO_8859_7", "iso88597", "iso-8859-7"],
  ["ISO_8859_8", "iso88598", "iso-8859-8"],
  ["KOI8R", "koi8", "koi8-r"],
  ["KOI8U", "koi8u", "koi8-u"],
  ["WIN866", "alt", "ibm866"],
  ["WIN874", "windows874", "windows-874"],
  ["WIN1250", "windows1250", "windows-1250"],
  ["WIN1251", "windows1251 win", "windows-1251"],
  ["WIN1252", "windows1252", "windows-1252"],
  ["WIN1253", "windows1253", "windows-1253"],
  ["WIN1254", "windows1254", "windows-1254"],
  ["WIN1255", "windows1255", "windows-1255"],
  ["WIN1256", "windows1256", "windows-1256"],
  ["WIN1257", "windows1257", "windows-1257"],
  ["WIN1258", "windows1258 abc tcvn tcvn5712 vscii", "windows-1258"],
];
const manyBytes: readonly (readonly [name: string, aliases: string, label: string])[] = [
  ["EUC_JP", "", "euc-jp"],
  ["EUC_KR", "", "euc-kr"],
  ["EUC_CN", "", "gbk"],
  ["SJIS", "shiftjis mskanji win932 windows932", "shift_jis"],
  ["BIG5", "win950 windows950", "big5"],
  ["GBK", "win936 windows936", "gbk"],
  ["UHC", "win949 windows949", "euc-kr"],
  ["GB18030", "", "gb18030"],
];

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

const byName = new Map<string, Encoding>();
for (const [list, isSingleByte] of [
  [singleBytes, true],
  [manyBytes, false],
] as const) {
  for (const [name, aliases, label] of list)
    for (const each of [name, ...aliases.split(" ")])
      byName.set(plain(each), { name, label, isSingleByte });
}
for (const name of ["utf8", "unicode", "sqlascii"])
  byName.set(name, { name: "UTF8", label: undefined, isSingleByte: false });

/** Undefined: PostgreSQL knows no such encoding, or COPY here does not. */
export function encodingNamed(name: string): Encoding | undefined {
  return byName.get(plain(name));
}

/** PostgreSQL has them, and the platform no table for them. */
const others = new Set(
  "latin5 iso88599 johab eucjis2004 euctw shiftjis2004 muleinternal".split(" "),
);

export function isForeignEncoding(name: string): boolean {
  return others.has(plain(name));
}

/** Bytes in pieces → UTF-8 in pieces. 22021 for what is no character. */
export function toUtf8({ name, label }: Encoding): (bytes: Uint8Array) => Uint8Array {
  if (label === undefined) return (bytes) => bytes;
  if (label === "latin1") {
    return (bytes) => Buffer.from(Buffer.from(bytes).toString("latin1"), "utf8");
  }
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  return (bytes) => {
    try {
      return Buffer.from(decoder.decode(bytes, { stream: true }), "utf8");
    } catch (cause) {
      throw new PgError("22021", `invalid byte sequence for encoding "${name}"`, {}, { cause });
    }
  };
}

/** UTF-8 → an encoding of one byte a character. 22P05 for what it has not. */
export function fromUtf8({ name, label }: Encoding): (bytes: Uint8Array) => Uint8Array {
  if (label === undefined) return (bytes) => bytes;
  const codes = codesOf(label);
  return (bytes) => {
    const text = Buffer.from(bytes).toString("utf8");
    const made = Buffer.alloc(text.length);
    let length = 0;
    for (const character of text) {
      const code = codes.get(character);
      if (code === undefined) throw noEquivalent(character, name);
      made[length++] = code;
    }
    return made.subarray(0, length);
  };
}

function codesOf(label: string): ReadonlyMap<string, number> {
  const all = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
  const text = label === "latin1" ? all.toString("latin1") : new TextDecoder(label).decode(all);
  return new Map([...text].map((character, code) => [character, code] as const));
}

function noEquivalent(character: string, name: string): PgError {
  const hex = [...Buffer.from(character)].map((byte) => `0x${byte.toString(16)}`).join(" ");
  return new PgError(
    "22P05",
    `character with byte sequence ${hex} in encoding "UTF8" has no equivalent in encoding "${name}"`,
  );
}
