/** to_char of moments and intervals, field by field as PostgreSQL's DCH_to_char. */
import { PgError } from "../base/error.ts";
import {
  civilFromDays,
  dayOfWeek,
  daysFromCivil,
  splitDays,
  timestampInfinity,
  timestampMinusInfinity,
} from "../pgtypes/calendar.ts";
import { zoneOf } from "../pgtypes/time-zone.ts";
import { isoWeek, julianOfUnixDay } from "./iso-week.ts";
import { readTemplate, type TemplatePart } from "./moment-template.ts";

interface Broken {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  readonly dayOfYear: number;
  /** Days since 1970; an interval has none. */
  readonly days: number | undefined;
  readonly offset: number;
  readonly zone: string;
}

export function formatTimestamp(micros: bigint, template: string): string | null {
  return formatZoned(micros, 0, "", template);
}

/** `micros` are the zone's own; `offset` seconds east. */
export function formatZoned(
  micros: bigint,
  offset: number,
  zone: string,
  template: string,
): string | null {
  if (template === "" || micros === timestampInfinity || micros === timestampMinusInfinity)
    return null;
  const { days, micros: time } = splitDays(micros);
  const civil = civilFromDays(days);
  const broken: Broken = {
    ...civil,
    ...clock(time),
    dayOfYear: days - daysFromCivil({ year: civil.year, month: 1, day: 1 }) + 1,
    days,
    offset,
    zone: zone === "" ? "" : abbreviation(micros, offset, zone),
  };
  return write(broken, template);
}

function abbreviation(micros: bigint, offset: number, zone: string): string {
  const seconds = Number(micros / 1_000_000n) - offset;
  return zoneOf(zone).abbreviationAt(seconds) ?? "";
}

function clock(micros: number): Pick<Broken, "hour" | "minute" | "second" | "micros"> {
  const seconds = Math.trunc(micros / 1_000_000);
  return {
    hour: Math.trunc(seconds / 3600),
    minute: Math.trunc(seconds / 60) % 60,
    second: seconds % 60,
    micros: micros % 1_000_000,
  };
}

export function formatInterval(
  [months, days, micros]: readonly [number, number, bigint],
  template: string,
): string | null {
  if (template === "") return null;
  const year = Math.trunc(months / 12);
  const month = months % 12;
  const seconds = Number(micros / 1_000_000n);
  return write(
    {
      year,
      month,
      day: days,
      hour: Math.trunc(seconds / 3600),
      minute: Math.trunc(seconds / 60) % 60,
      second: seconds % 60,
      micros: Number(micros % 1_000_000n),
      dayOfYear: (year * 12 + month) * 30 + days,
      days: undefined,
      offset: 0,
      zone: "",
    },
    template,
  );
}

function write(moment: Broken, template: string): string {
  return readTemplate(template)
    .map((part) => (part.kind === "field" ? field(part, moment) : part.text))
    .join("");
}

type Field = Extract<TemplatePart, { kind: "field" }>;

function field(part: Field, moment: Broken): string {
  const text = numbered(part, moment);
  if (text === undefined) return worded(part, moment);
  return part.ordinal === "" ? text : text + ordinalEnding(text, part.ordinal === "TH");
}

/** "st", "nd", "rd", "th" by the last digits. */
export function ordinalEnding(digits: string, isUpper: boolean): string {
  const isTeen = /1\d$/.test(digits);
  const last = isTeen ? "0" : digits.slice(-1);
  const ending = { 1: "st", 2: "nd", 3: "rd" }[last] ?? "th";
  return isUpper ? ending.toUpperCase() : ending;
}

/** A number of so many places, the sign not counted. */
function padded(value: number, width: number, { isFilled }: Field): string {
  const digits = String(Math.abs(value));
  return (value < 0 ? "-" : "") + (isFilled ? digits : digits.padStart(width, "0"));
}

/** Years before Christ count from 1. */
const shownYear = (year: number, { days }: Broken) =>
  days === undefined || year > 0 ? year : 1 - year;

function numbered(part: Field, moment: Broken): string | undefined {
  const { hour, minute, second, micros, day, month } = moment;
  switch (part.name) {
    case "HH":
    case "HH12":
      return padded(hour % 12 === 0 ? 12 : hour % 12, 2, part);
    case "HH24":
      return padded(hour, 2, part);
    case "MI":
      return padded(minute, 2, part);
    case "SS":
      return padded(second, 2, part);
    case "MS":
    case "FF3":
      return String(Math.trunc(micros / 1000)).padStart(3, "0");
    case "US":
    case "FF6":
      return String(micros).padStart(6, "0");
    case "FF1":
    case "FF2":
    case "FF4":
    case "FF5": {
      const places = Number(part.name.slice(2));
      return String(Math.trunc(micros / 10 ** (6 - places))).padStart(places, "0");
    }
    case "SSSS":
    case "SSSSS":
      return String(hour * 3600 + minute * 60 + second);
    case "MM":
      return padded(month, 2, part);
    case "DD":
      return padded(day, 2, part);
    case "DDD":
      return padded(moment.dayOfYear, 3, part);
    case "WW":
      return padded(Math.trunc((moment.dayOfYear - 1) / 7) + 1, 2, part);
    case "W":
      return String(Math.trunc((day - 1) / 7) + 1);
    case "Q":
      return month === 0 ? "" : String(Math.trunc((month - 1) / 3) + 1);
    default:
      return yearly(part, moment) ?? ofDate(part, moment);
  }
}

