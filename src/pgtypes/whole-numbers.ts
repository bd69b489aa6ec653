import { PgError } from "../base/error.ts";
import { kernelRows } from "./kernel.ts";
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
export class WholeNumbers {
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

/** Division of small numbers is cheaper as one of integers. */
export function wholePart(value: number, unit: number): number {
  return value < 2147483648 ? (value / unit) | 0 : Math.floor(value / unit);
}
