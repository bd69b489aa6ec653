/**
 * Offsets of time zones. Intl knows every zone but takes microseconds an answer, so what it said is kept by day:
 * a day has one offset, or, rarely, a moment at which it changes.
 */
import { PgError } from "../base/error.ts";

export interface Zone {
  readonly name: string;
  /** Seconds east of Greenwich at a moment (seconds since 1970). */
  offsetAt(seconds: number): number;
  /** Seconds east for a local time, read as PostgreSQL reads times that are ambiguous or do not exist. */
  offsetForLocal(localSeconds: number): number;
  /** What the zone is called then ("EST"), where it has such a name. */
  abbreviationAt(seconds: number): string | undefined;
}

const zones = new Map<string, Zone>();
const zonesMax = 1000;

/** By a name of the time zone database, in any case, or a fixed offset in POSIX's sense (`UTC-5`, `<+02>-02`, `-5`). */
export function zoneNamed(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known) return known;
  const zone = fixedZone(name) ?? namedZone(name);
  if (zone && zones.size < zonesMax) zones.set(name, zone);
  return zone;
}

export function zoneOf(name: string): Zone {
  const zone = zoneNamed(name);
  if (!zone) throw new PgError("22023", `time zone "${name}" not recognized`);
  return zone;
}

export function fixedOffset(name: string, offset: number, abbreviation = name): Zone {
  return {
    name,
    offsetAt: () => offset,
    offsetForLocal: () => offset,
    abbreviationAt: () => abbreviation,
  };
}

function fixedZone(name: string): Zone | undefined {
  if (/^(?:utc|gmt|z|zulu|uct|etc\/utc|universal)$/i.test(name)) {
    return fixedOffset(name, 0, /gmt/i.test(name) ? "GMT" : "UTC");
  }
  // POSIX: the sign counts westward, and the name before it is only what the zone is called.
  const match = /^(?:<([^>]+)>|([A-Za-z]{3,}))?([+-]?)(\d{1,3})(?::(\d\d))?(?::(\d\d))?$/.exec(
    name,
  );
  if (!match) return undefined;
  const [, quoted, plain, sign, hours, minutes = "0", seconds = "0"] = match;
  const west = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (west > 168 * 3600) return undefined;
  return fixedOffset(name, sign === "-" ? west : -west, quoted ?? plain ?? "");
}

const secondsPerDay = 86400;
/** Days answered from a flat table: 1900 to 2100. */
const firstDay = -25567;
const dayCount = 73049;
const unknown = -0x7fffffff;
const changing = -0x7ffffffe;

function namedZone(name: string): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  // Intl takes "+05:30" too, which PostgreSQL reads the POSIX way round.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  return new DatabaseZone(name, format);
}

class DatabaseZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Int32Array(dayCount).fill(unknown);
  readonly #farDays = new Map<number, number>();
  readonly #changes = new Map<number, { at: number; before: number; after: number }>();
  readonly #abbreviations = new Map<number, string | undefined>();

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.#format = format;
  }

  offsetAt(seconds: number): number {
    const day = Math.floor(seconds / secondsPerDay);
    const index = day - firstDay;
    let offset = index >= 0 && index < dayCount ? (this.#days[index] ?? unknown) : this.#far(day);
    if (offset === unknown) {
      offset = this.#learn(day);
      if (index >= 0 && index < dayCount) this.#days[index] = offset;
      else if (this.#farDays.size < dayCount) this.#farDays.set(day, offset);
    }
    if (offset !== changing) return offset;
    const change = this.#changes.get(day) ?? this.#learnChange(day);
    return seconds < change.at ? change.before : change.after;
  }

  /** DetermineTimeZoneOffset: a time skipped in spring is read by the offset before, a repeated one by the offset after. */
  offsetForLocal(localSeconds: number): number {
    const before = this.offsetAt(localSeconds - secondsPerDay);
    const after = this.offsetAt(localSeconds + secondsPerDay);
    if (before === after) {
      const here = this.offsetAt(localSeconds - before);
      if (here === before) return before;
    }
    const byBefore = localSeconds - before;
    const byAfter = localSeconds - after;
    const isBefore = this.offsetAt(byBefore) === before;
    const isAfter = this.offsetAt(byAfter) === after;
    if (isBefore && !isAfter) return before;
    if (isAfter && !isBefore) return after;
    return byBefore > byAfter ? before : after;
  }

  abbreviationAt(seconds: number): string | undefined {
    const offset = this.offsetAt(seconds);
    // Before zones there was local mean time. (War time and the like are not known to Intl by their names.)
    if (offset % 60 !== 0) return "LMT";
    if (this.#abbreviations.has(offset)) return this.#abbreviations.get(offset);
    const names = ["en-US", "en-GB", "en-AU", "en-IN", "en-NZ", "en-ZA"].map((locale) =>
      new Intl.DateTimeFormat(locale, { timeZone: this.name, timeZoneName: "short" })
        .formatToParts(seconds * 1000)
        .find((part) => part.type === "timeZoneName"),
    );
    const name = names.find((part) => part && /^[A-Z]{3,5}$/.test(part.value))?.value;
    this.#abbreviations.set(offset, name);
    return name;
  }

  #far(day: number): number {
    return this.#farDays.get(day) ?? unknown;
  }

  #learn(day: number): number {
    const start = this.#ask(day * secondsPerDay);
    return start === this.#ask((day + 1) * secondsPerDay) ? start : changing;
  }

  #learnChange(day: number): { at: number; before: number; after: number } {
    let low = day * secondsPerDay;
    let high = low + secondsPerDay;
    const before = this.#ask(low);
    const after = this.#ask(high);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle) === before) low = middle;
      else high = middle;
    }
    const change = { at: high, before, after };
    this.#changes.set(day, change);
    return change;
  }

  #ask(seconds: number): number {
    // Intl's dates end a quarter of a million years from now; rules do not change that far off, only repeat.
    const cycles = seconds > 8.6e12 || seconds < -8.6e12 ? Math.trunc(seconds / gregorianCycle) : 0;
    const asked = seconds - cycles * gregorianCycle;
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(asked * 1000)) parts[type] = value;
    const number = (name: string) => Number(parts[name]);
    const year = parts["era"] === "BC" ? 1 - number("year") : number("year");
    const local = new Date(0);
    local.setUTCFullYear(year, number("month") - 1, number("day"));
    local.setUTCHours(number("hour"), number("minute"), number("second"));
    return local.getTime() / 1000 - asked;
  }
}

const gregorianCycle = 146097 * secondsPerDay;
