/**
 * What keeps datasets fast and small: compaction, expiry, publishing. Knows no roles and no SQL: whoever asks has been judged,
 * and the background asks for itself.
 */
import { must } from "../base/assert.ts";
import type { OptionValues } from "../config/options.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";
import { type Compaction, compact } from "../table/compact.ts";
import type { Expiry } from "../table/expire.ts";
import { type Publication, publishIceberg } from "../table/iceberg.ts";
import type { Table, TableVersion } from "../table/table.ts";
import { dataFileBytes, type Tables } from "../table/tables.ts";

export type UpkeepOptions = OptionValues["upkeep"];

export interface UpkeepRooms {
  readonly engine: Engine;
  readonly buckets: Buckets;
  readonly tables: Tables;
}

/** Where a dataset's folder is. */
export interface DatasetPlace {
  readonly bucket: string;
  readonly location: string;
}

export interface CompactionWish {
  /** Every file smaller than it could be, and every deleted row. */
  readonly full: boolean;
  /** Most that is read; undefined: whatever there is to do. */
  readonly bytesMax: number | undefined;
  readonly actor: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, groups: number) => void;
}

/** Of the dataset's own configuration. */
export const publishProperty = "lakewire.publishIceberg";
/** A file that has lost more of its rows than this is written anew: leaving them out costs every scan. */
const deletedShareMax = 0.1;

export function compactDataset(
  table: Table,
  options: UpkeepOptions,
  { full, bytesMax, ...wish }: CompactionWish,
): Promise<Compaction> {
  return compact(table, {
    ...wish,
    ...compactionLimits(options, full),
    runBytes: bytesMax ?? Number.POSITIVE_INFINITY,
  });
}

/** Which files are worth writing anew. */
export function compactionLimits(options: UpkeepOptions, full: boolean) {
  return {
    smallFileBytes: full ? dataFileBytes : options.smallFileBytes,
    deletedShareMax: full ? 0 : deletedShareMax,
    fileBytes: dataFileBytes,
  };
}

/** Whether each version is to be published for engines that read Iceberg. */
export function isPublished({ metaData }: Pick<TableVersion, "metaData">): boolean {
  return metaData.configuration[publishProperty] === "true";
}

export function expireDataset(
  table: Table,
  options: UpkeepOptions,
  wish: {
    readonly signal: AbortSignal;
    readonly dryRun?: boolean;
    readonly fileRetentionMs?: number;
    readonly logRetentionMs?: number;
  },
): Promise<Expiry> {
  return table.expire({
    logRetentionMs: wish.logRetentionMs ?? options.logRetentionMs,
    fileRetentionMs: wish.fileRetentionMs ?? options.fileRetentionMs,
    dryRun: wish.dryRun ?? false,
    signal: wish.signal,
  });
}

export async function publishDataset(
  { engine, buckets, tables }: UpkeepRooms,
  { bucket, location }: DatasetPlace,
  options: UpkeepOptions,
): Promise<Publication> {
  const place = {
    bucket: must(buckets.get(bucket), "a dataset's bucket is there"),
    location,
    engine,
    retainMs: options.fileRetentionMs,
  };
  return publishIceberg(place, await tables.get(bucket, location).current());
}
