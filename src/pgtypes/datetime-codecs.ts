/** date, time, timetz, timestamp, timestamptz, interval. */
import { PgError } from "../base/error.ts";
import {
  dateInfinity,
  dateMinusInfinity,
  dayMicros,
  splitDays,
  timestampInfinity,
  timestampMinusInfinity,
} from "./calendar.ts";
import { bytesOf, type Codec, codecOf, exactly, noConversion, type Present } from "./codec.ts";
import { type DateTime, parseDateTime } from "./datetime-input.ts";
import {
  dateText,
  floorSeconds,
  packTimetz,
  timestampText,
  timestamptzText,
  timeText,
  timetzText,
  unpackTimetz,
  type ZonedTime,
} from "./datetime-output.ts";
import { parseInterval } from "./interval-input.ts";
import { type Interval, intervalText } from "./interval-output.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import type { TextSettings } from "./text-settings.ts";
import { zoneOf } from "./time-zone.ts";

/** Days and microseconds from 1970 to 2000, where PostgreSQL's binary counts from. */
const epochDays = 10957;
const epochMicros = 946_684_800_000_000n;
/** What PostgreSQL holds: 4713 BC to 5874897. */
const dateMin = -2440588;
const dateMax = 2145042905;
const timestampMin = -210_866_803_200_000_000n;
/** The engine's end: 294247. PostgreSQL goes on to 294276. */
const timestampEnd = timestampInfinity;

const dateCodec = codecOf<number>({
  from(type, value, _typmod, settings) {
    if (type.id === "DATE") return Number(value);
    if (type.id === "VARCHAR") return parseDate(String(value), settings);
    const micros = timestampFrom(type, value, oids.date);
    if (micros === timestampInfinity) return dateInfinity;
    if (micros === timestampMinusInfinity) return dateMinusInfinity;
    return splitDays(micros).days;
  },
  to: (value) => ({ type: { id: "DATE" }, value }),
  text: dateText,
  parse: (text, _typmod, settings) => parseDate(text, settings),
  binary: (days) =>
    bytesOf(4, (view) => {
      if (days === dateInfinity) view.setInt32(0, 2147483647);
      else if (days === dateMinusInfinity) view.setInt32(0, -2147483648);
      else view.setInt32(0, days - epochDays);
    }),
  read(bytes) {
    const days = exactly(bytes, 4).getInt32(0);
    if (days === 2147483647) return dateInfinity;
    if (days === -2147483648) return dateMinusInfinity;
    const shifted = days + epochDays;
    if (shifted < dateMin || shifted > dateMax) throw new PgError("22008", "date out of range");
    return shifted;
  },
});

function parseDate(text: string, settings: TextSettings): number {
  const read = parseDateTime(text, "date", settings);
  if (read.infinite) return read.infinite === "infinity" ? dateInfinity : dateMinusInfinity;
  const days =
    read.moment === undefined ? read.days : splitDays(localMoment(read, text, settings)).days;
  if (days === undefined) throw invalid("date", text);
  if (days < dateMin || days > dateMax) throw new PgError("22008", `date out of range: "${text}"`);
  return days;
}

/** Microseconds since 1970 of whatever holds a date and a time. */
function timestampFrom(type: LogicalType, value: Present, oid: number): bigint {
  if (type.id === "DATE") {
    const days = Number(value);
    if (days === dateInfinity) return timestampInfinity;
    if (days === dateMinusInfinity) return timestampMinusInfinity;
    return BigInt(days) * dayMicros;
  }
  if (typeof value !== "bigint") throw noConversion(type, oid);
  if (value === timestampInfinity || value === timestampMinusInfinity) return value;
  switch (type.id) {
    case "TIMESTAMP":
    case "TIMESTAMPTZ":
      return value;
    case "TIMESTAMP_S":
      return value * 1_000_000n;
    case "TIMESTAMP_MS":
      return value * 1000n;
    case "TIMESTAMP_NS":
      return value >= 0n ? value / 1000n : -((999n - value) / 1000n);
    default:
      throw noConversion(type, oid);
  }
}

