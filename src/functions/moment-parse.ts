/** to_date and to_timestamp: a text read by a template, as PostgreSQL's DCH_from_char and do_to_timestamp. */
import { PgError } from "../base/error.ts";
import { daysFromCivil, daysInMonth, isLeapYear } from "../pgtypes/calendar.ts";
import { mondayOf, unixDayOfJulian } from "./iso-week.ts";
import { dayWords, monthWords, romanMonths } from "./moment-format.ts";
import { readTemplate, type TemplatePart } from "./moment-template.ts";

type Field = Extract<TemplatePart, { kind: "field" }>;

/** What has been read, by kinds of fields. */
interface Found {
  year?: number;
  yearDigits: number;
  values: Map<string, number>;
  mode: "gregorian" | "iso" | undefined;
  isTwelveHours: boolean;
  isBC: boolean;
  isPM: boolean;
  zoneSign: number;
}

export interface ReadMoment {
  /** Days since 1970. */
  readonly days: number;
  readonly micros: number;
  /** Seconds east, where the text said so. */
  readonly offset: number | undefined;
}

export function readMoment(text: string, template: string): ReadMoment {
  const found = new Reader(text, readTemplate(template)).read();
  return assemble(found, text);
}

class Reader {
  readonly #text: string;
  readonly #parts: readonly TemplatePart[];
  readonly #found: Found = {
    yearDigits: 0,
    values: new Map(),
    mode: undefined,
    isTwelveHours: false,
    isBC: false,
    isPM: false,
    zoneSign: 1,
  };
  #at = 0;

  constructor(text: string, parts: readonly TemplatePart[]) {
    this.#text = text;
    this.#parts = parts;
  }

  read(): Found {
    let isExact = false;
    let skipped = 0;
    for (const [i, part] of this.#parts.entries()) {
      if (this.#at >= this.#text.length) break;
      if (part.kind === "field" && part.name === "FX") {
        isExact = true;
        continue;
      }
      if (!isExact && (part.kind !== "text" || i === 0)) skipped += this.#skipBlanks();
      if (part.kind === "field") {
        this.#field(part, i, skipped);
        if (!isExact) skipped = this.#skipBlanks();
      } else if (part.kind === "text") {
        // Blanks that were skipped stand for it.
        if (!isExact && skipped > 0) skipped--;
        else this.#at++;
      } else if (isExact) this.#at++;
      else {
        skipped--;
        if (/^[\s!-/:-@[-`{-~]/.test(this.#text[this.#at] ?? "")) {
          this.#at++;
          skipped++;
        }
      }
    }
    return this.#found;
  }

  #skipBlanks(): number {
    const blanks = /^\s*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    this.#at += blanks;
    return blanks;
  }

  /** `skipped`: blanks and separators passed over that the template does not have. */
  #field(part: Field, index: number, skipped: number): void {
    const { name } = part;
    const found = this.#found;
    this.#setMode(name);
    switch (name) {
      case "HH":
      case "HH12":
        found.isTwelveHours = true;
        this.#number(part, index, "HH", 2);
        break;
      case "HH24":
        this.#number(part, index, "HH", 2);
        break;
      case "MI":
      case "SS":
      case "MM":
      case "DD":
      case "WW":
      case "IW":
        this.#number(part, index, name === "IW" ? "WW" : name, 2);
        break;
      case "SSSS":
      case "SSSSS":
        this.#number(part, index, "SSSS", name.length);
        break;
      case "DDD":
      case "IDDD":
        this.#number(part, index, "DDD", 3);
        break;
      case "MS":
      case "FF3":
        this.#fraction(part, index, 3, "MS");
        break;
      case "J":
      case "W":
      case "CC":
        this.#number(part, index, name, name.length);
        break;
      case "Q":
        this.#digits(part, index, 1);
        break;
      default:
        if (/^(?:US|FF\d)$/.test(name))
          this.#fraction(part, index, name === "US" ? 6 : Number(name.slice(2)), "US");
        else if (name === "TZH") this.#zoneHours(part, index, skipped);
        else this.#dateField(part, index);
    }
    if (part.ordinal !== "") this.#at += 2;
  }

  /** Its sign may have been passed over as a separator. */
  #zoneHours(part: Field, index: number, skipped: number): void {
    const next = this.#text[this.#at] ?? "";
    const isSigned = /[+\- ]/.test(next);
    const sign = isSigned ? next : skipped > 0 ? this.#text[this.#at - 1] : "+";
    if (isSigned) this.#at++;
    this.#found.zoneSign = sign === "-" ? -1 : 1;
    this.#number(part, index, "TZH", 2);
  }

  #dateField(part: Field, index: number): void {
    const { name } = part;
    const found = this.#found;
    if (/^I?Y+$|^I$/.test(name)) {
      const places = name === "I" ? 1 : name.replace("I", "").length;
      const { value, length } = this.#digits(part, index, places);
      found.yearDigits = places;
      this.#set(part, "YYYY", length < 4 && places < 4 ? nearYear(value) : value);
      return;
    }
    switch (name) {
      case "Y,YYY": {
        const [whole, thousands, rest] = /^(\d+),(\d{3})/.exec(this.#text.slice(this.#at)) ?? [];
        if (whole === undefined) throw new PgError("22007", `invalid input string for "Y,YYY"`);
        this.#at += whole.length;
        found.yearDigits = 4;
        this.#set(part, "YYYY", Number(thousands) * 1000 + Number(rest));
        return;
      }
      case "D":
        this.#number(part, index, "D", 1);
        return;
      case "ID": {
        const { value } = this.#digits(part, index, 1);
        this.#set(part, "D", (value % 7) + 1);
        return;
      }
      case "TZM":
        this.#number(part, index, "TZM", 2);
        return;
      case "TZ":
      case "tz":
      case "OF":
        throw new PgError("0A000", `formatting field "${name}" is only supported in to_char`);
      default:
        this.#word(part);
    }
  }

  #word(part: Field): void {
    const found = this.#found;
    const upper = part.name.toUpperCase();
    const among = (words: readonly string[]) => this.#oneOf(words, part);
    switch (upper) {
      case "A.M.":
      case "P.M.":
        found.isTwelveHours = true;
        found.isPM = among(["A.M.", "P.M."]) === 1;
        return;
      case "AM":
      case "PM":
        found.isTwelveHours = true;
        found.isPM = among(["AM", "PM"]) === 1;
        return;
      case "A.D.":
      case "B.C.":
        found.isBC = among(["A.D.", "B.C."]) === 1;
        return;
      case "AD":
      case "BC":
        found.isBC = among(["AD", "BC"]) === 1;
        return;
      case "MONTH":
        this.#set(part, "MM", among(monthWords) + 1);
        return;
      case "MON":
        this.#set(part, "MM", among(monthWords.map((word) => word.slice(0, 3))) + 1);
        return;
      case "DAY":
        this.#set(part, "D", among(dayWords) + 1);
        return;
      case "DY":
        this.#set(part, "D", among(dayWords.map((word) => word.slice(0, 3))) + 1);
        return;
      case "RM":
        this.#set(part, "MM", this.#longest(romanMonths, part) + 1);
        return;
      default:
    }
  }

  #oneOf(words: readonly string[], part: Field): number {
    const rest = this.#text.slice(this.#at).toUpperCase();
    const index = words.findIndex((word) => rest.startsWith(word.toUpperCase()));
    if (index < 0) throw this.#noWord(part);
    this.#at += words[index]?.length ?? 0;
    return index;
  }

  #longest(words: readonly string[], part: Field): number {
    const rest = this.#text.slice(this.#at).toUpperCase();
    const fitting = words
      .filter((word) => rest.startsWith(word))
      .sort((a, b) => b.length - a.length);
    const [word] = fitting;
    if (word === undefined) throw this.#noWord(part);
    this.#at += word.length;
    return words.indexOf(word);
  }

  #noWord({ name }: Field): PgError {
    const value = /^\S*/.exec(this.#text.slice(this.#at))?.[0] ?? "";
    return new PgError("22007", `invalid value "${value}" for "${name}"`, {
      detail: "The given value did not match any of the allowed values for this field.",
    });
  }

  #number(part: Field, index: number, kind: string, places: number): void {
    this.#set(part, kind, this.#digits(part, index, places).value);
  }

  /** 5 is five tenths, 05 five hundredths. */
  #fraction(part: Field, index: number, places: number, kind: "MS" | "US"): void {
    const { value, length } = this.#digits(part, index, places);
    const scale = kind === "MS" ? 3 : 6;
    this.#set(part, kind, value * 10 ** Math.max(scale - length, 0));
  }

  #digits(part: Field, index: number, places: number): { value: number; length: number } {
    this.#skipBlanks();
    const rest = this.#text.slice(this.#at);
    const isOpen = part.isFilled || this.#isBeforeOther(index);
    const given = isOpen ? rest : rest.slice(0, places);
    const number = /^[+-]?\d+/.exec(given)?.[0] ?? "";
    if (!isOpen && rest.length < places)
      throw new PgError("22007", `source string too short for "${part.name}" formatting field`, {
        detail: `Field requires ${places} characters, but only ${rest.length} remain.`,
        hint: 'If your source string is not fixed-width, try using the "FM" modifier.',
      });
    if (number === "" || (!isOpen && number.length < places))
      throw new PgError(
        "22007",
        `invalid value "${given.slice(0, isOpen ? 4 : places)}" for "${part.name}"`,
        {
          detail:
            number === ""
              ? "Value must be an integer."
              : `Field requires ${places} characters, but only ${number.length} could be parsed.`,
        },
      );
    const value = Number(number);
    if (Math.abs(value) > 2_147_483_647)
      throw new PgError("22008", `value for "${part.name}" in source string is out of range`);
    this.#at += number.length;
    return { value, length: number.length };
  }

  /** Whether something that is no digit comes next, so that a number ends by itself. */
  #isBeforeOther(index: number): boolean {
    const part = this.#parts[index];
    if (part?.kind === "field" && part.ordinal !== "") return true;
    const after = this.#parts[index + 1];
    if (after === undefined) return true;
    if (after.kind === "field") return !isNumeric(after.name);
    return !/^\d$/.test(after.text);
  }

  #setMode(name: string): void {
    const mode = /^I/.test(name) ? "iso" : gregorian.has(name) ? "gregorian" : undefined;
    if (mode === undefined) return;
    if (this.#found.mode !== undefined && this.#found.mode !== mode)
      throw new PgError("22007", "invalid combination of date conventions", {
        hint: "Do not mix Gregorian and ISO week date conventions in a formatting template.",
      });
    this.#found.mode = mode;
  }

  #set({ name }: Field, kind: string, value: number): void {
    const before = this.#found.values.get(kind);
    if (before !== undefined && before !== 0 && before !== value)
      throw new PgError("22007", `conflicting values for "${name}" field in formatting string`, {
        detail: "This value contradicts a previous setting for the same field type.",
      });
    this.#found.values.set(kind, value);
  }
}

const gregorian: ReadonlySet<string> = new Set(
  "DDD DD D MM MON Mon mon MONTH Month month RM rm WW W YYYY YYY YY Y Y,YYY".split(" "),
);
const isNumeric = (name: string) =>
  /^(?:CC|I?D+|ID|FF\d|HH|HH12|HH24|MI|MM|MS|US|S+|W|WW|IW|I|I?Y+|Y,YYY|J|Q)$/.test(name);

/** A year of fewer than four digits is the one nearest to 2020. */
function nearYear(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

function assemble(found: Found, text: string): ReadMoment {
  const micros = timeOf(found, text);
  const days = dateOf(found, text);
  const hours = found.values.get("TZH");
  const offset =
    hours === undefined && !found.values.has("TZM")
      ? undefined
      : found.zoneSign * ((hours ?? 0) * 3600 + (found.values.get("TZM") ?? 0) * 60);
  return { days, micros, offset };
}

function outOfRange(text: string): PgError {
  return new PgError("22008", `date/time field value out of range: "${text}"`);
}

function timeOf({ values, isTwelveHours, isPM }: Found, text: string): number {
  const value = (kind: string) => values.get(kind) ?? 0;
  const ofDay = value("SSSS");
  let hour = values.has("HH") ? value("HH") : Math.floor(ofDay / 3600);
  const minute = values.has("MI") ? value("MI") : Math.floor(ofDay / 60) % 60;
  const second = values.has("SS") ? value("SS") : ofDay % 60;
  if (isTwelveHours) {
    if (hour < 1 || hour > 12)
      throw new PgError("22007", `hour "${hour}" is invalid for the 12-hour clock`, {
        hint: "Use the 24-hour clock, or give an hour between 1 and 12.",
      });
    if (isPM && hour < 12) hour += 12;
    else if (!isPM && hour === 12) hour = 0;
  }
  const fraction = value("MS") * 1000 + value("US");
  if (
    hour > 23 ||
    minute > 59 ||
    second > 59 ||
    hour < 0 ||
    minute < 0 ||
    second < 0 ||
    fraction < 0
  )
    throw outOfRange(text);
  return (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction;
}

function dateOf(found: Found, text: string): number {
  const { values } = found;
  const julian = values.get("J");
  const year = yearOf(found);
  const month = values.get("MM") ?? 1;
  let day = values.get("DD") ?? 1;
  if (julian) return unixDayOfJulian(julian);
  let ofYear = values.get("DDD") ?? 0;
  const week = values.get("WW");
  if (week) {
    if (found.mode === "iso") {
      const weekday = values.get("D");
      // Sunday is the last day of such a week.
      const shift = weekday === undefined ? 0 : (weekday + 5) % 7;
      return mondayOf(year, week) + shift;
    }
    ofYear = (week - 1) * 7 + 1;
  }
  if (values.get("W")) day = ((values.get("W") ?? 1) - 1) * 7 + 1;
  if (ofYear > 0 && (month <= 1 || day <= 1)) {
    if (!values.has("YYYY") && !found.isBC && year === 0)
      throw new PgError("22007", "cannot calculate day of year without year information");
    if (found.mode === "iso") return mondayOf(year, 1) + ofYear - 1;
    if (ofYear > (isLeapYear(year) ? 366 : 365)) throw outOfRange(text);
    return daysFromCivil({ year, month: 1, day: 1 }) + ofYear - 1;
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw outOfRange(text);
  if (year > 5_874_897 || year < -4713) throw outOfRange(text);
  return daysFromCivil({ year, month, day });
}

/** In astronomers' counting: 0 is 1 BC, and what is not said is 0 too. */
function yearOf({ values, yearDigits, isBC }: Found): number {
  const year = values.get("YYYY");
  const given = values.get("CC");
  const century = given === undefined ? undefined : isBC ? -given : given;
  if (year) {
    if (century && yearDigits <= 2) {
      const short = year % 100;
      if (short === 0) return century * 100 + (century >= 0 ? 0 : 1);
      return century >= 0 ? short + (century - 1) * 100 : (century + 1) * 100 - short + 1;
    }
    const signed = isBC ? -year : year;
    return signed < 0 ? signed + 1 : signed;
  }
  if (century) return century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
  return 0;
}
