/** Dates and timestamps in ISO style, and their binary forms. */
import { civilFromDays, dateInfinity, dateMinusInfinity } from "./calendar.ts";
import { offsetText } from "./datetime-output.ts";
import {
  addLengths,
  fillLengths,
  fixedKernel,
  fourDigits,
  type Kernel,
  kernelRows,
  place,
  putAscii,
  putPadded,
} from "./kernel.ts";
import type { Zone } from "./time-zone.ts";
import type { Vector } from "./vector.ts";

/** Days of the years 1800 to 2199 as three words of text each, filled as they are met. */
const firstDay = -62091;
const dayCount = 146097;
const dayWords = new Int32Array(dayCount * 3);

function fillDay(at: number): void {
  const { year, month, day } = civilFromDays(at + firstDay);
  const text = Buffer.from(`${year}-${two(month)}-${two(day)}\0\0`, "latin1");
  for (let i = 0; i < 3; i++) dayWords[at * 3 + i] = text.readInt32BE(i * 4);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `slow` takes chunks with a date outside the table: BC, infinity, the far future. */
export function dateText(slow: Kernel): Kernel {
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      const days = daysOf(vector, from, count);
      fillLengths(vector, from, count, lengths, 10);
      isSlow = false;
      for (let i = 0; i < count; i++) {
        const length = lengths[i] as number;
        if (length < 0) {
          sizes[i] = (sizes[i] as number) + absent;
          continue;
        }
        sizes[i] = (sizes[i] as number) + length;
        const day = (days[i] as number) - firstDay;
        if (day >>> 0 >= dayCount) isSlow = true;
        else if (dayWords[day * 3] === 0) fillDay(day);
      }
      if (!isSlow) return;
      for (let i = 0; i < count; i++) {
        const length = lengths[i] as number;
        sizes[i] = (sizes[i] as number) - (length < 0 ? absent : length);
      }
      slow.measure(vector, from, count, lengths, sizes, absent);
    },
    write(rows) {
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { count, lengths, at, isPrefixed } = rows;
      const days = daysOf(rows.vector, rows.from, count);
      const { view } = rows.output;
      for (let i = 0; i < count; i++) {
        const length = lengths[i] as number;
        let start = at[i] as number;
        if (isPrefixed) {
          view.setInt32(start, length);
          start += 4;
        }
        at[i] = length < 0 ? start : start + length;
        if (length < 0) continue;
        const word = ((days[i] as number) - firstDay) * 3;
        view.setInt32(start, dayWords[word] as number);
        view.setInt32(start + 4, dayWords[word + 1] as number);
        view.setInt16(start + 8, (dayWords[word + 2] as number) >> 16);
      }
    },
  };
}

function daysOf(vector: Vector, from: number, count: number): Int32Array {
  const { data } = vector;
  return new Int32Array(data.buffer, data.byteOffset + from * 4, count);
}

export const dateBinary: Kernel = {
  isPlain: true,
  measure(vector, from, count, lengths, sizes, absent) {
    fillLengths(vector, from, count, lengths, 4);
    addLengths(count, lengths, sizes, absent);
  },
  write(rows) {
    const { count, lengths, at, isPrefixed } = rows;
    const days = daysOf(rows.vector, rows.from, count);
    const { view } = rows.output;
    for (let i = 0; i < count; i++) {
      const length = lengths[i] as number;
      let start = at[i] as number;
      if (isPrefixed) {
        view.setInt32(start, length);
        start += 4;
      }
      at[i] = length < 0 ? start : start + 4;
      if (length < 0) continue;
      const day = days[i] as number;
      if (day === dateInfinity) view.setInt32(start, 2147483647);
      else if (day === dateMinusInfinity) view.setInt32(start, -2147483648);
      else view.setInt32(start, day - 10957);
    }
  },
};

/** Microseconds from 1970 to 2000. */
const epochMicros = 946_684_800_000_000;
const infinityHigh = 0x7fffffff;

/** From microseconds, as TIMESTAMP and TIMESTAMPTZ lie in the engine. */
export const timestampBinary: Kernel = fixedKernel(8, (words, row, view, at) => {
  const low = words.getUint32(row * 8, true);
  const high = words.getInt32(row * 8 + 4, true);
  if (high === infinityHigh && low === 0xffffffff) {
    view.setInt32(at, infinityHigh);
    view.setInt32(at + 4, -1);
  } else if (high === -2147483648 && low === 1) {
    view.setInt32(at, -2147483648);
    view.setInt32(at + 4, 0);
  } else {
    const difference = low - (epochMicros % 4294967296);
    view.setInt32(at, high - Math.floor(epochMicros / 4294967296) + (difference < 0 ? -1 : 0));
    view.setInt32(at + 4, difference);
  }
});

