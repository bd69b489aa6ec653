/**
 * What nobody can read any more goes: entries of the log behind a checkpoint, and files no version names that is young enough.
 * Never by listing alone: a file goes when it is old itself, and neither the newest version nor a young removal names it.
 */
import type { Engine } from "../engine/engine.ts";
import type { Bucket, ObjectInfo } from "../storage/storage.ts";
import type { Action } from "./actions.ts";
import { listCheckpoints, writeCheckpoint } from "./checkpoint.ts";
import { vectorKey } from "./deletion-vectors.ts";
import type { Loader } from "./load.ts";
import type { NumberedLog } from "./log.ts";
import { dataFileKey } from "./paths.ts";
import type { Version } from "./version.ts";

export interface ExpiryOptions {
  /** Versions younger than this can be read from the log. */
  readonly logRetentionMs: number;
  /** Files that were removed, or written and never committed, stay as long. */
  readonly fileRetentionMs: number;
  /** Only tell what would go. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface Expiry {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
}

export interface ExpiringDataset {
  readonly bucket: Bucket;
  readonly location: string;
  readonly engine: Engine;
  readonly log: NumberedLog<Action>;
  readonly loader: Loader;
  /** Keys of data files that stay although they are old: those published to other engines. */
  readonly kept: () => Promise<Iterable<string>>;
}

export async function expire(
  dataset: ExpiringDataset,
  current: () => Promise<Version>,
  options: ExpiryOptions,
): Promise<Expiry> {
  const entries = await expireLog(dataset, await current(), options);
  const { files, bytes } = await expireFiles(dataset, current, options);
  return { entries, files, bytes };
}

async function expireLog(
  { bucket, log, loader, engine }: ExpiringDataset,
  newest: Version,
  { logRetentionMs, dryRun, signal }: ExpiryOptions,
): Promise<number> {
  const instant = new Date(Date.now() - logRetentionMs);
  const oldest = await loader.oldest();
  // The version that was newest then can still be read, so its checkpoint, or one before it, has to stay.
  const needed =
    newest.committedAt <= instant
      ? newest.number
      : ((await loader.numberBefore(instant, newest.number)) ?? 0);
  if (needed <= oldest) return 0;
  const checkpoints = [...(await listCheckpoints(log)).keys()];
  const kept = Math.max(-1, ...checkpoints.filter((version) => version <= needed));
  const from = kept > oldest ? kept : needed;
  const gone = (await bucket.list(`${log.folder}/`)).filter(({ key }) => {
    const [, digits] =
      /\/(\d{20})\.(?:json|crc|checkpoint\.[\w.]*parquet|checkpoint\.parquet)$/.exec(key) ?? [];
    return digits !== undefined && Number(digits) < from;
  });
  if (dryRun || gone.length === 0) return gone.length;
  if (!checkpoints.includes(from)) {
    const version = from === newest.number ? newest : await loader.at(from);
    await writeCheckpoint(log, version, engine);
  }
  // The newest first would leave a gap that a reader takes for damage.
  for (const { key } of gone) {
    signal.throwIfAborted();
    await bucket.delete(key);
  }
  return gone.length;
}

async function expireFiles(
  dataset: ExpiringDataset,
  current: () => Promise<Version>,
  { fileRetentionMs, dryRun, signal }: ExpiryOptions,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const { bucket, location } = dataset;
  const before = Date.now() - fileRetentionMs;
  const objects = await bucket.list(`${location}/`);
  // Listed first: what is committed after it is younger than any file that may go.
  const newest = await current();
  const used = usedKeys(location, newest, before);
  for (const key of await dataset.kept()) used.add(key);
  const gone = objects.filter(
    (object) =>
      isOurs(object, location) && object.modified.getTime() < before && !used.has(object.key),
  );
  if (!dryRun) {
    for (const { key } of gone) {
      signal.throwIfAborted();
      await bucket.delete(key);
    }
  }
  return { files: gone.length, bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function usedKeys(location: string, newest: Version, before: number): Set<string> {
  const used = new Set<string>();
  for (const add of newest.files.values()) {
    used.add(dataFileKey(location, add));
    if (add.deletionVector) used.add(vectorKey(location, add.deletionVector) ?? "");
  }
  for (const { path, deletionTimestamp = 0, deletionVector } of newest.tombstones.values()) {
    if (deletionTimestamp < before) continue;
    used.add(dataFileKey(location, { path }));
    if (deletionVector) used.add(vectorKey(location, deletionVector) ?? "");
  }
  return used;
}

/** Data files and deletion vectors; the log has its own rules, and what begins with _ or . is somebody else's. */
function isOurs({ key }: ObjectInfo, location: string): boolean {
  const name = key.slice(location.length + 1);
  const isHidden = name.split("/").some((part) => /^[_.]/.test(part) && !part.includes("="));
  return !isHidden && !name.startsWith("metadata/") && /\.(parquet|bin)$/.test(name);
}
