/** Months, days and microseconds added up, with fractions carried down and limits kept as datetime.c does. */
import { PgError } from "../base/error.ts";
import type { Interval } from "./interval-output.ts";

export type Unit =
  | "microsecond"
  | "millisecond"
  | "second"
  | "minute"
  | "hour"
  | "day"
  | "week"
  | "month"
  | "year"
  | "decade"
  | "century"
  | "millennium";

const micros: Readonly<Partial<Record<Unit, number>>> = {
  microsecond: 1,
  millisecond: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
};
const years: Readonly<Partial<Record<Unit, number>>> = {
  year: 1,
  decade: 10,
  century: 100,
  millennium: 1000,
};
const dayMicros = 86_400_000_000;

export class IntervalSum {
  readonly #text: string;
  #years = 0n;
  #months = 0n;
  #days = 0n;
  #micros = 0n;

  constructor(text: string) {
    this.#text = text;
  }

  /** The fraction has the sign of the whole, and is below one. */
  add(unit: Unit, whole: bigint, fraction: number): void {
    const size = micros[unit];
    if (size !== undefined) {
      this.#micros = this.#within(this.#micros + whole * BigInt(size), 64);
      this.#addMicros(fraction * size);
      return;
    }
    const span = years[unit];
    if (span !== undefined) {
      this.#years = this.#within(this.#years + whole * BigInt(span), 32);
      this.#months = this.#within(this.#months + BigInt(rint(fraction * span * 12)), 32);
    } else if (unit === "month") {
      this.#months = this.#within(this.#months + whole, 32);
      this.#addDays(fraction * 30);
    } else {
      const days = unit === "week" ? 7 : 1;
      this.#days = this.#within(this.#days + whole * BigInt(days), 32);
      if (unit === "week") this.#addDays(fraction * 7);
      else this.#addMicros(fraction * dayMicros);
    }
  }

  /** h:m, h:m:s or m:s.f; false when it is none. */
  addTime(text: string, isNegative: boolean, isMinuteToSecond: boolean): boolean {
    const parts = /^(\d+):(\d*)(?::(\d*)(\.\d*)?|(\.\d*))?$/.exec(text);
    if (parts === null) return false;
    const [, first = "0", second = "", third, fraction, shortFraction] = parts;
    const isShort = third === undefined && (shortFraction !== undefined || isMinuteToSecond);
    const [hour, minute, seconds] = isShort
      ? [0n, BigInt(first), BigInt(second || 0)]
      : [BigInt(first), BigInt(second || 0), BigInt(third || 0)];
    if (minute > 59n || seconds > 60n) throw this.outOfRange();
    const part = rint(Number(`0${fraction ?? shortFraction ?? ""}`) * 1_000_000);
    const all = ((hour * 60n + minute) * 60n + seconds) * 1_000_000n + BigInt(part);
    this.#micros = this.#within(this.#micros + (isNegative ? -all : all), 64);
    return true;
  }

  negate(): void {
    this.#years = this.#within(-this.#years, 32);
    this.#months = this.#within(-this.#months, 32);
    this.#days = this.#within(-this.#days, 32);
    this.#micros = this.#within(-this.#micros, 64);
  }

  result(): Interval {
    const months = this.#years * 12n + this.#months;
    if (BigInt.asIntN(32, months) !== months) throw new PgError("22008", "interval out of range");
    return { months: Number(months), days: Number(this.#days), micros: this.#micros };
  }

  outOfRange(): PgError {
    return new PgError("22015", `interval field value out of range: "${this.#text}"`);
  }

  #addDays(days: number): void {
    const whole = Math.trunc(days);
    this.#days = this.#within(this.#days + BigInt(whole), 32);
    this.#addMicros((days - whole) * dayMicros);
  }

  #addMicros(amount: number): void {
    const whole = Math.trunc(amount);
    const rest = amount - whole;
    const rounded = whole + (rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0);
    this.#micros = this.#within(this.#micros + BigInt(rounded), 64);
  }

  #within(value: bigint, bits: 32 | 64): bigint {
    if (BigInt.asIntN(bits, value) !== value) throw this.outOfRange();
    return value;
  }
}

/** To the nearest whole number, of two that are as near the even one. */
export function rint(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