const dayMicros = 86_400_000_000;
/** A day inside the table of days, whatever the zone; well inside the exact doubles. */
const momentMin = -5_364_000_000_000_000;
const momentMax = 7_257_000_000_000_000;

/** ISO timestamps, without a zone or in one. `slow` takes chunks with a moment outside the table of days. */
export function timestampText(zone: Zone | undefined, slow: Kernel): Kernel {
  let locals = new Float64Array(0);
  let offsets = new Int32Array(0);
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      fillLengths(vector, from, count, lengths, 19);
      if (locals.length < count) {
        locals = new Float64Array(count <= 64 ? 64 : kernelRows);
        offsets = new Int32Array(locals.length);
      }
      isSlow = !loadLocal(vector, from, count, lengths);
      if (isSlow) {
        slow.measure(vector, from, count, lengths, sizes, absent);
        return;
      }
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const local = locals[i] as number;
        const fraction = (local - Math.floor(local / 1_000_000) * 1_000_000) | 0;
        const zoneBytes = zone ? zoneLength(offsets[i] as number) : 0;
        lengths[i] = 19 + (fraction === 0 ? 0 : 1 + fractionDigits(fraction)) + zoneBytes;
      }
      addLengths(count, lengths, sizes, absent);
    },
    write(rows) {
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { count, skip } = rows;
      const { view, bytes } = rows.output;
      for (let i = 0; i < count; i++) {
        const start = place(rows, i);
        if (start < 0) continue;
        const end = putDateTime(view, start, locals[skip + i] as number);
        if (zone) putAscii(bytes, end, zoneText(offsets[skip + i] as number));
      }
    },
  };

  /** Local microseconds and offsets of rows that are not null; false when one is off the table. */
  function loadLocal(vector: Vector, from: number, count: number, lengths: Int32Array): boolean {
    const { data } = vector;
    const words = new Int32Array(data.buffer, data.byteOffset + from * 8, count * 2);
    for (let i = 0; i < count; i++) {
      if ((lengths[i] as number) < 0) continue;
      let value = (words[i * 2 + 1] as number) * 4294967296 + ((words[i * 2] as number) >>> 0);
      if (value < momentMin || value > momentMax) return false;
      if (zone) {
        const offset = zone.offsetAt(Math.floor(value / 1_000_000));
        offsets[i] = offset;
        value += offset * 1_000_000;
      }
      locals[i] = value;
    }
    return true;
  }
}

function zoneLength(offset: number): number {
  if (offset % 3600 === 0) return 3;
  return offset % 60 === 0 ? 6 : 9;
}

const zoneTexts = new Map<number, string>();

function zoneText(offset: number): string {
  let text = zoneTexts.get(offset);
  if (text === undefined) {
    text = offsetText(offset);
    zoneTexts.set(offset, text);
  }
  return text;
}

/** Digits of microseconds, not 0, without the zeros at their end. */
function fractionDigits(fraction: number): number {
  let digits = 6;
  for (let rest = fraction | 0; ; digits--) {
    const tenth = (rest / 10) | 0;
    if (tenth * 10 !== rest) return digits;
    rest = tenth;
  }
}

function putDateTime(view: DataView, at: number, value: number): number {
  const days = Math.floor(value / dayMicros);
  const time = value - days * dayMicros;
  const seconds = Math.floor(time / 1_000_000);
  const fraction = time - seconds * 1_000_000;
  const day = days - firstDay;
  if (dayWords[day * 3] === 0) fillDay(day);
  const word = day * 3;
  view.setInt32(at, dayWords[word] as number);
  view.setInt32(at + 4, dayWords[word + 1] as number);
  view.setInt16(at + 8, (dayWords[word + 2] as number) >> 16);
  const hour = (seconds / 3600) | 0;
  const minute = ((seconds / 60) | 0) - hour * 60;
  view.setUint8(at + 10, 32);
  const hourMinute = fourDigits(hour * 100 + minute);
  view.setInt16(at + 11, hourMinute >> 16);
  view.setUint8(at + 13, 58);
  view.setInt16(at + 14, hourMinute);
  view.setUint8(at + 16, 58);
  view.setInt16(at + 17, fourDigits(seconds % 60));
  if (fraction === 0) return at + 19;
  view.setUint8(at + 19, 46);
  const digits = fractionDigits(fraction);
  return putPadded(view, at + 20, fraction / 10 ** (6 - digits), digits);
}
