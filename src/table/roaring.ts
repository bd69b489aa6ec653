/**
 * Deletion vectors as Delta stores them: a 64-bit array of Roaring bitmaps, inline as Z85 or in a file.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-format
 * https://github.com/RoaringBitmap/RoaringFormatSpec
 */
import { PgError } from "../base/error.ts";

const magic = 1681511377;
const cookieWithoutRuns = 12346;
const cookieWithRuns = 12347;
/** Below this many containers a bitmap with runs has no offset header. */
const noOffsetThreshold = 4;
const arrayMax = 4096;
const bitmapBytes = 8192;

const z85Alphabet =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** https://rfc.zeromq.org/spec/32/ */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) throw damaged("is not Z85");
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (const character of text.slice(i, i + 5)) {
      const digit = z85Alphabet.indexOf(character);
      if (digit < 0) throw damaged("is not Z85");
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) throw damaged("is not Z85");
    bytes.writeUInt32BE(value, (i / 5) * 4);
  }
  return bytes;
}

/** The inverse, for bytes of any length: zeros fill them up to a multiple of four. */
export function encodeZ85(bytes: Buffer): string {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  let text = "";
  for (let i = 0; i < padded.length; i += 4) {
    let value = padded.readUInt32BE(i);
    let digits = "";
    for (let digit = 0; digit < 5; digit++) {
      digits = z85Alphabet.charAt(value % 85) + digits;
      value = Math.floor(value / 85);
    }
    text += digits;
  }
  return text;
}

/** Row numbers, ascending. */
export function decodeBitmaps(bytes: Buffer): number[] {
  try {
    const reader = new Reader(bytes);
    if (reader.uint32() !== magic) throw damaged("does not start as one");
    const rows: number[] = [];
    for (let left = reader.uint64(); left > 0; left--) readBitmap(reader, rows);
    return rows;
  } catch (error) {
    if (error instanceof RangeError) throw damaged("is cut short");
    throw error;
  }
}

/** One 32-bit bitmap: `high` is the upper half of its row numbers. */
function readBitmap(reader: Reader, rows: number[]): void {
  const high = reader.uint32() * 2 ** 32;
  const cookie = reader.uint32();
  const hasRuns = (cookie & 0xffff) === cookieWithRuns;
  if (!hasRuns && cookie !== cookieWithoutRuns) throw damaged("has an unknown form");
  const containers = hasRuns ? (cookie >>> 16) + 1 : reader.uint32();
  const runFlags = hasRuns ? reader.take((containers + 7) >> 3) : undefined;
  const heads = Array.from({ length: containers }, () => ({
    base: high + reader.uint16() * 65536,
    cardinality: reader.uint16() + 1,
  }));
  if (!hasRuns || containers >= noOffsetThreshold) reader.take(containers * 4);
  for (const [i, { base, cardinality }] of heads.entries()) {
    if (((runFlags?.[i >> 3] ?? 0) >> (i & 7)) & 1) readRuns(reader, base, rows);
    else if (cardinality <= arrayMax) readArray(reader, base, cardinality, rows);
    else readBits(reader.take(bitmapBytes), base, rows);
  }
}

function readRuns(reader: Reader, base: number, rows: number[]): void {
  for (let left = reader.uint16(); left > 0; left--) {
    const start = base + reader.uint16();
    const end = start + reader.uint16();
    for (let row = start; row <= end; row++) rows.push(row);
  }
}

function readArray(reader: Reader, base: number, cardinality: number, rows: number[]): void {
  for (let left = cardinality; left > 0; left--) rows.push(base + reader.uint16());
}

function readBits(bits: Buffer, base: number, rows: number[]): void {
  for (const [i, byte] of bits.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) rows.push(base + i * 8 + bit);
  }
}

/** Little-endian; past the end is a RangeError. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint16(): number {
    return this.take(2).readUInt16LE();
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  uint64(): number {
    const value = Number(this.take(8).readBigUInt64LE());
    if (value > 0xffff) throw damaged("has an unknown form");
    return value;
  }

  take(bytes: number): Buffer {
    if (this.#at + bytes > this.#bytes.length) throw new RangeError();
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }
}

function damaged(how: string): PgError {
  return new PgError("XX001", `a deletion vector ${how}`);
}
