/** Intervals as text in PostgreSQL's four styles: EncodeInterval in src/backend/utils/adt/datetime.c. */
import { fractionText } from "./datetime-output.ts";

export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** Fields as PostgreSQL shows them: each with its own sign. */
interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
}

export function intervalText(interval: Interval, style: string): string {
  const fields = split(interval);
  switch (style.toLowerCase()) {
    case "iso_8601":
      return iso(fields);
    case "sql_standard":
      return sql(fields);
    case "postgres_verbose":
      return verbose(fields);
    default:
      return postgres(fields);
  }
}

function split({ months, days, micros }: Interval): Fields {
  const seconds = micros / 1_000_000n;
  return {
    year: Math.trunc(months / 12),
    month: months % 12,
    day: days,
    hour: Number(seconds / 3600n),
    minute: Number((seconds / 60n) % 60n),
    second: Number(seconds % 60n),
    micro: Number(micros % 1_000_000n),
  };
}

function hasTime({ hour, minute, second, micro }: Fields): boolean {
  return hour !== 0 || minute !== 0 || second !== 0 || micro !== 0;
}

function isNegativeTime({ hour, minute, second, micro }: Fields): boolean {
  return hour < 0 || minute < 0 || second < 0 || micro < 0;
}

function clock({ hour, minute, second, micro }: Fields): string {
  const hours = String(Math.abs(hour)).padStart(2, "0");
  return `${hours}:${minutesAndSeconds(minute, second, micro)}`;
}

function minutesAndSeconds(minute: number, second: number, micro: number): string {
  return `${String(Math.abs(minute)).padStart(2, "0")}:${String(Math.abs(second)).padStart(2, "0")}${fractionText(Math.abs(micro))}`;
}

/** 1 year 2 mons -3 days +04:05:06: a sign is written where it differs from the one before. */
function postgres(fields: Fields): string {
  const parts: string[] = [];
  let isBefore = false;
  const whole = (value: number, unit: string) => {
    if (value === 0) return;
    parts.push(`${isBefore && value > 0 ? "+" : ""}${value} ${unit}${value === 1 ? "" : "s"}`);
    isBefore = value < 0;
  };
  whole(fields.year, "year");
  whole(fields.month, "mon");
  whole(fields.day, "day");
  if (parts.length === 0 || hasTime(fields)) {
    const sign = isNegativeTime(fields) ? "-" : isBefore ? "+" : "";
    parts.push(sign + clock(fields));
  }
  return parts.join(" ");
}

/** @ 1 year 2 mons -3 days ago: the first sign decides "ago", and turns the others round. */
function verbose(fields: Fields): string {
  let text = "@";
  let isZero = true;
  let isBefore = false;
  const whole = (value: number, unit: string) => {
    if (value === 0) return;
    if (isZero) isBefore = value < 0;
    const shown = isBefore ? -value : value;
    text += ` ${shown} ${unit}${shown === 1 ? "" : "s"}`;
    isZero = false;
  };
  whole(fields.year, "year");
  whole(fields.month, "mon");
  whole(fields.day, "day");
  whole(fields.hour, "hour");
  whole(fields.minute, "min");
  const { second, micro } = fields;
  if (second !== 0 || micro !== 0) {
    text += " ";
    if (second < 0 || (second === 0 && micro < 0)) {
      if (isZero) isBefore = true;
      else if (!isBefore) text += "-";
    } else if (isBefore) text += "-";
    text += `${Math.abs(second)}${fractionText(Math.abs(micro))} sec`;
    if (Math.abs(second) !== 1 || micro !== 0) text += "s";
    isZero = false;
  }
  if (isZero) text += " 0";
  return isBefore ? `${text} ago` : text;
}

/** P1Y2M-3DT4H5M6S */
function iso(fields: Fields): string {
  const part = (value: number, unit: string) => (value === 0 ? "" : `${value}${unit}`);
  const date = part(fields.year, "Y") + part(fields.month, "M") + part(fields.day, "D");
  if (!hasTime(fields)) return date === "" ? "PT0S" : `P${date}`;
  const { second, micro } = fields;
  let seconds = "";
  if (second !== 0 || micro !== 0) {
    const sign = second < 0 || micro < 0 ? "-" : "";
    seconds = `${sign}${Math.abs(second)}${fractionText(Math.abs(micro))}S`;
  }
  return `P${date}T${part(fields.hour, "H")}${part(fields.minute, "M")}${seconds}`;
}

/** 1-2, 3 4:05:06, or all of it with signs where the standard has no form for the mixture. */
function sql(fields: Fields): string {
  const all = Object.values(fields) as number[];
  const hasNegative = all.some((value) => value < 0);
  const hasPositive = all.some((value) => value > 0);
  if (!hasNegative && !hasPositive) return "0";
  const { year, month, day, hour, minute, second, micro } = fields;
  const hasYearMonth = year !== 0 || month !== 0;
  const hasDayTime = day !== 0 || hasTime(fields);
  const time = `${Math.abs(hour)}:${minutesAndSeconds(minute, second, micro)}`;
  if ((hasNegative && hasPositive) || (hasYearMonth && hasDayTime)) {
    const yearSign = year < 0 || month < 0 ? "-" : "+";
    const daySign = day < 0 ? "-" : "+";
    const timeSign = isNegativeTime(fields) ? "-" : "+";
    return `${yearSign}${Math.abs(year)}-${Math.abs(month)} ${daySign}${Math.abs(day)} ${timeSign}${time}`;
  }
  const sign = hasNegative ? "-" : "";
  if (hasYearMonth) return `${sign}${Math.abs(year)}-${Math.abs(month)}`;
  return day !== 0 ? `${sign}${Math.abs(day)} ${time}` : sign + time;
}
