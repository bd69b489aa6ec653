/** Data type formatting functions. https://www.postgresql.org/docs/15/functions-formatting.html */
import { dayMicros } from "../pgtypes/calendar.ts";
import { zoneOf } from "../pgtypes/time-zone.ts";
import type { KernelTable } from "./kernel.ts";
import { formatInterval, formatTimestamp, formatZoned } from "./moment-format.ts";
import { readMoment } from "./moment-parse.ts";
import { formatFloat, formatNumber } from "./number-format.ts";
import { parseNumber } from "./number-parse.ts";

export const formattingKernels: KernelTable = {
  "to_char(timestamp,text) text": formatTimestamp,
  "to_char(interval,text) text": formatInterval,
  "to_char(int4,text) text": (value: number, template: string) =>
    formatNumber(String(value), template),
  "to_char(int8,text) text": (value: bigint, template: string) =>
    formatNumber(String(value), template),
  "to_char(numeric,text) text": formatNumber,
  "to_char(float4,text) text": (value: number, template: string) => formatFloat(value, 6, template),
  "to_char(float8,text) text": (value: number, template: string) =>
    formatFloat(value, 15, template),
  // The moment in its zone, seconds east, the zone's name.
  "to_char(timestamp,int4,text,text) text": formatZoned,
  "to_date(text,text) date": (text: string, template: string) => readMoment(text, template).days,
  // The last is the session's time zone.
  "to_timestamp(text,text,text) timestamptz": (text: string, template: string, zone: string) => {
    const { days, micros, offset } = readMoment(text, template);
    const local = BigInt(days) * dayMicros + BigInt(micros);
    const east = offset ?? zoneOf(zone).offsetForLocal(Number(local / 1_000_000n));
    return local - BigInt(east) * 1_000_000n;
  },
  "to_number(text,text) numeric": parseNumber,
};
