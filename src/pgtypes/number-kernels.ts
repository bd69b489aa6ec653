/** Integers, decimals and doubles: text and binary. */
import { PgError } from "../base/error.ts";
import {
  addLengths,
  countDigits,
  fillLengths,
  type Kernel,
  kernelRows,
  place,
  putAscii,
  putDigits,
  putPadded,
} from "./kernel.ts";
import { isNull } from "./read-value.ts";
import { physicalWidth, type Vector } from "./vector.ts";

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly title: string;
}

/**
 * Whole numbers of one chunk as doubles, in which a kernel works: every value is exact, or the chunk is not taken
 * and goes the slow way. Each kernel has its own, so that what was measured is still there to be written.
 */
class WholeNumbers {
  values = new Float64Array(0);

  /** False when a number is beyond 2^53. Rows that are null load as 0. 22003 when one is outside `bounds`. */
  load(vector: Vector, from: number, count: number, bounds?: Bounds): boolean {
    if (this.values.length < count) this.values = new Float64Array(count <= 64 ? 64 : kernelRows);
    const width = physicalWidth(vector.type);
    if (width >= 8) {
      if (!this.#loadWide(vector, from, count)) return false;
    } else this.#loadNarrow(vector, from, count, width);
    if (vector.validity !== null) this.#clearNulls(vector.validity, from, count);
    if (bounds) this.#check(count, bounds);
    return true;
  }

  #loadNarrow({ data, type }: Vector, from: number, count: number, width: number): void {
    const at = data.byteOffset + from * width;
    const { values } = this;
    const isUnsigned = type.id.startsWith("U");
    if (width === 4 && !isUnsigned) {
      // By far the commonest: its own loop, which stays simple for the compiler.
      const words = new Int32Array(data.buffer, at, count);
      for (let i = 0; i < count; i++) values[i] = words[i] as number;
      return;
    }
    if (width === 4) values.set(new Uint32Array(data.buffer, at, count));
    else if (width === 2 && isUnsigned) values.set(new Uint16Array(data.buffer, at, count));
    else if (width === 2) values.set(new Int16Array(data.buffer, at, count));
    else if (isUnsigned) values.set(new Uint8Array(data.buffer, at, count));
    else values.set(new Int8Array(data.buffer, at, count));
  }

  /** 64 and 128 bits in words of 32: exact when everything above 53 bits is only the sign. */
  #loadWide(vector: Vector, from: number, count: number): boolean {
    const { data, type } = vector;
    const { values } = this;
    const each = physicalWidth(type) >> 2;
    const isUnsigned = type.id.startsWith("U");
    const words = new Int32Array(data.buffer, data.byteOffset + from * each * 4, count * each);
    for (let i = 0, w = 0; i < count; i++, w += each) {
      const low = words[w] as number;
      const high = words[w + 1] as number;
      values[i] = high === low >> 31 ? low : high * 4294967296 + (low >>> 0);
      // Within 2^52 the high word has twenty bits and its sign.
      const isExact =
        high <= 0xfffff &&
        high >= (isUnsigned ? 0 : -0x100000) &&
        (each === 2 || (words[w + 2] === high >> 31 && words[w + 3] === high >> 31));
      // What stands in a null row is nothing.
      if (!isExact && !isNull(vector, from + i)) return false;
    }
    return true;
  }

  #clearNulls(validity: Uint32Array, from: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const row = from + i;
      if ((((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) this.values[i] = 0;
    }
  }

  #check(count: number, { min, max, title }: Bounds): void {
    for (let i = 0; i < count; i++) {
      const value = this.values[i] as number;
      if (value < min || value > max) throw new PgError("22003", `${title} out of range`);
    }
  }
}

/** Integers as decimal text. `slow` takes the chunks that hold a number too wide for a double. */
export function integerText(bounds: Bounds | undefined, slow: Kernel): Kernel {
  const numbers = new WholeNumbers();
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      isSlow = !numbers.load(vector, from, count, bounds);
      if (isSlow) {
        slow.measure(vector, from, count, lengths, sizes, absent);
        return;
      }
      const { values } = numbers;
      fillLengths(vector, from, count, lengths, 0);
      for (let i = 0; i < count; i++) {
        let length = lengths[i] as number;
        if (length === 0) {
          const value = values[i] as number;
          length = value < 0 ? 1 + countDigits(-value) : countDigits(value);
          lengths[i] = length;
        }
        sizes[i] = (sizes[i] as number) + (length < 0 ? absent : length);
      }
    },
    write(rows) {
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { values } = numbers;
      const { count, skip } = rows;
      const { view } = rows.output;
      for (let i = 0; i < count; i++) {
        const start = place(rows, i);
        if (start < 0) continue;
        const value = values[skip + i] as number;
        if (value < 0) {
          view.setUint8(start, 45);
          putDigits(view, start + 1, -value);
        } else putDigits(view, start, value);
      }
    },
  };
}