function timestampCodec(oid: number): Codec {
  const isZoned = oid === oids.timestamptz;
  const title = isZoned ? "timestamp with time zone" : "timestamp";
  const parse = (text: string, typmod: number, settings: TextSettings) => {
    const read = parseDateTime(text, title, settings);
    if (read.infinite) {
      return read.infinite === "infinity" ? timestampInfinity : timestampMinusInfinity;
    }
    const micros = isZoned ? moment(read, text, settings) : localMoment(read, text, settings);
    return inRange(roundTo(micros, typmod), text);
  };
  return codecOf<bigint>({
    from: (type, value, typmod, settings) =>
      type.id === "VARCHAR"
        ? parse(String(value), typmod, settings)
        : timestampFrom(type, value, oid),
    to: (value) => ({ type: { id: isZoned ? "TIMESTAMPTZ" : "TIMESTAMP" }, value }),
    text: isZoned ? timestamptzText : timestampText,
    parse,
    binary: (micros) =>
      bytesOf(8, (view) => {
        if (micros === timestampInfinity) view.setBigInt64(0, 2n ** 63n - 1n);
        else if (micros === timestampMinusInfinity) view.setBigInt64(0, -(2n ** 63n));
        else view.setBigInt64(0, micros - epochMicros);
      }),
    read(bytes) {
      const micros = exactly(bytes, 8).getBigInt64(0);
      if (micros === 2n ** 63n - 1n) return timestampInfinity;
      if (micros === -(2n ** 63n)) return timestampMinusInfinity;
      return inRange(micros + epochMicros);
    },
  });
}

function moment(read: DateTime, text: string, settings: TextSettings): bigint {
  if (read.moment !== undefined) return read.moment;
  if (read.days === undefined) throw invalid("timestamp with time zone", text);
  const micros = BigInt(read.days) * dayMicros + BigInt(read.micros);
  const zone = read.zone ?? zoneOf(settings.timeZone);
  return micros - BigInt(zone.offsetForLocal(Number(floorSeconds(micros)))) * 1_000_000n;
}

function localMoment(read: DateTime, text: string, settings: TextSettings): bigint {
  if (read.moment !== undefined) {
    // The epoch is a constant; now is a time of the session's zone.
    return read.moment === 0n ? 0n : local(read.moment, settings);
  }
  if (read.days === undefined) throw invalid("timestamp", text);
  return BigInt(read.days) * dayMicros + BigInt(read.micros);
}

function local(micros: bigint, settings: TextSettings): bigint {
  const offset = zoneOf(settings.timeZone).offsetAt(Number(floorSeconds(micros)));
  return micros + BigInt(offset) * 1_000_000n;
}

function inRange(micros: bigint, text?: string): bigint {
  if (micros >= timestampMin && micros < timestampEnd && BigInt.asIntN(64, micros) === micros) {
    return micros;
  }
  throw new PgError("22008", `timestamp out of range${text === undefined ? "" : `: "${text}"`}`);
}

/** timestamp(n): to n digits of a second. */
function roundTo(micros: bigint, typmod: number): bigint {
  if (typmod < 0 || typmod >= 6) return micros;
  const unit = 10n ** BigInt(6 - typmod);
  const half = unit / 2n;
  return micros >= 0n ? ((micros + half) / unit) * unit : -(((-micros + half) / unit) * unit);
}

const timeCodec = codecOf<bigint>({
  from(type, value, typmod, settings) {
    if (type.id === "VARCHAR") return parseTime(String(value), typmod, settings);
    if (typeof value !== "bigint") throw noConversion(type, oids.time);
    if (type.id === "TIME_NS") return value / 1000n;
    if (type.id === "TIMETZ") return BigInt(unpackTimetz(value).micros);
    if (type.id === "TIME") return value;
    return BigInt(splitDays(timestampFrom(type, value, oids.time)).micros);
  },
  to: (value) => ({ type: { id: "TIME" }, value }),
  text: (value) => timeText(Number(value)),
  parse: parseTime,
  binary: (value) => bytesOf(8, (view) => view.setBigInt64(0, value)),
  read: (bytes) => timeInRange(exactly(bytes, 8).getBigInt64(0)),
});

