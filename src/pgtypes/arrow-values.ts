/** What Arrow's types are to PostgreSQL, and one value of each as the engine's. */
import { type Data, DataType, DateUnit, IntervalUnit, Precision, TimeUnit } from "apache-arrow";
import { must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import { decodeUtf8 } from "./codec.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import { arrayOf, elementOf } from "./types.ts";
import type { EngineValue } from "./vector.ts";

export interface ArrowSource {
  readonly oid: number;
  readonly type: LogicalType;
  /** Of a row that is not null. */
  readonly read: (data: Data, row: number) => EngineValue;
}

const number = (data: Data, row: number): number => Number(data.values[row]);
const big = (data: Data, row: number): bigint => BigInt(data.values[row]);

/** `wanted` tells sixteen bytes that are a uuid from others. 0A000 for a struct, a map or a union. */
export function sourceOf(type: DataType, wanted: number): ArrowSource {
  if (DataType.isDictionary(type)) return dictionary(sourceOf(type.dictionary, wanted));
  const found = plain(type) ?? moment(type) ?? bytes(type, wanted) ?? list(type, wanted);
  if (found) return found;
  throw unsupported(`COPY of Arrow's ${type}`, {
    hint: "Send its parts as columns of their own, or JSON as text.",
  });
}

function plain(type: DataType): ArrowSource | undefined {
  if (DataType.isNull(type)) return { oid: oids.text, type: { id: "VARCHAR" }, read: () => null };
  if (DataType.isBool(type))
    return {
      oid: oids.bool,
      type: { id: "BOOLEAN" },
      read: (data, row) => {
        const at = data.offset + row;
        return ((data.values[at >> 3] >> (at & 7)) & 1) === 1;
      },
    };
  if (DataType.isInt(type)) return whole(type.bitWidth, type.isSigned);
  if (DataType.isFloat(type)) return float(type.precision);
  if (DataType.isDecimal(type)) return decimal(type.precision, type.scale, type.bitWidth);
  return undefined;
}

function whole(bits: number, isSigned: boolean): ArrowSource {
  const room = isSigned ? bits : bits * 2;
  if (room <= 16) return { oid: oids.int2, type: { id: "SMALLINT" }, read: number };
  if (room <= 32) return { oid: oids.int4, type: { id: "INTEGER" }, read: number };
  if (room <= 64) return { oid: oids.int8, type: { id: "BIGINT" }, read: big };
  return { oid: oids.numeric, type: { id: "DECIMAL", width: 20, scale: 0 }, read: big };
}

function float(precision: Precision): ArrowSource {
  if (precision === Precision.SINGLE)
    return { oid: oids.float4, type: { id: "FLOAT" }, read: number };
  const read = precision === Precision.HALF ? half : number;
  return { oid: oids.float8, type: { id: "DOUBLE" }, read };
}

/** https://en.wikipedia.org/wiki/Half-precision_floating-point_format */
function half(data: Data, row: number): number {
  const bits = number(data, row);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function decimal(width: number, scale: number, bits: number): ArrowSource {
  const words = bits / 32;
  return {
    oid: oids.numeric,
    type: { id: "DECIMAL", width, scale },
    read(data, row) {
      let value = 0n;
      for (let word = words - 1; word >= 0; word--)
        value = (value << 32n) | BigInt(data.values[row * words + word]);
      return BigInt.asIntN(bits, value);
    },
  };
}

const perMicrosecond: Readonly<Record<TimeUnit, readonly [times: bigint, over: bigint]>> = {
  [TimeUnit.SECOND]: [1_000_000n, 1n],
  [TimeUnit.MILLISECOND]: [1000n, 1n],
  [TimeUnit.MICROSECOND]: [1n, 1n],
  [TimeUnit.NANOSECOND]: [1n, 1000n],
};

/** What is finer is cut off, towards the past. */
function microseconds(unit: TimeUnit): (data: Data, row: number) => bigint {
  const [times, over] = perMicrosecond[unit];
  return (data, row) => {
    const value = big(data, row) * times;
    return (value - (((value % over) + over) % over)) / over;
  };
}

function moment(type: DataType): ArrowSource | undefined {
  if (DataType.isDate(type)) {
    const isDays = type.unit === DateUnit.DAY;
    const read = (data: Data, row: number) =>
      isDays ? number(data, row) : Math.floor(number(data, row) / 86_400_000);
    return { oid: oids.date, type: { id: "DATE" }, read };
  }
  if (DataType.isTime(type))
    return { oid: oids.time, type: { id: "TIME" }, read: microseconds(type.unit) };
  if (DataType.isTimestamp(type)) {
    const read = microseconds(type.unit);
    return type.timezone
      ? { oid: oids.timestamptz, type: { id: "TIMESTAMPTZ" }, read }
      : { oid: oids.timestamp, type: { id: "TIMESTAMP" }, read };
  }
  const read = DataType.isInterval(type)
    ? intervals[type.unit]
    : DataType.isDuration(type)
      ? durations(type.unit)
      : undefined;
  return read && { oid: oids.interval, type: { id: "INTERVAL" }, read };
}

function durations(unit: TimeUnit): ArrowSource["read"] {
  const read = microseconds(unit);
  return (data, row) => [0, 0, read(data, row)];
}

/** Months, days, microseconds; Arrow's are 32-bit words. */
const intervals: Readonly<Record<IntervalUnit, ArrowSource["read"]>> = {
  [IntervalUnit.YEAR_MONTH]: (data, row) => [number(data, row), 0, 0n],
  [IntervalUnit.DAY_TIME]: (data, row) => [
    0,
    number(data, row * 2),
    big(data, row * 2 + 1) * 1000n,
  ],
  [IntervalUnit.MONTH_DAY_NANO]: (data, row) => {
    const [low, high] = [big(data, row * 4 + 2), big(data, row * 4 + 3)];
    const nanoseconds = (high << 32n) | BigInt.asUintN(32, low);
    return [number(data, row * 4), number(data, row * 4 + 1), nanoseconds / 1000n];
  },
};

function bytes(type: DataType, wanted: number): ArrowSource | undefined {
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type))
    return {
      oid: wanted === oids.varchar ? wanted : oids.text,
      type: { id: "VARCHAR" },
      read: (data, row) => decodeUtf8(slice(data, row)),
    };
  if (DataType.isBinary(type) || DataType.isLargeBinary(type))
    return {
      oid: oids.bytea,
      type: { id: "BLOB" },
      read: (data, row) => new Uint8Array(slice(data, row)),
    };
  if (!DataType.isFixedSizeBinary(type)) return undefined;
  const { byteWidth } = type;
  const read = (data: Data, row: number): Uint8Array =>
    new Uint8Array(data.values.subarray(row * byteWidth, (row + 1) * byteWidth));
  if (byteWidth !== 16 || wanted !== oids.uuid)
    return { oid: oids.bytea, type: { id: "BLOB" }, read };
  const text = (data: Data, row: number) => Buffer.from(read(data, row)).toString("hex");
  return { oid: oids.text, type: { id: "VARCHAR" }, read: text };
}

