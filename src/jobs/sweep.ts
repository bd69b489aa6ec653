/**
 * Folders of datasets, and logs of sequences, that no catalog names: dropped ones, and those whose creation was never committed. When one is first
 * seen a note is left in its bucket; it goes when the note is older than the retention, and the folder still is nobody's.
 */
import type { Catalog } from "../catalog/catalog.ts";
import type { Relation } from "../catalog/relation.ts";
import { sequencesFolder } from "../catalog/sequence-counter.ts";
import type { Bucket, Buckets, ObjectInfo } from "../storage/storage.ts";
import type { Tables } from "../table/tables.ts";

export interface SweepRooms {
  readonly buckets: Buckets;
  readonly tables: Tables;
  readonly catalog: Catalog;
}

export interface Sweep {
  readonly folders: number;
  readonly files: number;
  readonly bytes: number;
}

const notes = "_lakehouse/dropped";
/** Readers of a transaction's entries have long seen it decided. */
const intentRetentionMs = 24 * 3_600_000;

/** Of every bucket that can be read, dropped ones too. Nothing is swept while one cannot: its catalog may name a folder. */
export async function sweepDropped(
  { buckets, tables, catalog }: SweepRooms,
  retentionMs: number,
  signal: AbortSignal,
): Promise<Sweep> {
  const total = { folders: 0, files: 0, bytes: 0 };
  const names = await catalog.current();
  if (catalog.unreachable.size > 0) return total;
  const used = new Set([...names.relations()].flatMap(foldersOfSource));
  for (const bucket of [...buckets.list(), ...buckets.removed()]) {
    signal.throwIfAborted();
    const swept = await sweepBucket(bucket, used, retentionMs, signal);
    total.folders += swept.folders;
    total.files += swept.files;
    total.bytes += swept.bytes;
    if (!buckets.get(bucket.name)) continue;
    await tables.intents.sweep(bucket.name, new Date(Date.now() - intentRetentionMs));
  }
  return total;
}

/** Its own folder; that of a foreign table too, which another server of this kind may write. */
function foldersOfSource({ source }: Relation): readonly string[] {
  if (source.kind === "dataset") return [`${source.bucket}\0${source.location}`];
  if (source.kind === "sequence")
    return [`${source.bucket}\0${sequencesFolder}/${source.location}`];
  if (source.kind !== "foreign" || !("bucket" in source.place)) return [];
  return [`${source.place.bucket}\0${source.place.prefix.split("/")[0]}`];
}

async function sweepBucket(
  bucket: Bucket,
  used: ReadonlySet<string>,
  retentionMs: number,
  signal: AbortSignal,
): Promise<Sweep> {
  const folders = foldersOf(await bucket.list(""));
  const total = { folders: 0, files: 0, bytes: 0 };
  const known = new Set((await bucket.list(`${notes}/`)).map(({ key }) => key));
  for (const key of known) {
    const name = key.slice(notes.length + 1).replace(/\.json$/, "");
    if (!folders.has(name) || used.has(`${bucket.name}\0${name}`)) await bucket.delete(key);
  }
  for (const [name, objects] of folders) {
    if (used.has(`${bucket.name}\0${name}`) || !(await isOurs(bucket, objects))) continue;
    const note = `${notes}/${name}.json`;
    await bucket.putIfAbsent(note, Buffer.from(JSON.stringify({ seen: Date.now() })));
    if ((await seenAt(bucket, note)) > Date.now() - retentionMs) continue;
    // The log last: what a crash leaves behind is still known for a dataset.
    const isLog = ({ key }: ObjectInfo) => key.startsWith(`${name}/_delta_log/`);
    for (const { key } of [...objects.filter((one) => !isLog(one)), ...objects.filter(isLog)]) {
      signal.throwIfAborted();
      await bucket.delete(key);
    }
    await bucket.delete(note);
    total.folders++;
    total.files += objects.length;
    total.bytes += objects.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  return total;
}

/** Folders named as this server names those of its datasets, that have a log; and the logs of sequences. */
function foldersOf(objects: readonly ObjectInfo[]): ReadonlyMap<string, readonly ObjectInfo[]> {
  const folders = new Map<string, ObjectInfo[]>();
  for (const object of objects) {
    const name = folderOf(object.key);
    if (name === undefined) continue;
    const inside = folders.get(name) ?? [];
    inside.push(object);
    folders.set(name, inside);
  }
  return new Map(
    [...folders].filter(
      ([name, inside]) =>
        isSequence(name) || inside.some(({ key }) => key.startsWith(`${name}/_delta_log/`)),
    ),
  );
}

function folderOf(key: string): string | undefined {
  if (isSequence(key)) return key.split("/").slice(0, -1).join("/");
  const [name = "", ...rest] = key.split("/");
  return rest.length > 0 && /-[0-9a-f]{8}$/.test(name) ? name : undefined;
}

const isSequence = (key: string) => key.startsWith(`${sequencesFolder}/`);

/** Somebody else's table may be called like one of ours; its log tells who wrote it. */
async function isOurs(bucket: Bucket, objects: readonly ObjectInfo[]): Promise<boolean> {
  if (objects.every(({ key }) => isSequence(key))) return true;
  const entry = objects.findLast(({ key }) => /\/_delta_log\/\d{20}\.json$/.test(key));
  const bytes = entry && (await bucket.read(entry.key));
  return bytes?.toString().includes('"engineInfo":"lakewire/') === true;
}

async function seenAt(bucket: Bucket, note: string): Promise<number> {
  const bytes = await bucket.read(note);
  const { seen = Date.now() } = JSON.parse(bytes?.toString() ?? "{}") as { seen?: number };
  return seen;
}
