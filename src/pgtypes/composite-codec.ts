/** Composite values: `(1,"a b",)` and the binary form. https://www.postgresql.org/docs/15/rowtypes.html#ROWTYPES-IO-SYNTAX */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { type Codec, noConversion, type TypedValue } from "./codec.ts";
import { coerce } from "./coerce.ts";
import { readCompositeText } from "./composite-text.ts";
import type { LogicalType } from "./logical-type.ts";
import type { MadeField, MadeType } from "./made-types.ts";
import { oids } from "./oids.ts";
import { textOnlyCodec } from "./text-codecs.ts";
import { defaultSettings } from "./text-settings.ts";
import { logicalTypeFor, typeTitle } from "./types.ts";
import type { EngineValue } from "./vector.ts";

type Composite = Extract<MadeType, { kind: "composite" }>;

export function compositeCodec(made: Composite, codecFor: (oid: number) => Codec): Codec {
  const { fields } = made;
  const type: LogicalType = logicalTypeFor(made.oid, -1) ?? { id: "VARCHAR" };
  const codecs = fields.map(({ typeOid }) => codecFor(typeOid));
  const codecAt = (at: number) => must(codecs[at], "a codec a field");
  const typeAt = (at: number): LogicalType =>
    type.id === "STRUCT" ? must(type.fields[at], "a type a field").type : type;

  /** Each field through its own codec; its NULLs stay. */
  function composed(given: readonly (TypedValue | null)[]): TypedValue {
    const values = given.map((one, at) => (one === null ? null : coerce(one, typeAt(at))));
    return { type, value: values };
  }

  return {
    text(given, value, _, settings) {
      if (typeof value === "string") return value;
      const parts = partsOf(given, value, made);
      const texts = parts.map(([fieldType, part], at) =>
        part === null
          ? ""
          : quoted(codecAt(at).text(fieldType, part, typmodOf(fields, at), settings)),
      );
      return `(${texts.join(",")})`;
    },
    binary(given, value, _, settings) {
      const typed =
        typeof value === "string" ? this.parse(value, -1, settings) : { type: given, value };
      const parts = partsOf(typed.type, typed.value, made);
      const bodies = parts.map(([fieldType, part], at) =>
        part === null ? null : codecAt(at).binary(fieldType, part, typmodOf(fields, at), settings),
      );
      return rowBytes(fields, bodies);
    },
    parse(text, _, settings) {
      const items = readCompositeText(text);
      if (items.length !== fields.length) throw malformed(text, items.length < fields.length);
      return composed(
        items.map((item, at) =>
          item === null ? null : codecAt(at).parse(item, typmodOf(fields, at), settings),
        ),
      );
    },
    read(bytes, _, settings) {
      const items = readFields(bytes, fields);
      return composed(
        items.map((item, at) =>
          item === null ? null : codecAt(at).read(item, typmodOf(fields, at), settings),
        ),
      );
    },
  };
}

/** A field of an anonymous row: what it is of, and when that is a row itself, or an array of rows, their fields. */
export interface RecordField {
  readonly typeOid: number;
  readonly typmod: number;
  readonly fields?: readonly RecordField[] | undefined;
}

/** Rows without a type of their own, which come as text; nobody can send one. */
export function recordCodec(
  fields: readonly RecordField[],
  codecFor: (field: RecordField) => Codec,
): Codec {
  return {
    ...textOnlyCodec(oids.record),
    parse: (text) => ({ type: { id: "VARCHAR" }, value: text }),
    binary(type, value) {
      if (typeof value !== "string") throw noConversion(type, oids.record);
      const items = readCompositeText(value);
      const bodies = fields.map((field, at) => {
        const item = items[at] ?? null;
        if (item === null) return null;
        const codec = codecFor(field);
        const given = codec.parse(item, field.typmod, defaultSettings);
        return given.value === null
          ? null
          : codec.binary(given.type, given.value, field.typmod, defaultSettings);
      });
      return rowBytes(fields, bodies);
    },
  };
}

/** record_send: the number of fields, then for each its type, its length (-1: NULL) and its bytes. */
function rowBytes(
  fields: readonly { readonly typeOid: number }[],
  bodies: readonly (Uint8Array | null)[],
): Uint8Array {
  const count = Buffer.alloc(4);
  count.writeInt32BE(bodies.length);
  const parts = bodies.flatMap((body, at) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(must(fields[at], "a field a part").typeOid);
    head.writeInt32BE(body === null ? -1 : body.length, 4);
    return body === null ? [head] : [head, body];
  });
  return Buffer.concat([count, ...parts]);
}

function typmodOf(fields: readonly MadeField[], at: number): number {
  return fields[at]?.typmod ?? -1;
}

function partsOf(
  type: LogicalType,
  value: EngineValue,
  made: Composite,
): readonly (readonly [LogicalType, EngineValue])[] {
  if (type.id !== "STRUCT" || !Array.isArray(value)) throw noConversion(type, made.oid);
  return type.fields.map((field, at) => [
    field.type,
    (value as readonly EngineValue[])[at] ?? null,
  ]);
}

function malformed(text: string, isShort: boolean): PgError {
  return new PgError("22P02", `malformed record literal: "${text}"`, {
    detail: isShort ? "Too few columns." : "Too many columns.",
  });
}

function quoted(text: string): string {
  const needs = text === "" || /["\\(),\s]/.test(text);
  return needs ? `"${text.replace(/["\\]/g, "$&$&")}"` : text;
}

/** record_recv: 42804 for another type or number of columns. */
function readFields(bytes: Uint8Array, fields: readonly MadeField[]): (Uint8Array | null)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const int = () => {
    if (at + 4 > bytes.length) throw new PgError("08P01", "insufficient data left in message");
    at += 4;
    return view.getInt32(at - 4);
  };
  const count = int();
  if (count !== fields.length)
    throw new PgError("42804", `wrong number of columns: ${count}, expected ${fields.length}`);
  const items = fields.map((field, index) => {
    const oid = int() >>> 0;
    if (oid !== field.typeOid)
      throw new PgError(
        "42804",
        `binary data has type ${oid} (${typeTitle(oid)}) instead of expected ${field.typeOid} (${typeTitle(field.typeOid)}) in record column ${index + 1}`,
      );
    const length = int();
    if (length === -1) return null;
    if (length < 0 || at + length > bytes.length)
      throw new PgError("08P01", "insufficient data left in message");
    at += length;
    return bytes.subarray(at - length, at);
  });
  if (at !== bytes.length) throw new PgError("22P03", "improper binary format in record column");
  return items;
}