function timeInRange(micros: bigint): bigint {
  if (micros >= 0n && micros <= dayMicros) return micros;
  throw new PgError("22008", "time out of range");
}

function parseTime(text: string, typmod: number, settings: TextSettings): bigint {
  const read = parseDateTime(text, "time", settings);
  if (read.moment !== undefined) {
    return roundTo(BigInt(splitDays(local(read.moment, settings)).micros), typmod);
  }
  if (!read.hasTime) throw invalid("time", text);
  return roundTo(BigInt(read.micros), typmod);
}

const timetzCodec = codecOf<ZonedTime>({
  from(type, value, typmod, settings) {
    if (type.id === "VARCHAR") return parseTimetz(String(value), typmod, settings);
    if (typeof value !== "bigint") throw noConversion(type, oids.timetz);
    if (type.id === "TIME") return { micros: Number(value), offset: 0 };
    return unpackTimetz(value);
  },
  to: (value) => ({ type: { id: "TIMETZ" }, value: packTimetz(value) }),
  text: timetzText,
  parse: parseTimetz,
  binary: ({ micros, offset }) =>
    bytesOf(12, (view) => {
      view.setBigInt64(0, BigInt(micros));
      view.setInt32(8, -offset);
    }),
  read(bytes) {
    const view = exactly(bytes, 12);
    const offset = -view.getInt32(8);
    if (Math.abs(offset) > 57599) {
      throw new PgError("22009", "time zone displacement out of range");
    }
    return { micros: Number(timeInRange(view.getBigInt64(0))), offset };
  },
});

function parseTimetz(text: string, typmod: number, settings: TextSettings): ZonedTime {
  const read = parseDateTime(text, "time with time zone", settings);
  const session = zoneOf(settings.timeZone);
  const now = settings.now ?? BigInt(Date.now()) * 1000n;
  if (read.moment !== undefined) {
    const micros = Number(roundTo(BigInt(splitDays(local(read.moment, settings)).micros), typmod));
    return { micros, offset: session.offsetAt(Number(floorSeconds(read.moment))) };
  }
  if (!read.hasTime) throw invalid("time with time zone", text);
  const days = read.days ?? splitDays(local(now, settings)).days;
  const seconds = days * 86400 + Math.floor(read.micros / 1_000_000);
  const offset = (read.zone ?? session).offsetForLocal(seconds);
  return { micros: Number(roundTo(BigInt(read.micros), typmod)), offset };
}

const intervalCodec = codecOf<Interval>({
  from(type, value, typmod, settings) {
    if (type.id === "VARCHAR") return parseInterval(String(value), settings.intervalStyle, typmod);
    if (type.id === "TIME" && typeof value === "bigint") {
      return { months: 0, days: 0, micros: value };
    }
    if (!Array.isArray(value)) throw noConversion(type, oids.interval);
    const [months, days, micros] = value as readonly unknown[];
    return { months: Number(months), days: Number(days), micros: BigInt(micros as bigint) };
  },
  to: ({ months, days, micros }) => ({ type: { id: "INTERVAL" }, value: [months, days, micros] }),
  text: (value, settings) => intervalText(value, settings.intervalStyle),
  parse: (text, typmod, settings) => parseInterval(text, settings.intervalStyle, typmod),
  binary: ({ months, days, micros }) =>
    bytesOf(16, (view) => {
      view.setBigInt64(0, micros);
      view.setInt32(8, days);
      view.setInt32(12, months);
    }),
  read(bytes) {
    const view = exactly(bytes, 16);
    return { micros: view.getBigInt64(0), days: view.getInt32(8), months: view.getInt32(12) };
  },
});

function invalid(title: string, text: string): PgError {
  return new PgError("22007", `invalid input syntax for type ${title}: "${text}"`);
}

export const datetimeCodecs: readonly (readonly [oid: number, codec: Codec])[] = [
  [oids.date, dateCodec],
  [oids.time, timeCodec],
  [oids.timestamp, timestampCodec(oids.timestamp)],
  [oids.timestamptz, timestampCodec(oids.timestamptz)],
  [oids.interval, intervalCodec],
  [oids.timetz, timetzCodec],
];
