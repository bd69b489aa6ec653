/** Which rows of a data file are deleted, and engine text that leaves them out. */
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import { missingObject } from "../storage/faults.ts";
import type { Bucket } from "../storage/storage.ts";
import type { DeletionVector } from "./actions.ts";
import { decodeBitmaps, decodeZ85 } from "./roaring.ts";

/** Contiguous rows shorter than this are listed one by one. */
const runMin = 8;
/** Decoded vectors kept, by their text: they are immutable. */
const cacheMax = 256;
const cache = new Map<string, readonly number[]>();

/** Row numbers, ascending. */
export async function deletedRows(
  bucket: Bucket,
  location: string,
  vector: DeletionVector,
): Promise<readonly number[]> {
  const name = JSON.stringify([bucket.name, bucket.location, location, vector]);
  const known = cache.get(name);
  if (known) return known;
  const rows = decodeBitmaps(await vectorBytes(bucket, location, vector));
  if (rows.length !== vector.cardinality) {
    throw new PgError("XX001", `a deletion vector of "${location}" has another number of rows`);
  }
  if (cache.size >= cacheMax) cache.delete(must([...cache.keys()][0], "the oldest"));
  cache.set(name, rows);
  return rows;
}

async function vectorBytes(
  bucket: Bucket,
  location: string,
  vector: DeletionVector,
): Promise<Buffer> {
  const { storageType, pathOrInlineDv, sizeInBytes } = vector;
  if (storageType === "i") return decodeZ85(pathOrInlineDv).subarray(0, sizeInBytes);
  if (storageType !== "u") throw unsupported("a deletion vector outside its dataset's folder");
  const prefix = pathOrInlineDv.slice(0, -20);
  const hex = decodeZ85(pathOrInlineDv.slice(-20)).toString("hex");
  const uuid = hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  const folder = prefix === "" ? location : `${location}/${prefix}`;
  const key = `${folder}/deletion_vector_${uuid}.bin`;
  const bytes = await bucket.read(key);
  if (!bytes) throw missingObject(bucket.name, key);
  // Its size in four bytes, the vector, its CRC-32.
  const start = (vector.offset ?? 1) + 4;
  const stored = bytes.length >= start ? bytes.readUInt32BE(start - 4) : -1;
  if (stored !== sizeInBytes || bytes.length < start + sizeInBytes) {
    throw new PgError("XX001", `object "${key}" of bucket "${bucket.name}" is no deletion vector`);
  }
  return bytes.subarray(start, start + sizeInBytes);
}

/** A SELECT of (file, row) of everything deleted; `rows` by a file's place in the scan. */
export function deletedPositions(rows: readonly (readonly number[])[]): string {
  const singles: { file: number; row: number }[] = [];
  const runs: string[] = [];
  for (const [file, deleted] of rows.entries()) {
    for (const [start, end] of runsOf(deleted)) {
      if (end - start >= runMin) runs.push(`(${file}, ${start}, ${end})`);
      else for (let row = start; row < end; row++) singles.push({ file, row });
    }
  }
  const files = singles.map(({ file }) => file).join(",");
  const numbers = singles.map(({ row }) => row).join(",");
  const parts = [
    `SELECT unnest([${files}]::UBIGINT[]) AS file, unnest([${numbers}]::BIGINT[]) AS row`,
  ];
  if (runs.length > 0) {
    const values = `(VALUES ${runs.join(", ")}) AS run(file, first, past)`;
    parts.push(`SELECT file::UBIGINT, unnest(range(first, past))::BIGINT FROM ${values}`);
  }
  return parts.join(" UNION ALL ");
}

/** Half-open runs of consecutive rows. */
function runsOf(rows: readonly number[]): [start: number, end: number][] {
  const runs: [number, number][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && last[1] === row) last[1] = row + 1;
    else runs.push([row, row + 1]);
  }
  return runs;
}
