/**
 * Values in a client's character set: every text format, and of the binary formats those that hold text, as deep as they hold it.
 * PostgreSQL does the same in pq_sendtext and pq_getmsgtext.
 */
import { isAscii } from "node:buffer";
import { type Encoding, fromUtf8 } from "./encodings.ts";
import { madeType } from "./made-types.ts";
import { oids } from "./oids.ts";
import type { RowEncoder } from "./row-encoder.ts";
import { elementOf } from "./types.ts";

type Convert = (text: Uint8Array) => Uint8Array;

interface Field {
  readonly typeOid: number;
  readonly format: number;
}

/** A parameter's bytes in UTF-8. */
export function receivedField(
  bytes: Uint8Array,
  { typeOid, format }: Field,
  encoding: Encoding,
): Uint8Array {
  const convert: Convert = (text) => Buffer.from(encoding.decode(text));
  return format === 0 ? convert(bytes) : binaryField(bytes, typeOid, convert);
}

/** A value that is sent alone. */
export function sentField(
  bytes: Uint8Array,
  { typeOid, format }: Field,
  encoding: Encoding,
): Uint8Array {
  const convert = fromUtf8(encoding);
  return format === 0 ? convert(bytes) : binaryField(bytes, typeOid, convert);
}

/** The same for whole rows: DataRow messages, or CopyData of a binary COPY's tuples, put together by `rows`. */
export function encodedRows(
  rows: RowEncoder,
  fields: readonly Field[],
  encoding: Encoding,
): RowEncoder {
  return {
    encode(batch, from, to, sink) {
      rows.encode(batch, from, to, (bytes) => {
        if (isAscii(bytes)) sink(bytes);
        else sink(converted(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)));
      });
    },
  };

  function converted(messages: Buffer): Buffer {
    const pieces: Buffer[] = [];
    for (let at = 0; at < messages.length; ) {
      const end = at + 1 + messages.readInt32BE(at + 1);
      pieces.push(message(messages.subarray(at, end)));
      at = end;
    }
    return Buffer.concat(pieces);
  }

  function message(row: Buffer): Buffer {
    const head = Buffer.from(row.subarray(0, 7));
    const body: Buffer[] = [];
    let at = 7;
    for (const field of fields) {
      const length = row.readInt32BE(at);
      const bytes = length < 0 ? null : row.subarray(at + 4, at + 4 + length);
      body.push(...lengthPrefixed(bytes && sentField(bytes, field, encoding)));
      at += 4 + Math.max(0, length);
    }
    const whole = Buffer.concat([head, ...body]);
    whole.writeInt32BE(whole.length - 1, 1);
    return whole;
  }
}

const texts: ReadonlySet<number> = new Set([
  oids.text,
  oids.varchar,
  oids.bpchar,
  oids.name,
  oids.unknown,
  oids.cstring,
  oids.json,
  oids.xml,
]);
/** Their text stands behind a byte that tells a version. */
const versioned: ReadonlySet<number> = new Set([oids.jsonb, oids.jsonpath]);

function binaryField(bytes: Uint8Array, typeOid: number, convert: Convert): Uint8Array {
  if (texts.has(typeOid)) return convert(bytes);
  if (versioned.has(typeOid))
    return Buffer.concat([bytes.subarray(0, 1), convert(bytes.subarray(1))]);
  const made = madeType(typeOid);
  if (made?.kind === "enum") return convert(bytes);
  if (made?.kind === "domain") return binaryField(bytes, made.base, convert);
  if (typeOid === oids.record || made?.kind === "composite") return record(bytes, convert);
  return elementOf(typeOid) === 0 ? bytes : array(bytes, convert);
}

/** Dimensions, flags, the element's OID, two numbers a dimension, then the elements behind their lengths. */
function array(bytes: Uint8Array, convert: Convert): Uint8Array {
  const view = bufferOf(bytes);
  if (view.length < 12) return bytes;
  const head = 12 + 8 * view.readInt32BE(0);
  const element = view.readUInt32BE(8);
  const items: Buffer[] = [];
  for (let at = head; at + 4 <= view.length; ) {
    const [item, next] = prefixed(view, at);
    items.push(...lengthPrefixed(item && binaryField(item, element, convert)));
    at = next;
  }
  return Buffer.concat([view.subarray(0, head), ...items]);
}

/** The number of fields, then each one's OID, length and value. */
function record(bytes: Uint8Array, convert: Convert): Uint8Array {
  const view = bufferOf(bytes);
  const pieces: Buffer[] = [view.subarray(0, 4)];
  for (let at = 4; at + 8 <= view.length; ) {
    const [field, next] = prefixed(view, at + 4);
    const typeOid = view.readUInt32BE(at);
    pieces.push(view.subarray(at, at + 4));
    pieces.push(...lengthPrefixed(field && binaryField(field, typeOid, convert)));
    at = next;
  }
  return Buffer.concat(pieces);
}

function prefixed(view: Buffer, at: number): readonly [value: Buffer | null, next: number] {
  const length = view.readInt32BE(at);
  if (length < 0) return [null, at + 4];
  return [view.subarray(at + 4, at + 4 + length), at + 4 + length];
}

function lengthPrefixed(value: Uint8Array | null): readonly Buffer[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value?.length ?? -1);
  return value === null ? [length] : [length, bufferOf(value)];
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
