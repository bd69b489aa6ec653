/**
 * Avro's object container files, as far as Iceberg's manifests need them: https://avro.apache.org/docs/1.11.1/specification/
 * Schemas are plain data whose own attributes (`field-id`) stay in the file's header.
 */
import { randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";

export type AvroSchema =
  | "null"
  | "boolean"
  | "int"
  | "long"
  | "float"
  | "double"
  | "bytes"
  | "string"
  | AvroUnion
  | AvroNamed;

/** `null` and one other, in this order. */
export type AvroUnion = readonly ["null", AvroSchema];

export type AvroNamed =
  | { readonly type: "record"; readonly name: string; readonly fields: readonly AvroField[] }
  | { readonly type: "array"; readonly items: AvroSchema; readonly [attribute: string]: unknown }
  | { readonly type: "fixed"; readonly name: string; readonly size: number }
  | {
      readonly type: "int" | "long" | "bytes";
      readonly logicalType: string;
      readonly [attribute: string]: unknown;
    };

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly "field-id"?: number;
  readonly default?: null;
}

/** A long is a number or bigint going in; coming out a number while that is exact, else a bigint. */
export type AvroValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AvroValue[]
  | { readonly [field: string]: AvroValue };

export type AvroRecord = { readonly [field: string]: AvroValue };

const magic = Buffer.from("Obj\u0001", "latin1");
const syncBytes = 16;
const blockRows = 4_096;

/** A whole file. `metadata` goes into its header beside the schema; blocks are deflated. */
export function writeAvro(
  schema: AvroSchema,
  rows: readonly AvroRecord[],
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  const sync = randomBytes(syncBytes);
  const header = new Writer();
  const entries = Object.entries({
    "avro.schema": JSON.stringify(schema),
    "avro.codec": "deflate",
    ...metadata,
  });
  header.long(entries.length);
  for (const [key, value] of entries) {
    header.bytes(Buffer.from(key));
    header.bytes(Buffer.from(value));
  }
  header.long(0);
  const parts = [magic, header.take(), sync];
  for (let start = 0; start < rows.length; start += blockRows) {
    const some = rows.slice(start, start + blockRows);
    const block = new Writer();
    for (const row of some) block.value(schema, row);
    const packed = deflateRawSync(block.take());
    const head = new Writer();
    head.long(some.length);
    head.long(packed.length);
    parts.push(head.take(), packed, sync);
  }
  return Buffer.concat(parts);
}

/** The rows of a file written with `schema`; XX001 when it is none. */
export function readAvro(file: Buffer, schema: AvroSchema): readonly AvroRecord[] {
  try {
    return readRows(file, schema);
  } catch (cause) {
    throw new PgError("XX001", "an Avro file is malformed", {}, { cause });
  }
}

function readRows(file: Buffer, schema: AvroSchema): readonly AvroRecord[] {
  if (!file.subarray(0, magic.length).equals(magic)) throw new RangeError("no magic");
  const reader = new Reader(file, magic.length);
  let codec = "null";
  for (let count = reader.count(); count > 0; count = reader.count()) {
    for (let i = 0; i < count; i++) {
      const [key, value] = [reader.bytes().toString(), reader.bytes().toString()];
      if (key === "avro.codec") codec = value;
    }
  }
  const sync = reader.raw(syncBytes);
  const rows: AvroRecord[] = [];
  while (!reader.isAtEnd) {
    const count = reader.count();
    const packed = reader.bytes();
    const block = new Reader(codec === "deflate" ? inflateRawSync(packed) : packed, 0);
    for (let i = 0; i < count; i++) rows.push(block.value(schema) as AvroRecord);
    if (!reader.raw(syncBytes).equals(sync)) throw new RangeError("no sync marker");
  }
  return rows;
}

class Writer {
  readonly #parts: Uint8Array[] = [];

  take(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** Zig-zag, seven bits a byte. */
  long(value: number | bigint): void {
    const whole = BigInt(value);
    let rest = BigInt.asUintN(64, (whole << 1n) ^ (whole >> 63n));
    const bytes: number[] = [];
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.#parts.push(Uint8Array.from(bytes));
  }

  bytes(value: Uint8Array): void {
    this.long(value.length);
    this.#parts.push(value);
  }

  value(schema: AvroSchema, value: AvroValue): void {
    if (isUnion(schema)) {
      this.long(value === null ? 0 : 1);
      if (value !== null) this.value(schema[1], value);
    } else if (typeof schema === "string") this.#primitive(schema, value);
    else this.#named(schema, value);
  }

  #named(schema: AvroNamed, value: AvroValue): void {
    switch (schema.type) {
      case "record":
        for (const field of schema.fields) {
          this.value(field.type, (value as AvroRecord)[field.name] ?? null);
        }
        return;
      case "array": {
        const items = value as readonly AvroValue[];
        if (items.length > 0) this.long(items.length);
        for (const item of items) this.value(schema.items, item);
        this.long(0);
        return;
      }
      case "fixed":
        this.#parts.push(value as Uint8Array);
        return;
      default:
        this.#primitive(schema.type, value);
    }
  }

  #primitive(type: Extract<AvroSchema, string>, value: AvroValue): void {
    switch (type) {
      case "null":
        return;
      case "boolean":
        this.#parts.push(Uint8Array.of(value === true ? 1 : 0));
        return;
      case "int":
      case "long":
        this.long(value as number | bigint);
        return;
      case "float":
      case "double": {
        const bytes = Buffer.alloc(type === "float" ? 4 : 8);
        if (type === "float") bytes.writeFloatLE(Number(value));
        else bytes.writeDoubleLE(Number(value));
        this.#parts.push(bytes);
        return;
      }
      case "bytes":
        this.bytes(value as Uint8Array);
        return;
      case "string":
        this.bytes(Buffer.from(String(value)));
        return;
      default:
        throw type satisfies never;
    }
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  raw(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new RangeError("cut off");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  long(): number | bigint {
    let bits = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = must(this.raw(1)[0], "a byte was read");
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const whole = (bits >> 1n) ^ -(bits & 1n);
    const number = Number(whole);
    return Number.isSafeInteger(number) ? number : whole;
  }

  /** Of items in a block; a negative one is followed by the block's size. */
  count(): number {
    const count = Number(this.long());
    if (count < 0) this.long();
    return Math.abs(count);
  }

  bytes(): Buffer {
    return this.raw(Number(this.long()));
  }

  value(schema: AvroSchema): AvroValue {
    if (isUnion(schema)) return this.long() === 0 ? null : this.value(schema[1]);
    if (typeof schema === "string") return this.#primitive(schema);
    switch (schema.type) {
      case "record":
        return Object.fromEntries(schema.fields.map(({ name, type }) => [name, this.value(type)]));
      case "array": {
        const items: AvroValue[] = [];
        for (let count = this.count(); count > 0; count = this.count()) {
          for (let i = 0; i < count; i++) items.push(this.value(schema.items));
        }
        return items;
      }
      case "fixed":
        return this.raw(schema.size);
      default:
        return this.#primitive(schema.type);
    }
  }

  #primitive(type: Extract<AvroSchema, string>): AvroValue {
    switch (type) {
      case "null":
        return null;
      case "boolean":
        return this.raw(1)[0] === 1;
      case "int":
      case "long":
        return this.long();
      case "float":
        return this.raw(4).readFloatLE();
      case "double":
        return this.raw(8).readDoubleLE();
      case "bytes":
        return this.bytes();
      case "string":
        return this.bytes().toString();
      default:
        return type satisfies never;
    }
  }
}

function isUnion(schema: AvroSchema): schema is AvroUnion {
  return Array.isArray(schema);
}
