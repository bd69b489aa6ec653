/**
 * Texts in the character sets of PostgreSQL's clients: https://www.postgresql.org/docs/15/multibyte.html. Characters that
 * one side lacks are 22P05, bytes that are no character 22021; nothing is ever replaced.
 */
import { isAscii } from "node:buffer";
import iconv from "iconv-lite";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { encodingName, isServedEncoding } from "../config/encoding-names.ts";
import { decodeUtf8 } from "./codec.ts";

export interface Encoding {
  /** PostgreSQL's name. */
  readonly name: string;
  decode(bytes: Uint8Array): string;
  encode(text: string): Uint8Array;
  /** How many of the bytes are whole characters: what is cut from a stream may end within one. */
  wholeBytes(bytes: Uint8Array): number;
}

const made = new Map<string, Encoding>();

/** By any of its names. Undefined: there is none, or no table for it. UTF8's and SQL_ASCII's bytes are the server's own. */
export function encodingNamed(name: string): Encoding | undefined {
  const own = encodingName(name);
  if (own === undefined || !isServedEncoding(own)) return undefined;
  let encoding = made.get(own);
  if (encoding === undefined) {
    encoding = encodingOf(own);
    made.set(own, encoding);
  }
  return encoding;
}

export function isUtf8Encoding({ name }: Encoding): boolean {
  return name === "UTF8" || name === "SQL_ASCII";
}

function encodingOf(name: string): Encoding {
  if (name === "UTF8" || name === "SQL_ASCII") return utf8(name);
  const shape = shapes[name];
  return shape === undefined ? singleByte(name) : manyBytes(name, shape);
}

function utf8(name: string): Encoding {
  return {
    name,
    decode: decodeUtf8,
    encode: (text) => Buffer.from(text),
    wholeBytes: (bytes) => bytes.length,
  };
}

/** Where the tables' names are not PostgreSQL's in lower case. */
const labels: Readonly<Record<string, string>> = {
  LATIN1: "iso-8859-1",
  LATIN2: "iso-8859-2",
  LATIN3: "iso-8859-3",
  LATIN4: "iso-8859-4",
  LATIN5: "iso-8859-9",
  LATIN6: "iso-8859-10",
  LATIN7: "iso-8859-13",
  LATIN8: "iso-8859-14",
  LATIN9: "iso-8859-15",
  LATIN10: "iso-8859-16",
  WIN866: "cp866",
  EUC_CN: "gb2312",
  SJIS: "shift_jis",
  BIG5: "cp950",
  UHC: "cp949",
};

const label = (name: string) =>
  labels[name] ?? name.toLowerCase().replace(/^iso_/, "iso-").replaceAll("_", "-");
const missing = "\ufffd";

function singleByte(name: string): Encoding {
  const all = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
  const characters = [...iconv.decode(all, label(name), { stripBOM: false })];
  // One point of Hebrew is in the table, and not in PostgreSQL's.
  if (name === "WIN1255") characters[0xca] = missing;
  const codes = new Map(characters.map((character, code) => [character, code] as const));
  codes.delete(missing);
  return {
    name,
    decode(bytes) {
      const ascii = asciiText(bytes);
      if (ascii !== undefined) return ascii;
      let text = "";
      for (const byte of bytes) {
        if (characters[byte] === missing || byte === 0)
          throw byte === 0
            ? invalid(name, bytes, 0, 1)
            : noEquivalent(Uint8Array.of(byte), name, "UTF8");
        text += characters[byte];
      }
      return text;
    },
    encode(text) {
      const bytes = Buffer.allocUnsafe(text.length);
      let length = 0;
      for (const character of text) {
        const code = codes.get(character);
        if (code === undefined) throw noEquivalent(Buffer.from(character), "UTF8", name);
        bytes[length++] = code;
      }
      return bytes.subarray(0, length);
    },
    wholeBytes: (bytes) => bytes.length,
  };
}

interface Shape {
  /** Of the character that begins with this byte, the next one being `second`. */
  length(first: number, second: number | undefined): number;
  /** Whether these bytes, all there, can be a character. */
  fits(bytes: Uint8Array): boolean;
}

const isGraphic = (byte: number | undefined) => byte !== undefined && byte >= 0xa1 && byte <= 0xfe;
const euc: Shape = {
  length: (first) => (first < 0x80 ? 1 : 2),
  fits: (bytes) => bytes.every(isGraphic),
};
const twoBytes: Shape = {
  length: (first) => (first < 0x80 ? 1 : 2),
  fits: (bytes) => bytes[0] !== 0x80 && bytes[0] !== 0xff && bytes[1] !== 0,
};

