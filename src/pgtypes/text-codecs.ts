/** Character types, json, xml, bytea, uuid, bit strings, and the types kept as their text. */

import { PgError } from "../base/error.ts";
import {
  bytesOf,
  type Codec,
  codecOf,
  decodeUtf8,
  encodeUtf8,
  exactly,
  invalidText,
  noBinary,
  noConversion,
  type Present,
} from "./codec.ts";
import { engineText } from "./engine-text.ts";
import { checkJson, jsonbText } from "./jsonb.ts";
import { readJsonPath } from "./jsonpath.ts";
import { writeJsonPath } from "./jsonpath-text.ts";
import type { LogicalType, ScalarTypeId } from "./logical-type.ts";
import { oids } from "./oids.ts";
import { readSnapshot, snapshotBytes, snapshotOfBytes, writeSnapshot } from "./snapshot.ts";
import type { TextSettings } from "./text-settings.ts";
import { readQuery, readVector, writeQuery, writeVector } from "./tsvector.ts";
import { queryBytes, queryOfBytes, vectorBytes, vectorOfBytes } from "./tsvector-binary.ts";
import { typeTitle } from "./types.ts";
import { readXml, shownXml } from "./xml.ts";

interface TextType {
  /** Fits the text to the type: length, padding, validity. */
  readonly accept?: (text: string, typmod: number) => string;
  /** What is shown, when that is not the stored text itself. */
  readonly show?: (text: string) => string;
  readonly binary?: (text: string, settings: TextSettings) => Uint8Array;
  readonly read?: (bytes: Uint8Array) => string;
  readonly engine?: ScalarTypeId;
}

export function textCodec({
  accept = (text) => text,
  show = (text) => text,
  binary = encodeUtf8,
  read = decodeUtf8,
  engine = "VARCHAR",
}: TextType): Codec {
  return codecOf<string>({
    from: (type, value, _typmod, settings) => show(textOf(type, value, settings)),
    to: (value) => ({ type: { id: engine }, value }),
    text: (value) => value,
    parse: accept,
    binary,
    read: (bytes, typmod) => accept(read(bytes), typmod),
  });
}

function textOf(type: LogicalType, value: Present, settings: TextSettings): string {
  if (typeof value === "string" && type.id !== "BIGNUM") return value;
  return engineText(type, value, settings);
}

/** varchar(n) and char(n): longer text is an error unless only blanks are over. */
function limited(oid: number): (text: string, typmod: number) => string {
  return (text, typmod) => {
    if (typmod < 4) return text;
    const limit = typmod - 4;
    const length = text.length <= limit ? text.length : [...text].length;
    if (length <= limit) return oid === oids.bpchar ? text + " ".repeat(limit - length) : text;
    const characters = [...text];
    if (characters.slice(limit).some((character) => character !== " ")) {
      throw new PgError("22001", `value too long for type ${typeTitle(oid)}(${limit})`);
    }
    return characters.slice(0, limit).join("");
  };
}

/** name: 63 bytes, cut at a character. */
function nameText(text: string): string {
  if (Buffer.byteLength(text) <= 63) return text;
  const characters = [...text];
  let bytes = 0;
  const end = characters.findIndex((character) => {
    bytes += Buffer.byteLength(character);
    return bytes > 63;
  });
  return characters.slice(0, end).join("");
}

/** "char": one byte, written \ooo when it is not ASCII. */
const charCodec = textCodec({
  accept(text) {
    if (/^\\[0-3][0-7]{2}$/.test(text)) return text;
    const [first = 0] = encodeUtf8(text);
    return charText(first);
  },
  binary(text) {
    const [first = 0] = encodeUtf8(text);
    return Uint8Array.of(/^\\[0-7]{3}$/.test(text) ? Number.parseInt(text.slice(1), 8) : first);
  },
  read: (bytes) => charText(exactly(bytes, 1).getUint8(0)),
});

function charText(byte: number): string {
  if (byte === 0) return "";
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
}

