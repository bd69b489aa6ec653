/** Strings and bytes, copied as they lie in the engine's vectors. */
import type { Kernel } from "./kernel.ts";
import type { Vector } from "./vector.ts";

/** Below this length a loop of words is quicker than a call. */
const callBytes = 96;

export const stringKernel: Kernel = {
  isPlain: false,
  measure(vector, from, count, lengths, sizes, absent) {
    const words = wordsOf(vector);
    const { validity } = vector;
    for (let i = 0; i < count; i++) {
      const row = from + i;
      const isPresent =
        validity === null || (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 1;
      const length = isPresent ? (words[row << 2] as number) : -1;
      lengths[i] = length;
      sizes[i] = (sizes[i] as number) + (isPresent ? length : absent);
    }
  },
  write(rows) {
    const { vector, from, count, lengths, at, isPrefixed } = rows;
    const words = wordsOf(vector);
    const { view, bytes } = rows.output;
    const pages = vector.pages.map(
      (page) => new DataView(page.buffer, page.byteOffset, page.byteLength),
    );
    for (let i = 0; i < count; i++) {
      const length = lengths[i] as number;
      let start = at[i] as number;
      if (isPrefixed) {
        view.setInt32(start, length);
        start += 4;
      }
      at[i] = length < 0 ? start : start + length;
      const word = (from + i) << 2;
      if (length > 12) {
        const offset = words[word + 2] as number;
        const page = words[word + 3] as number;
        if (length > callBytes) {
          bytes.set((vector.pages[page] as Uint8Array).subarray(offset, offset + length), start);
        } else copyWords(view, start, pages[page] as DataView, offset, length);
      } else if (length > 0) putInline(view, start, words, word + 1, length);
    }
  },
};

/** Bytes to look for, prepared by `searchFor`. */
export interface Search {
  readonly bytes: readonly number[];
  readonly hasControls: boolean;
  /** Two others, four times in a word each. */
  readonly first: number;
  readonly second: number;
}

/** Undefined when there are more than words can be searched for at once. */
export function searchFor(bytes: readonly number[]): Search | undefined {
  const others = [...new Set(bytes.filter((byte) => byte >= 0x20))];
  const [first = 0xff, second = first] = others;
  if (others.length > 2) return undefined;
  return {
    bytes,
    hasControls: others.length < bytes.length,
    first: Math.imul(first, 0x01010101),
    second: Math.imul(second, 0x01010101),
  };
}

/**
 * True when no string of these rows holds one of the bytes; false when one may: another control character, or bytes that
 * lie between the strings. Found out where they lie, four bytes at a time.
 */
export function holdsNone(vector: Vector, from: number, count: number, search: Search): boolean {
  const { first, second } = search;
  const words = wordsOf(vector);
  const { validity } = vector;
  // No byte is below 0.
  const below = search.hasControls ? 0x20202020 : 0;
  let found = 0;
  for (let i = 0; i < count; i++) {
    const row = from + i;
    if (validity !== null && (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) continue;
    const word = row << 2;
    const length = words[word] as number;
    if (length > 12) continue;
    // Behind the string's end are zeros, which are taken for letters.
    for (let at = word + 1, left = length; left > 0; at++, left -= 4) {
      const text = (words[at] as number) | (left < 4 ? (padding[left] as number) : 0);
      const a = text ^ first;
      const b = text ^ second;
      found |= ((text - below) & ~text) | ((a - 0x01010101) & ~a) | ((b - 0x01010101) & ~b);
    }
  }
  if ((found & 0x80808080) !== 0) return false;
  return vector.pages.every((page) => {
    const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
    return !search.bytes.some((byte) => bytes.includes(byte));
  });
}

/** By the bytes a word has, letters where it has none. */
const padding = Int32Array.of(0, 0x61616100, 0x61610000, 0x61000000);

export function wordsOf(vector: Vector): Int32Array {
  const { data } = vector;
  return new Int32Array(data.buffer, data.byteOffset, data.byteLength >> 2);
}

/** The last word overlaps the one before it, so nothing beyond the end is touched. */
function copyWords(
  view: DataView,
  at: number,
  page: DataView,
  offset: number,
  length: number,
): void {
  const last = length - 4;
  for (let i = 0; i < last; i += 4) {
    view.setInt32(at + i, page.getInt32(offset + i, true), true);
  }
  view.setInt32(at + last, page.getInt32(offset + last, true), true);
}

/** Up to twelve bytes as three words; up to three more than the length are written. */
function putInline(
  view: DataView,
  at: number,
  words: Int32Array,
  word: number,
  length: number,
): void {
  view.setInt32(at, words[word] as number, true);
  if (length > 4) view.setInt32(at + 4, words[word + 1] as number, true);
  if (length > 8) view.setInt32(at + 8, words[word + 2] as number, true);
}