/** As PostgreSQL's verifiers see them. */
const shapes: Readonly<Record<string, Shape>> = {
  EUC_CN: euc,
  EUC_KR: euc,
  EUC_JP: {
    length: (first) => (first < 0x80 ? 1 : first === 0x8f ? 3 : 2),
    fits(bytes) {
      const [first, second = 0] = bytes;
      if (first === 0x8e) return second >= 0xa1 && second <= 0xdf;
      return first === 0x8f ? bytes.subarray(1).every(isGraphic) : bytes.every(isGraphic);
    },
  },
  SJIS: {
    length: (first) => (first < 0x80 || (first >= 0xa1 && first <= 0xdf) ? 1 : 2),
    fits([first = 0, second]) {
      if (second === undefined) return true;
      const isFirst = (first >= 0x81 && first <= 0x9f) || (first >= 0xe0 && first <= 0xfc);
      return isFirst && second >= 0x40 && second <= 0xfc && second !== 0x7f;
    },
  },
  BIG5: twoBytes,
  GBK: twoBytes,
  UHC: twoBytes,
  GB18030: {
    length: (first, second = 0x40) => {
      if (first < 0x80) return 1;
      return second >= 0x30 && second <= 0x39 ? 4 : 2;
    },
    fits: (bytes) => bytes[0] !== 0x80 && bytes[0] !== 0xff,
  },
};

function manyBytes(name: string, shape: Shape): Encoding {
  const table = label(name);
  const read = (bytes: Uint8Array) => iconv.decode(Buffer.from(bytes), table, { stripBOM: false });
  /** The characters, each with its bytes. */
  function* characters(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const first = bytes[at] as number;
      const length = shape.length(first, bytes[at + 1]);
      const character = bytes.subarray(at, at + length);
      const isWhole = character.length === length && first !== 0;
      if (!isWhole || (first >= 0x80 && !shape.fits(character)))
        throw invalid(name, bytes, at, length);
      yield character;
      at += length;
    }
  }
  return {
    name,
    decode(bytes) {
      const ascii = asciiText(bytes);
      if (ascii !== undefined) return ascii;
      const all = [...characters(bytes)];
      const text = read(bytes);
      if (!text.includes(missing)) return text;
      const bad = all.find((one) => read(one).includes(missing)) ?? bytes;
      throw noEquivalent(bad, name, "UTF8");
    },
    encode(text) {
      const bytes = iconv.encode(text, table);
      if (isAscii(bytes) && !bytes.includes(0x3f)) return bytes;
      for (const character of text) {
        const own = iconv.encode(character, table);
        const isOwn = (own[0] ?? 0) < 0x80 ? own.length === 1 : shape.fits(own);
        if (!isOwn || (own[0] === 0x3f && character !== "?"))
          throw noEquivalent(Buffer.from(character), "UTF8", name);
      }
      return bytes;
    },
    wholeBytes(bytes) {
      let at = 0;
      for (;;) {
        const first = bytes[at];
        if (first === undefined) return at;
        // What the second byte decides may not be there yet.
        if (first >= 0x80 && at + 1 === bytes.length && shape.length(first, undefined) > 1)
          return at;
        const end = at + shape.length(first, bytes[at + 1]);
        if (end > bytes.length) return at;
        at = end;
      }
    },
  };
}

/** All of these encodings agree on seven bits. */
function asciiText(bytes: Uint8Array): string | undefined {
  if (!isAscii(bytes) || bytes.includes(0)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** A stream's pieces → UTF-8, the last one too when it ends within a character: 22021. */
export function toUtf8(encoding: Encoding): (bytes: Uint8Array, isLast?: boolean) => Uint8Array {
  if (isUtf8Encoding(encoding)) return (bytes) => bytes;
  let rest: Uint8Array = new Uint8Array(0);
  return (bytes, isLast = false) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const whole = isLast ? all.length : encoding.wholeBytes(all);
    rest = Buffer.from(all.subarray(whole));
    return Buffer.from(encoding.decode(all.subarray(0, whole)), "utf8");
  };
}

export function fromUtf8(encoding: Encoding): (bytes: Uint8Array) => Uint8Array {
  if (isUtf8Encoding(encoding)) return (bytes) => bytes;
  return (bytes) => {
    if (isAscii(bytes)) return bytes;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    return encoding.encode(text);
  };
}

const hexadecimal = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");

/** PostgreSQL's report_invalid_encoding: the character's bytes, as far as they are there. */
function invalid(name: string, bytes: Uint8Array, at: number, length: number): PgError {
  const shown = hexadecimal(bytes.subarray(at, Math.min(at + Math.min(length, 8), bytes.length)));
  return new PgError("22021", `invalid byte sequence for encoding "${name}": ${shown}`);
}

function noEquivalent(character: Uint8Array, from: string, to: string): PgError {
  return new PgError(
    "22P05",
    `character with byte sequence ${hexadecimal(character)} in encoding "${from}" has no equivalent in encoding "${to}"`,
  );
}

/** Of a name that was checked before. */
export function knownEncoding(name: string): Encoding {
  return must(encodingNamed(name), "the encoding's name was checked");
}
