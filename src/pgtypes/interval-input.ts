/** Intervals in PostgreSQL's units, the SQL standard's fields and ISO 8601: DecodeInterval, DecodeISO8601Interval. */
import { PgError } from "../base/error.ts";
import type { Interval } from "./interval-output.ts";

const micro = 1_000_000;

/** Unit → months, days or microseconds; what a fraction of it spills into follows from that. */
const units: readonly (readonly [pattern: RegExp, kind: keyof Interval, size: number])[] = [
  [/^(?:us|usecs?|microsecon(?:ds?)?|microseconds?)$/, "micros", 1],
  [/^(?:ms|msecs?|mseconds?|millisecon(?:ds?)?|milliseconds?)$/, "micros", 1000],
  [/^(?:s|secs?|seconds?)$/, "micros", micro],
  [/^(?:m|mins?|minutes?)$/, "micros", 60 * micro],
  [/^(?:h|hrs?|hours?)$/, "micros", 3600 * micro],
  [/^(?:d|days?)$/, "days", 1],
  [/^(?:w|weeks?)$/, "days", 7],
  [/^(?:mons?|months?)$/, "months", 1],
  [/^(?:qtr|quarters?)$/, "months", 3],
  [/^(?:y|yrs?|years?)$/, "months", 12],
  [/^(?:decs?|decades?)$/, "months", 120],
  [/^(?:c|cent|century|centuries)$/, "months", 1200],
  [/^(?:mil|mils|millennia|millennium)$/, "months", 12000],
];

export function parseInterval(text: string, style: string): Interval {
  const trimmed = text.trim();
  if (trimmed === "") throw invalid(text);
  const sum = new Sum(text);
  if (/^P/i.test(trimmed)) readIso(trimmed, sum);
  else readFields(trimmed, sum, style.toLowerCase() === "sql_standard");
  return sum.result();
}

class Sum {
  readonly #text: string;
  months = 0;
  days = 0;
  micros = 0n;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  /** `amount` of a unit, its fraction carried down: months into days of 30, days into time. */
  add(kind: keyof Interval, size: number, amount: string): void {
    const sign = amount.startsWith("-") ? -1 : 1;
    const [whole = "0", fraction = ""] = amount.replace(/^[+-]/, "").split(".");
    const part = fraction === "" ? 0 : Number(`0.${fraction}`);
    if (kind === "micros") {
      const exact = BigInt(whole || "0") * BigInt(size) + BigInt(Math.round(part * size));
      this.micros += BigInt(sign) * exact;
      return;
    }
    const value = Number(whole || "0") * size;
    if (kind === "days") {
      this.days += sign * value;
      this.#addDays(sign * part * size);
      return;
    }
    this.months += sign * value;
    const months = part * size;
    if (size === 1) this.#addDays(sign * months * 30);
    else this.months += sign * Math.round(months);
  }

  #addDays(days: number): void {
    const whole = Math.trunc(days);
    this.days += whole;
    this.micros += BigInt(Math.round((days - whole) * 86400 * micro));
  }

  negate(): void {
    this.months = -this.months;
    this.days = -this.days;
    this.micros = -this.micros;
  }

  result(): Interval {
    const { months, days, micros } = this;
    const isLarge = Math.abs(months) > 2147483647 || Math.abs(days) > 2147483647;
    if (isLarge || BigInt.asIntN(64, micros) !== micros) {
      throw new PgError("22015", `interval field value out of range: "${this.#text}"`);
    }
    return { months: months + 0, days: days + 0, micros };
  }
}

