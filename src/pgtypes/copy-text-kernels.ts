/**
 * The usual text of the usual types, read from bytes without a string for each field. Whatever is out of the ordinary
 * (blanks, exponents, other date styles, faults) goes the slow way. Each loop does its own reading of digits, for speed.
 */
import { daysFromCivil, daysInMonth } from "./calendar.ts";
import type { FieldKernel } from "./copy-columns.ts";
import { hexValue } from "./copy-escapes.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";

export function textKernel(
  typeOid: number,
  typmod: number,
  type: LogicalType,
): FieldKernel | undefined {
  switch (typeOid) {
    case oids.text:
      return strings(Number.POSITIVE_INFINITY);
    case oids.varchar:
      return strings(typmod < 4 ? Number.POSITIVE_INFINITY : typmod - 4);
    case oids.bpchar:
      return typmod < 4 ? strings(Number.POSITIVE_INFINITY) : blankPadded(typmod - 4);
    case oids.int2:
      return shortIntegers;
    case oids.int4:
      return integers;
    case oids.int8:
      return longIntegers;
    case oids.numeric:
      return type.id === "DECIMAL" ? decimals(type.width, type.scale) : undefined;
    case oids.float4:
    case oids.float8:
      return floats(typeOid === oids.float4);
    case oids.bool:
      return booleans;
    case oids.date:
      return dates;
    case oids.timestamp:
      return typmod < 0 ? timestamps : undefined;
    case oids.timestamptz:
      return typmod < 0 ? zonedTimestamps : undefined;
    case oids.uuid:
      return uuids;
    default:
      return undefined;
  }
}

const zero = 48;
const minus = 45;
const point = 46;

function strings(charactersMax: number): FieldKernel {
  return ({ bytes, pageStart, starts, ends, base, count, slow }, store) => {
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) {
        store.ints[row * 4] = 0;
        continue;
      }
      const end = ends[base + row] as number;
      if (end - start > charactersMax) slow(row, start, end);
      else store.putWord(row, bytes, start, end, start - pageStart, 0);
    }
  };
}

/** As many bytes as characters are asked for, and each of them one. */
function blankPadded(characters: number): FieldKernel {
  return ({ bytes, pageStart, starts, ends, base, count, slow }, store) => {
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) {
        store.ints[row * 4] = 0;
        continue;
      }
      const end = ends[base + row] as number;
      if (end - start !== characters || !isAscii(bytes, start, end)) slow(row, start, end);
      else store.putWord(row, bytes, start, end, start - pageStart, 0);
    }
  };
}

export function isAscii(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

const shortIntegers: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { shorts }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const value = end - start <= 5 ? wholeNumber(bytes, start, end) : notANumber;
    if (value > 32767 || value === notANumber) slow(row, start, end);
    else shorts[row] = value;
  }
};

const integers: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { ints }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const value = end - start <= 9 ? wholeNumber(bytes, start, end) : notANumber;
    if (value === notANumber) slow(row, start, end);
    else ints[row] = value;
  }
};

/** No number of nine digits. */
const notANumber = -2147483648;

/** A whole number of at most nine bytes. */
function wholeNumber(bytes: Buffer, start: number, end: number): number {
  let at = start;
  if (bytes[at] === minus) at++;
  if (at >= end) return notANumber;
  let value = 0;
  do {
    const digit = (bytes[at++] as number) - zero;
    if (digit < 0 || digit > 9) return notANumber;
    value = (value * 10 + digit) | 0;
  } while (at < end);
  return bytes[start] === minus ? -value | 0 : value;
}

/** Up to fifteen digits: a double holds them exactly. */
const longIntegers: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const first = bytes[start] === minus ? start + 1 : start;
    let value = 0;
    let at = first;
    if (end - start <= 15) {
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - zero;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
    }
    if (at < end || at === first) slow(row, start, end);
    else store.putLong(row, first > start ? 0 - value : value);
  }
};

/** Digits with a point somewhere; not more of them behind it than the column has. */
function decimals(width: number, scale: number): FieldKernel {
  const wholeMax = width - scale;
  const units = Array.from({ length: scale + 1 }, (_, i) => 10 ** i);
  const isSmall = width <= 15;
  const bigUnit = 10n ** BigInt(scale);
  const bytesEach = width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16;
  return ({ bytes, starts, ends, base, count, slow }, store) => {
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) continue;
      const end = ends[base + row] as number;
      const first = bytes[start] === minus ? start + 1 : start;
      let value = 0;
      let whole = 0;
      let pointAt = -1;
      let at = first;
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - zero;
        if (digit >= 0 && digit <= 9) value = value * 10 + digit;
        else if (digit === point - zero && pointAt < 0) {
          pointAt = at;
          whole = value;
        } else break;
      }
      const wholeDigits = (pointAt < 0 ? end : pointAt) - first;
      const places = pointAt < 0 ? 0 : end - pointAt - 1;
      const isOrdinary =
        at === end && wholeDigits > 0 && wholeDigits <= wholeMax && places <= scale;
      if (!isOrdinary || wholeDigits + places > 15) {
        slow(row, start, end);
        continue;
      }
      const isNegative = first > start;
      if (isSmall || wholeDigits + scale <= 15) {
        const scaled = value * (units[scale - places] as number);
        const signed = isNegative ? 0 - scaled : scaled;
        if (bytesEach === 8) store.putLong(row, signed);
        else if (bytesEach === 4) store.ints[row] = signed;
        else if (bytesEach === 2) store.shorts[row] = signed;
        else {
          store.putLong(row * 2, signed);
          store.putLong(row * 2 + 1, signed < 0 ? -1 : 0);
        }
        continue;
      }
      if (pointAt < 0) whole = value;
      const behind = pointAt < 0 ? 0 : value - whole * (units[places] as number);
      const scaled = BigInt(whole) * bigUnit + BigInt(behind * (units[scale - places] as number));
      const signed = isNegative ? -scaled : scaled;
      if (bytesEach === 16) store.putInt128(row, signed);
      else store.longs[row] = signed;
    }
  };
}

