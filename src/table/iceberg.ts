/**
 * Iceberg metadata over the files of a Delta version. The Delta log stays the only truth: what is published says which
 * version it tells of, is written once (`metadata/v<version + 1>.metadata.json`, put if absent) and never goes backwards.
 */
import { randomUUID } from "node:crypto";
import { PgError } from "../base/error.ts";
import { missingObject } from "../storage/faults.ts";
import {
  dataFiles,
  deleteFiles,
  type IcebergPlace,
  keyOf,
  readUri,
  uriOf,
} from "./iceberg-files.ts";
import {
  type DataFile,
  liveEntries,
  type ManifestEntry,
  type ManifestFile,
  manifestBytes,
  manifestListBytes,
  readManifestList,
} from "./iceberg-manifest.ts";
import {
  type Metadata,
  metadataOf,
  type Shape,
  type Snapshot,
  shapeOf,
  snapshotBefore,
  versionProperty,
} from "./iceberg-metadata.ts";
import { sweepIceberg } from "./iceberg-sweep.ts";
import type { TableVersion } from "./table.ts";

export interface Publication {
  /** Key of the metadata file. */
  readonly metadataKey: string;
  /** The Delta version it tells of: the one asked for, or a newer one published before. */
  readonly version: number;
  readonly isNew: boolean;
}

/** Manifests a snapshot may point to before all entries are written into one again. */
const manifestsMax = 30;
const sweepEvery = 10;

export async function publishIceberg(
  place: IcebergPlace,
  version: TableVersion,
): Promise<Publication> {
  const newest = await newestPublication(place);
  if (newest && newest.version >= version.number) {
    await pointTo(place, newest.version);
    return { ...newest, isNew: false };
  }
  const before = newest && (await readMetadata(place, newest.metadataKey));
  const shape = shapeOf(version, before);
  const snapshot = await writeSnapshot(place, version, shape, before);
  const file = newest && { file: uriOf(place, newest.metadataKey), metadata: before as Metadata };
  const where = { location: uriOf(place, place.location), retainMs: place.retainMs };
  const metadata = metadataOf(version, shape, snapshot, where, file);
  const metadataKey = metadataFileKey(place, version.number);
  const isNew = await place.bucket.putIfAbsent(metadataKey, Buffer.from(JSON.stringify(metadata)));
  await pointTo(place, version.number);
  if (isNew && version.number % sweepEvery === 0) await sweepIceberg(place, metadata);
  return { metadataKey, version: version.number, isNew };
}

/** The newest version that is published; undefined when none is. */
export async function newestPublication(
  place: Pick<IcebergPlace, "bucket" | "location">,
): Promise<Publication | undefined> {
  const names = await place.bucket.list(`${place.location}/metadata/`);
  const versions = names.flatMap(({ key }) => {
    const [, digits] = /\/metadata\/v(\d+)\.metadata\.json$/.exec(key) ?? [];
    return digits === undefined ? [] : [Number(digits) - 1];
  });
  if (versions.length === 0) return undefined;
  const version = Math.max(...versions);
  return { metadataKey: metadataFileKey(place, version), version, isNew: false };
}

/** Keys of the data files that what is published names. */
export async function publishedFiles(
  place: Pick<IcebergPlace, "bucket" | "location">,
): Promise<readonly string[]> {
  const newest = await newestPublication(place);
  if (!newest) return [];
  const metadata = await readMetadata(place, newest.metadataKey);
  const id = metadata["current-snapshot-id"];
  const snapshot = metadata.snapshots.find((one) => one["snapshot-id"] === id);
  const [schema, spec] = [
    metadata.schemas.find((one) => one["schema-id"] === metadata["current-schema-id"]),
    metadata["partition-specs"].find((one) => one["spec-id"] === metadata["default-spec-id"]),
  ];
  if (!snapshot || !schema || !spec) return [];
  const published = await readSnapshot(place, snapshot, { schema, spec });
  return published.flatMap(({ entries }) =>
    entries.map(({ data_file }) => keyOf(place, data_file.file_path)),
  );
}

/** The hint names the newest metadata there is: whoever was slower looks again and mends what he has set back. */
async function pointTo(place: IcebergPlace, version: number): Promise<void> {
  const key = `${place.location}/metadata/version-hint.text`;
  for (let newest = version; ; ) {
    await place.bucket.put(key, Buffer.from(String(newest + 1)));
    const found = (await newestPublication(place))?.version ?? newest;
    if (found === newest) return;
    newest = found;
  }
}

async function writeSnapshot(
  place: IcebergPlace,
  version: TableVersion,
  shape: Shape,
  before: Metadata | undefined,
): Promise<Snapshot> {
  const parent = snapshotBefore(before, shape);
  const id = version.number + 1;
  const sequence = (before?.["last-sequence-number"] ?? 0) + 1;
  const published = parent ? await readSnapshot(place, parent, shape) : [];
  const writer: SnapshotWriter = { place, version, shape, id, sequence };
  const known = new Map(
    published.flatMap(({ entries }) =>
      entries.map(({ data_file }) => [data_file.file_path, data_file] as const),
    ),
  );
  const rows = await carried(writer, 0, published, await dataFiles(place, version, shape));
  const deletes = await carried(
    writer,
    1,
    published,
    await deleteFiles(place, version, shape, known),
  );
  const manifests = [...rows.manifests, ...deletes.manifests];
  const key = `${place.location}/metadata/snap-${id}-${randomUUID()}.avro`;
  const list = manifestListBytes(manifests, { id, parent: parent?.["snapshot-id"], sequence });
  await place.bucket.put(key, list);
  const time = Math.max(version.committedAt.getTime(), parent?.["timestamp-ms"] ?? 0);
  return {
    "snapshot-id": id,
    ...(parent ? { "parent-snapshot-id": parent["snapshot-id"] } : {}),
    "sequence-number": sequence,
    "timestamp-ms": time,
    "manifest-list": uriOf(place, key),
    "schema-id": shape.schema["schema-id"],
    summary: {
      operation: operationOf(rows, deletes),
      [versionProperty]: String(version.number),
      "added-data-files": String(rows.added),
      "deleted-data-files": String(rows.gone),
      "total-data-files": String(rows.total),
      "total-delete-files": String(deletes.total),
      "total-records": String(rows.records),
      "total-position-deletes": String(deletes.records),
    },
  };
}

