/** Values as Iceberg keeps them: of partitions, in Avro; of bounds, each in its own bytes (https://iceberg.apache.org/spec/#binary-single-value-serialization). */
import type { AvroValue } from "./avro.ts";
import { decimalBytes, decimalOf, type IcebergField, type IcebergType } from "./iceberg-schema.ts";
import type { FileStatistics } from "./statistics.ts";

const dayMs = 86_400_000;

/** A partition's value, from Delta's text of it. */
export function partitionValue(type: IcebergType, text: string | null | undefined): AvroValue {
  if (text === null || text === undefined || text === "") return null;
  const decimal = decimalOf(type);
  if (decimal) {
    return bigEndian(unscaled(text, decimal.scale) ?? 0n, decimalBytes(decimal.precision));
  }
  switch (type) {
    case "boolean":
      return text === "true";
    case "int":
    case "long":
      return BigInt(text);
    case "float":
    case "double":
      return Number(text);
    case "date":
      return days(text) ?? null;
    case "timestamp":
    case "timestamptz":
      return micros(text) ?? null;
    default:
      return text;
  }
}

export interface Bounds {
  readonly valueCounts: ReadonlyMap<number, number>;
  readonly nullCounts: ReadonlyMap<number, number>;
  readonly lower: ReadonlyMap<number, Buffer>;
  readonly upper: ReadonlyMap<number, Buffer>;
}

/** What a file's statistics say, by field id; `names` are those in the files. Floats are left out: theirs may hide a NaN. */
export function boundsOf(
  statistics: FileStatistics,
  fields: readonly IcebergField[],
  names: readonly string[],
): Bounds {
  const bounds = {
    valueCounts: new Map<number, number>(),
    nullCounts: new Map<number, number>(),
    lower: new Map<number, Buffer>(),
    upper: new Map<number, Buffer>(),
  };
  const { numRecords, minValues, maxValues, nullCount } = statistics;
  for (const [at, { id, type }] of fields.entries()) {
    const name = names[at] ?? "";
    const nulls = nullCount[name] === undefined ? undefined : Number(nullCount[name]);
    if (typeof type !== "string" || nulls === undefined || numRecords === undefined) continue;
    bounds.valueCounts.set(id, numRecords);
    bounds.nullCounts.set(id, nulls);
    const lower = boundBytes(type, minValues[name], "lower");
    const upper = boundBytes(type, maxValues[name], "upper");
    if (lower) bounds.lower.set(id, lower);
    if (upper) bounds.upper.set(id, upper);
  }
  return bounds;
}

function boundBytes(type: string, value: unknown, side: "lower" | "upper"): Buffer | undefined {
  if (typeof value !== "string") return undefined;
  const decimal = decimalOf(type);
  if (decimal) {
    const whole = unscaled(value, decimal.scale);
    return whole === undefined ? undefined : shortest(whole);
  }
  switch (type) {
    case "int":
      return /^-?\d{1,10}$/.test(value) ? littleEndian(BigInt(value), 4) : undefined;
    case "long":
      return /^-?\d{1,19}$/.test(value) ? littleEndian(BigInt(value), 8) : undefined;
    case "date": {
      const day = days(value);
      return day === undefined ? undefined : littleEndian(BigInt(day), 4);
    }
    case "timestamp":
    case "timestamptz": {
      // An upper bound may have been cut to its millisecond.
      const instant = micros(value);
      if (instant === undefined) return undefined;
      return littleEndian(side === "upper" ? instant + 999n : instant, 8);
    }
    case "string":
      return Buffer.from(value);
    default:
      return undefined;
  }
}

function days(text: string): number | undefined {
  const instant = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(instant) ? undefined : Math.round(instant / dayMs);
}

function micros(text: string): bigint | undefined {
  const [, date, time, fraction = "", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::\d\d)?)?$/.exec(text) ??
    [];
  if (date === undefined || time === undefined) return undefined;
  const offset = zone.length === 3 ? `${zone}:00` : zone;
  const instant = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(instant)) return undefined;
  return BigInt(instant) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

/** 12.5 at scale 2 is 1250; undefined when it has more digits than the scale, or is no plain number. */
function unscaled(text: string, scale: number): bigint | undefined {
  const [, sign = "", whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > scale) return undefined;
  return BigInt(`${sign}${whole}${fraction.padEnd(scale, "0")}`);
}

function littleEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(bigEndian(value, bytes)).reverse();
}

function bigEndian(value: bigint, bytes: number): Buffer {
  const hex = BigInt.asUintN(8 * bytes, value)
    .toString(16)
    .padStart(2 * bytes, "0");
  return Buffer.from(hex, "hex");
}

/** The fewest bytes of two's complement. */
function shortest(value: bigint): Buffer {
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, value) !== value) bytes++;
  return bigEndian(value, bytes);
}
