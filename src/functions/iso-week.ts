/** Weeks of ISO 8601, and days counted from 4714 BC. */
import { civilFromDays, dayOfWeek, daysFromCivil } from "../pgtypes/calendar.ts";

export interface IsoWeek {
  readonly year: number;
  readonly week: number;
  /** 1 = Monday. */
  readonly day: number;
}

/** `days` since 1970. The week's year is that of its Thursday. */
export function isoWeek(days: number): IsoWeek {
  const day = ((dayOfWeek(days) + 6) % 7) + 1;
  const { year } = civilFromDays(days - day + 4);
  return { year, week: Math.floor((days - mondayOf(year, 1)) / 7) + 1, day };
}

/** The Monday of a week, in days since 1970. */
export function mondayOf(year: number, week: number): number {
  const fourth = daysFromCivil({ year, month: 1, day: 4 });
  return fourth - ((dayOfWeek(fourth) + 6) % 7) + (week - 1) * 7;
}

const julianOf1970 = 2_440_588;

export const julianOfUnixDay = (days: number) => days + julianOf1970;
export const unixDayOfJulian = (julian: number) => julian - julianOf1970;