const powers = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Fifteen digits and a power of ten are exact, so their quotient is rounded once; seven when it is rounded again. */
function floats(isSingle: boolean): FieldKernel {
  const digitsMax = isSingle ? 7 : 15;
  return ({ bytes, starts, ends, base, count, slow }, { floats: singles, doubles }) => {
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) continue;
      const end = ends[base + row] as number;
      const first = bytes[start] === minus ? start + 1 : start;
      let value = 0;
      let pointAt = -1;
      let at = first;
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - zero;
        if (digit >= 0 && digit <= 9) value = value * 10 + digit;
        else if (digit === point - zero && pointAt < 0) pointAt = at;
        else break;
      }
      const digits = end - first - (pointAt < 0 ? 0 : 1);
      if (at < end || digits < 1) slow(row, start, end);
      else if (digits <= digitsMax) {
        const places = pointAt < 0 ? 0 : end - pointAt - 1;
        const quotient = value / (powers[places] as number);
        const signed = first > start ? -quotient : quotient;
        if (isSingle) singles[row] = signed;
        else doubles[row] = signed;
      } else if (isSingle || digits > 24) slow(row, start, end);
      else doubles[row] = Number(bytes.toString("latin1", start, end));
    }
  };
}

const booleans: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const byte = bytes[start];
    if (end - start === 1 && (byte === 116 || byte === 102))
      store.bytes[row] = byte === 116 ? 1 : 0;
    else slow(row, start, end);
  }
};

const dates: FieldKernel = ({ bytes, starts, ends, base, count, slow }, { ints }) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const days = end - start === 10 ? isoDays(bytes, start) : notADate;
    if (days === notADate) slow(row, start, end);
    else ints[row] = days;
  }
};

const notADate = 1e9;

/** Days of the month's first day since 1970, by year × 12 + month; 0 where it has not been asked for. */
const monthDays = new Int32Array(10_000 * 12 + 13);

/** YYYY-MM-DD at `from`. */
function isoDays(bytes: Buffer, from: number): number {
  if (bytes[from + 4] !== minus || bytes[from + 7] !== minus) return notADate;
  const year = twoDigits(bytes, from) * 100 + twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return notADate;
  if (day > 28 && day > daysInMonth(year, month)) return notADate;
  const at = year * 12 + month;
  let first = monthDays[at] as number;
  if (first === 0) {
    first = daysFromCivil({ year, month, day: 1 });
    monthDays[at] = first;
  }
  return first + day - 1;
}

const notTwoDigits = 1e6;

function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - zero;
  const ones = (bytes[at + 1] as number) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : notTwoDigits;
}

const timestamps: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const micros = isoMicros(bytes, start, end);
    if (Number.isNaN(micros)) slow(row, start, end);
    else store.putLong(row, micros);
  }
};

/** In UTC, as a server whose time zone that is writes them. */
const zonedTimestamps: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    const isUtc = bytes[end - 3] === 43 && bytes[end - 2] === zero && bytes[end - 1] === zero;
    const micros = isUtc ? isoMicros(bytes, start, end - 3) : Number.NaN;
    if (Number.isNaN(micros)) slow(row, start, end);
    else store.putLong(row, micros);
  }
};

/** YYYY-MM-DD hh:mm:ss with up to six digits behind a point; NaN when it is anything else, or no double. */
function isoMicros(bytes: Buffer, from: number, to: number): number {
  const length = to - from;
  const isShaped =
    (length === 19 || (length > 20 && length <= 26 && bytes[from + 19] === point)) &&
    (bytes[from + 10] === 32 || bytes[from + 10] === 84) &&
    bytes[from + 13] === 58 &&
    bytes[from + 16] === 58;
  if (!isShaped) return Number.NaN;
  const days = isoDays(bytes, from);
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  let fraction = 0;
  for (let at = from + 20; at < from + 26; at++) {
    const digit = at < to ? (bytes[at] as number) - zero : 0;
    if (digit < 0 || digit > 9) return Number.NaN;
    fraction = fraction * 10 + digit;
  }
  if (hour > 23 || minute > 59 || second > 59 || days === notADate) return Number.NaN;
  const micros = (days * 86400 + hour * 3600 + minute * 60 + second) * 1e6 + fraction;
  return Number.isSafeInteger(micros) ? micros : Number.NaN;
}

/** 8-4-4-4-12 digits. The engine keeps sixteen bytes, last one first, with the first bit turned. */
const uuids: FieldKernel = ({ bytes, starts, ends, base, count, slow }, store) => {
  for (let row = 0; row < count; row++) {
    const start = starts[base + row] as number;
    if (start < 0) continue;
    const end = ends[base + row] as number;
    if (end - start !== 36 || !putUuid(bytes, start, store.bytes, row * 16 + 15)) {
      slow(row, start, end);
    }
  }
};

function putUuid(bytes: Buffer, from: number, target: Uint8Array, last: number): boolean {
  let at = from;
  for (let i = 0; i < 16; i++) {
    if ((i === 4 || i === 6 || i === 8 || i === 10) && bytes[at++] !== minus) return false;
    const high = hexValue(bytes[at++] as number);
    const low = hexValue(bytes[at++] as number);
    if (high < 0 || low < 0) return false;
    target[last - i] = i === 0 ? ((high << 4) | low) ^ 0x80 : (high << 4) | low;
  }
  return true;
}
