/**
 * Small files into large ones, and files without their deleted rows: a rearrangement that changes no row. Each group of files
 * is a commit of its own, so that a writer who was faster costs one group, and what a run reads has a limit.
 */
import { PgError } from "../base/error.ts";
import type { Add } from "./actions.ts";
import { liveRows } from "./statistics.ts";
import type { Table, TableVersion } from "./table.ts";

export interface CompactionOptions {
  /** Files smaller than this are merged. */
  readonly smallFileBytes: number;
  /** A file that has lost more of its rows than this is written anew. */
  readonly deletedShareMax: number;
  /** What a merged file should come to. */
  readonly fileBytes: number;
  /** Most that one run reads; at least one group is done. */
  readonly runBytes: number;
  readonly actor: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, groups: number) => void;
}

export interface Compaction {
  /** The newest version after it. */
  readonly version: number;
  /** Files read and gone. */
  readonly filesRemoved: number;
  readonly filesAdded: number;
  readonly bytesRemoved: number;
  readonly bytesAdded: number;
  /** Groups left as they are, because others wrote to their files meanwhile. */
  readonly groupsLost: number;
  /** Groups left for another run. */
  readonly groupsLeft: number;
}

const attemptsMax = 3;

export async function compact(table: Table, options: CompactionOptions): Promise<Compaction> {
  const total = { filesRemoved: 0, filesAdded: 0, bytesRemoved: 0, bytesAdded: 0, groupsLost: 0 };
  const base = await table.current();
  const groups = compactionGroups(base, options);
  let [version, read, done] = [base.number, 0, 0];
  for (const group of groups) {
    if (done > 0 && read + bytesOf(group) > options.runBytes) break;
    options.signal.throwIfAborted();
    read += bytesOf(group);
    done++;
    const merged = await merge(table, base, group, options);
    if (!merged) total.groupsLost++;
    else {
      version = merged.version;
      total.filesRemoved += group.length;
      total.filesAdded += merged.adds.length;
      total.bytesRemoved += bytesOf(group);
      total.bytesAdded += bytesOf(merged.adds);
    }
    options.onProgress?.(done, groups.length);
  }
  return { ...total, version, groupsLeft: groups.length - done };
}

/** Files that are worth writing anew together, in the order of the log: only those of one partition can be one file. */
export function compactionGroups(
  version: TableVersion,
  {
    smallFileBytes,
    deletedShareMax,
    fileBytes,
  }: Pick<CompactionOptions, "smallFileBytes" | "deletedShareMax" | "fileBytes">,
): readonly (readonly Add[])[] {
  const isWorn = (add: Add) => deletedShare(add) > deletedShareMax;
  const open = new Map<string, Add[]>();
  const groups: Add[][] = [];
  for (const add of version.files.values()) {
    if (add.size >= smallFileBytes && !isWorn(add)) continue;
    const partition = JSON.stringify(Object.entries(add.partitionValues).sort());
    const group = open.get(partition);
    if (group && bytesOf(group) + add.size <= fileBytes) group.push(add);
    else {
      const fresh = [add];
      groups.push(fresh);
      open.set(partition, fresh);
    }
  }
  return groups.filter((group) => group.length > 1 || group.some(isWorn));
}

function deletedShare(add: Add): number {
  const deleted = add.deletionVector?.cardinality ?? 0;
  return deleted === 0 ? 0 : deleted / ((liveRows(add) ?? 0) + deleted);
}

/** Undefined when others have removed a file of the group, or rows of it, again and again. */
async function merge(
  table: Table,
  base: TableVersion,
  group: readonly Add[],
  { actor, signal }: CompactionOptions,
): Promise<{ readonly version: number; readonly adds: readonly Add[] } | undefined> {
  const removes = group.map(({ path }) => path);
  for (let attempt = 0, from = base; attempt < attemptsMax; attempt++) {
    if (removes.some((path) => !from.files.has(path))) return undefined;
    const names = from.fields.map(({ name }) => name);
    const select = await table.scan(from, names, { only: new Set(removes) });
    const adds = await table.write(from, select, signal);
    try {
      const change = { adds, removes, isRearrangement: true };
      const { number } = await table.commit(from, change, { operation: "OPTIMIZE", actor });
      return { version: number, adds };
    } catch (error) {
      // Of any other error nobody knows whether the entry is there: its files are left to be swept.
      if (!(error instanceof PgError && error.sqlstate === "40001")) throw error;
      await table.discard(adds);
      from = await table.current();
    }
  }
  return undefined;
}

function bytesOf(files: readonly Add[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
