/**
 * The usual text of the usual types, read from bytes without a string and a pattern for each field. Whatever is out of the
 * ordinary (blanks, exponents, other date styles, faults) goes the slow way, which knows everything.
 */
import { daysFromCivil, daysInMonth } from "./calendar.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import type { EngineValue } from "./vector.ts";

export type FromText = (bytes: Buffer, from: number, to: number) => EngineValue;

export function quickText(
  typeOid: number,
  typmod: number,
  type: LogicalType,
  slow: FromText,
): FromText | undefined {
  switch (typeOid) {
    case oids.text:
      return text;
    case oids.varchar:
      return typmod < 0 ? text : undefined;
    case oids.int4:
      return (bytes, from, to) => {
        const value = to - from <= 9 ? digits(bytes, from, to) : Number.NaN;
        return Number.isNaN(value) ? slow(bytes, from, to) : value;
      };
    case oids.int8:
      return (bytes, from, to) => {
        const value = to - from <= 15 ? digits(bytes, from, to) : Number.NaN;
        return Number.isNaN(value) ? slow(bytes, from, to) : BigInt(value);
      };
    case oids.numeric:
      return type.id === "DECIMAL" ? decimal(type.width, type.scale, slow) : undefined;
    case oids.float8:
      return (bytes, from, to) => {
        const isPlain = to - from <= 24 && isNumberText(bytes, from, to);
        return isPlain ? Number(bytes.toString("latin1", from, to)) : slow(bytes, from, to);
      };
    case oids.bool:
      return (bytes, from, to) => {
        if (to - from === 1 && bytes[from] === 116) return true;
        return to - from === 1 && bytes[from] === 102 ? false : slow(bytes, from, to);
      };
    case oids.date:
      return (bytes, from, to) => {
        const days = to - from === 10 ? isoDays(bytes, from) : Number.NaN;
        return Number.isNaN(days) ? slow(bytes, from, to) : days;
      };
    case oids.timestamp:
      return typmod < 0 ? timestamp(slow) : undefined;
    default:
      return undefined;
  }
}

const text: FromText = (bytes, from, to) => bytes.toString("utf8", from, to);

const zero = 48;
const minus = 45;
const point = 46;

/** A whole number of at most fifteen digits; NaN when it is anything else. */
function digits(bytes: Buffer, from: number, to: number): number {
  const isNegative = bytes[from] === minus;
  let at = isNegative ? from + 1 : from;
  if (at >= to) return Number.NaN;
  let value = 0;
  for (; at < to; at++) {
    const digit = (bytes[at] as number) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return isNegative && value !== 0 ? -value : value;
}

/** Digits with a point somewhere; not more of them behind it than the column has. */
function decimal(width: number, scale: number, slow: FromText): FromText {
  const wholeMax = Math.min(15, width) - scale;
  if (wholeMax < 1) return slow;
  const units = Array.from({ length: scale + 1 }, (_, i) => 10 ** i);
  return (bytes, from, to) => {
    const isNegative = bytes[from] === minus;
    let value = 0;
    let whole = 0;
    let behind = -1;
    for (let at = isNegative ? from + 1 : from; at < to; at++) {
      const byte = bytes[at] as number;
      const digit = byte - zero;
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        if (behind < 0) whole++;
        else behind++;
      } else if (byte === point && behind < 0) behind = 0;
      else return slow(bytes, from, to);
    }
    const places = Math.max(0, behind);
    if (whole === 0 || whole > wholeMax || places > scale) return slow(bytes, from, to);
    const scaled = value * (units[scale - places] as number);
    return BigInt(isNegative ? -scaled : scaled);
  };
}

function isNumberText(bytes: Buffer, from: number, to: number): boolean {
  let hasDigit = false;
  let hasPoint = false;
  for (let at = bytes[from] === minus ? from + 1 : from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte >= zero && byte <= 57) hasDigit = true;
    else if (byte === point && !hasPoint) hasPoint = true;
    else return false;
  }
  return hasDigit;
}

/** YYYY-MM-DD at `from`; NaN when it is no such date. */
function isoDays(bytes: Buffer, from: number): number {
  if (bytes[from + 4] !== minus || bytes[from + 7] !== minus) return Number.NaN;
  const year = digits(bytes, from, from + 4);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (!(year >= 1 && month >= 1 && month <= 12)) return Number.NaN;
  if (!(day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  return daysFromCivil({ year, month, day });
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - zero;
  const ones = (bytes[at + 1] as number) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** YYYY-MM-DD hh:mm:ss with up to six digits behind a point. */
function timestamp(slow: FromText): FromText {
  return (bytes, from, to) => {
    const length = to - from;
    const isShaped =
      (length === 19 || (length > 20 && length <= 26 && bytes[from + 19] === point)) &&
      (bytes[from + 10] === 32 || bytes[from + 10] === 84) &&
      bytes[from + 13] === 58 &&
      bytes[from + 16] === 58;
    if (!isShaped) return slow(bytes, from, to);
    const days = isoDays(bytes, from);
    const hour = twoDigits(bytes, from + 11);
    const minute = twoDigits(bytes, from + 14);
    const second = twoDigits(bytes, from + 17);
    const fraction = length === 19 ? 0 : digits(bytes, from + 20, to) * 10 ** (26 - length);
    const seconds = days * 86400 + hour * 3600 + minute * 60 + second;
    const isValid = hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0;
    if (!isValid || Number.isNaN(seconds)) return slow(bytes, from, to);
    return BigInt(seconds) * 1_000_000n + BigInt(fraction);
  };
}
