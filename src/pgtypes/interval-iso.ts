/** P1Y2M3DT4H5M6S, and P0001-02-03T04:05:06: DecodeISO8601Interval of datetime.c. */
import type { IntervalSum, Unit } from "./interval-sum.ts";

const dateUnits: Readonly<Record<string, Unit>> = { Y: "year", M: "month", W: "week", D: "day" };
const timeUnits: Readonly<Record<string, Unit>> = { H: "hour", M: "minute", S: "second" };

/** False when it is no such text. 22015 when a field is too large. */
export function readIsoInterval(text: string, sum: IntervalSum): boolean {
  if (text.length < 2 || !text.startsWith("P")) return false;
  const reader = new Reader(text.slice(1), sum);
  let isDate = true;
  while (!reader.isAtEnd) {
    if (reader.take("T")) {
      isDate = false;
      continue;
    }
    const done = isDate ? readDatePart(reader) : readTimePart(reader);
    if (done === undefined) return false;
    if (done === "time") isDate = false;
    if (done === "end") return true;
  }
  return true;
}

type Step = "next" | "time" | "end";

function readDatePart(reader: Reader): Step | undefined {
  const number = reader.number();
  if (number === undefined) return undefined;
  const unit = reader.next();
  const named = dateUnits[unit];
  if (named !== undefined) {
    reader.add(named, number);
    return "next";
  }
  if (!["", "T", "-"].includes(unit) || reader.hasField) return undefined;
  if (unit !== "-" && number.width === 8) return reader.basicDate(number, unit);
  reader.add("year", number);
  if (unit !== "-") return unit === "" ? "end" : "time";
  for (const part of ["month", "day"] as const) {
    const value = reader.number();
    if (value === undefined) return undefined;
    reader.add(part, value);
    if (reader.isAtEnd) return "end";
    if (reader.take("T")) return "time";
    if (part === "day" || !reader.take("-")) return undefined;
  }
  return undefined;
}

function readTimePart(reader: Reader): Step | undefined {
  const number = reader.number();
  if (number === undefined) return undefined;
  const unit = reader.next();
  const named = timeUnits[unit];
  if (named !== undefined) {
    reader.add(named, number);
    return "next";
  }
  if ((unit !== "" && unit !== ":") || reader.hasField) return undefined;
  if (unit === "" && number.width === 6) return reader.basicTime(number);
  reader.add("hour", number);
  if (unit === "") return "end";
  for (const part of ["minute", "second"] as const) {
    const value = reader.number();
    if (value === undefined) return undefined;
    reader.add(part, value);
    if (reader.isAtEnd) return "end";
    if (part === "second" || !reader.take(":")) return undefined;
  }
  return undefined;
}

interface IsoNumber {
  readonly whole: bigint;
  readonly fraction: number;
  /** Digits before the point. */
  readonly width: number;
}

class Reader {
  readonly #text: string;
  readonly #sum: IntervalSum;
  #at = 0;
  hasField = false;

  constructor(text: string, sum: IntervalSum) {
    this.#text = text;
    this.#sum = sum;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  next(): string {
    return this.#text[this.#at++] ?? "";
  }

  take(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false;
    this.#at++;
    if (letter === "T") this.hasField = false;
    return true;
  }

  number(): IsoNumber | undefined {
    const [found = "", sign = "", digits = "", fraction = ""] =
      /^(-?)(\d*)(\.\d*)?/.exec(this.#text.slice(this.#at)) ?? [];
    if (digits === "" && fraction.length < 2) return undefined;
    this.#at += found.length;
    const scale = sign === "-" ? -1 : 1;
    const part = fraction.length > 1 ? Number(`0${fraction}`) * scale : 0;
    const whole = BigInt(digits || 0) * BigInt(scale);
    if (BigInt.asIntN(64, whole) !== whole) throw this.#sum.outOfRange();
    return { whole, fraction: part, width: digits.length };
  }

  add(unit: Unit, { whole, fraction }: IsoNumber): void {
    this.#sum.add(unit, whole, fraction);
    this.hasField = true;
  }

  basicDate({ whole, fraction }: IsoNumber, unit: string): Step {
    this.#sum.add("year", whole / 10_000n, 0);
    this.#sum.add("month", (whole / 100n) % 100n, 0);
    this.#sum.add("day", whole % 100n, fraction);
    this.hasField = false;
    return unit === "" ? "end" : "time";
  }

  basicTime({ whole, fraction }: IsoNumber): Step {
    this.#sum.add("hour", whole / 10_000n, 0);
    this.#sum.add("minute", (whole / 100n) % 100n, 0);
    this.#sum.add("second", whole % 100n, fraction);
    return "end";
  }
}
