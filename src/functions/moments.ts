/** Dates and times. https://www.postgresql.org/docs/15/functions-datetime.html */
import { PgError } from "../base/error.ts";
import {
  civilFromDays,
  dayMicros,
  daysFromCivil,
  daysInMonth,
  splitDays,
  timestampInfinity,
  timestampMinusInfinity,
} from "../pgtypes/calendar.ts";
import { packTimetz, unpackTimetz } from "../pgtypes/datetime-output.ts";
import { rint } from "../pgtypes/interval-sum.ts";
import { intervalLimited } from "../pgtypes/interval-typmod.ts";
import { fixedOffset, type Zone, zoneNamed } from "../pgtypes/time-zone.ts";
import { abbreviationOffset } from "../pgtypes/zone-abbreviations.ts";
import type { KernelTable } from "./kernel.ts";

type Interval = readonly [months: number, days: number, micros: bigint];

const hourMicros = 3_600_000_000n;
const isInfinite = (micros: bigint) =>
  micros === timestampInfinity || micros === timestampMinusInfinity;

/** By name, abbreviation, or as an offset from UTC. */
function zone(name: string): Zone {
  const offset = abbreviationOffset(name);
  const found = offset === undefined ? zoneNamed(name) : fixedOffset(name, offset);
  if (found === undefined) throw new PgError("22023", `time zone "${name}" not recognized`);
  return found;
}

const secondsOf = (micros: bigint) =>
  Number(micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n));

function toLocal(name: string, micros: bigint): bigint {
  return isInfinite(micros)
    ? micros
    : micros + BigInt(zone(name).offsetAt(secondsOf(micros))) * 1_000_000n;
}

function fromLocal(name: string, micros: bigint): bigint {
  return isInfinite(micros)
    ? micros
    : micros - BigInt(zone(name).offsetForLocal(secondsOf(micros))) * 1_000_000n;
}

/** The zone's offset today, for times of no day. */
function timeIn(name: string, time: bigint): bigint {
  const { micros, offset } = unpackTimetz(time);
  const target = zone(name).offsetAt(Math.floor(Date.now() / 1000));
  return packed(micros + (target - offset) * 1_000_000, target);
}

/** The time of day that so many microseconds after midnight are. */
function packed(micros: number, offset: number): bigint {
  const day = Number(dayMicros);
  return packTimetz({ micros: ((micros % day) + day) % day, offset });
}

function bin([months, days, micros]: Interval, moment: bigint, origin: bigint): bigint {
  if (months !== 0)
    throw new PgError(
      "0A000",
      "timestamps cannot be binned into intervals containing months or years",
    );
  const stride = BigInt(days) * dayMicros + micros;
  if (stride <= 0n) throw new PgError("22008", "stride must be greater than zero");
  if (isInfinite(moment)) return moment;
  if (isInfinite(origin)) throw new PgError("22008", "origin out of range");
  const distance = moment - origin;
  const bins = distance / stride - (distance % stride < 0n ? 1n : 0n);
  return origin + bins * stride;
}

function justifyHours([months, days, micros]: Interval): Interval {
  let [day, time] = [days + Number(micros / dayMicros), micros % dayMicros];
  if (day > 0 && time < 0n) [day, time] = [day - 1, time + dayMicros];
  else if (day < 0 && time > 0n) [day, time] = [day + 1, time - dayMicros];
  return [months, day, time];
}

function justifyDays([months, days, micros]: Interval): Interval {
  let [month, day] = [months + Math.trunc(days / 30), days % 30];
  if (month > 0 && day < 0) [month, day] = [month - 1, day + 30];
  else if (month < 0 && day > 0) [month, day] = [month + 1, day - 30];
  return [month, day, micros];
}

const outOfRange = () => new PgError("22008", "interval out of range");

const inRange = (step: (interval: Interval) => Interval) => (value: Interval) => {
  const [months, days, micros] = step(value);
  return [whole(months, 32), whole(days, 32), micros];
};

function whole(value: number, bits: 32 | 64): number {
  const cut = Math.trunc(value);
  const limit = 2 ** (bits - 1);
  if (!(cut >= -limit && cut < limit)) throw outOfRange();
  return cut;
}

/** To a millionth, as TSROUND. */
const toMillionths = (value: number) => rint(value * 1e6) / 1e6;
const daySeconds = 86_400;

/** interval_mul: what is left of a month goes on as days, what is left of a day as seconds. */
function scaled([months, days, micros]: Interval, scale: (part: number) => number): Interval {
  const [month, plainDay] = [whole(scale(months), 32), whole(scale(days), 32)];
  const spilled = toMillionths((scale(months) - month) * 30);
  let day = plainDay;
  let seconds = toMillionths((scale(days) - day + spilled - Math.trunc(spilled)) * daySeconds);
  const extra = Math.trunc(seconds / daySeconds);
  day += extra;
  seconds -= extra * daySeconds;
  day = whole(day + Math.trunc(spilled), 32);
  const time = whole(rint(scale(Number(micros)) + seconds * 1e6), 64);
  return [month, day, BigInt(time)];
}

