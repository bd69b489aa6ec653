/** Binary strings. https://www.postgresql.org/docs/15/functions-binarystring.html */
import { createHash } from "node:crypto";
import { PgError } from "../base/error.ts";
import { decodeBytes, encodeBytes } from "./byte-text.ts";
import { fromEncoding, toEncoding } from "./encodings.ts";
import type { KernelTable } from "./kernel.ts";

const digest = (name: string) => (bytes: Uint8Array) =>
  new Uint8Array(createHash(name).update(bytes).digest());

function index(at: number, count: number): number {
  if (at >= 0 && at < count) return at;
  throw new PgError("2202E", `index ${at} out of valid range, 0..${count - 1}`);
}

/** From place `start` (1 is the first) so many bytes, those outside left out. */
function slice(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (length < 0) throw new PgError("22011", "negative substring length not allowed");
  const from = Math.max(start, 1) - 1;
  return bytes.slice(from, Math.max(Math.min(start - 1 + length, bytes.length), from));
}

function overlay(bytes: Uint8Array, put: Uint8Array, start: number, length: number): Uint8Array {
  if (start <= 0) throw new PgError("22011", "negative substring length not allowed");
  return new Uint8Array([
    ...slice(bytes, 1, start - 1),
    ...put,
    ...bytes.slice(start + length - 1),
  ]);
}

function trimmed(bytes: Uint8Array, set: Uint8Array, atStart: boolean, atEnd: boolean): Uint8Array {
  let [from, to] = [0, bytes.length];
  while (atStart && from < to && set.includes(bytes[from] ?? 0)) from++;
  while (atEnd && to > from && set.includes(bytes[to - 1] ?? 0)) to--;
  return bytes.slice(from, to);
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

function setBit(bytes: Uint8Array, n: bigint, bit: number): Uint8Array {
  const at = index(Number(n), bytes.length * 8);
  if (bit !== 0 && bit !== 1) throw new PgError("22023", "new bit must be 0 or 1");
  const old = bytes[at >> 3] ?? 0;
  const mask = 1 << (at & 7);
  return changed(bytes, at >> 3, bit === 1 ? old | mask : old & ~mask);
}

function bitCount(bytes: Uint8Array): bigint {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return BigInt(count);
}

function isLike(bytes: Uint8Array, pattern: Uint8Array): boolean {
  const text = (one: Uint8Array) => Buffer.from(one).toString("latin1");
  const regex = text(pattern).replace(/\\([\s\S])|%|_|[^\\%_]/g, (found, escaped?: string) => {
    if (escaped === undefined && found === "%") return "[^]*";
    if (escaped === undefined && found === "_") return "[^]";
    return (escaped ?? found).replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
  });
  return new RegExp(`^${regex}$`).test(text(bytes));
}

export const binaryKernels: KernelTable = {
  "sha224(bytea) bytea": digest("sha224"),
  "sha384(bytea) bytea": digest("sha384"),
  "sha512(bytea) bytea": digest("sha512"),
  "get_byte(bytea,int4) int4": (bytes: Uint8Array, n: number) => bytes[index(n, bytes.length)] ?? 0,
  "set_byte(bytea,int4,int4) bytea": (bytes: Uint8Array, n: number, value: number) =>
    changed(bytes, index(n, bytes.length), value & 255),
  "get_bit(bytea,int8) int4": (bytes: Uint8Array, n: bigint) => {
    const at = index(Number(n), bytes.length * 8);
    return ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;
  },
  "set_bit(bytea,int8,int4) bytea": setBit,
  "bit_count(bytea) int8": bitCount,
  "substr(bytea,int4) bytea": (bytes: Uint8Array, start: number) =>
    slice(bytes, start, bytes.length + 1 + Math.abs(start)),
  "substring(bytea,int4) bytea": (bytes: Uint8Array, start: number) =>
    slice(bytes, start, bytes.length + 1 + Math.abs(start)),
  "substr(bytea,int4,int4) bytea": slice,
  "substring(bytea,int4,int4) bytea": slice,
  "overlay(bytea,bytea,int4) bytea": (bytes: Uint8Array, put: Uint8Array, start: number) =>
    overlay(bytes, put, start, put.length),
  "overlay(bytea,bytea,int4,int4) bytea": overlay,
  "position(bytea,bytea) int4": (bytes: Uint8Array, part: Uint8Array) =>
    Buffer.from(bytes).indexOf(part) + 1,
  "btrim(bytea,bytea) bytea": (bytes: Uint8Array, set: Uint8Array) =>
    trimmed(bytes, set, true, true),
  "ltrim(bytea,bytea) bytea": (bytes: Uint8Array, set: Uint8Array) =>
    trimmed(bytes, set, true, false),
  "rtrim(bytea,bytea) bytea": (bytes: Uint8Array, set: Uint8Array) =>
    trimmed(bytes, set, false, true),
  "bytealike(bytea,bytea) bool": isLike,
  "byteanlike(bytea,bytea) bool": (bytes: Uint8Array, pattern: Uint8Array) =>
    !isLike(bytes, pattern),
  "encode(bytea,text) text": encodeBytes,
  "decode(text,text) bytea": decodeBytes,
  "convert_from(bytea,name) text": (bytes: Uint8Array, encoding: string) =>
    fromEncoding(bytes, encoding, "source"),
  "convert_to(text,name) bytea": (text: string, encoding: string) =>
    toEncoding(text, encoding, "destination"),
  "convert(bytea,name,name) bytea": (bytes: Uint8Array, from: string, to: string) =>
    toEncoding(fromEncoding(bytes, from, "source"), to, "destination"),
};
