/** Dates and times as text, byte for byte as PostgreSQL's EncodeDateTime (src/backend/utils/adt/datetime.c) writes them. */
import {
  civilFromDays,
  dateInfinity,
  dateMinusInfinity,
  dayNames,
  dayOfWeek,
  monthNames,
  splitDays,
  timestampInfinity,
  timestampMinusInfinity,
} from "./calendar.ts";
import { type DateStyle, readDateStyle, type TextSettings } from "./text-settings.ts";
import { type Zone, zoneOf } from "./time-zone.ts";

export function dateText(days: number, settings: TextSettings): string {
  if (days === dateInfinity) return "infinity";
  if (days === dateMinusInfinity) return "-infinity";
  const { text, era } = datePart(days, readDateStyle(settings.dateStyle));
  return text + era;
}

/** `micros` since 1970, without a zone. */
export function timestampText(micros: bigint, settings: TextSettings): string {
  if (micros === timestampInfinity) return "infinity";
  if (micros === timestampMinusInfinity) return "-infinity";
  return dateTimeText(micros, readDateStyle(settings.dateStyle), undefined);
}

/** `micros` since 1970 UTC, shown in the session's zone. */
export function timestamptzText(micros: bigint, settings: TextSettings): string {
  if (micros === timestampInfinity) return "infinity";
  if (micros === timestampMinusInfinity) return "-infinity";
  const zone = zoneOf(settings.timeZone);
  const seconds = Number(floorSeconds(micros));
  const offset = zone.offsetAt(seconds);
  return dateTimeText(micros + BigInt(offset) * 1_000_000n, readDateStyle(settings.dateStyle), {
    zone,
    seconds,
    offset,
  });
}

interface Moment {
  readonly zone: Zone;
  readonly seconds: number;
  readonly offset: number;
}

function dateTimeText(local: bigint, style: DateStyle, moment: Moment | undefined): string {
  const { days, micros } = splitDays(local);
  const { text, era } = datePart(days, style);
  const time = timeText(micros);
  if (style.output === "Postgres") {
    const { year, month, day } = civilFromDays(days);
    const name = monthNames[month - 1] ?? "";
    const dayText = pad(day, 2);
    const date = style.order === "DMY" ? `${dayText} ${name}` : `${name} ${dayText}`;
    const zone = moment ? ` ${zoneName(moment)}` : "";
    return `${dayNames[dayOfWeek(days)]} ${date} ${time} ${yearText(year)}${zone}${era}`;
  }
  if (!moment) return `${text} ${time}${era}`;
  if (style.output === "ISO") return `${text} ${time}${offsetText(moment.offset)}${era}`;
  const abbreviation = moment.zone.abbreviationAt(moment.seconds);
  const zone = abbreviation ? ` ${abbreviation}` : offsetText(moment.offset);
  return `${text} ${time}${zone}${era}`;
}

function zoneName({ zone, seconds, offset }: Moment): string {
  return zone.abbreviationAt(seconds) ?? offsetText(offset);
}

function datePart(days: number, style: DateStyle): { text: string; era: string } {
  const civil = civilFromDays(days);
  const year = yearText(civil.year);
  const month = pad(civil.month, 2);
  const day = pad(civil.day, 2);
  const era = civil.year <= 0 ? " BC" : "";
  const isDayFirst = style.order === "DMY";
  switch (style.output) {
    case "ISO":
      return { text: `${year}-${month}-${day}`, era };
    case "SQL":
      return { text: isDayFirst ? `${day}/${month}/${year}` : `${month}/${day}/${year}`, era };
    case "Postgres":
      return { text: isDayFirst ? `${day}-${month}-${year}` : `${month}-${day}-${year}`, era };
    case "German":
      return { text: `${day}.${month}.${year}`, era };
    default:
      return style.output satisfies never;
  }
}

function yearText(year: number): string {
  return pad(year <= 0 ? 1 - year : year, 4);
}

/** Microseconds of a day, 24:00:00 included. */
export function timeText(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  const hour = pad(Math.floor(seconds / 3600), 2);
  const minute = pad(Math.floor(seconds / 60) % 60, 2);
  return `${hour}:${minute}:${pad(seconds % 60, 2)}${fractionText(fraction)}`;
}

/** ".5" of 500 000 microseconds; nothing of none. */
export function fractionText(micros: number): string {
  if (micros === 0) return "";
  return `.${pad(micros, 6).replace(/0+$/, "")}`;
}

/** "+02", "-03:30", "+00:53:28". */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "-" : "+";
  const hour = pad(Math.floor(size / 3600), 2);
  const minute = Math.floor(size / 60) % 60;
  const second = size % 60;
  if (second !== 0) return `${sign}${hour}:${pad(minute, 2)}:${pad(second, 2)}`;
  return minute === 0 ? `${sign}${hour}` : `${sign}${hour}:${pad(minute, 2)}`;
}

export interface ZonedTime {
  readonly micros: number;
  /** Seconds east. */
  readonly offset: number;
}

/** The engine packs microseconds into 40 bits above an offset counted down from +15:59:59. */
export function unpackTimetz(bits: bigint): ZonedTime {
  return { micros: Number(bits >> 24n), offset: 57599 - Number(bits & 0xffffffn) };
}

export function packTimetz({ micros, offset }: ZonedTime): bigint {
  return (BigInt(micros) << 24n) | BigInt(57599 - offset);
}

export function timetzText(time: ZonedTime): string {
  return timeText(time.micros) + offsetText(time.offset);
}

export function floorSeconds(micros: bigint): bigint {
  return micros >= 0n ? micros / 1_000_000n : -((999_999n - micros) / 1_000_000n);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