/** All three of one sign. */
function justify(interval: Interval): Interval {
  let [month, day, time] = interval;
  if ((day > 0 && time > 0n) || (day < 0 && time < 0n))
    [day, time] = [day + Number(time / dayMicros), time % dayMicros];
  [month, day] = [month + Math.trunc(day / 30), day % 30];
  [day, time] = [day + Number(time / dayMicros), time % dayMicros];
  if (month > 0 && (day < 0 || (day === 0 && time < 0n))) [month, day] = [month - 1, day + 30];
  else if (month < 0 && (day > 0 || (day === 0 && time > 0n))) [month, day] = [month + 1, day - 30];
  if (day > 0 && time < 0n) [day, time] = [day - 1, time + dayMicros];
  else if (day < 0 && time > 0n) [day, time] = [day + 1, time - dayMicros];
  return [month, day, time];
}

const years: Readonly<Record<string, number>> = { decade: 10, century: 100, millennium: 1000 };

/** Of a decade, century or millennium the first moment. */
function yearsTruncated(field: string, micros: bigint): bigint {
  if (isInfinite(micros)) return micros;
  const { year } = civilFromDays(splitDays(micros).days);
  const size = years[field] ?? 1;
  const first =
    field === "decade"
      ? Math.floor(year / 10) * 10
      : year > 0
        ? Math.trunc((year + size - 1) / size) * size - (size - 1)
        : -(Math.trunc((size - 1 - (year - 1)) / size) * size) + 1;
  return BigInt(daysFromCivil({ year: first, month: 1, day: 1 })) * dayMicros;
}

function makeDate(year: number, month: number, day: number): number {
  // There is no year 0: -1 is 1 BC.
  const counted = year < 0 ? year + 1 : year;
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(counted, month))
    throw new PgError("22008", `date field value out of range: ${year}-${pad(month)}-${pad(day)}`);
  return daysFromCivil({ year: counted, month, day });
}

const pad = (value: number) => String(value).padStart(2, "0");

function offsetOf([months, days, micros]: Interval): bigint {
  if (months !== 0 || days !== 0)
    throw new PgError("22023", "interval time zone must not include months or days");
  return micros;
}

export const momentKernels: KernelTable = {
  "timezone(text,timestamptz) timestamp": toLocal,
  "timezone(text,timestamp) timestamptz": fromLocal,
  // An offset counts eastward here, as in the text of a timestamp.
  "moment_in_zone(text,timestamp) timestamptz": (name: string, micros: bigint) =>
    fromLocal(
      name.replace(/^([+-])(?=\d)/, (sign) => (sign === "+" ? "-" : "+")),
      micros,
    ),
  "timezone(text,timetz) timetz": timeIn,
  "timezone(interval,timestamptz) timestamp": (interval: Interval, micros: bigint) =>
    isInfinite(micros) ? micros : micros + offsetOf(interval),
  "timezone(interval,timestamp) timestamptz": (interval: Interval, micros: bigint) =>
    isInfinite(micros) ? micros : micros - offsetOf(interval),
  "timezone(interval,timetz) timetz": (interval: Interval, time: bigint) => {
    const target = Number(offsetOf(interval) / 1_000_000n);
    const { micros, offset } = unpackTimetz(time);
    return packed(micros + (target - offset) * 1_000_000, target);
  },
  "date_bin(interval,timestamp,timestamp) timestamp": bin,
  "date_bin(interval,timestamptz,timestamptz) timestamptz": bin,
  "interval(interval,int4) interval": ([months, days, micros]: Interval, typmod: number) => {
    const limited = intervalLimited({ months, days, micros }, typmod);
    return [limited.months, limited.days, limited.micros];
  },
  "interval_mul(interval,float8) interval": (value: Interval, factor: number) =>
    scaled(value, (part) => part * factor),
  "mul_d_interval(float8,interval) interval": (factor: number, value: Interval) =>
    scaled(value, (part) => part * factor),
  "interval_div(interval,float8) interval": (value: Interval, divisor: number) => {
    if (divisor === 0) throw new PgError("22012", "division by zero");
    return scaled(value, (part) => part / divisor);
  },
  "justify_hours(interval) interval": inRange(justifyHours),
  "justify_days(interval) interval": inRange(justifyDays),
  "justify_interval(interval) interval": inRange(justify),
  "make_date(int4,int4,int4) date": makeDate,
  "years_truncated(text,timestamp) timestamp": yearsTruncated,
  "average(interval,int8) interval": (
    [months, days, micros]: Interval,
    count: bigint,
  ): Interval => {
    const n = Number(count);
    const month = months / n;
    const day = days / n + (month - Math.trunc(month)) * 30;
    const time = Math.round(Number(micros) / n + (day - Math.trunc(day)) * 24 * Number(hourMicros));
    return [Math.trunc(month), Math.trunc(day), BigInt(time)];
  },
};
