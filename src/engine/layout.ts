/** Values in the engine's physical layout, for appending. */
import { assert } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { physicalWidth } from "../pgtypes/vector.ts";

/** One vector's data of a fixed-width type, little-endian; a null leaves zeros. */
export function fixedWidth(type: LogicalType, values: readonly EngineValue[]): ArrayBuffer {
  const width = physicalWidth(type);
  const data = new DataView(new ArrayBuffer(values.length * width));
  const put = writer(type, width);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value !== null && value !== undefined) put(data, row * width, value);
  }
  return data.buffer as ArrayBuffer;
}

type Put = (data: DataView, at: number, value: Exclude<EngineValue, null>) => void;

function writer(type: LogicalType, width: number): Put {
  switch (type.id) {
    case "BOOLEAN":
      return (data, at, value) => data.setUint8(at, value === true ? 1 : 0);
    case "TINYINT":
    case "UTINYINT":
      return (data, at, value) => data.setUint8(at, Number(value));
    case "SMALLINT":
    case "USMALLINT":
      return (data, at, value) => data.setUint16(at, Number(value), true);
    case "INTEGER":
    case "UINTEGER":
    case "DATE":
      return (data, at, value) => data.setUint32(at, Number(value), true);
    case "FLOAT":
      return (data, at, value) => data.setFloat32(at, Number(value), true);
    case "DOUBLE":
      return (data, at, value) => data.setFloat64(at, Number(value), true);
    case "UUID":
      return (data, at, value) => {
        const bits = BigInt(`0x${String(value).replaceAll("-", "")}`) ^ (1n << 127n);
        putInt128(data, at, bits);
      };
    case "INTERVAL":
      return (data, at, value) => {
        assert(Array.isArray(value), "an interval is [months, days, microseconds]");
        data.setInt32(at, Number(value[0]), true);
        data.setInt32(at + 4, Number(value[1]), true);
        data.setBigInt64(at + 8, integer(value[2] ?? 0), true);
      };
    case "ENUM": {
      const codes = new Map(type.values.map((name, code) => [name, code]));
      return (data, at, value) => {
        const code = codes.get(String(value));
        if (code === undefined) {
          throw new PgError("22P02", `invalid input value for enum: "${String(value)}"`);
        }
        if (width === 1) data.setUint8(at, code);
        else if (width === 2) data.setUint16(at, code, true);
        else data.setUint32(at, code, true);
      };
    }
    default:
      return integerWriter(width);
  }
}

function integerWriter(width: number): Put {
  if (width === 2) return (data, at, value) => data.setInt16(at, Number(value), true);
  if (width === 4) return (data, at, value) => data.setInt32(at, Number(value), true);
  if (width === 8) {
    return (data, at, value) => data.setBigInt64(at, BigInt.asIntN(64, integer(value)), true);
  }
  return (data, at, value) => putInt128(data, at, integer(value));
}

function putInt128(data: DataView, at: number, value: bigint): void {
  data.setBigUint64(at, BigInt.asUintN(64, value), true);
  data.setBigUint64(at + 8, BigInt.asUintN(64, value >> 64n), true);
}

function integer(value: EngineValue): bigint {
  if (typeof value === "bigint") return value;
  assert(
    typeof value === "number" || typeof value === "string",
    "an integer is a bigint or a number",
  );
  return BigInt(value);
}

/** What a string word of the type holds: text, or bytes where the engine has an encoding of its own. */
export function stringBytes(
  type: LogicalType,
  value: Exclude<EngineValue, null>,
): string | Uint8Array {
  if (type.id === "BIT") return bitBytes(String(value));
  if (type.id === "BIGNUM") return bignumBytes(integer(value));
  return value instanceof Uint8Array ? value : String(value);
}

/** First byte: unused bits at the front of the second, which are ones. */
function bitBytes(text: string): Uint8Array {
  if (text === "") throw unsupported("an empty bit string");
  const padding = (8 - (text.length % 8)) % 8;
  const bits = "1".repeat(padding) + text;
  const bytes = new Uint8Array(1 + bits.length / 8);
  bytes[0] = padding;
  for (let i = 1; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(bits.slice((i - 1) * 8, i * 8), 2);
  }
  return bytes;
}

/** Three bytes of length with the sign's bit on top, then the magnitude; all complemented when negative. */
function bignumBytes(value: bigint): Uint8Array {
  const isNegative = value < 0n;
  const hex = (isNegative ? -value : value).toString(16);
  const magnitude = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  const header = 0x800000 | magnitude.length;
  const bytes = Uint8Array.of(header >> 16, header >> 8, header, ...magnitude);
  return isNegative ? bytes.map((byte) => byte ^ 0xff) : bytes;
}