interface SnapshotWriter {
  readonly place: IcebergPlace;
  readonly version: TableVersion;
  readonly shape: Shape;
  readonly id: number;
  readonly sequence: number;
}

interface PublishedManifest {
  readonly manifest: ManifestFile;
  readonly entries: readonly ManifestEntry[];
}

interface Carried {
  readonly manifests: readonly ManifestFile[];
  readonly added: number;
  readonly gone: number;
  readonly total: number;
  readonly records: number;
}

async function readSnapshot(
  place: Pick<IcebergPlace, "bucket">,
  snapshot: Snapshot,
  { schema, spec }: Pick<Shape, "schema" | "spec">,
): Promise<readonly PublishedManifest[]> {
  const list = readManifestList(await readUri(place, snapshot["manifest-list"]));
  return Promise.all(
    list.map(async (manifest) => ({
      manifest,
      entries: liveEntries(await readUri(place, manifest.manifest_path), manifest, schema, spec),
    })),
  );
}

/** Manifests of which every file is still there are pointed to again; of the others, what is left goes into a new one. */
async function carried(
  writer: SnapshotWriter,
  content: 0 | 1,
  published: readonly PublishedManifest[],
  wanted: ReadonlyMap<string, DataFile>,
): Promise<Carried> {
  const mine = published.filter(({ manifest }) => manifest.content === content);
  const isWhole = ({ entries }: PublishedManifest) =>
    entries.length > 0 && entries.every((entry) => wanted.has(entry.data_file.file_path));
  const whole = mine.length < manifestsMax ? mine.filter(isWhole) : [];
  const rest = mine.filter((one) => !whole.includes(one)).flatMap(({ entries }) => entries);
  const known = new Set(
    mine.flatMap(({ entries }) => entries.map((entry) => entry.data_file.file_path)),
  );
  const fresh = [...wanted.values()].filter((file) => !known.has(file.file_path));
  const entries: ManifestEntry[] = [
    ...fresh.map((file) => ({
      status: 1 as const,
      snapshot_id: writer.id,
      sequence_number: null,
      file_sequence_number: null,
      data_file: file,
    })),
    ...rest.map((entry) => {
      const isWanted = wanted.has(entry.data_file.file_path);
      return isWanted
        ? { ...entry, status: 0 as const }
        : { ...entry, status: 2 as const, snapshot_id: writer.id };
    }),
  ];
  const manifests = whole.map(({ manifest }) => manifest);
  if (entries.length > 0) manifests.push(await writeManifest(writer, content, entries));
  return {
    manifests,
    added: fresh.length,
    gone: entries.filter(({ status }) => status === 2).length,
    total: wanted.size,
    records: [...wanted.values()].reduce((sum, file) => sum + file.record_count, 0),
  };
}

async function writeManifest(
  { place, shape, id, sequence }: SnapshotWriter,
  content: 0 | 1,
  entries: readonly ManifestEntry[],
): Promise<ManifestFile> {
  const key = `${place.location}/metadata/${randomUUID()}-m${content}.avro`;
  const bytes = manifestBytes(entries, content, shape.schema, shape.spec);
  await place.bucket.put(key, bytes);
  const of = (status: number) => entries.filter((entry) => entry.status === status);
  const rows = (status: number) =>
    of(status).reduce((sum, { data_file }) => sum + data_file.record_count, 0);
  const sequences = entries.map((entry) => entry.sequence_number ?? sequence);
  return {
    manifest_path: uriOf(place, key),
    manifest_length: bytes.length,
    partition_spec_id: shape.spec["spec-id"],
    content,
    sequence_number: sequence,
    min_sequence_number: Math.min(...sequences),
    added_snapshot_id: id,
    added_files_count: of(1).length,
    existing_files_count: of(0).length,
    deleted_files_count: of(2).length,
    added_rows_count: rows(1),
    existing_rows_count: rows(0),
    deleted_rows_count: rows(2),
  };
}

function operationOf(rows: Carried, deletes: Carried): string {
  if (rows.gone > 0 || deletes.gone > 0) return rows.added > 0 ? "overwrite" : "delete";
  if (deletes.added > 0) return rows.added > 0 ? "overwrite" : "delete";
  return "append";
}

async function readMetadata(place: Pick<IcebergPlace, "bucket">, key: string): Promise<Metadata> {
  const bytes = await place.bucket.read(key);
  if (!bytes) throw missingObject(place.bucket.name, key);
  try {
    return JSON.parse(bytes.toString()) as Metadata;
  } catch (cause) {
    const name = `object "${key}" of bucket "${place.bucket.name}"`;
    throw new PgError("XX001", `${name} is not JSON`, {}, { cause });
  }
}

function metadataFileKey({ location }: { readonly location: string }, version: number): string {
  return `${location}/metadata/v${version + 1}.metadata.json`;
}
