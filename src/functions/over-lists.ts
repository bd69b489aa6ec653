/** Aggregates of seldom types, over the list of all their values. https://www.postgresql.org/docs/15/functions-aggregate.html */
import { PgError } from "../base/error.ts";
import { finite, type Numeric, numericText } from "../pgtypes/numeric.ts";
import { divide } from "../pgtypes/numeric-arithmetic.ts";
import type { KernelTable } from "./kernel.ts";

type Interval = readonly [months: number, days: number, micros: bigint];

const dayMicros = 86_400_000_000;

function sum(values: readonly (Interval | null)[]): { total: Interval; count: number } | undefined {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return undefined;
  const total = present.reduce<Interval>(
    ([months, days, micros], one) => [months + one[0], days + one[1], micros + BigInt(one[2])],
    [0, 0, 0n],
  );
  return { total, count: present.length };
}

/** interval_div: what is left of months becomes days, of days time. */
function divided([months, days, micros]: Interval, by: number): Interval {
  const wholeMonths = Math.trunc(months / by);
  const monthDays = ((months % by) / by) * 30;
  const wholeDays = Math.trunc(days / by);
  const restDays = monthDays - Math.trunc(monthDays) + (days % by) / by;
  const moreDays = Math.trunc(restDays);
  const time = Number(micros) / by + (restDays - moreDays) * dayMicros;
  return [wholeMonths, wholeDays + Math.trunc(monthDays) + moreDays, BigInt(Math.round(time))];
}

/** Between the two values around a place in the order. */
function between(low: Interval, high: Interval, share: number): Interval {
  const part = (a: number, b: number) => (b - a) * share;
  const months = part(low[0], high[0]);
  const days = part(low[1], high[1]) + (months - Math.trunc(months)) * 30;
  const micros = part(Number(low[2]), Number(high[2])) + (days - Math.trunc(days)) * dayMicros;
  return [
    low[0] + Math.trunc(months),
    low[1] + Math.trunc(days),
    BigInt(low[2]) + BigInt(Math.round(micros)),
  ];
}

function checked(fraction: number): number {
  if (fraction < 0 || fraction > 1 || Number.isNaN(fraction))
    throw new PgError("22003", `percentile value ${fraction} is not between 0 and 1`);
  return fraction;
}

/** `values` in their order, none of them NULL. */
function continuous<T>(
  values: readonly T[],
  fraction: number,
  mix: (low: T, high: T, share: number) => T,
): T | null {
  const place = checked(fraction) * (values.length - 1);
  const [low, high] = [values[Math.floor(place)], values[Math.ceil(place)]];
  if (low === undefined || high === undefined) return null;
  return low === high ? low : mix(low, high, place - Math.floor(place));
}

const mixed = (low: number, high: number, share: number) => low + share * (high - low);

/** The place of a discrete percentile in a list of so many, from 1. */
function placeOf(fraction: number, count: number): number {
  return Math.max(Math.ceil(checked(fraction) * count), 1);
}

/** From count, sum and sum of squares of whole numbers, with PostgreSQL's digits. */
function deviation(name: string, count: bigint, sumText: string, squaresText: string) {
  const isSample = name !== "stddev_pop" && name !== "var_pop";
  if (count === 0n || (isSample && count === 1n)) return null;
  const [total, squares] = [BigInt(sumText), BigInt(squaresText)];
  const top = finite(count * squares - total * total, 0);
  const bottom = finite(count * (isSample ? count - 1n : count), 0);
  if (top.kind !== "finite" || bottom.kind !== "finite") return null;
  if (top.unscaled <= 0n) return "0";
  const variance = divide(top, bottom);
  return numericText(name.startsWith("var") ? variance : root(variance));
}

/** To as many digits behind the point as the value has. */
function root(value: Numeric): Numeric {
  if (value.kind !== "finite") return value;
  const wanted = value.unscaled * 10n ** BigInt(value.scale + 2);
  let guess = BigInt(Math.floor(Math.sqrt(Number(wanted))));
  for (let last = 0n; guess !== last; ) {
    last = guess;
    guess = (guess + wanted / guess) / 2n;
    if (guess - last <= 1n && last - guess <= 1n) break;
  }
  return finite((guess + 5n) / 10n, value.scale);
}

function bytesJoined(
  values: readonly (Uint8Array | null)[],
  separators: readonly (Uint8Array | null)[],
): Uint8Array | null {
  const parts: Uint8Array[] = [];
  let isFirst = true;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    if (!isFirst) parts.push(separators[i] ?? new Uint8Array(0));
    parts.push(value);
    isFirst = false;
  }
  return isFirst ? null : new Uint8Array(Buffer.concat(parts));
}

function textJoined(
  values: readonly (string | null)[],
  separators: readonly (string | null)[],
): string | null {
  let joined: string | null = null;
  for (const [i, value] of values.entries())
    if (value !== null) joined = joined === null ? value : joined + (separators[i] ?? "") + value;
  return joined;
}

export const listKernels: KernelTable = {
  "sum_of(_interval) interval": (values: readonly (Interval | null)[]) =>
    sum(values)?.total ?? null,
  "avg_of(_interval) interval": (values: readonly (Interval | null)[]) => {
    const found = sum(values);
    return found === undefined ? null : divided(found.total, found.count);
  },
  "deviation_of(text,int8,text,text) text": deviation,
  "string_agg_of(_text,_text) text": textJoined,
  "string_agg_of(_bytea,_bytea) bytea": bytesJoined,
  "percentile_cont_of(_float8,float8) float8": (values: readonly number[], fraction: number) =>
    continuous(values, fraction, mixed),
  "percentile_cont_of(_float8,_float8) _float8": (
    values: readonly number[],
    fractions: readonly (number | null)[],
  ) =>
    values.length === 0
      ? null
      : fractions.map((one) => (one === null ? null : continuous(values, one, mixed))),
  "percentile_cont_of(_interval,float8) interval": (
    values: readonly Interval[],
    fraction: number,
  ) => continuous(values, fraction, between),
  "percentile_cont_of(_interval,_float8) _interval": (
    values: readonly Interval[],
    fractions: readonly (number | null)[],
  ) =>
    values.length === 0
      ? null
      : fractions.map((one) => (one === null ? null : continuous(values, one, between))),
  "percentile_places(_float8,int8) _int8": (fractions: readonly (number | null)[], count: bigint) =>
    fractions.map((one) => (one === null ? null : BigInt(placeOf(one, Number(count))))),
  "percentile_place(float8,int8) int8": (fraction: number, count: bigint) =>
    BigInt(placeOf(fraction, Number(count))),
};
