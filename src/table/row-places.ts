/**
 * Where rows lie, as PostgreSQL tells it: a block and a place in it. A data file has blocks of its own for as long as it lives: they
 * follow from its path, so that all servers say the same after any restart, and a place that is gone is hardly ever another row's.
 */
import { createHash } from "node:crypto";
import { PgError } from "../base/error.ts";
import type { TableVersion } from "./table.ts";

/** A place in a block is an unsigned 16-bit number that begins at 1. */
export const rowsPerBlock = 2 ** 15;
const blocksPerFileMax = 2 ** 16;
/** Blocks are unsigned 32-bit numbers, the greatest of which PostgreSQL takes for none. */
const firstBlocksEnd = 2 ** 32 - 2 * blocksPerFileMax;
/** Rows that are not committed lie behind all files. */
export const firstStagedBlock = firstBlocksEnd + blocksPerFileMax;

const known = new WeakMap<TableVersion, Promise<readonly number[]>>();

/** The first block of each file of a version, in their order. `rowsOf`: how many rows they have, deleted ones included. */
export function firstBlocks(
  version: TableVersion,
  rowsOf: () => Promise<readonly number[]>,
): Promise<readonly number[]> {
  const before = known.get(version);
  if (before !== undefined) return before;
  const paths = [...version.files.keys()];
  const blocks = rowsOf().then((rows) => disjoint(paths, rows.map(blocksFor)));
  known.set(version, blocks);
  blocks.catch(() => known.delete(version));
  return blocks;
}

function blocksFor(rows: number): number {
  const blocks = Math.max(1, Math.ceil(rows / rowsPerBlock));
  if (blocks <= blocksPerFileMax) return blocks;
  throw new PgError(
    "54000",
    `a data file of ${rows} rows has too many for their places to be told`,
  );
}

/** Two of a thousand files meet once in ten thousand times: then all of them have other blocks. */
export function disjoint(paths: readonly string[], blocks: readonly number[]): readonly number[] {
  for (let attempt = 0; ; attempt++) {
    const first = paths.map((path) => blockOf(attempt === 0 ? path : `${attempt} ${path}`));
    const order = first.map((block, file) => ({ block, end: block + (blocks[file] ?? 1) }));
    order.sort((a, b) => a.block - b.block);
    if (order.every(({ end }, at) => end <= (order[at + 1]?.block ?? Infinity))) return first;
  }
}

function blockOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() % firstBlocksEnd;
}