const byteaCodec = codecOf<Uint8Array>({
  from(type, value) {
    if (value instanceof Uint8Array) return value;
    if (typeof value === "string") return parseBytea(value);
    throw noConversion(type, oids.bytea);
  },
  to: (value) => ({ type: { id: "BLOB" }, value }),
  text: (value, settings) =>
    settings.byteaOutput === "escape"
      ? escapedBytes(value)
      : `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`,
  parse: parseBytea,
  binary: (value) => value,
  read: (bytes) => bytes.slice(),
});

function escapedBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x5c) text += "\\\\";
    else if (byte < 0x20 || byte > 0x7e) text += `\\${byte.toString(8).padStart(3, "0")}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

function parseBytea(text: string): Uint8Array {
  if (!text.startsWith("\\x")) return parseEscapedBytes(text);
  const digits = text.slice(2).replace(/[ \n\t\r]/g, "");
  const wrong = /[^0-9A-Fa-f]/u.exec(digits);
  if (wrong) throw new PgError("22023", `invalid hexadecimal digit: "${wrong[0]}"`);
  if (digits.length % 2 === 1) {
    throw new PgError("22023", "invalid hexadecimal data: odd number of digits");
  }
  return new Uint8Array(Buffer.from(digits, "hex"));
}

function parseEscapedBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  const source = encodeUtf8(text);
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0;
    if (byte !== 0x5c) bytes.push(byte);
    else if (source[i + 1] === 0x5c) {
      bytes.push(0x5c);
      i++;
    } else {
      const octal = String.fromCharCode(...source.subarray(i + 1, i + 4));
      if (!/^[0-3][0-7]{2}$/.test(octal)) {
        throw new PgError("22P02", "invalid input syntax for type bytea");
      }
      bytes.push(Number.parseInt(octal, 8));
      i += 3;
    }
  }
  return Uint8Array.from(bytes);
}

const uuidCodec = codecOf<string>({
  from(type, value) {
    if (typeof value !== "string") throw noConversion(type, oids.uuid);
    return type.id === "UUID" ? value : parseUuid(value);
  },
  to: (value) => ({ type: { id: "UUID" }, value }),
  text: (value) => value,
  parse: parseUuid,
  binary: (value) => new Uint8Array(Buffer.from(value.replaceAll("-", ""), "hex")),
  read(bytes) {
    exactly(bytes, 16);
    return hyphenated(Buffer.from(bytes).toString("hex"));
  },
});

/** Braces may stand round it, hyphens after any group of four digits. */
function parseUuid(text: string): string {
  const inner = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  if (!/^[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}$/i.test(inner)) throw invalidText(oids.uuid, text);
  return hyphenated(inner.replaceAll("-", "").toLowerCase());
}

function hyphenated(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function bitCodec(oid: number): Codec {
  return textCodec({
    engine: "VARCHAR",
    accept(text, typmod) {
      const bits = parseBits(text);
      if (oid === oids.bit && typmod > 0 && bits.length !== typmod) {
        const lengths = `bit string length ${bits.length} does not match type bit(${typmod})`;
        throw new PgError("22026", lengths);
      }
      if (oid === oids.varbit && typmod > 0 && bits.length > typmod) {
        throw new PgError("22001", `bit string too long for type bit varying(${typmod})`);
      }
      return bits;
    },
    binary: (bits) =>
      bytesOf(4 + Math.ceil(bits.length / 8), (view) => {
        view.setInt32(0, bits.length);
        for (let i = 0; i < bits.length; i += 8) {
          view.setUint8(4 + i / 8, Number.parseInt(bits.slice(i, i + 8).padEnd(8, "0"), 2));
        }
      }),
    read(bytes) {
      if (bytes.length < 4) throw new PgError("08P01", "insufficient data left in message");
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const length = view.getInt32(0);
      if (length < 0) throw new PgError("22P03", "invalid length in external bit string");
      exactly(bytes, 4 + Math.ceil(length / 8));
      const bits = [...bytes.subarray(4)].map((byte) => byte.toString(2).padStart(8, "0"));
      return bits.join("").slice(0, length);
    },
  });
}

function parseBits(text: string): string {
  const isHex = /^x/i.test(text);
  const digits = text.replace(/^[bx]/i, "");
  const wrong = (isHex ? /[^0-9a-f]/iu : /[^01]/u).exec(digits);
  if (wrong) {
    const kind = isHex ? "hexadecimal" : "binary";
    throw new PgError("22P02", `"${wrong[0]}" is not a valid ${kind} digit`);
  }
  if (!isHex) return digits;
  return [...digits].map((d) => Number.parseInt(d, 16).toString(2).padStart(4, "0")).join("");
}

/** Types whose binary form is not their text and that have no codec yet: text both ways, 0A000 for binary. */
export function textOnlyCodec(oid: number): Codec {
  return canonical(oid, (text) => text);
}

function canonical(oid: number, accept: (text: string) => string): Codec {
  return textCodec({
    accept,
    binary: () => {
      throw noBinary(oid);
    },
    read: () => {
      throw noBinary(oid);
    },
  });
}

/** Names of catalog entries: their binary form is an OID, which only the catalog knows when it is not written as one. */
function registryCodec(oid: number): Codec {
  return textCodec({
    binary(text, { oidOfName }) {
      if (text === "-") return new Uint8Array(4);
      const isOid = /^\d+$/.test(text);
      if (!isOid && oidOfName === undefined) throw noBinary(oid);
      const found = isOid ? Number(text) : (oidOfName?.(text, oid) ?? 0);
      return bytesOf(4, (view) => view.setUint32(0, found));
    },
    read: (bytes) => String(exactly(bytes, 4).getUint32(0)),
  });
}

const snapshotCodec = textCodec({
  accept: (text) => writeSnapshot(readSnapshot(text)),
  binary: snapshotBytes,
  read: snapshotOfBytes,
});

const plain = textCodec({});
const registry = [
  oids.regproc,
  oids.regprocedure,
  oids.regoper,
  oids.regoperator,
  oids.regclass,
  oids.regtype,
  oids.regconfig,
  oids.regdictionary,
  oids.regnamespace,
  oids.regrole,
  oids.regcollation,
];

export const textCodecs: readonly (readonly [oid: number, codec: Codec])[] = [
  [oids.bytea, byteaCodec],
  [oids.char, charCodec],
  [oids.name, textCodec({ accept: nameText })],
  [oids.text, plain],
  [oids.json, textCodec({ accept: checkJson, engine: "JSON" })],
  [oids.xml, textCodec({ accept: (text) => readXml(text, "content"), show: shownXml })],
  [oids.unknown, plain],
  [oids.bpchar, textCodec({ accept: limited(oids.bpchar) })],
  [oids.varchar, textCodec({ accept: limited(oids.varchar) })],
  [oids.bit, bitCodec(oids.bit)],
  [oids.varbit, bitCodec(oids.varbit)],
  [oids.cstring, plain],
  // A void result is shown as nothing.
  [oids.void, textCodec({ show: () => "" })],
  [oids.uuid, uuidCodec],
  [
    oids.jsonb,
    textCodec({
      accept: jsonbText,
      show: jsonbText,
      engine: "JSON",
      binary: (text) => versioned(text),
      read: unversioned,
    }),
  ],
  [
    oids.tsvector,
    textCodec({
      accept: (text) => writeVector(readVector(text)),
      binary: (text) => vectorBytes(readVector(text)),
      read: (bytes) => writeVector(vectorOfBytes(bytes)),
    }),
  ],
  [
    oids.tsquery,
    textCodec({
      accept: (text) => writeQuery(readQuery(text)),
      binary: (text) => queryBytes(readQuery(text)),
      read: (bytes) => writeQuery(queryOfBytes(bytes)),
    }),
  ],
  [oids.refcursor, plain],
  [
    oids.jsonpath,
    textCodec({
      accept: (text) => writeJsonPath(readJsonPath(text)),
      binary: (text) => versioned(text),
      read: unversioned,
    }),
  ],
  [oids.pg_snapshot, snapshotCodec],
  [oids.txid_snapshot, snapshotCodec],
  ...registry.map((oid) => [oid, registryCodec(oid)] as const),
];

/** jsonb and jsonpath begin with the version of their format, which is 1. */
function versioned(text: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(1), encodeUtf8(text)]);
}

function unversioned(bytes: Uint8Array): string {
  const [version] = bytes;
  if (version !== 1) throw new PgError("XX000", `unsupported jsonb version number ${version}`);
  return decodeUtf8(bytes.subarray(1));
}
