/** Row numbers → Delta's array of Roaring bitmaps: what `roaring.ts` reads. Every container takes its smallest form. */
import { must } from "../base/assert.ts";

const magic = 1681511377;
const cookieWithoutRuns = 12346;
const cookieWithRuns = 12347;
/** Below this many containers a bitmap with runs has no offset header. */
const noOffsetThreshold = 4;
const bitmapBytes = 8192;

/** Rows of one 64 Ki range: `rows[start]` up to `rows[end - 1]`. */
interface Container {
  readonly start: number;
  readonly end: number;
  /** The upper bits that its rows share: the row divided by 65536. */
  readonly key: number;
  readonly runs: number;
  readonly form: "array" | "bits" | "runs";
  readonly bytes: number;
}

/** `rows`: ascending, none twice, below 2^53. */
export function encodeBitmaps(rows: ArrayLike<number>): Buffer {
  const bitmaps = new Map<number, Container[]>();
  for (const container of containersOf(rows)) {
    const high = Math.floor(container.key / 65536);
    const members = bitmaps.get(high);
    if (members) members.push(container);
    else bitmaps.set(high, [container]);
  }
  const bytes = [...bitmaps.values()].reduce((sum, each) => sum + bitmapLength(each), 12);
  const writer = new Writer(Buffer.alloc(bytes));
  writer.uint32(magic);
  writer.uint32(bitmaps.size);
  writer.uint32(0);
  for (const [high, containers] of bitmaps) writeBitmap(writer, high, containers, rows);
  return writer.bytes;
}

function containersOf(rows: ArrayLike<number>): Container[] {
  const containers: Container[] = [];
  let start = 0;
  let runs = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = must(rows[i], "a row of the list");
    const next = rows[i + 1];
    const key = Math.floor(row / 65536);
    const endsHere = next === undefined || Math.floor(next / 65536) !== key;
    if (endsHere || next !== row + 1) runs++;
    if (!endsHere) continue;
    containers.push(container(start, i + 1, key, runs));
    start = i + 1;
    runs = 0;
  }
  return containers;
}

function container(start: number, end: number, key: number, runs: number): Container {
  const asArray = (end - start) * 2;
  const asRuns = 2 + runs * 4;
  if (asRuns < Math.min(asArray, bitmapBytes)) {
    return { start, end, key, runs, form: "runs", bytes: asRuns };
  }
  const isSparse = asArray <= bitmapBytes;
  const bytes = isSparse ? asArray : bitmapBytes;
  return { start, end, key, runs, form: isSparse ? "array" : "bits", bytes };
}

function headLength(containers: readonly Container[]): number {
  const count = containers.length;
  const offsets = hasOffsets(containers) ? count * 4 : 0;
  const cookie = hasRuns(containers) ? 4 + ((count + 7) >> 3) : 8;
  return cookie + count * 4 + offsets;
}

function bitmapLength(containers: readonly Container[]): number {
  return containers.reduce((sum, { bytes }) => sum + bytes, 4 + headLength(containers));
}

function hasRuns(containers: readonly Container[]): boolean {
  return containers.some(({ form }) => form === "runs");
}

function hasOffsets(containers: readonly Container[]): boolean {
  return !hasRuns(containers) || containers.length >= noOffsetThreshold;
}

function writeBitmap(
  writer: Writer,
  high: number,
  containers: readonly Container[],
  rows: ArrayLike<number>,
): void {
  writer.uint32(high);
  if (hasRuns(containers)) writeRunFlags(writer, containers);
  else {
    writer.uint32(cookieWithoutRuns);
    writer.uint32(containers.length);
  }
  for (const { key, start, end } of containers) {
    writer.uint16(key % 65536);
    writer.uint16(end - start - 1);
  }
  if (hasOffsets(containers)) {
    let offset = headLength(containers);
    for (const { bytes } of containers) {
      writer.uint32(offset);
      offset += bytes;
    }
  }
  for (const each of containers) writeContainer(writer, each, rows);
}

function writeRunFlags(writer: Writer, containers: readonly Container[]): void {
  writer.uint32(cookieWithRuns | ((containers.length - 1) << 16));
  const flags = Buffer.alloc((containers.length + 7) >> 3);
  for (const [i, { form }] of containers.entries()) {
    if (form === "runs") flags[i >> 3] = (flags[i >> 3] ?? 0) | (1 << (i & 7));
  }
  writer.put(flags);
}

function writeContainer(writer: Writer, each: Container, rows: ArrayLike<number>): void {
  const base = each.key * 65536;
  const low = (i: number) => (rows[i] ?? 0) - base;
  if (each.form === "array") {
    for (let i = each.start; i < each.end; i++) writer.uint16(low(i));
  } else if (each.form === "bits") {
    const bits = Buffer.alloc(bitmapBytes);
    for (let i = each.start; i < each.end; i++) {
      const row = low(i);
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
    writer.put(bits);
  } else {
    writer.uint16(each.runs);
    for (let i = each.start; i < each.end; ) {
      const first = low(i);
      let length = 0;
      while (i + length + 1 < each.end && low(i + length + 1) === first + length + 1) length++;
      writer.uint16(first);
      writer.uint16(length);
      i += length + 1;
    }
  }
}

/** Little-endian. */
class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  uint16(value: number): void {
    this.#at = this.bytes.writeUInt16LE(value, this.#at);
  }

  uint32(value: number): void {
    this.#at = this.bytes.writeUInt32LE(value >>> 0, this.#at);
  }

  put(bytes: Buffer): void {
    this.#at += bytes.copy(this.bytes, this.#at);
  }
}
