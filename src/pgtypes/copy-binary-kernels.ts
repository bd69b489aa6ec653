/** Binary fields of the usual types, read without a view for each. A field of another length goes the slow way, which objects. */
import type { FieldKernel } from "./copy-columns.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";

export function binaryKernel(
  typeOid: number,
  typmod: number,
  type: LogicalType,
): FieldKernel | undefined {
  switch (typeOid) {
    case oids.text:
      return strings(Number.POSITIVE_INFINITY);
    case oids.varchar:
      return strings(typmod < 4 ? Number.POSITIVE_INFINITY : typmod - 4);
    case oids.bool:
      return booleans;
    case oids.int2:
      return shortWords;
    case oids.int4:
    case oids.float4:
      return words;
    case oids.int8:
    case oids.float8:
      return doubleWords;
    case oids.date:
      return dates;
    case oids.timestamp:
    case oids.timestamptz:
      return typmod < 0 ? timestamps : undefined;
    case oids.uuid:
      return uuids;
    case oids.numeric:
      return type.id === "DECIMAL" && type.width <= 18
        ? decimals(type.width, type.scale)
        : undefined;
    default:
      return undefined;
  }
}

/** Characters of more than one byte go the slow way, where they are judged. */
function strings(charactersMax: number): FieldKernel {
  return ({ bytes, pageStart, starts, ends, base, count, slow }, store) => {
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) {
        store.ints[row * 4] = 0;
        continue;
      }
      const end = ends[base + row] as number;
      let isPlain = end - start <= charactersMax;
      for (let at = start; isPlain && at < end; at++) {
        const byte = bytes[at] as number;
        isPlain = byte < 0x80 && byte !== 0;
      }
      if (!isPlain) slow(row, start, end);
      else store.putWord(row, bytes, start, end, start - pageStart, 0);
    }
  };
}

const booleans: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    if (end - start === 1) store.bytes[row] = bytes[start] === 0 ? 0 : 1;
    else slow(row, start, end);
  }
};

const shortWords: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { shorts }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    if (end - start !== 2) slow(row, start, end);
    else shorts[row] = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
  }
};

const words: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { ints }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    if (end - start !== 4) slow(row, start, end);
    else ints[row] = int32(bytes, start);
  }
};

const doubleWords: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { ints }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    if (end - start !== 8) slow(row, start, end);
    else {
      ints[row * 2 + 1] = int32(bytes, start);
      ints[row * 2] = int32(bytes, start + 4);
    }
  }
};

function int32(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** Days from 1970 to 2000, where PostgreSQL counts from. Beyond its last day are the infinities. */
const epochDays = 10957;
const datesMax = 2_000_000_000;

const dates: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { ints }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const days = end - start === 4 ? int32(bytes, start) : datesMax;
    // Years of four digits; others are judged.
    if (days > 2_921_939 || days < -730_119) slow(row, start, end);
    else ints[row] = days + epochDays;
  }
};

/** Microseconds that a double holds exactly. */
const timestamps: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const isEight = end - start === 8;
    const high = isEight ? int32(bytes, start) : 0;
    if (!isEight || high > 1_000_000 || high < -1_000_000) {
      slow(row, start, end);
      continue;
    }
    const micros = high * 4294967296 + (int32(bytes, start + 4) >>> 0);
    store.putLong(row, micros + epochDays * 86_400e6);
  }
};

/** The engine keeps the bytes last one first, with the first bit turned. */
const uuids: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { bytes: target }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    if (end - start !== 16) {
      slow(row, start, end);
      continue;
    }
    const last = row * 16 + 15;
    for (let i = 0; i < 16; i++) target[last - i] = bytes[start + i] as number;
    target[last] = (target[last] as number) ^ 0x80;
  }
};

/**
 * Digits of base 10 000: their number, the power of the first, a sign, how many places are shown. Up to four digits before the
 * point's place and two behind are summed as one double; the rest, and what has more places than the column, goes the slow way.
 */
function decimals(width: number, scale: number): FieldKernel {
  const powers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
  const bytesEach = width <= 4 ? 2 : width <= 9 ? 4 : 8;
  const limit = 10 ** Math.min(width, 15);
  return ({ bytes, starts, ends, base, count, slow }, store) => {
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) continue;
      const end = ends[base + row] as number;
      const digits = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
      const sign = bytes[start + 4] as number;
      const weight = (int32(bytes, start) << 16) >> 16;
      const places = ((bytes[start + 6] as number) << 8) | (bytes[start + 7] as number);
      const isOrdinary =
        end - start === 8 + 2 * digits &&
        digits <= 4 &&
        (sign === 0 || sign === 0x40) &&
        bytes[start + 5] === 0 &&
        places <= scale;
      let value = 0;
      if (isOrdinary) {
        for (let i = 0; i < digits; i++) {
          const at = start + 8 + 2 * i;
          value = value * 10000 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
        }
      }
      // The last digit stands for 10 000 to the power of this.
      const power = 4 * (weight - digits + 1) + scale;
      // NaN where the table ends, and then the slow way.
      const unit = powers[power < 0 ? -power : power] ?? Number.NaN;
      const scaled = power >= 0 ? value * unit : value / unit;
      if (!isOrdinary || value > 1e15 || !(scaled < limit) || !Number.isInteger(scaled)) {
        slow(row, start, end);
        continue;
      }
      const signed = sign === 0 ? scaled : 0 - scaled;
      if (bytesEach === 8) store.putLong(row, signed);
      else if (bytesEach === 4) store.ints[row] = signed;
      else store.shorts[row] = signed;
    }
  };
}
