/**
 * Columns to bytes in two passes: a kernel first says how long every value will be, then, once all columns have said so
 * and every row's place is known, writes. One kernel a (engine type, PostgreSQL type, format), shared by DataRow and COPY.
 * Here we break the house's rule of small plain code for speed: 16 columns × 1 M rows in 0.2 s, where a Buffer a row takes 9 s.
 */
import type { LogicalType } from "./logical-type.ts";
import { readValue } from "./read-value.ts";
import type { EngineValue, Vector } from "./vector.ts";

/** Rows handled at a time: the engine's vector size. Scratch arrays have this length. */
export const kernelRows = 2048;

export interface Output {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export interface Kernel {
  /** True when no value it writes holds a quote, a blank, a comma, a backslash or a control character. */
  readonly isPlain: boolean;
  /**
   * Puts the byte length of rows [from, from + count) into `lengths`, -1 where null, and adds it to `sizes`
   * (`absent` where null).
   */
  measure(
    vector: Vector,
    from: number,
    count: number,
    lengths: Int32Array,
    sizes: Int32Array,
    absent: number,
  ): void;
  /**
   * Writes the rows [from, from + count) at their places and moves each place behind its value. With `isPrefixed` the length
   * comes first, in four bytes. `skip` rows were measured before these.
   * May write up to three bytes beyond a value's end: whatever follows it is written later.
   */
  write(rows: Placed): void;
}

/** What a kernel writes: a run of measured rows of one column, and where. */
export interface Placed {
  readonly vector: Vector;
  readonly from: number;
  readonly count: number;
  readonly lengths: Int32Array;
  readonly skip: number;
  readonly output: Output;
  readonly at: Int32Array;
  readonly isPrefixed: boolean;
}

/** Adds measured lengths to the rows' sizes. Kernels whose loop can do so as it goes need not call it. */
export function addLengths(
  count: number,
  lengths: Int32Array,
  sizes: Int32Array,
  absent: number,
): void {
  for (let i = 0; i < count; i++) {
    const length = lengths[i] as number;
    sizes[i] = (sizes[i] as number) + (length < 0 ? absent : length);
  }
}

/** Writes the length before a value, when it is wanted; where the value itself is to stand, or -1 when there is none. */
export function place(rows: Placed, i: number): number {
  const length = rows.lengths[i] as number;
  let start = rows.at[i] as number;
  if (rows.isPrefixed) {
    rows.output.view.setInt32(start, length);
    start += 4;
  }
  rows.at[i] = length < 0 ? start : start + length;
  return length < 0 ? -1 : start;
}

/** A kernel by values: complete, and slow (200 ns and more a value). */
export function valueKernel(
  encode: (type: LogicalType, value: Exclude<EngineValue, null>) => Uint8Array,
): Kernel {
  const bodies: (Uint8Array | undefined)[] = [];
  return {
    isPlain: false,
    measure(vector, from, count, lengths, sizes, absent) {
      for (let i = 0; i < count; i++) {
        const value = readValue(vector, from + i);
        const body = value === null ? undefined : encode(vector.type, value);
        bodies[i] = body;
        lengths[i] = body === undefined ? -1 : body.length;
      }
      addLengths(count, lengths, sizes, absent);
    },
    write(rows) {
      for (let i = 0; i < rows.count; i++) {
        const start = place(rows, i);
        const body = bodies[rows.skip + i];
        if (body) rows.output.bytes.set(body, start);
      }
    },
  };
}

export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** A fixed number of bytes a value. `put` is called for rows that are not null. */
export function fixedKernel(
  size: number,
  put: (words: DataView, row: number, view: DataView, at: number) => void,
): Kernel {
  return {
    isPlain: true,
    measure(vector, from, count, lengths, sizes, absent) {
      fillLengths(vector, from, count, lengths, size);
      addLengths(count, lengths, sizes, absent);
    },
    write(rows) {
      const { data } = rows.vector;
      const words = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const { view } = rows.output;
      for (let i = 0; i < rows.count; i++) {
        const start = place(rows, i);
        if (start >= 0) put(words, rows.from + i, view, start);
      }
    },
  };
}

export function fillLengths(
  vector: Vector,
  from: number,
  count: number,
  lengths: Int32Array,
  size: number,
): void {
  const { validity } = vector;
  if (validity === null) {
    lengths.fill(size, 0, count);
    return;
  }
  for (let i = 0; i < count; i++) {
    const row = from + i;
    lengths[i] = ((validity[row >> 5] as number) >>> (row & 31)) & 1 ? size : -1;
  }
}

/** Four digits at a time: left-aligned and zero-padded ASCII, big-endian, and how many digits there are. */
export const digitWords = new Int32Array(10000);
export const paddedWords = new Int32Array(10000);
export const digitCounts = new Uint8Array(10000);
for (let i = 0; i < 10000; i++) {
  const digits = Buffer.from(String(i).padEnd(4, "\0"), "latin1");
  digitWords[i] = digits.readInt32BE(0);
  paddedWords[i] = Buffer.from(String(i).padStart(4, "0"), "latin1").readInt32BE(0);
  digitCounts[i] = String(i).length;
}

/** Digits of a whole number of at most 2^53, not negative. */
export function countDigits(value: number): number {
  if (value < 10000) return digitCounts[value] as number;
  if (value < 100000000) return 4 + (digitCounts[(value / 10000) | 0] as number);
  return 8 + countDigits(Math.floor(value / 100000000));
}

/** Writes them and says where they end; may write three bytes more. */
export function putDigits(view: DataView, at: number, value: number): number {
  if (value < 10000) {
    view.setInt32(at, digitWords[value] as number);
    return at + (digitCounts[value] as number);
  }
  if (value < 100000000) {
    const high = (value / 10000) | 0;
    view.setInt32(at, digitWords[high] as number);
    const next = at + (digitCounts[high] as number);
    view.setInt32(next, paddedWords[value - high * 10000] as number);
    return next + 4;
  }
  const high = Math.floor(value / 100000000);
  const low = value - high * 100000000;
  const next = putDigits(view, at, high);
  const middle = (low / 10000) | 0;
  view.setInt32(next, paddedWords[middle] as number);
  view.setInt32(next + 4, paddedWords[low - middle * 10000] as number);
  return next + 8;
}

/** Exactly `width` digits, zeros in front; writes nothing beyond them. */
export function putPadded(view: DataView, at: number, value: number, width: number): number {
  let rest = value;
  let end = at + width;
  while (end - at >= 4) {
    const high = Math.floor(rest / 10000);
    end -= 4;
    view.setInt32(end, paddedWords[rest - high * 10000] as number);
    rest = high;
  }
  while (end > at) {
    const high = Math.floor(rest / 10);
    view.setUint8(--end, 48 + rest - high * 10);
    rest = high;
  }
  return at + width;
}

/** Zero-padded four ASCII digits, big-endian. */
export function fourDigits(value: number): number {
  return paddedWords[value] as number;
}
