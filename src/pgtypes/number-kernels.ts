/** Integers and decimals: text and binary. */
import { PgError } from "../base/error.ts";
import {
  countDigits,
  fillLengths,
  type Kernel,
  kernelRows,
  putDigits,
  putPadded,
} from "./kernel.ts";
import { physicalWidth, type Vector } from "./vector.ts";

/** Whole numbers of one chunk as doubles; every value is exact or the chunk is not taken. */
const numbers = new Float64Array(kernelRows);
const exactMax = 9007199254740991;

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly title: string;
}

/**
 * Loads integers of any width. False when one is beyond 2^53 and must go the slow way. Rows that are null load as 0.
 * 22003 when one is outside `bounds`.
 */
function load(vector: Vector, from: number, count: number, bounds?: Bounds): boolean {
  const { data, validity, type } = vector;
  const width = physicalWidth(type);
  const at = data.byteOffset + from * width;
  const isUnsigned = type.id.startsWith("U");
  if (width === 8 || width === 16) {
    if (!loadWide(vector, from, count, isUnsigned)) return false;
  } else if (width === 4) {
    numbers.set(
      isUnsigned ? new Uint32Array(data.buffer, at, count) : new Int32Array(data.buffer, at, count),
    );
  } else if (width === 2) {
    numbers.set(
      isUnsigned ? new Uint16Array(data.buffer, at, count) : new Int16Array(data.buffer, at, count),
    );
  } else {
    numbers.set(
      isUnsigned ? new Uint8Array(data.buffer, at, count) : new Int8Array(data.buffer, at, count),
    );
  }
  if (validity !== null) {
    for (let i = 0; i < count; i++) {
      const row = from + i;
      if ((((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) numbers[i] = 0;
    }
  }
  if (bounds) checkBounds(count, bounds);
  return true;
}

function checkBounds(count: number, { min, max, title }: Bounds): void {
  for (let i = 0; i < count; i++) {
    const value = numbers[i] as number;
    if (value < min || value > max) throw new PgError("22003", `${title} out of range`);
  }
}

/** 64 and 128 bits: low and high words; a value fits a double exactly when what is above 53 bits is only its sign. */
function loadWide(vector: Vector, from: number, count: number, isUnsigned: boolean): boolean {
  const { data, validity } = vector;
  const wordsEach = physicalWidth(vector.type) >> 2;
  const words = new Int32Array(
    data.buffer,
    data.byteOffset + from * wordsEach * 4,
    count * wordsEach,
  );
  for (let i = 0, w = 0; i < count; i++, w += wordsEach) {
    const low = words[w] as number;
    const high = words[w + 1] as number;
    const value =
      high === low >> 31
        ? low
        : (isUnsigned && wordsEach === 2 ? high >>> 0 : high) * 4294967296 + (low >>> 0);
    const sign = high >> 31;
    const isExact =
      value <= exactMax &&
      value >= -exactMax &&
      (!isUnsigned || wordsEach === 4 || high >= 0) &&
      (wordsEach === 2 || (words[w + 2] === sign && words[w + 3] === sign));
    if (!isExact) {
      const row = from + i;
      const isPresent =
        validity === null || (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 1;
      if (isPresent) return false;
    }
    numbers[i] = value;
  }
  return true;
}

/** Integers as decimal text. `slow` takes the chunks that hold a number beyond 2^53. */
export function integerText(bounds: Bounds | undefined, slow: Kernel): Kernel {
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths) {
      isSlow = !load(vector, from, count, bounds);
      if (isSlow) {
        slow.measure(vector, from, count, lengths);
        return;
      }
      fillLengths(vector, from, count, lengths, 0);
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const value = numbers[i] as number;
        lengths[i] = value < 0 ? 1 + countDigits(-value) : countDigits(value);
      }
    },
    write(vector, from, count, lengths, output, at, skip) {
      if (isSlow) {
        slow.write(vector, from, count, lengths, output, at, skip);
        return;
      }
      load(vector, from, count);
      const { view } = output;
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const value = numbers[i] as number;
        const start = at[i] as number;
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
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths) {
      isSlow = !load(vector, from, count, bounds);
      if (isSlow) slow.measure(vector, from, count, lengths);
      else fillLengths(vector, from, count, lengths, size);
    },
    write(vector, from, count, lengths, output, at, skip) {
      if (isSlow) {
        slow.write(vector, from, count, lengths, output, at, skip);
        return;
      }
      load(vector, from, count);
      const { view } = output;
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const value = numbers[i] as number;
        const start = at[i] as number;
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
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths) {
      isSlow = !load(vector, from, count);
      if (isSlow) {
        slow.measure(vector, from, count, lengths);
        return;
      }
      fillLengths(vector, from, count, lengths, 0);
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const value = numbers[i] as number;
        const size = value < 0 ? -value : value;
        lengths[i] = (value < 0 ? 2 : 1) + scale + countDigits(Math.floor(size / unit));
      }
    },
    write(vector, from, count, lengths, output, at, skip) {
      if (isSlow) {
        slow.write(vector, from, count, lengths, output, at, skip);
        return;
      }
      load(vector, from, count);
      const { view } = output;
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        let value = numbers[i] as number;
        let next = at[i] as number;
        if (value < 0) {
          view.setUint8(next++, 45);
          value = -value;
        }
        const whole = Math.floor(value / unit);
        next = putDigits(view, next, whole);
        view.setUint8(next++, 46);
        putPadded(view, next, value - whole * unit, scale);
      }
    },
  };
}

