/** Intervals in PostgreSQL's units and the SQL standard's fields: DecodeInterval of datetime.c, from the last token to the first. */
import { PgError } from "../base/error.ts";
import { readIsoInterval } from "./interval-iso.ts";
import type { Interval } from "./interval-output.ts";
import { IntervalSum, type Unit } from "./interval-sum.ts";
import { fieldsOf, intervalLimited } from "./interval-typmod.ts";

/** 22007, 22015, 22008 in PostgreSQL's words. */
export function parseInterval(text: string, style: string, typmod = -1): Interval {
  const sum = new IntervalSum(text);
  const isSql = style.toLowerCase() === "sql_standard";
  if (!readFields(tokens(text), fieldsOf(typmod), isSql, sum)) {
    const fresh = new IntervalSum(text);
    if (!readIsoInterval(text.trim(), fresh)) throw invalid(text);
    return intervalLimited(fresh.result(), typmod);
  }
  return intervalLimited(sum.result(), typmod);
}

type TokenKind = "time" | "signed" | "number" | "date" | "word";
interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const tokenPattern =
  /(?<space>[\s]+)|(?<time>\d+:[\d:.]*)|(?<number>\d+(?:\.\d*)?(?![\d./-])|\.\d+|\d+)(?<date>[-/.][\w./-]*)?|(?<signed>[+-]\s*\d[\d:.-]*)|(?<word>[a-z]+)|(?<mark>[^\w\s+-])|(?<junk>.)/gisy;

/** ParseDateTime: undefined where a character begins no token. */
function tokens(text: string): readonly Token[] | undefined {
  const found: Token[] = [];
  for (const { 0: whole, groups = {} } of text.toLowerCase().matchAll(tokenPattern)) {
    if (groups["junk"] !== undefined) return undefined;
    if (groups["space"] !== undefined || groups["mark"] !== undefined) continue;
    const kind: TokenKind =
      groups["time"] !== undefined
        ? "time"
        : groups["signed"] !== undefined
          ? "signed"
          : groups["word"] !== undefined
            ? "word"
            : groups["date"] === undefined
              ? "number"
              : "date";
    found.push({ kind, text: whole.replace(/\s/g, "") });
  }
  return found;
}

const names: Readonly<Record<Unit, string>> = {
  microsecond: "us usec usecond useconds usecs microsecon",
  millisecond: "ms msec msecs msecond mseconds millisecon",
  second: "s sec secs second seconds",
  minute: "m min mins minute minutes",
  hour: "h hr hrs hour hours",
  day: "d day days",
  week: "w week weeks",
  month: "mon mons month months",
  year: "y yr yrs year years",
  decade: "dec decs decade decades",
  century: "c cent century centuries",
  millennium: "mil mils millennia millennium",
};

const unitsByName: ReadonlyMap<string, Unit> = new Map(
  (Object.keys(names) as Unit[]).flatMap((unit) =>
    names[unit].split(" ").map((name) => [name, unit] as const),
  ),
);

/** Words are told apart by their first ten letters. */
const unitNamed = (word: string) => unitsByName.get(word.slice(0, 10));

/** What counts as given already; a fraction of a second is all of what is smaller too. */
const secondMasks = ["second", "millisecond", "microsecond"] as const;
const timeMasks = ["hour", "minute", ...secondMasks] as const;

/** False when it is no such text. `rightmost`: what a number without a unit is at the end. */
function readFields(
  fields: readonly Token[] | undefined,
  { rightmost, isMinuteToSecond }: ReturnType<typeof fieldsOf>,
  isSql: boolean,
  sum: IntervalSum,
): boolean {
  if (fields === undefined) return false;
  const isSigned = ({ text }: Token) => /^[+-]/.test(text);
  // In the standard's style one sign in front is everybody's, unless others have signs of their own.
  const isAllNegative =
    isSql && fields[0]?.text.startsWith("-") === true && !fields.slice(1).some(isSigned);
  const given = new Set<Unit>();
  let unit: Unit | "none" | undefined;
  let [isWaiting, isAgo] = [false, false];
  const give = (...units: readonly Unit[]) => {
    const isNew = units.every((one) => !given.has(one));
    for (const one of units) given.add(one);
    return isNew;
  };
  for (const { kind, text } of fields.toReversed()) {
    if (kind === "word") {
      // A unit needs its number before the next unit.
      if (isWaiting) return false;
      const named = unitNamed(text);
      if (text === "ago") [isAgo, unit] = [true, "none"];
      else if (named === undefined) return false;
      else [unit, isWaiting] = [named, true];
      continue;
    }
    const time = kind === "time" || (kind === "signed" && text.includes(":"));
    if (time) {
      const sign = kind === "signed" || isAllNegative ? text : `+${text}`;
      const isNegative = isAllNegative || sign.startsWith("-");
      const bare = kind === "signed" ? text.slice(1) : text;
      if (sum.addTime(bare, isNegative, isMinuteToSecond)) {
        if (!give(...timeMasks)) return false;
        [unit, isWaiting] = ["day", false];
        continue;
      }
      return false;
    }
    unit ??= rightmost;
    if (unit === "none") return false;
    const number = readNumber(text, unit, isAllNegative, sum);
    if (number === undefined) return false;
    const units: readonly Unit[] =
      number.unit === "second" && number.hasFraction ? secondMasks : [number.unit];
    if (!give(...units)) return false;
    // Before hours stand days.
    unit = number.unit === "hour" ? "day" : number.unit;
    isWaiting = false;
  }
  if (given.size === 0 || isWaiting) return false;
  if (isAgo) sum.negate();
  return true;
}

/** 1, 1.5 or 1-2: years and months. */
function readNumber(
  text: string,
  unit: Unit,
  isAllNegative: boolean,
  sum: IntervalSum,
): { readonly unit: Unit; readonly hasFraction: boolean } | undefined {
  const [, sign = "", whole = "", rest = ""] = /^([+-]?)(\d*)(.*)$/s.exec(text) ?? [];
  const isNegative = sign === "-" || isAllNegative;
  const value = BigInt(whole === "" ? 0 : whole) * (isNegative ? -1n : 1n);
  if (BigInt.asIntN(64, value) !== value) throw sum.outOfRange();
  if (rest.startsWith("-")) {
    if (!/^-\d+$/.test(rest)) return undefined;
    const months = BigInt(rest.slice(1));
    if (months >= 12n) throw sum.outOfRange();
    sum.add("month", value * 12n + (isNegative ? -months : months), 0);
    return { unit: "month", hasFraction: false };
  }
  if (rest !== "" && !/^\.\d*$/.test(rest)) return undefined;
  const fraction = rest.length > 1 ? Number(`0${rest}`) * (isNegative ? -1 : 1) : 0;
  sum.add(unit, value, fraction);
  return { unit, hasFraction: fraction !== 0 };
}

function invalid(text: string): PgError {
  return new PgError("22007", `invalid input syntax for type interval: "${text}"`);
}
