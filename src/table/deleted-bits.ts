/**
 * Deleted rows as the engine looks them up: one bit a row. A filter on the bit costs a scan of 1 M rows 10 ms, an anti-join with
 * 100 000 row numbers 100 and more. The engine's text only names the vectors; a function of ours makes the bits of them.
 */
import { readFileSync } from "node:fs";
import { must } from "../base/assert.ts";
import { quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import type { Bucket } from "../storage/storage.ts";
import type { DeletionVector } from "./actions.ts";
import { deletedRows, rowsIn, vectorKey } from "./deletion-vectors.ts";

export interface DirtyFile {
  readonly vector: DeletionVector;
  /** Its rows, deleted or not. */
  readonly rows: number;
}

/** What the engine's text holds of a vector. The path is the object's on this machine. */
interface Described {
  readonly vector: DeletionVector;
  readonly path?: string;
  readonly rows: number;
}

const functionName = "lakewire_deleted_rows";
/** What bits kept for the next statement may take; the longest unused go first. */
const cacheBytesMax = 64 * 1024 * 1024;
const cache = new Map<string, Buffer>();
let cachedBytes = 0;
const registered = new WeakSet<Engine>();

export function registerDeletedRows(engine: Engine): void {
  if (registered.has(engine)) return;
  registered.add(engine);
  engine.registerScalar({
    name: functionName,
    parameters: [{ id: "VARCHAR" }],
    result: { id: "BLOB" },
    call: (text) => bitsOf(String(text)),
  });
}

/** Engine text of a BIT: of each file in turn its rows, 1 for a deleted one. */
export async function deletedBits(
  bucket: Bucket,
  location: string,
  files: readonly DirtyFile[],
): Promise<string> {
  const described = await Promise.all(
    files.map(async ({ vector, rows }): Promise<Described> => {
      const key = vectorKey(location, vector);
      return key === undefined
        ? { vector, rows }
        : { vector, rows, path: await bucket.pathFor(key) };
    }),
  );
  // A dollar sign could be taken for a pattern's by who puts the text into another.
  const text = JSON.stringify(described).replaceAll("$", "\\u0024");
  if (!cache.has(text)) {
    // Made now, so that damage is told by the bucket's words and the engine need not wait for a disk.
    const lists = await Promise.all(
      files.map(({ vector }) => deletedRows(bucket, location, vector)),
    );
    keep(text, makeBits(described, lists));
  }
  return `CAST(${functionName}(${quoteText(text)}) AS BIT)`;
}

/** Called by the engine, so synchronous; the engine folds it into a constant, once a statement. */
function bitsOf(text: string): Buffer {
  const known = cache.get(text);
  if (known) {
    cache.delete(text);
    cache.set(text, known);
    return known;
  }
  // Gone from the cache since the text was made.
  const files = JSON.parse(text) as readonly Described[];
  const lists = files.map(({ vector, path }) =>
    rowsIn(vector, path === undefined ? undefined : readFileSync(path), path ?? "a dataset's log"),
  );
  return keep(text, makeBits(files, lists));
}

function keep(text: string, bits: Buffer): Buffer {
  if (bits.length > cacheBytesMax || cache.has(text)) return bits;
  cache.set(text, bits);
  cachedBytes += bits.length;
  while (cachedBytes > cacheBytesMax) {
    const oldest = must(cache.keys().next().value, "the longest unused");
    cachedBytes -= must(cache.get(oldest), "its bits").length;
    cache.delete(oldest);
  }
  return bits;
}

function makeBits(files: readonly Described[], lists: readonly ArrayLike<number>[]): Buffer {
  const bits = Buffer.alloc((files.reduce((sum, { rows }) => sum + rows, 0) + 7) >> 3);
  let start = 0;
  for (const [i, { rows }] of files.entries()) {
    const deleted = lists[i] ?? [];
    for (let j = 0; j < deleted.length; j++) {
      const at = start + (deleted[j] ?? 0);
      // The engine counts a byte's bits from its highest.
      bits[at >> 3] = (bits[at >> 3] ?? 0) | (0x80 >> (at & 7));
    }
    start += rows;
  }
  return bits;
}
