/**
 * Dates and times as people and programs write them: what ParseDateTime and DecodeDateTime of
 * src/backend/utils/adt/datetime.c accept. https://www.postgresql.org/docs/15/datetime-input-rules.html
 */
import { PgError } from "../base/error.ts";
import { daysFromCivil, daysInMonth, monthNames, splitDays } from "./calendar.ts";
import { readDateStyle, type TextSettings } from "./text-settings.ts";
import { fixedOffset, type Zone, zoneNamed, zoneOf } from "./time-zone.ts";
import { abbreviationOffset } from "./zone-abbreviations.ts";

export interface DateTime {
  /** Set instead of everything else. */
  readonly infinite?: "infinity" | "-infinity";
  /** Set when the text names a moment: now, epoch. Microseconds since 1970 UTC. */
  readonly moment?: bigint;
  readonly days: number | undefined;
  /** Microseconds of the day; 24:00:00 is possible. */
  readonly micros: number;
  readonly hasTime: boolean;
  readonly zone: Zone | undefined;
}

/** `title` is the type's name in messages. */
export function parseDateTime(text: string, title: string, settings: TextSettings): DateTime {
  return isoDateTime(text) ?? new Reader(text, title, settings).read();
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** What programs write, without the Reader. */
function isoDateTime(text: string): DateTime | undefined {
  const match = isoPattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (date.year === 0 || date.month < 1 || date.month > 12 || date.day < 1) return undefined;
  if (date.day > daysInMonth(date.year, date.month)) return undefined;
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (h > 23 || m > 59 || s > 59) return undefined;
  if (zone !== undefined && !/^(?:Z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)$/.test(zone))
    return undefined;
  return {
    days: daysFromCivil(date),
    micros: (h * 3600 + m * 60 + s) * 1_000_000 + Number(fraction.padEnd(6, "0")),
    hasTime: hour !== undefined,
    zone: zone === undefined ? undefined : isoZone(zone),
  };
}

function isoZone(text: string): Zone | undefined {
  if (text === "Z") return fixedOffset("UTC", 0);
  const offset = Number(text.slice(1, 3)) * 3600 + Number(text.slice(-2)) * 60;
  const size = text.length === 3 ? Number(text.slice(1)) * 3600 : offset;
  return fixedOffset(text, text.startsWith("-") ? -size : size);
}

const tokenPattern =
  /\s+|,|(?<time>\d+:\d+(?::\d+(?:\.\d*)?)?)|(?<date>\d+[-/.][A-Za-z]+[-/.]\d+|\d+([-/.])\d+\3\d+|[A-Za-z]{3,}[-/.]\d+[-/.]\d+|\d+-[A-Za-z]+|\d{4}-\d{1,3}(?!\d)|\d{4}\.\d{3}(?!\d))|(?<zone>[+-]\d+(?::\d+)*(?![A-Za-z]))|(?<infinity>[+-]?[Ii][Nn][Ff][Ii][Nn][Ii][Tt][Yy])\b|(?<julian>[Jj]\d+)|(?<number>\d+(?:\.\d*)?)|(?<word>[A-Za-z][A-Za-z_]*(?:[/+-][A-Za-z0-9_+-]+)*|<[^>]*>[+-]?\d+)|(?<junk>.)/gsy;

class Reader {
  readonly #text: string;
  readonly #title: string;
  readonly #settings: TextSettings;
  #year: number | undefined;
  #month: number | undefined;
  #day: number | undefined;
  #isTwoDigitYear = false;
  #hasTextMonth = false;
  #julian: number | undefined;
  #dayOfYear: number | undefined;
  #time: number | undefined;
  #half: "am" | "pm" | undefined;
  #era: "bc" | "ad" | undefined;
  #zone: Zone | undefined;
  #special: string | undefined;

  constructor(text: string, title: string, settings: TextSettings) {
    this.#text = text;
    this.#title = title;
    this.#settings = settings;
  }

  read(): DateTime {
    let count = 0;
    for (const { groups = {} } of this.#text.trim().matchAll(tokenPattern)) {
      const { time, date, zone, infinity, julian, number, word, junk } = groups;
      if (junk !== undefined) throw this.#invalid();
      if (time !== undefined) this.#readTime(time);
      else if (date !== undefined) this.#readDate(date);
      else if (zone !== undefined) this.#readOffset(zone);
      else if (infinity !== undefined) this.#special = infinity.toLowerCase().replace("+", "");
      else if (julian !== undefined) this.#julian = Number(julian.slice(1));
      else if (number !== undefined) this.#readNumber(number);
      else if (word !== undefined) this.#readWord(word.toLowerCase(), word);
      else continue;
      count++;
    }
    if (count === 0) throw this.#invalid();
    return this.#result();
  }

  #result(): DateTime {
    const nothing = { days: undefined, micros: 0, hasTime: false, zone: undefined };
    if (this.#special === "infinity" || this.#special === "-infinity") {
      return { ...nothing, infinite: this.#special };
    }
    if (this.#special === "epoch") return { ...nothing, moment: 0n };
    if (this.#special === "now") return { ...nothing, moment: this.#now() };
    const micros = this.#timeOfDay();
    return {
      days: this.#special === undefined ? this.#days() : this.#relativeDay(this.#special),
      micros: micros ?? 0,
      hasTime: micros !== undefined,
      zone: this.#zone,
    };
  }

  #now(): bigint {
    return this.#settings.now ?? BigInt(Date.now()) * 1000n;
  }

  #relativeDay(name: string): number {
    const offset = zoneOf(this.#settings.timeZone).offsetAt(Number(this.#now() / 1_000_000n));
    const { days } = splitDays(this.#now() + BigInt(offset) * 1_000_000n);
    return days + (name === "tomorrow" ? 1 : name === "yesterday" ? -1 : 0);
  }

  #days(): number | undefined {
    if (this.#julian !== undefined) return this.#julian - 2440588;
    if (this.#year === undefined && this.#month === undefined && this.#day === undefined) {
      return undefined;
    }
    const year = this.#fullYear();
    if (this.#dayOfYear !== undefined) {
      return daysFromCivil({ year, month: 1, day: 1 }) + this.#dayOfYear - 1;
    }
    if (this.#month === undefined || this.#day === undefined) throw this.#invalid();
    const { order } = readDateStyle(this.#settings.dateStyle);
    const isMisordered = this.#month < 1 || this.#month > 12 || this.#day < 1 || this.#day > 31;
    if (isMisordered) {
      const hint = 'Perhaps you need a different "datestyle" setting.';
      throw this.#outOfRange(order && { hint });
    }
    if (this.#day > daysInMonth(year, this.#month)) throw this.#outOfRange();
    return daysFromCivil({ year, month: this.#month, day: this.#day });
  }

  #fullYear(): number {
    if (this.#year === undefined) throw this.#invalid();
    if (this.#era === "bc") {
      if (this.#year <= 0) throw this.#outOfRange();
      return 1 - this.#year;
    }
    if (this.#isTwoDigitYear) return this.#year + (this.#year < 70 ? 2000 : 1900);
    if (this.#year <= 0) throw this.#outOfRange();
    return this.#year;
  }

  #timeOfDay(): number | undefined {
    if (this.#time === undefined) {
      if (this.#half) throw this.#invalid();
      return undefined;
    }
    const hour = Math.floor(this.#time / 3_600_000_000);
    if (this.#half) {
      if (hour > 12) throw this.#outOfRange();
      if (this.#half === "pm" && hour < 12) return this.#time + 12 * 3_600_000_000;
      if (this.#half === "am" && hour === 12) return this.#time - 12 * 3_600_000_000;
    }
    return this.#time;
  }

  #readTime(text: string): void {
    if (this.#time !== undefined) throw this.#invalid();
    const [hour = "0", minute = "0", second = "0"] = text.split(":");
    this.#setTime(Number(hour), Number(minute), second);
  }

  #setTime(hour: number, minute: number, secondText: string): void {
    const [whole = "0", fraction = ""] = secondText.split(".");
    const second = Number(whole);
    const micros = Math.round(Number(`0.${fraction}`) * 1_000_000);
    const total = (hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
    if (hour > 24 || minute > 59 || second > 60 || total > 86_400_000_000) {
      throw this.#outOfRange();
    }
    this.#time = total;
  }

  /** Parts joined by one of - / . : year first when it has three digits or more, else as DateStyle says. */
  #readDate(text: string): void {
    if (this.#special !== undefined) throw this.#invalid();
    const parts = text.split(/[-/.]/);
    if (parts.length === 2) this.#readTwoParts(parts, text);
    else {
      for (const part of parts.filter((each) => !/^\d/.test(each))) this.#setMonthName(part);
      for (const part of parts.filter((each) => /^\d/.test(each))) this.#setDateNumber(part);
    }
  }

  #readTwoParts(parts: readonly string[], text: string): void {
    const [first = "", second = ""] = parts;
    if (/^[A-Za-z]/.test(second)) {
      this.#setMonthName(second);
      this.#setDateNumber(first);
    } else if (/^\d{4}[-.]\d{3}$/.test(text)) {
      this.#setYear(first);
      this.#dayOfYear = Number(second);
    } else {
      this.#setDateNumber(first);
      this.#setDateNumber(second);
    }
  }

  #setMonthName(name: string): void {
    const month = monthNamed(name.toLowerCase());
    if (month === undefined) throw this.#invalid();
    if (this.#month !== undefined && !this.#hasTextMonth) {
      // "05 Jan 2024" read the first number as a month: it was the day.
      if (this.#day !== undefined) throw this.#invalid();
      this.#day = this.#month;
    }
    this.#month = month;
    this.#hasTextMonth = true;
  }

  /** DecodeNumber: which field a number is depends on which are known. */
  #setDateNumber(text: string): void {
    const value = Number(text);
    const { order } = readDateStyle(this.#settings.dateStyle);
    const [hasYear, hasMonth, hasDay] = [this.#year, this.#month, this.#day].map(
      (field) => field !== undefined,
    );
    if (!hasYear && !hasMonth && !hasDay) {
      if (text.length >= 3 || order === "YMD") this.#setYear(text);
      else if (order === "DMY") this.#day = value;
      else this.#month = value;
    } else if (hasYear && !hasMonth && !hasDay) this.#month = value;
    else if (!hasYear && hasMonth && !hasDay) {
      if (this.#hasTextMonth && (text.length >= 3 || order === "YMD")) this.#setYear(text);
      else this.#day = value;
    } else if (hasYear && hasMonth && !hasDay) {
      if (this.#hasTextMonth && text.length >= 3 && this.#isTwoDigitYear) {
        this.#day = this.#year;
        this.#setYear(text);
      } else this.#day = value;
    } else if (!hasYear && !hasMonth && hasDay) this.#month = value;
    else if (!hasYear && hasMonth && hasDay) this.#setYear(text);
    else throw this.#invalid();
  }

  #setYear(text: string): void {
    this.#year = Number(text);
    this.#isTwoDigitYear = text.length <= 2;
  }

  /** A number on its own: a part of a date, or a date or time written without separators. */
  #readNumber(text: string): void {
    const [digits = "", fraction] = text.split(".");
    const hasDate =
      this.#year !== undefined && this.#month !== undefined && this.#day !== undefined;
    if (hasDate || this.#special !== undefined || this.#isTimeOnly(digits)) {
      if (this.#time !== undefined) throw this.#invalid();
      if (digits.length === 6 || digits.length === 4) {
        const seconds = digits.slice(4) || "0";
        const second = fraction === undefined ? seconds : `${seconds}.${fraction}`;
        this.#setTime(Number(digits.slice(0, 2)), Number(digits.slice(2, 4)), second);
        return;
      }
      throw this.#invalid();
    }
    if (digits.length >= 6 && fraction === undefined && this.#month === undefined) {
      this.#setYear(digits.slice(0, -4));
      this.#month = Number(digits.slice(-4, -2));
      this.#day = Number(digits.slice(-2));
      return;
    }
    if (fraction !== undefined && digits.length !== 6) throw this.#invalid();
    if (fraction !== undefined) {
      this.#setTime(
        Number(digits.slice(0, 2)),
        Number(digits.slice(2, 4)),
        `${digits.slice(4)}.${fraction}`,
      );
      return;
    }
    this.#setDateNumber(digits);
  }

  /** For the time types, digits without a date before them are a time. */
  #isTimeOnly(digits: string): boolean {
    const isTime = this.#title === "time" || this.#title === "time with time zone";
    const hasPart = (this.#year ?? this.#month ?? this.#day) !== undefined;
    return isTime && !hasPart && (digits.length === 6 || digits.length === 4);
  }

  #readOffset(text: string): void {
    if (this.#zone) throw this.#invalid();
    const digits = text.slice(1);
    let parts = digits.split(":");
    if (parts.length === 1 && digits.length > 2) {
      const padded = digits.padStart(digits.length + (digits.length % 2), "0");
      parts = padded.match(/../g) ?? [];
    }
    const [hour = 0, minute = 0, second = 0] = parts.map(Number);
    if (hour > 15 || minute > 59 || second > 59) {
      throw new PgError("22009", `time zone displacement out of range: "${this.#text}"`);
    }
    const size = hour * 3600 + minute * 60 + second;
    this.#zone = fixedOffset(text, text.startsWith("-") ? -size : size);
  }

  #readWord(word: string, original: string): void {
    // "T" alone, "t10" and so on: ISO 8601's mark between date and time.
    if (word === "t" && this.#time === undefined) return;
    const month = monthNamed(word);
    if (month !== undefined) this.#setMonthName(word);
    else if (isDayName(word) || word === "at" || word === "on") return;
    else if (word === "am" || word === "pm") this.#half = word;
    else if (word === "bc" || word === "ad") this.#era = word;
    else if (word === "allballs") {
      this.#time = 0;
      this.#zone = fixedOffset("UTC", 0);
    } else if (/^(?:now|today|tomorrow|yesterday|epoch)$/.test(word)) this.#special = word;
    else this.#setZone(word, original);
  }

  #setZone(word: string, original: string): void {
    if (this.#zone) throw this.#invalid();
    const offset = abbreviationOffset(word);
    if (offset !== undefined) {
      this.#zone = fixedOffset(word, offset);
      return;
    }
    const zone = zoneNamed(original);
    if (zone) this.#zone = zone;
    else if (/[/+-]|\d/.test(word)) {
      throw new PgError("22023", `time zone "${word}" not recognized`);
    } else throw this.#invalid();
  }

  #invalid(): PgError {
    return new PgError("22007", `invalid input syntax for type ${this.#title}: "${this.#text}"`);
  }

  #outOfRange(details?: { hint: string }): PgError {
    return new PgError("22008", `date/time field value out of range: "${this.#text}"`, details);
  }
}

function monthNamed(word: string): number | undefined {
  if (word === "sept") return 9;
  const index = monthNames.findIndex((name) => word.startsWith(name.toLowerCase()));
  const full = fullMonths[index];
  return index >= 0 && full && (word.length === 3 || word === full) ? index + 1 : undefined;
}

const fullMonths = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
] as const;

function isDayName(word: string): boolean {
  return /^(?:sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?)$/.test(
    word,
  );
}