function slice({ valueOffsets, values }: Data, row: number): Uint8Array {
  return values.subarray(Number(valueOffsets[row]), Number(valueOffsets[row + 1]));
}

function list(type: DataType, wanted: number): ArrowSource | undefined {
  const isFixed = DataType.isFixedSizeList(type);
  if (!isFixed && !DataType.isList(type) && !DataType.isLargeList(type)) return undefined;
  const item = sourceOf(
    must(type.children[0], "a list has items").type,
    elementOf(wanted) || wanted,
  );
  const read = (data: Data, row: number): EngineValue => {
    const child = must(data.children[0], "a list has items");
    const [from, to] = isFixed
      ? [row * type.listSize, (row + 1) * type.listSize]
      : [Number(data.valueOffsets[row]), Number(data.valueOffsets[row + 1])];
    return Array.from({ length: to - from }, (_, at) =>
      child.getValid(from + at) ? item.read(child, from + at) : null,
    );
  };
  // Of a list of lists PostgreSQL's type is the same.
  const oid = item.type.id === "LIST" ? item.oid : arrayOf(item.oid);
  return { oid, type: { id: "LIST", child: item.type }, read };
}

function dictionary({ oid, type, read }: ArrowSource): ArrowSource {
  return {
    oid,
    type,
    read(data, row) {
      let at = number(data, row);
      for (const chunk of must(data.dictionary, "its values were sent").data) {
        if (at < chunk.length) return chunk.getValid(at) ? read(chunk, at) : null;
        at -= chunk.length;
      }
      throw new RangeError("an index lies beyond its dictionary");
    },
  };
}
