/** bool, integers, OIDs, floating point, numeric. */
import { PgError } from "../base/error.ts";
import {
  bytesOf,
  type Codec,
  codecOf,
  exactly,
  invalidText,
  noConversion,
  type Present,
  type TypedValue,
} from "./codec.ts";
import { float4Text, float8Text } from "./float-text.ts";
import type { LogicalType, ScalarTypeId } from "./logical-type.ts";
import {
  applyNumericTypmod,
  decimalText,
  finite,
  type Numeric,
  numericBinary,
  numericText,
  parseNumeric,
  readNumericBinary,
  rescale,
  trimmed,
} from "./numeric.ts";
import { oids } from "./oids.ts";
import { isBareNumeric, logicalTypeFor, typeTitle } from "./types.ts";

const boolCodec = codecOf<boolean>({
  from(type, value) {
    if (type.id === "BOOLEAN") return value === true;
    if (type.id === "VARCHAR") return parseBool(String(value));
    return numericFrom(type, value, -1, oids.bool).kind !== "finite" || Number(value) !== 0;
  },
  to: (value) => ({ type: { id: "BOOLEAN" }, value }),
  text: (value) => (value ? "t" : "f"),
  parse: parseBool,
  binary: (value) => Uint8Array.of(value ? 1 : 0),
  read: (bytes) => exactly(bytes, 1).getUint8(0) !== 0,
});

/** parse_bool_with_len: any beginning of true, false, yes, no; on, of(f); 1, 0. */
function parseBool(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (word !== "") {
    if ("true".startsWith(word) || "yes".startsWith(word) || word === "on" || word === "1") {
      return true;
    }
    if ("false".startsWith(word) || "no".startsWith(word) || word === "0") return false;
    if (word === "of" || word === "off") return false;
  }
  throw invalidText(oids.bool, text);
}

interface IntegerType {
  readonly oid: number;
  readonly engine: ScalarTypeId;
  readonly min: bigint;
  readonly max: bigint;
  readonly size: 2 | 4 | 8;
}

function integerCodec({ oid, engine, min, max, size }: IntegerType): Codec {
  const check = (value: bigint) => {
    if (value < min || value > max) {
      const title = oid === oids.oid ? "OID" : typeTitle(oid);
      throw new PgError("22003", `${title} out of range`);
    }
    return value;
  };
  return codecOf<bigint>({
    from: (type, value) => check(integerFrom(type, value, oid)),
    to: (value) => ({ type: { id: engine }, value: size === 8 ? value : Number(value) }),
    text: String,
    parse(text) {
      const digits = text.trim();
      if (!/^[+-]?\d+$/.test(digits)) throw invalidText(oid, text);
      const value = BigInt(digits.replace(/^\+/, ""));
      // An OID may be written as the negative number of the same bits.
      if (min === 0n && size === 4 && value < 0n && value >= -2147483648n) {
        return BigInt.asUintN(32, value);
      }
      if (value < min || value > max) {
        throw new PgError("22003", `value "${digits}" is out of range for type ${typeTitle(oid)}`);
      }
      return value;
    },
    binary: (value) =>
      bytesOf(size, (view) => {
        if (size === 2) view.setInt16(0, Number(value));
        else if (size === 4) view.setUint32(0, Number(BigInt.asUintN(32, value)));
        else view.setBigInt64(0, value);
      }),
    read(bytes) {
      const view = exactly(bytes, size);
      if (size === 2) return BigInt(view.getInt16(0));
      if (size === 8) return min === 0n ? view.getBigUint64(0) : view.getBigInt64(0);
      return BigInt(min === 0n ? view.getUint32(0) : view.getInt32(0));
    },
  });
}

function integerFrom(type: LogicalType, value: Present, oid: number): bigint {
  if (typeof value === "bigint" && type.id !== "DECIMAL") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  const whole = rescale(numericFrom(type, value, -1, oid), 0);
  if (whole.kind !== "finite") throw new PgError("22003", `${typeTitle(oid)} out of range`);
  return whole.unscaled;
}

/** Any engine number as numeric. */
function numericFrom(type: LogicalType, value: Present, typmod: number, oid: number): Numeric {
  if (type.id === "DECIMAL" && (typeof value === "bigint" || typeof value === "number")) {
    const number = finite(BigInt(value), type.scale);
    return typmod === -1 && isBareNumeric(type) ? trimmed(number) : number;
  }
  if (typeof value === "bigint") return finite(value, 0);
  if (typeof value === "boolean") return finite(value ? 1n : 0n, 0);
  if (typeof value === "number" || typeof value === "string") {
    const text = type.id === "FLOAT" ? float4Text(Number(value), 1) : String(value);
    const number = parseNumeric(text);
    if (number) return number;
    throw invalidText(oid, text);
  }
  throw noConversion(type, oid);
}

