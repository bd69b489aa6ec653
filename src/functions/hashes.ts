/**
 * The hashes that PostgreSQL's hash indexes and partitions use, which people take for sharding and for advisory locks:
 * Bob Jenkins' lookup3 (https://burtleburtle.net/bob/hash/doobs.html) with PostgreSQL's start value, its form of 64 bits
 * taking a seed. Values are hashed as PostgreSQL has them in memory on a little-endian machine.
 */
import { parseNumeric } from "../pgtypes/numeric.ts";
import type { KernelTable } from "./kernel.ts";

const startValue = 0x9e3779b9;
const lengthOffset = 3923095;

interface Words {
  a: number;
  b: number;
  c: number;
}

const rotated = (word: number, by: number) => (word << by) | (word >>> (32 - by));

function mix(words: Words): void {
  let { a, b, c } = words;
  a = (a - c) ^ rotated(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rotated(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rotated(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rotated(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rotated(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rotated(b, 4);
  b = (b + a) | 0;
  Object.assign(words, { a, b, c });
}

function finish(words: Words): void {
  let { a, b, c } = words;
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  c = ((c ^ b) - rotated(b, 24)) | 0;
  Object.assign(words, { a, b, c });
}

function begun(length: number, seed: bigint): Words {
  const start = (startValue + length + lengthOffset) | 0;
  const words = { a: start, b: start, c: start };
  if (seed === 0n) return words;
  words.a = (start + Number(BigInt.asIntN(32, seed >> 32n))) | 0;
  words.b = (start + Number(BigInt.asIntN(32, seed))) | 0;
  mix(words);
  return words;
}

function ofBytes(bytes: Uint8Array, seed = 0n): Words {
  const words = begun(bytes.length, seed);
  const word = (at: number) =>
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    words.a = (words.a + word(at)) | 0;
    words.b = (words.b + word(at + 4)) | 0;
    words.c = (words.c + word(at + 8)) | 0;
    mix(words);
  }
  words.a = (words.a + word(at)) | 0;
  words.b = (words.b + word(at + 4)) | 0;
  // Its lowest byte is the length's.
  words.c = (words.c + (word(at + 8) << 8)) | 0;
  finish(words);
  return words;
}

function ofWord(value: number, seed = 0n): Words {
  const words = begun(4, seed);
  words.a = (words.a + value) | 0;
  finish(words);
  return words;
}

const short = ({ c }: Words) => c;
const long = ({ b, c }: Words) => BigInt.asIntN(64, (BigInt(b >>> 0) << 32n) | BigInt(c >>> 0));

const encoder = new TextEncoder();
const encoded = (text: string) => encoder.encode(text);
const unpadded = (text: string) => encoded(text.replace(/ +$/, ""));

/** So that equal numbers of two, four and eight bytes hash alike. */
function folded(value: bigint): number {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return low ^ (value >= 0n ? high : ~high);
}

const signed = (byte: string) => ((encoded(byte)[0] ?? 0) << 24) >> 24;

function doubleBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, Number.isNaN(value) ? Number.NaN : value, true);
  return bytes;
}

const double = (value: number) => (value === 0 ? 0 : short(ofBytes(doubleBytes(value))));
const doubleExtended = (value: number, seed: bigint) =>
  value === 0 ? seed : long(ofBytes(doubleBytes(value), seed));

/** Groups of four digits without zeros at either end, and the place of the first; undefined of NaN and the infinities. */
function numericGroups(text: string): { bytes: Uint8Array; weight: number } | undefined {
  const number = parseNumeric(text);
  if (number?.kind !== "finite") return undefined;
  const { unscaled, scale } = number;
  const after = Math.ceil(scale / 4);
  const digits = String((unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(after * 4 - scale));
  const padded = digits.padStart(Math.ceil(digits.length / 4) * 4, "0");
  const groups = (padded.match(/\d{4}/g) ?? []).map(Number);
  let first = 0;
  while (groups[first] === 0) first++;
  let end = groups.length;
  while (end > first && groups[end - 1] === 0) end--;
  const bytes = new Uint8Array(Uint16Array.from(groups.slice(first, end)).buffer);
  return { bytes, weight: groups.length - after - 1 - first };
}

function numeric(text: string): number {
  const groups = numericGroups(text);
  if (groups === undefined) return 0;
  return groups.bytes.length === 0 ? -1 : short(ofBytes(groups.bytes)) ^ groups.weight;
}

function numericExtended(text: string, seed: bigint): bigint {
  const groups = numericGroups(text);
  if (groups === undefined) return seed;
  if (groups.bytes.length === 0) return seed - 1n;
  return long(ofBytes(groups.bytes, seed)) ^ BigInt(groups.weight);
}

/** From the year 2000, as PostgreSQL counts. */
const postgresEpoch = 946_684_800_000_000n;

export const hashKernels: KernelTable = {
  "hashtext(text) int4": (text: string) => short(ofBytes(encoded(text))),
  "hashtextextended(text,int8) int8": (text: string, seed: bigint) =>
    long(ofBytes(encoded(text), seed)),
  "hashname(name) int4": (text: string) => short(ofBytes(encoded(text))),
  "hashnameextended(name,int8) int8": (text: string, seed: bigint) =>
    long(ofBytes(encoded(text), seed)),
  "hashbpchar(bpchar) int4": (text: string) => short(ofBytes(unpadded(text))),
  "hashbpcharextended(bpchar,int8) int8": (text: string, seed: bigint) =>
    long(ofBytes(unpadded(text), seed)),
  "hashchar(char) int4": (byte: string) => short(ofWord(signed(byte))),
  "hashcharextended(char,int8) int8": (byte: string, seed: bigint) =>
    long(ofWord(signed(byte), seed)),
  "hashint2(int2) int4": (value: number) => short(ofWord(value)),
  "hashint2extended(int2,int8) int8": (value: number, seed: bigint) => long(ofWord(value, seed)),
  "hashint4(int4) int4": (value: number) => short(ofWord(value)),
  "hashint4extended(int4,int8) int8": (value: number, seed: bigint) => long(ofWord(value, seed)),
  "hashoid(oid) int4": (value: number) => short(ofWord(value)),
  "hashoidextended(oid,int8) int8": (value: number, seed: bigint) => long(ofWord(value, seed)),
  "hashint8(int8) int4": (value: bigint) => short(ofWord(folded(value))),
  "hashint8extended(int8,int8) int8": (value: bigint, seed: bigint) =>
    long(ofWord(folded(value), seed)),
  "hashfloat4(float4) int4": double,
  "hashfloat4extended(float4,int8) int8": doubleExtended,
  "hashfloat8(float8) int4": double,
  "hashfloat8extended(float8,int8) int8": doubleExtended,
  "hash_numeric(numeric) int4": numeric,
  "hash_numeric_extended(numeric,int8) int8": numericExtended,
  "timestamp_hash(timestamp) int4": (micros: bigint) =>
    short(ofWord(folded(micros - postgresEpoch))),
  "timestamp_hash_extended(timestamp,int8) int8": (micros: bigint, seed: bigint) =>
    long(ofWord(folded(micros - postgresEpoch), seed)),
  "time_hash(time) int4": (micros: bigint) => short(ofWord(folded(micros))),
  "time_hash_extended(time,int8) int8": (micros: bigint, seed: bigint) =>
    long(ofWord(folded(micros), seed)),
};
