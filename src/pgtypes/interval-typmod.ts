/** interval year to month, interval second(2): what a modifier leaves of a value. AdjustIntervalForTypmod of timestamp.c. */
import type { Interval } from "./interval-output.ts";
import type { Unit } from "./interval-sum.ts";

const bits = { month: 1 << 1, day: 1 << 3, hour: 1 << 10, minute: 1 << 11, second: 1 << 12 };
const full = 0x7fff;
const fullPrecision = 0xffff;

const rangeOf = (typmod: number) => (typmod < 0 ? full : (typmod >> 16) & full);

/** The smallest field of a range. */
function least(range: number): Unit {
  if (range === full || (range & bits.second) !== 0) return "second";
  if ((range & bits.minute) !== 0) return "minute";
  if ((range & bits.hour) !== 0) return "hour";
  if ((range & bits.day) !== 0) return "day";
  return (range & bits.month) !== 0 ? "month" : "year";
}

export function fieldsOf(typmod: number): {
  readonly rightmost: Unit;
  readonly isMinuteToSecond: boolean;
} {
  const range = rangeOf(typmod);
  return { rightmost: least(range), isMinuteToSecond: range === (bits.minute | bits.second) };
}

export function intervalLimited(value: Interval, typmod: number): Interval {
  if (typmod < 0) return value;
  return rounded(cut(value, rangeOf(typmod)), typmod & fullPrecision);
}

const hourMicros = 3_600_000_000n;
const minuteMicros = 60_000_000n;

function cut(value: Interval, range: number): Interval {
  if (range === full) return value;
  const { months, days, micros } = value;
  switch (least(range)) {
    case "year":
      return { months: months - (months % 12), days: 0, micros: 0n };
    case "month":
      return { months, days: 0, micros: 0n };
    case "day":
      return { months, days, micros: 0n };
    case "hour":
      return { months, days, micros: micros - (micros % hourMicros) };
    case "minute":
      return { months, days, micros: micros - (micros % minuteMicros) };
    default:
      return value;
  }
}

function rounded(value: Interval, precision: number): Interval {
  if (precision >= 6) return value;
  const unit = 10n ** BigInt(6 - precision);
  const half = value.micros < 0n ? -unit / 2n : unit / 2n;
  const sum = value.micros + half;
  return { ...value, micros: sum - (sum % unit) };
}