/** Groups of the value being written, most significant first: at most 5 before the point and 4 after it. */
const groups = new Int32Array(12);

/** DECIMAL of `scale` as numeric's binary: base-10000 groups round the point, zeros at both ends left out. */
export function decimalBinaryKernel(scale: number, slow: Kernel): Kernel {
  if (scale > 12) return slow;
  const unit = 10 ** scale;
  const fractionGroups = Math.ceil(scale / 4);
  const fractionFactor = 10 ** (fractionGroups * 4 - scale);
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths) {
      isSlow = !load(vector, from, count);
      if (isSlow) {
        slow.measure(vector, from, count, lengths);
        return;
      }
      fillLengths(vector, from, count, lengths, 8);
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const { first, last } = split(Math.abs(numbers[i] as number));
        lengths[i] = 8 + 2 * (last - first);
      }
    },
    write(vector, from, count, lengths, output, at, skip) {
      if (isSlow) {
        slow.write(vector, from, count, lengths, output, at, skip);
        return;
      }
      load(vector, from, count);
      const { view } = output;
      for (let i = 0; i < count; i++) {
        if ((lengths[i] as number) < 0) continue;
        const value = numbers[i] as number;
        const { first, last } = split(Math.abs(value));
        let next = at[i] as number;
        view.setInt16(next, last - first);
        view.setInt16(next + 2, last === first ? 0 : wholeGroups - 1 - first);
        view.setUint16(next + 4, value < 0 ? 0x4000 : 0);
        view.setUint16(next + 6, scale);
        next += 8;
        for (let g = first; g < last; g++, next += 2) view.setInt16(next, groups[g] as number);
      }
    },
  };

  function split(value: number): typeof range {
    const whole = Math.floor(value / unit);
    let rest = whole;
    for (let g = wholeGroups - 1; g >= 0; g--) {
      const high = Math.floor(rest / 10000);
      groups[g] = rest - high * 10000;
      rest = high;
    }
    rest = (value - whole * unit) * fractionFactor;
    for (let g = wholeGroups + fractionGroups - 1; g >= wholeGroups; g--) {
      const high = Math.floor(rest / 10000);
      groups[g] = rest - high * 10000;
      rest = high;
    }
    let first = 0;
    let last = wholeGroups + fractionGroups;
    while (first < last && groups[first] === 0) first++;
    while (last > first && groups[last - 1] === 0) last--;
    range.first = first;
    range.last = last;
    return range;
  }
}

/** 2^53 has sixteen digits. */
const wholeGroups = 4;
const range = { first: 0, last: 0 };