/** Integers as int2, int4 or int8. */
export function integerBinary(size: 2 | 4 | 8, bounds: Bounds | undefined, slow: Kernel): Kernel {
  const numbers = new WholeNumbers();
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      isSlow = !numbers.load(vector, from, count, bounds);
      if (isSlow) {
        slow.measure(vector, from, count, lengths, sizes, absent);
        return;
      }
      fillLengths(vector, from, count, lengths, size);
      addLengths(count, lengths, sizes, absent);
    },
    write(rows) {
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { values } = numbers;
      const { count, skip } = rows;
      const { view } = rows.output;
      for (let i = 0; i < count; i++) {
        const start = place(rows, i);
        if (start < 0) continue;
        const value = values[skip + i] as number;
        if (size === 4) view.setInt32(start, value);
        else if (size === 2) view.setInt16(start, value);
        else {
          view.setInt32(start, Math.floor(value / 4294967296));
          view.setInt32(start + 4, value);
        }
      }
    },
  };
}

/** DECIMAL of `scale` as text: the scale's digits are always there. */
export function decimalTextKernel(scale: number, slow: Kernel): Kernel {
  if (scale === 0) return integerText(undefined, slow);
  // Beyond this the fraction itself is no exact double.
  if (scale > 15) return slow;
  const unit = 10 ** scale;
  const numbers = new WholeNumbers();
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      isSlow = !numbers.load(vector, from, count);
      if (isSlow) {
        slow.measure(vector, from, count, lengths, sizes, absent);
        return;
      }
      const { values } = numbers;
      fillLengths(vector, from, count, lengths, 0);
      for (let i = 0; i < count; i++) {
        let length = lengths[i] as number;
        if (length === 0) {
          const value = values[i] as number;
          const size = value < 0 ? -value : value;
          length = (value < 0 ? 2 : 1) + scale + countDigits(wholePart(size, unit));
          lengths[i] = length;
        }
        sizes[i] = (sizes[i] as number) + (length < 0 ? absent : length);
      }
    },
    write(rows) {
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { values } = numbers;
      const { count, skip } = rows;
      const { view } = rows.output;
      for (let i = 0; i < count; i++) {
        let next = place(rows, i);
        if (next < 0) continue;
        let value = values[skip + i] as number;
        if (value < 0) {
          view.setUint8(next++, 45);
          value = -value;
        }
        const whole = wholePart(value, unit);
        next = putDigits(view, next, whole);
        view.setUint8(next++, 46);
        const fraction = value - whole * unit;
        if (scale === 2) view.setInt16(next, twoDigits[fraction] as number);
        else putPadded(view, next, fraction, scale);
      }
    },
  };
}

/** Division of small numbers is cheaper as one of integers. */
function wholePart(value: number, unit: number): number {
  return value < 2147483648 ? (value / unit) | 0 : Math.floor(value / unit);
}

const twoDigits = Int16Array.from({ length: 100 }, (_, i) =>
  Buffer.from(String(i).padStart(2, "0")).readInt16BE(0),
);

/** Groups of the value being written, most significant first; four hold every whole part, three every fraction. */
const groups = new Int32Array(8);
const wholeGroups = 4;
/** Which of them are written: zeros at both ends are not. */
let firstGroup = 0;
let lastGroup = 0;

/** DECIMAL of `scale` as numeric's binary: base-10000 groups round the point. */
export function decimalBinaryKernel(scale: number, slow: Kernel): Kernel {
  if (scale > 12) return slow;
  const unit = 10 ** scale;
  const fractionGroups = Math.ceil(scale / 4);
  const fractionFactor = 10 ** (fractionGroups * 4 - scale);
  const numbers = new WholeNumbers();
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      isSlow = !numbers.load(vector, from, count);
      if (isSlow) {
        slow.measure(vector, from, count, lengths, sizes, absent);
        return;
      }
      const { values } = numbers;
      fillLengths(vector, from, count, lengths, 8);
      for (let i = 0; i < count; i++) {
        let length = lengths[i] as number;
        if (length > 0) {
          const value = values[i] as number;
          split(value < 0 ? -value : value, unit, fractionGroups, fractionFactor);
          length = 8 + 2 * (lastGroup - firstGroup);
          lengths[i] = length;
        }
        sizes[i] = (sizes[i] as number) + (length < 0 ? absent : length);
      }
    },
    write(rows) {
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { values } = numbers;
      const { count, skip } = rows;
      const { view } = rows.output;
      for (let i = 0; i < count; i++) {
        let next = place(rows, i);
        if (next < 0) continue;
        const value = values[skip + i] as number;
        split(value < 0 ? -value : value, unit, fractionGroups, fractionFactor);
        const size = lastGroup - firstGroup;
        view.setInt16(next, size);
        view.setInt16(next + 2, size === 0 ? 0 : wholeGroups - 1 - firstGroup);
        view.setUint16(next + 4, value < 0 ? 0x4000 : 0);
        view.setUint16(next + 6, scale);
        next += 8;
        for (let g = firstGroup; g < lastGroup; g++, next += 2) {
          view.setInt16(next, groups[g] as number);
        }
      }
    },
  };
}

