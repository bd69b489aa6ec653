/** Whole numbers of 32 bits as text, which most are: no doubles, one division by a constant for every four digits. */
import { digitCounts, digitWords, type Placed, paddedWords } from "./kernel.ts";
import { isNull } from "./read-value.ts";
import { physicalWidth, type Vector } from "./vector.ts";
import type { Bounds } from "./whole-numbers.ts";

/** The numbers of a chunk, by row from 0; undefined when one does not fit. Rows that are null hold anything. */
export function smallNumbers(
  vector: Vector,
  from: number,
  count: number,
  bounds: Bounds | undefined,
  scratch: Int32Array,
): Int32Array | undefined {
  const { data, type } = vector;
  if (type.id.startsWith("U")) return undefined;
  const width = physicalWidth(type);
  const at = data.byteOffset + from * width;
  const end = 2 ** (8 * width - 1);
  if (bounds && (width > 4 || bounds.max < end - 1 || bounds.min > -end)) return undefined;
  if (width === 4) return new Int32Array(data.buffer, at, count);
  if (width === 2) scratch.set(new Int16Array(data.buffer, at, count));
  else if (width === 1) scratch.set(new Int8Array(data.buffer, at, count));
  else if (!narrowed(vector, from, count, scratch)) return undefined;
  return scratch;
}

function narrowed(vector: Vector, from: number, count: number, scratch: Int32Array): boolean {
  const each = physicalWidth(vector.type) >> 2;
  const { buffer, byteOffset } = vector.data;
  const words = new Int32Array(buffer, byteOffset + from * each * 4, count * each);
  for (let i = 0, w = 0; i < count; i++, w += each) {
    const low = words[w] as number;
    const sign = low >> 31;
    const isSmall =
      words[w + 1] === sign && (each === 2 || (words[w + 2] === sign && words[w + 3] === sign));
    if (!isSmall && !isNull(vector, from + i)) return false;
    scratch[i] = low;
  }
  return true;
}

/** A kernel's `measure` of integers. */
export function measureIntegers(
  values: Int32Array,
  { validity }: Vector,
  from: number,
  count: number,
  lengths: Int32Array,
  sizes: Int32Array,
  absent: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = from + i;
    if (validity !== null && (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) {
      lengths[i] = -1;
      sizes[i] = (sizes[i] as number) + absent;
      continue;
    }
    const value = values[i] as number;
    const length = (value >>> 31) + digitsOf((value < 0 ? -value : value) >>> 0);
    lengths[i] = length;
    sizes[i] = (sizes[i] as number) + length;
  }
}

export function writeIntegers(values: Int32Array, rows: Placed): void {
  const { count, skip, lengths, at, isPrefixed } = rows;
  const { view } = rows.output;
  for (let i = 0; i < count; i++) {
    const length = lengths[i] as number;
    let start = at[i] as number;
    if (isPrefixed) {
      view.setInt32(start, length);
      start += 4;
    }
    if (length < 0) {
      at[i] = start;
      continue;
    }
    at[i] = start + length;
    const value = values[skip + i] as number;
    if (value < 0) view.setUint8(start++, minus);
    putSmall(view, start, (value < 0 ? -value : value) >>> 0);
  }
}

const minus = 45;
const point = 46;

/** The same of numbers with two digits behind the point; `wholes` keeps what stands before it. */
export function measureHundredths(
  values: Int32Array,
  wholes: Int32Array,
  { validity }: Vector,
  from: number,
  count: number,
  lengths: Int32Array,
  sizes: Int32Array,
  absent: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = from + i;
    if (validity !== null && (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) {
      lengths[i] = -1;
      sizes[i] = (sizes[i] as number) + absent;
      continue;
    }
    const value = values[i] as number;
    const whole = (((value < 0 ? -value : value) >>> 0) / 100) >>> 0;
    wholes[i] = whole;
    const length = (value >>> 31) + 3 + digitsOf(whole);
    lengths[i] = length;
    sizes[i] = (sizes[i] as number) + length;
  }
}

export function writeHundredths(values: Int32Array, wholes: Int32Array, rows: Placed): void {
  const { count, skip, lengths, at, isPrefixed } = rows;
  const { view } = rows.output;
  for (let i = 0; i < count; i++) {
    const length = lengths[i] as number;
    let start = at[i] as number;
    if (isPrefixed) {
      view.setInt32(start, length);
      start += 4;
    }
    if (length < 0) {
      at[i] = start;
      continue;
    }
    at[i] = start + length;
    const value = values[skip + i] as number;
    if (value < 0) view.setUint8(start++, minus);
    const whole = wholes[skip + i] as number;
    const next = putSmall(view, start, whole);
    const hundredths = ((value < 0 ? -value : value) >>> 0) - Math.imul(whole, 100);
    // The point and two digits, and a byte beyond.
    view.setInt32(next, (point << 24) | (((paddedWords[hundredths] as number) & 0xffff) << 8));
  }
}

