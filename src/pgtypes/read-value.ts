/**
 * One cell of a vector as a JavaScript value: the slow, complete way, for small results and rare types.
 * What each type becomes (and what is bound for it):
 * BOOLEAN boolean · integers up to 32 bits, FLOAT, DOUBLE number · wider integers bigint · DECIMAL bigint, unscaled ·
 * VARCHAR, JSON, UUID, ENUM, BIT ('0101'), BIGNUM (digits) string · BLOB bytes · DATE number of days since 1970 ·
 * TIME, TIMESTAMP… bigint in the type's unit · TIMETZ bigint as the engine packs it · INTERVAL [months, days, microseconds] ·
 * LIST, ARRAY elements · STRUCT fields in order · MAP [key, value] pairs · UNION [member index, value].
 */
import type { LogicalType } from "./logical-type.ts";
import type { EngineValue, Vector } from "./vector.ts";
import { physicalWidth } from "./vector.ts";

export function readValue(vector: Vector, row: number): EngineValue {
  if (isNull(vector, row)) return null;
  const { type } = vector;
  switch (type.id) {
    case "NULL":
      return null;
    case "BOOLEAN":
      return vector.data[row] !== 0;
    case "TINYINT":
      return view(vector).getInt8(row);
    case "UTINYINT":
      return view(vector).getUint8(row);
    case "SMALLINT":
      return view(vector).getInt16(row * 2, true);
    case "USMALLINT":
      return view(vector).getUint16(row * 2, true);
    case "INTEGER":
    case "DATE":
      return view(vector).getInt32(row * 4, true);
    case "UINTEGER":
      return view(vector).getUint32(row * 4, true);
    case "FLOAT":
      return view(vector).getFloat32(row * 4, true);
    case "DOUBLE":
      return view(vector).getFloat64(row * 8, true);
    case "UBIGINT":
    case "TIMETZ":
      return view(vector).getBigUint64(row * 8, true);
    case "BIGINT":
    case "TIME":
    case "TIME_NS":
    case "TIMESTAMP":
    case "TIMESTAMP_S":
    case "TIMESTAMP_MS":
    case "TIMESTAMP_NS":
    case "TIMESTAMPTZ":
      return view(vector).getBigInt64(row * 8, true);
    case "HUGEINT":
      return readInt128(vector, row);
    case "UHUGEINT":
      return BigInt.asUintN(128, readInt128(vector, row));
    case "DECIMAL":
      return readInteger(vector, row, physicalWidth(type));
    case "UUID":
      return uuidText(readInt128(vector, row));
    case "INTERVAL":
      return [
        view(vector).getInt32(row * 16, true),
        view(vector).getInt32(row * 16 + 4, true),
        view(vector).getBigInt64(row * 16 + 8, true),
      ];
    case "VARCHAR":
    case "JSON":
      return utf8.decode(readBytes(vector, row));
    case "BLOB":
      return new Uint8Array(readBytes(vector, row));
    case "BIT":
      return bitText(readBytes(vector, row));
    case "BIGNUM":
      return bignumText(readBytes(vector, row));
    case "ENUM":
      return type.values[Number(readInteger(vector, row, physicalWidth(type), true))] ?? null;
    default:
      return readNested(vector, type, row);
  }
}

function readNested(
  vector: Vector,
  type: Extract<LogicalType, { id: "LIST" | "ARRAY" | "STRUCT" | "MAP" | "UNION" }>,
  row: number,
): EngineValue {
  const { children } = vector;
  const [first] = children;
  if (!first) return [];
  switch (type.id) {
    case "LIST":
    case "MAP": {
      const start = Number(view(vector).getBigUint64(row * 16, true));
      const length = Number(view(vector).getBigUint64(row * 16 + 8, true));
      return Array.from({ length }, (_, i) => readValue(first, start + i));
    }
    case "ARRAY":
      return Array.from({ length: type.length }, (_, i) => readValue(first, row * type.length + i));
    case "STRUCT":
      return children.map((child) => readValue(child, row));
    case "UNION": {
      const tag = first.data[row] ?? 0;
      const member = children[tag + 1];
      return [tag, member ? readValue(member, row) : null];
    }
    default:
      return type satisfies never;
  }
}

export function isNull(vector: Vector, row: number): boolean {
  const { validity } = vector;
  return validity !== null && (((validity[row >> 5] ?? 0) >>> (row & 31)) & 1) === 0;
}

/** The bytes of a string word: a view, not a copy. */
export function readBytes(vector: Vector, row: number): Uint8Array {
  const words = view(vector);
  const length = words.getUint32(row * 16, true);
  if (length <= 12) return vector.data.subarray(row * 16 + 4, row * 16 + 4 + length);
  const offset = words.getUint32(row * 16 + 8, true);
  const page = vector.pages[words.getUint32(row * 16 + 12, true)];
  return page ? page.subarray(offset, offset + length) : new Uint8Array(0);
}

/** Keeps a leading U+FEFF, which is a character of the value. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const views = new WeakMap<Vector, DataView>();

function view(vector: Vector): DataView {
  const known = views.get(vector);
  if (known) return known;
  const { buffer, byteOffset, byteLength } = vector.data;
  const made = new DataView(buffer, byteOffset, byteLength);
  views.set(vector, made);
  return made;
}

function readInt128(vector: Vector, row: number): bigint {
  const words = view(vector);
  return (words.getBigInt64(row * 16 + 8, true) << 64n) | words.getBigUint64(row * 16, true);
}

function readInteger(vector: Vector, row: number, width: number, unsigned = false): bigint {
  const words = view(vector);
  if (width === 1) return BigInt(words.getUint8(row));
  if (width === 2) {
    return BigInt(unsigned ? words.getUint16(row * 2, true) : words.getInt16(row * 2, true));
  }
  if (width === 4) {
    return BigInt(unsigned ? words.getUint32(row * 4, true) : words.getInt32(row * 4, true));
  }
  return width === 8 ? words.getBigInt64(row * 8, true) : readInt128(vector, row);
}

/** The engine flips a UUID's top bit so that signed order is its order. */
export function uuidText(stored: bigint): string {
  const hex = BigInt.asUintN(128, stored ^ (1n << 127n))
    .toString(16)
    .padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** First byte: unused bits at the front of the second. */
function bitText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(1)) text += byte.toString(2).padStart(8, "0");
  return text.slice(bytes[0] ?? 0);
}

/** Three bytes of header (sign, length), then the magnitude, big-endian; all complemented when negative. */
function bignumText(bytes: Uint8Array): string {
  const isNegative = ((bytes[0] ?? 0) & 0x80) === 0;
  let value = 0n;
  for (const byte of bytes.subarray(3)) {
    value = (value << 8n) | BigInt(isNegative ? byte ^ 0xff : byte);
  }
  return String(isNegative ? -value : value);
}