function split(value: number, unit: number, fractionGroups: number, fractionFactor: number): void {
  const whole = wholePart(value, unit);
  let g = wholeGroups;
  for (let rest = whole; rest > 0; ) {
    const high = wholePart(rest, 10000);
    groups[--g] = rest - high * 10000;
    rest = high;
  }
  let first = g;
  let last = wholeGroups + fractionGroups;
  let rest = (value - whole * unit) * fractionFactor;
  if (fractionGroups === 1) groups[wholeGroups] = rest;
  else {
    for (g = last - 1; g >= wholeGroups; g--) {
      const high = wholePart(rest, 10000);
      groups[g] = rest - high * 10000;
      rest = high;
    }
  }
  while (last > first && groups[last - 1] === 0) last--;
  while (first < last && groups[first] === 0) first++;
  firstGroup = first;
  lastGroup = last;
}

/** What a double is multiplied by to see whether it is a decimal of few digits, which most are. */
const decimals = 10000;
const decimalMax = 99_999_999_999;

/** DOUBLE as float8's text. Decimals of up to four places are written as such (18 ns); the rest by `format` (200 ns). */
export function doubleText(format: (value: number) => string): Kernel {
  const texts: (string | undefined)[] = [];
  let scaled = new Float64Array(0);
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      const { data } = vector;
      const values = new Float64Array(data.buffer, data.byteOffset + from * 8, count);
      if (scaled.length < count) scaled = new Float64Array(count <= 64 ? 64 : kernelRows);
      fillLengths(vector, from, count, lengths, 0);
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const value = values[i] as number;
        const rounded = Math.round(value * decimals);
        // Any decimal of fifteen digits or less is the only one of its length that reads as this double.
        const isDecimal =
          rounded / decimals === value &&
          rounded <= decimalMax &&
          rounded >= -decimalMax &&
          (rounded !== 0 || 1 / value > 0);
        if (isDecimal) {
          scaled[i] = rounded;
          texts[i] = undefined;
          lengths[i] = decimalLength(rounded);
        } else {
          const text = format(value);
          texts[i] = text;
          lengths[i] = text.length;
        }
      }
      addLengths(count, lengths, sizes, absent);
    },
    write(rows) {
      const { count, skip } = rows;
      const { view, bytes } = rows.output;
      for (let i = 0; i < count; i++) {
        const start = place(rows, i);
        if (start < 0) continue;
        const text = texts[skip + i];
        if (text !== undefined) putAscii(bytes, start, text);
        else putDecimal(view, start, scaled[skip + i] as number);
      }
    },
  };
}

function decimalLength(rounded: number): number {
  const size = rounded < 0 ? -rounded : rounded;
  const whole = wholePart(size, decimals);
  const places = fractionPlaces(size - whole * decimals);
  return (rounded < 0 ? 1 : 0) + countDigits(whole) + (places === 0 ? 0 : 1 + places);
}

function fractionPlaces(fraction: number): number {
  if (fraction === 0) return 0;
  if (fraction % 1000 === 0) return 1;
  if (fraction % 100 === 0) return 2;
  return fraction % 10 === 0 ? 3 : 4;
}

function putDecimal(view: DataView, at: number, rounded: number): void {
  let next = at;
  let size = rounded;
  if (rounded < 0) {
    view.setUint8(next++, 45);
    size = -rounded;
  }
  const whole = wholePart(size, decimals);
  const fraction = size - whole * decimals;
  next = putDigits(view, next, whole);
  const places = fractionPlaces(fraction);
  if (places === 0) return;
  view.setUint8(next++, 46);
  putPadded(view, next, fraction / 10 ** (4 - places), places);
}
