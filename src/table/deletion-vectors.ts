/** Which rows of a data file are deleted: read and written. */
import { randomUUID } from "node:crypto";
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import { missingObject } from "../storage/faults.ts";
import type { Bucket } from "../storage/storage.ts";
import type { DeletionVector } from "./actions.ts";
import { decodeBitmaps, decodeZ85, encodeZ85 } from "./roaring.ts";
import { encodeBitmaps } from "./roaring-encode.ts";

/** Rows of decoded vectors kept, by a vector's text: they are immutable. */
const cachedRowsMax = 4_000_000;
const cache = new Map<string, ArrayLike<number>>();
let cachedRows = 0;
/** A vector up to this size is kept in the log itself: it spares a file. */
const inlineBytesMax = 1_024;
/** https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-file-storage-format */
const fileFormatVersion = 1;

/** Row numbers, ascending. */
export async function deletedRows(
  bucket: Bucket,
  location: string,
  vector: DeletionVector,
): Promise<ArrayLike<number>> {
  const name = JSON.stringify([bucket.name, bucket.location, location, vector]);
  const known = cache.get(name);
  if (known) return known;
  const rows = await readRows(bucket, location, vector);
  if (cache.has(name) || rows.length > cachedRowsMax) return rows;
  cache.set(name, rows);
  cachedRows += rows.length;
  while (cachedRows > cachedRowsMax) {
    const oldest = must(cache.keys().next().value, "the oldest");
    cachedRows -= must(cache.get(oldest), "its rows").length;
    cache.delete(oldest);
  }
  return rows;
}

export interface WrittenVectors {
  /** In the order of the rows given. */
  readonly vectors: readonly DeletionVector[];
  /** The object that holds those that are not inline: to be deleted when no commit comes to name it. */
  readonly key: string | undefined;
}

/** One vector for each list of row numbers (ascending, none empty); those that are not small share one file. */
export async function writeVectors(
  bucket: Bucket,
  location: string,
  lists: readonly ArrayLike<number>[],
): Promise<WrittenVectors> {
  const uuid = randomUUID();
  const key = `${location}/deletion_vector_${uuid}.bin`;
  const name = encodeZ85(Buffer.from(uuid.replaceAll("-", ""), "hex"));
  const parts: Buffer[] = [Buffer.of(fileFormatVersion)];
  let offset = 1;
  const vectors = lists.map((rows): DeletionVector => {
    const bytes = encodeBitmaps(rows);
    const size = { sizeInBytes: bytes.length, cardinality: rows.length };
    if (bytes.length <= inlineBytesMax) {
      return { storageType: "i", pathOrInlineDv: encodeZ85(bytes), ...size };
    }
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(bytes.length, 0);
    frame.writeUInt32BE(crc32(bytes), 4);
    parts.push(frame.subarray(0, 4), bytes, frame.subarray(4));
    const vector = { storageType: "u" as const, pathOrInlineDv: name, offset, ...size };
    offset += bytes.length + 8;
    return vector;
  });
  if (parts.length === 1) return { vectors, key: undefined };
  await bucket.put(key, Buffer.concat(parts));
  return { vectors, key };
}

/** Both, ascending; undefined when they have a row in common. */
export function disjointUnion(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): Float64Array | undefined {
  const rows = new Float64Array(a.length + b.length);
  let [i, j] = [0, 0];
  for (let at = 0; at < rows.length; at++) {
    const left = a[i] ?? Number.POSITIVE_INFINITY;
    const right = b[j] ?? Number.POSITIVE_INFINITY;
    if (left === right) return undefined;
    rows[at] = Math.min(left, right);
    if (left < right) i++;
    else j++;
  }
  return rows;
}

/** The object it lies in; undefined when that is the log itself, or not in the dataset's folder. */
export function vectorKey(
  location: string,
  { storageType, pathOrInlineDv }: DeletionVector,
): string | undefined {
  if (storageType !== "u") return undefined;
  const prefix = pathOrInlineDv.slice(0, -20);
  const hex = decodeZ85(pathOrInlineDv.slice(-20)).toString("hex");
  const uuid = hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  const folder = prefix === "" ? location : `${location}/${prefix}`;
  return `${folder}/deletion_vector_${uuid}.bin`;
}

async function readRows(
  bucket: Bucket,
  location: string,
  vector: DeletionVector,
): Promise<ArrayLike<number>> {
  const key = vectorKey(location, vector);
  if (key === undefined) return rowsIn(vector, undefined, location);
  const file = await bucket.read(key);
  if (!file) throw missingObject(bucket.name, key);
  return rowsIn(vector, file, `object "${key}" of bucket "${bucket.name}"`);
}

/** `file`: the bytes of the object that has it, which `where` names, unless it is inline. */
export function rowsIn(
  vector: DeletionVector,
  file: Buffer | undefined,
  where: string,
): ArrayLike<number> {
  const rows = decodeBitmaps(vectorBytes(vector, file, where));
  if (rows.length === vector.cardinality) return rows;
  throw new PgError("XX001", `a deletion vector of ${where} has another number of rows`);
}

function vectorBytes(
  { storageType, pathOrInlineDv, sizeInBytes, offset = 1 }: DeletionVector,
  file: Buffer | undefined,
  where: string,
): Buffer {
  if (storageType === "i") return decodeZ85(pathOrInlineDv).subarray(0, sizeInBytes);
  if (!file) throw unsupported("a deletion vector outside its dataset's folder");
  // Its size in four bytes, the vector, its CRC-32.
  const start = offset + 4;
  const end = start + sizeInBytes;
  const bytes = file.subarray(start, end);
  const isWhole =
    file.length >= end + 4 &&
    file.readUInt32BE(start - 4) === sizeInBytes &&
    file.readUInt32BE(end) === crc32(bytes);
  if (!isWhole) throw new PgError("XX001", `${where} is no deletion vector`);
  return bytes;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc;
});

/** zlib's, which Node has from 20.15 on only. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}