function yearly(part: Field, moment: Broken): string | undefined {
  const isIso = /^I[Y]*$/.test(part.name);
  const own = isIso ? isoWeek(dateOf(moment)).year : moment.year;
  const year = shownYear(own, moment);
  switch (part.name) {
    case "Y,YYY": {
      const thousands = Math.trunc(year / 1000);
      return `${thousands},${String(Math.abs(year - thousands * 1000)).padStart(3, "0")}`;
    }
    case "YYYY":
    case "IYYY":
      return padded(year, 4, part);
    case "YYY":
    case "IYY":
      return padded(year % 1000, 3, part);
    case "YY":
    case "IY":
      return padded(year % 100, 2, part);
    case "Y":
    case "I":
      return String(year % 10);
    case "CC": {
      const { year: given, days } = moment;
      const century =
        days === undefined
          ? Math.trunc(given / 100)
          : given > 0
            ? Math.trunc((given - 1) / 100) + 1
            : Math.trunc(given / 100) - 1;
      return padded(century, Math.abs(century) <= 99 ? 2 : 0, part);
    }
    default:
      return undefined;
  }
}

function ofDate(part: Field, moment: Broken): string | undefined {
  switch (part.name) {
    case "IDDD": {
      const { week, day } = isoWeek(dateOf(moment));
      return padded((week - 1) * 7 + day, 3, part);
    }
    case "IW":
      return padded(isoWeek(dateOf(moment)).week, 2, part);
    case "ID":
      return String(isoWeek(dateOf(moment)).day);
    case "D":
      return String(dayOfWeek(dateOf(moment)) + 1);
    case "J":
      return String(julianOfUnixDay(moment.days ?? daysFromCivil(moment)));
    default:
      return undefined;
  }
}

function dateOf({ days }: Broken): number {
  if (days === undefined)
    throw new PgError("22007", "invalid format specification for an interval value", {
      hint: "Intervals are not tied to specific calendar dates.",
    });
  return days;
}

export const monthWords =
  "January February March April May June July August September October November December".split(
    " ",
  );
export const dayWords = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
export const romanMonths = "I II III IV V VI VII VIII IX X XI XII".split(" ");

/** A name in the case of its pattern: MONTH, Month, month. */
function cased(word: string, pattern: string): string {
  if (pattern === pattern.toUpperCase()) return word.toUpperCase();
  return pattern === pattern.toLowerCase() ? word.toLowerCase() : word;
}

function worded({ name, isFilled }: Field, moment: Broken): string {
  const pad = (word: string, width: number) => (isFilled ? word : word.padEnd(width));
  switch (name.toUpperCase()) {
    case "A.M.":
    case "P.M.":
      return cased(moment.hour % 24 >= 12 ? "P.M." : "A.M.", name);
    case "AM":
    case "PM":
      return cased(moment.hour % 24 >= 12 ? "PM" : "AM", name);
    case "A.D.":
    case "B.C.":
      dateOf(moment);
      return cased(moment.year <= 0 ? "B.C." : "A.D.", name);
    case "AD":
    case "BC":
      dateOf(moment);
      return cased(moment.year <= 0 ? "BC" : "AD", name);
    case "MONTH":
    case "MON": {
      dateOf(moment);
      const word = cased(monthWords[moment.month - 1] ?? "", name);
      return name.length === 3 ? word.slice(0, 3) : pad(word, 9);
    }
    case "DAY":
    case "DY": {
      const word = cased(dayWords[dayOfWeek(dateOf(moment))] ?? "", name);
      return name.length === 2 ? word.slice(0, 3) : pad(word, 9);
    }
    case "RM":
      return pad(cased(romanMonth(moment), name), moment.month === 0 && moment.year === 0 ? 0 : 4);
    default:
      return zoned(name, isFilled, moment);
  }
}

function romanMonth({ month, year }: Broken): string {
  if (month === 0 && year === 0) return "";
  if (month === 0) return romanMonths[year >= 0 ? 11 : 0] ?? "";
  return romanMonths[month > 0 ? month - 1 : 11 + month] ?? "";
}

function zoned(name: string, isFilled: boolean, moment: Broken): string {
  const { offset } = moment;
  const sign = offset < 0 ? "-" : "+";
  const hours = String(Math.trunc(Math.abs(offset) / 3600));
  const minutes = String(Math.trunc(Math.abs(offset) / 60) % 60).padStart(2, "0");
  if (name !== "FX") dateOf(moment);
  switch (name) {
    case "TZ":
      return moment.zone.toUpperCase();
    case "tz":
      return moment.zone.toLowerCase();
    case "TZH":
      return sign + hours.padStart(2, "0");
    case "TZM":
      return minutes;
    case "OF":
      return (
        sign + (isFilled ? hours : hours.padStart(2, "0")) + (minutes === "00" ? "" : `:${minutes}`)
      );
    default:
      return "";
  }
}