/** Numbers with two digits behind the point, measured as numeric's binary: base-10000 groups round the point. */
export function measureHundredthGroups(
  values: Int32Array,
  wholes: Int32Array,
  { validity }: Vector,
  from: number,
  count: number,
  lengths: Int32Array,
  sizes: Int32Array,
  absent: number,
): void {
  for (let i = 0; i < count; i++) {
    const row = from + i;
    if (validity !== null && (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) {
      lengths[i] = -1;
      sizes[i] = (sizes[i] as number) + absent;
      continue;
    }
    const value = values[i] as number;
    const size = (value < 0 ? -value : value) >>> 0;
    const whole = (size / 100) >>> 0;
    wholes[i] = whole;
    const hasFraction = size !== Math.imul(whole, 100);
    const length = 8 + 2 * groupsOf(whole, hasFraction);
    lengths[i] = length;
    sizes[i] = (sizes[i] as number) + length;
  }
}

function groupsOf(whole: number, hasFraction: boolean): number {
  if (whole < 10000) return (whole > 0 ? 1 : 0) + (hasFraction ? 1 : 0);
  if (hasFraction) return 3;
  return whole % 10000 === 0 ? 1 : 2;
}

export function writeHundredthGroups(values: Int32Array, wholes: Int32Array, rows: Placed): void {
  const { count, skip, lengths, at, isPrefixed } = rows;
  const { view } = rows.output;
  for (let i = 0; i < count; i++) {
    const length = lengths[i] as number;
    let start = at[i] as number;
    if (isPrefixed) {
      view.setInt32(start, length);
      start += 4;
    }
    if (length < 0) {
      at[i] = start;
      continue;
    }
    at[i] = start + length;
    const value = values[skip + i] as number;
    const whole = wholes[skip + i] as number;
    const hundredths = ((value < 0 ? -value : value) >>> 0) - Math.imul(whole, 100);
    view.setInt32(start + 4, value < 0 ? negativeHundredths : 2);
    putGroups(view, start, whole, hundredths * 100);
  }
}

/** All of a numeric but sign and scale; `fraction` is its group behind the point, `whole` below 10^8. */
export function putGroups(view: DataView, at: number, whole: number, fraction: number): void {
  const first = at + 8;
  if (whole >= 10000) {
    const high = (whole / 10000) | 0;
    const low = whole - Math.imul(high, 10000);
    const count = fraction > 0 ? 3 : low > 0 ? 2 : 1;
    view.setInt32(at, (count << 16) | 1);
    view.setInt16(first, high);
    if (count > 1) view.setInt16(first + 2, low);
    if (count > 2) view.setInt16(first + 4, fraction);
  } else if (whole > 0) {
    view.setInt32(at, fraction > 0 ? 0x20000 : 0x10000);
    view.setInt16(first, whole);
    if (fraction > 0) view.setInt16(first + 2, fraction);
  } else if (fraction > 0) {
    view.setInt32(at, 0x1ffff);
    view.setInt16(first, fraction);
  } else view.setInt32(at, 0);
}

/** NUMERIC_NEG, in the word it shares with the scale. */
export const negative = 0x4000 << 16;
const negativeHundredths = negative | 2;

/** Digits of an unsigned number of 32 bits. */
function digitsOf(value: number): number {
  if (value < 10000) return digitCounts[value] as number;
  if (value < 100000000) return 4 + (digitCounts[(value / 10000) >>> 0] as number);
  return 8 + (digitCounts[(value / 100000000) >>> 0] as number);
}

/** Writes them and says where they end; may write three bytes more. */
function putSmall(view: DataView, at: number, value: number): number {
  if (value < 10000) {
    view.setInt32(at, digitWords[value] as number);
    return at + (digitCounts[value] as number);
  }
  const high = (value / 10000) >>> 0;
  const last = paddedWords[value - Math.imul(high, 10000)] as number;
  if (high < 10000) {
    view.setInt32(at, digitWords[high] as number);
    const next = at + (digitCounts[high] as number);
    view.setInt32(next, last);
    return next + 4;
  }
  const top = (high / 10000) >>> 0;
  view.setInt32(at, digitWords[top] as number);
  const next = at + (digitCounts[top] as number);
  view.setInt32(next, paddedWords[high - Math.imul(top, 10000)] as number);
  view.setInt32(next + 4, last);
  return next + 8;
}
