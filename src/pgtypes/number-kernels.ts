/** Integers, decimals and doubles as text. */
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
import {
  measureHundredths,
  measureIntegers,
  smallNumbers,
  writeHundredths,
  writeIntegers,
} from "./small-numbers.ts";
import { type Bounds, WholeNumbers, wholePart } from "./whole-numbers.ts";

/** Integers as decimal text. `slow` takes the chunks that hold a number too wide for a double. */
export function integerText(bounds: Bounds | undefined, slow: Kernel): Kernel {
  const numbers = new WholeNumbers();
  const scratch = new Int32Array(kernelRows);
  let small: Int32Array | undefined;
  let isSlow = false;
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      small = smallNumbers(vector, from, count, bounds, scratch);
      if (small) {
        measureIntegers(small, vector, from, count, lengths, sizes, absent);
        return;
      }
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
      if (small) {
        writeIntegers(small, rows);
        return;
      }
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

/** DECIMAL of `scale` as text: the scale's digits are always there. */
export function decimalTextKernel(scale: number, slow: Kernel): Kernel {
  if (scale === 0) return integerText(undefined, slow);
  // Beyond this the fraction itself is no exact double.
  if (scale > 15) return slow;
  const unit = 10 ** scale;
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
        measureHundredths(small, wholes, vector, from, count, lengths, sizes, absent);
        return;
      }
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
      if (small) {
        writeHundredths(small, wholes, rows);
        return;
      }
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

const twoDigits = Int16Array.from({ length: 100 }, (_, i) =>
  Buffer.from(String(i).padStart(2, "0")).readInt16BE(0),
);

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

/** By places written: what is left off of four. */
const fractionUnits = [10_000, 1_000, 100, 10, 1];

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
  putPadded(view, next, fraction / (fractionUnits[places] as number), places);
}