const fieldPattern =
  /\s+|,|(?<ago>ago\b)|(?<at>@)|(?<time>[+-]?\d+:\d+(?::\d+(?:\.\d*)?|\.\d+)?)|(?<months>[+-]?\d+-\d+)|(?<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(?<unit>[a-z]+)?|(?<junk>.)/giy;

function readFields(text: string, sum: Sum, isStandard: boolean): void {
  const tokens = [...text.matchAll(fieldPattern)].map(({ groups = {} }) => groups);
  // In the standard's style one sign in front is everybody's, unless others have signs of their own.
  const signs = text.match(/(?<!\d)[+-]/g) ?? [];
  const isAllNegative = isStandard && text.startsWith("-") && signs.length === 1;
  let isAgo = false;
  let count = 0;
  for (const [i, token] of tokens.entries()) {
    if (token["junk"] !== undefined) throw invalid(sum.text);
    if (token["ago"] !== undefined) isAgo = true;
    else if (token["time"] !== undefined) addTime(token["time"], sum, isAllNegative);
    else if (token["months"] !== undefined) addYearMonth(token["months"], sum, isAllNegative);
    else if (token["number"] !== undefined) {
      const unit = token["unit"]?.toLowerCase() ?? (isBeforeTime(tokens, i) ? "days" : "seconds");
      const number = token["number"];
      const amount = isAllNegative && !number.startsWith("-") ? `-${number}` : number;
      const known = units.find(([pattern]) => pattern.test(unit));
      if (!known) throw invalid(sum.text);
      sum.add(known[1], known[2], amount);
    } else continue;
    count++;
  }
  if (count === 0) throw invalid(sum.text);
  if (isAgo) sum.negate();
}

/** "1 2:03:04": a number without a unit before a time counts days. */
function isBeforeTime(tokens: readonly Record<string, string | undefined>[], at: number): boolean {
  const next = tokens
    .slice(at + 1)
    .find((token) => Object.values(token).some((value) => value !== undefined));
  return next?.["time"] !== undefined;
}

function addTime(text: string, sum: Sum, isNegative: boolean): void {
  const sign = text.startsWith("-") || isNegative ? "-" : "";
  const parts = text.replace(/^[+-]/, "").split(":");
  const [first = "0", second = "0", third] = parts;
  // "4:05.6" is minutes and seconds.
  const isMinutes = third === undefined && second.includes(".");
  const [hour, minute, seconds] = isMinutes ? ["0", first, second] : [first, second, third ?? "0"];
  if (Number(minute) > 59 || Number(seconds) >= 61) {
    throw new PgError("22015", `interval field value out of range: "${sum.text}"`);
  }
  sum.add("micros", 3600 * micro, sign + hour);
  sum.add("micros", 60 * micro, sign + minute);
  sum.add("micros", micro, sign + seconds);
}

function addYearMonth(text: string, sum: Sum, isNegative: boolean): void {
  const sign = text.startsWith("-") || isNegative ? "-" : "";
  const [year = "0", month = "0"] = text.replace(/^[+-]/, "").split("-");
  if (Number(month) > 11) {
    throw new PgError("22015", `interval field value out of range: "${sum.text}"`);
  }
  sum.add("months", 12, sign + year);
  sum.add("months", 1, sign + month);
}

const isoDate: Readonly<Record<string, readonly [keyof Interval, number]>> = {
  Y: ["months", 12],
  M: ["months", 1],
  W: ["days", 7],
  D: ["days", 1],
};
const isoTime: Readonly<Record<string, readonly [keyof Interval, number]>> = {
  H: ["micros", 3600 * micro],
  M: ["micros", 60 * micro],
  S: ["micros", micro],
};

function readIso(text: string, sum: Sum): void {
  const alternative =
    /^P(-?\d{4})-(-?\d\d)-(-?\d\d)(?:T(-?\d\d):(-?\d\d):(-?\d\d(?:\.\d+)?))?$/i.exec(text);
  if (alternative) {
    const [, year = "0", month = "0", day = "0", hour = "0", minute = "0", second = "0"] =
      alternative;
    sum.add("months", 12, year);
    sum.add("months", 1, month);
    sum.add("days", 1, day);
    sum.add("micros", 3600 * micro, hour);
    sum.add("micros", 60 * micro, minute);
    sum.add("micros", micro, second);
    return;
  }
  const [date = "", time, ...rest] = text.slice(1).toUpperCase().split("T");
  if (rest.length > 0 || (date === "" && !time)) throw invalid(sum.text);
  readDesignated(date, isoDate, sum);
  if (time !== undefined) readDesignated(time, isoTime, sum);
}

function readDesignated(text: string, designators: typeof isoDate, sum: Sum): void {
  for (const match of text.matchAll(/([+-]?(?:\d+(?:\.\d*)?|\.\d+))([A-Z])|(.)/g)) {
    const [, amount, designator = ""] = match;
    const unit = designators[designator];
    if (amount === undefined || !unit) throw invalid(sum.text);
    sum.add(unit[0], unit[1], amount);
  }
}

function invalid(text: string): PgError {
  return new PgError("22007", `invalid input syntax for type interval: "${text}"`);
}