const floatPattern = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;

function floatCodec(oid: number, size: 4 | 8): Codec {
  const write = size === 4 ? float4Text : float8Text;
  return codecOf<number>({
    from(type, value) {
      if (typeof value === "number") return size === 4 ? Math.fround(value) : value;
      if (typeof value === "string") return parse(value);
      return Number(numericText(numericFrom(type, value, -1, oid)));
    },
    to: (value) => ({ type: { id: size === 4 ? "FLOAT" : "DOUBLE" }, value }),
    text: (value, settings) => write(value, settings.extraFloatDigits),
    parse,
    binary: (value) =>
      bytesOf(size, (view) => (size === 4 ? view.setFloat32(0, value) : view.setFloat64(0, value))),
    read(bytes) {
      const view = exactly(bytes, size);
      return size === 4 ? view.getFloat32(0) : view.getFloat64(0);
    },
  });

  function parse(text: string): number {
    const word = text.trim();
    if (!floatPattern.test(word)) throw invalidText(oid, text);
    if (/nan/i.test(word)) return Number.NaN;
    if (/inf/i.test(word)) {
      return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    }
    const value = size === 4 ? Math.fround(Number(word)) : Number(word);
    const isLost = value === 0 && /^[+-]?[\d.]*[1-9]/.test(word);
    if (!Number.isFinite(value) || isLost) {
      throw new PgError("22003", `"${word}" is out of range for type ${typeTitle(oid)}`);
    }
    return value;
  }
}

const numericCodec = codecOf<Numeric>({
  from: (type, value, typmod) => numericFrom(type, value, typmod, oids.numeric),
  to: numericValue,
  text: numericText,
  parse(text, typmod) {
    const value = parseNumeric(text);
    if (!value) throw invalidText(oids.numeric, text);
    return applyNumericTypmod(value, typmod);
  },
  binary: numericBinary,
  read: (bytes, typmod) => applyNumericTypmod(readNumericBinary(bytes), typmod),
});

/** The engine's DECIMAL that holds it: the column's own, else the narrowest. NaN and infinities only a DOUBLE has. */
function numericValue(value: Numeric, typmod: number): TypedValue {
  if (value.kind !== "finite") return { type: { id: "DOUBLE" }, value: Number(value.kind) };
  const column = logicalTypeFor(oids.numeric, typmod);
  if (typmod >= 4 && column?.id === "DECIMAL") {
    const stored = rescale(value, column.scale);
    if (stored.kind === "finite") return { type: column, value: stored.unscaled };
  }
  const digits = String(value.unscaled < 0n ? -value.unscaled : value.unscaled).length;
  const width = Math.max(digits, value.scale, 1);
  if (width <= 38) {
    return { type: { id: "DECIMAL", width, scale: value.scale }, value: value.unscaled };
  }
  const scale = value.scale - (width - 38);
  const rounded = scale < 0 ? undefined : rescale(value, scale);
  if (rounded?.kind !== "finite") {
    throw new PgError("0A000", "numeric values of more than 38 digits are not supported", {
      detail: `${decimalText(value.unscaled, value.scale)} has ${digits} digits.`,
    });
  }
  return { type: { id: "DECIMAL", width: 38, scale }, value: rounded.unscaled };
}

const oidRange = { min: 0n, max: 4294967295n, size: 4 } as const;

export const numberCodecs: readonly (readonly [oid: number, codec: Codec])[] = [
  [oids.bool, boolCodec],
  [
    oids.int8,
    integerCodec({
      oid: oids.int8,
      engine: "BIGINT",
      min: -(2n ** 63n),
      max: 2n ** 63n - 1n,
      size: 8,
    }),
  ],
  [
    oids.int2,
    integerCodec({ oid: oids.int2, engine: "SMALLINT", min: -32768n, max: 32767n, size: 2 }),
  ],
  [
    oids.int4,
    integerCodec({
      oid: oids.int4,
      engine: "INTEGER",
      min: -2147483648n,
      max: 2147483647n,
      size: 4,
    }),
  ],
  [oids.oid, integerCodec({ oid: oids.oid, engine: "UINTEGER", ...oidRange })],
  [oids.xid, integerCodec({ oid: oids.xid, engine: "UINTEGER", ...oidRange })],
  [oids.cid, integerCodec({ oid: oids.cid, engine: "UINTEGER", ...oidRange })],
  [
    oids.xid8,
    integerCodec({ oid: oids.xid8, engine: "UBIGINT", min: 0n, max: 2n ** 64n - 1n, size: 8 }),
  ],
  [oids.float4, floatCodec(oids.float4, 4)],
  [oids.float8, floatCodec(oids.float8, 8)],
  [oids.numeric, numericCodec],
];
