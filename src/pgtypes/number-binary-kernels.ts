/** Integers and decimals in binary. */
import { addLengths, fillLengths, type Kernel, kernelRows, place } from "./kernel.ts";
import {
  measureHundredthGroups,
  negative,
  putGroups,
  smallNumbers,
  writeHundredthGroups,
} from "./small-numbers.ts";
import { type Bounds, WholeNumbers, wholePart } from "./whole-numbers.ts";

/** Integers as they lie in the engine's vector, of the width they are sent in. */
export const int4Binary: Kernel = {
  isPlain: true,
  measure(vector, from, count, lengths, sizes, absent) {
    fillLengths(vector, from, count, lengths, 4);
    addLengths(count, lengths, sizes, absent);
  },
  write(rows) {
    const { count, lengths, at, isPrefixed } = rows;
    const { data } = rows.vector;
    const values = new Int32Array(data.buffer, data.byteOffset + rows.from * 4, count);
    const { view } = rows.output;
    for (let i = 0; i < count; i++) {
      const length = lengths[i] as number;
      let start = at[i] as number;
      if (isPrefixed) {
        view.setInt32(start, length);
        start += 4;
      }
      at[i] = length < 0 ? start : start + 4;
      if (length > 0) view.setInt32(start, values[i] as number);
    }
  },
};

export const int8Binary: Kernel = {
  isPlain: true,
  measure(vector, from, count, lengths, sizes, absent) {
    fillLengths(vector, from, count, lengths, 8);
    addLengths(count, lengths, sizes, absent);
  },
  write(rows) {
    const { data } = rows.vector;
    const words = new Int32Array(data.buffer, data.byteOffset + rows.from * 8, rows.count * 2);
    const { view } = rows.output;
    for (let i = 0; i < rows.count; i++) {
      const start = place(rows, i);
      if (start < 0) continue;
      view.setInt32(start, words[2 * i + 1] as number);
      view.setInt32(start + 4, words[2 * i] as number);
    }
  },
};

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
  // Two groups before the point and one after it are most numbers there are, and need no array.
  const shortMax = fractionGroups > 1 ? 0 : Math.min(2147483648, unit * 100_000_000);
  const numbers = new WholeNumbers();
  const scratch = new Int32Array(kernelRows);
  const wholes = new Int32Array(kernelRows);
  let small: Int32Array | undefined;
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      if (scale === 2) small = smallNumbers(vector, from, count, undefined, scratch);
      if (small) {
        measureHundredthGroups(small, wholes, vector, from, count, lengths, sizes, absent);
        return;
      }
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
          const size = value < 0 ? -value : value;
          if (size < shortMax) {
            const whole = (size / unit) | 0;
            length = 8 + 2 * shortGroups(whole, size - whole * unit);
          } else {
            split(size, unit, fractionGroups, fractionFactor);
            length = 8 + 2 * (lastGroup - firstGroup);
          }
          lengths[i] = length;
        }
        sizes[i] = (sizes[i] as number) + (length < 0 ? absent : length);
      }
    },
    write(rows) {
      if (small) {
        writeHundredthGroups(small, wholes, rows);
        return;
      }
      if (isSlow) {
        slow.write(rows);
        return;
      }
      const { values } = numbers;
      const { skip } = rows;
      const { view } = rows.output;
      for (let i = 0; i < rows.count; i++) {
        let next = place(rows, i);
        if (next < 0) continue;
        const value = values[skip + i] as number;
        const size = value < 0 ? -value : value;
        view.setInt32(next + 4, value < 0 ? negative | scale : scale);
        if (size < shortMax) {
          const whole = (size / unit) | 0;
          putGroups(view, next, whole, (size - whole * unit) * fractionFactor);
          continue;
        }
        split(size, unit, fractionGroups, fractionFactor);
        const count = lastGroup - firstGroup;
        view.setInt16(next, count);
        view.setInt16(next + 2, count === 0 ? 0 : wholeGroups - 1 - firstGroup);
        next += 8;
        for (let g = firstGroup; g < lastGroup; g++, next += 2) {
          view.setInt16(next, groups[g] as number);
        }
      }
    },
  };
}

/** Groups that a number below 10^8 before the point and with at most one group after it is written in. */
function shortGroups(whole: number, fraction: number): number {
  if (whole < 10000) return (whole > 0 ? 1 : 0) + (fraction > 0 ? 1 : 0);
  if (fraction > 0) return 3;
  return whole % 10000 === 0 ? 1 : 2;
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
