/** Relations of schema lakehouse whose rows are made when asked: buckets, datasets, objects, vector_indexes. */
import { qualified } from "../catalog/identifiers.ts";
import type { LiveRelation, Relation } from "../catalog/relation.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { type DatasetState, vectorIndexesRelation } from "../search/index-relation.ts";
import type { Bucket } from "../storage/storage.ts";
import { dataFileKey } from "../table/paths.ts";
import { liveRows } from "../table/statistics.ts";
import type { TableVersion } from "../table/table.ts";
import { micros } from "./columns.ts";
import type { Rooms } from "./rooms.ts";

type LiveRooms = Pick<Rooms, "buckets" | "catalog" | "tables" | "access" | "indexes">;

export function liveRelations(rooms: LiveRooms): readonly LiveRelation[] {
  return [
    bucketsRelation(rooms),
    datasetsRelation(rooms),
    objectsRelation(rooms),
    vectorIndexesRelation(rooms.indexes, stateOf(rooms)),
  ];
}

const bool = 16;
const int8 = 20;
const text = 25;
const timestamptz = 1184;

function bucketsRelation(rooms: LiveRooms): LiveRelation {
  return {
    oid: 88_100,
    schema: "lakehouse",
    name: "buckets",
    comment: "One row per bucket: where it is, whether it can be read, what its datasets come to.",
    columns: [
      { name: "name", typeOid: text, comment: "The bucket, which is a schema." },
      { name: "backend", typeOid: text, comment: "local, s3 or memory." },
      { name: "location", typeOid: text, comment: "Folder or address; superusers see it." },
      { name: "reachable", typeOid: bool, comment: "Whether it answered just now." },
      {
        name: "role",
        typeOid: text,
        comment: "primary: it keeps what belongs to no dataset; else bucket.",
      },
      { name: "datasets", typeOid: int8 },
      { name: "objects", typeOid: int8, comment: "Files of the newest versions of its datasets." },
      { name: "bytes", typeOid: int8, comment: "Of those files." },
    ],
    async rows(asker) {
      const datasets = await loadAll(rooms);
      return Promise.all(
        rooms.buckets.list().map(async (bucket) => {
          const here = datasets.filter(({ relation }) => relation.schema === bucket.name);
          const objects = here.flatMap((dataset) => dataset.objects);
          return [
            bucket.name,
            bucket.backend,
            asker.isSuperuser ? bucket.location : null,
            await isReachable(bucket),
            bucket.name === "primary" ? "primary" : "bucket",
            BigInt(here.length),
            BigInt(objects.length),
            BigInt(objects.reduce((sum, { bytes }) => sum + bytes, 0)),
          ];
        }),
      );
    },
  };
}

function datasetsRelation(rooms: LiveRooms): LiveRelation {
  return {
    oid: 88_104,
    schema: "lakehouse",
    name: "datasets",
    comment: "One row per dataset, as its newest version is.",
    columns: [
      { name: "bucket", typeOid: text },
      { name: "name", typeOid: text },
      { name: "owner", typeOid: text },
      { name: "description", typeOid: text, comment: "COMMENT ON TABLE." },
      {
        name: "format",
        typeOid: text,
        comment: "delta, or legacy for one of an imported catalog.",
      },
      { name: "rows", typeOid: int8, comment: "NULL: its files do not tell." },
      { name: "bytes", typeOid: int8, comment: "Of its files." },
      { name: "files", typeOid: int8 },
      { name: "version", typeOid: int8, comment: "NULL: it has no versions." },
      { name: "created", typeOid: timestamptz },
      { name: "updated", typeOid: timestamptz, comment: "When the newest version was committed." },
      { name: "location", typeOid: text, comment: "Its folder in the bucket." },
      { name: "error", typeOid: text, comment: "Why it cannot be read; NULL: it can." },
    ],
    async rows() {
      const access = await rooms.access.current();
      return (await loadAll(rooms)).map(({ relation, objects, version, error }) => [
        relation.schema,
        relation.name,
        access.roleByOid(relation.owner)?.name ?? null,
        relation.comment,
        relation.source.kind === "legacy" ? "legacy" : "delta",
        error === null ? rowCount(objects) : null,
        error === null ? BigInt(objects.reduce((sum, { bytes }) => sum + bytes, 0)) : null,
        error === null ? BigInt(objects.length) : null,
        version ? BigInt(version.number) : null,
        version ? micros(version.createdAt) : null,
        version ? micros(version.committedAt) : null,
        relation.source.kind === "dataset" ? relation.source.location : null,
        error,
      ]);
    },
  };
}

function objectsRelation(rooms: LiveRooms): LiveRelation {
  return {
    oid: 88_108,
    schema: "lakehouse",
    name: "objects",
    comment:
      "Object references: one row per file of the newest version of every dataset, in reading order.",
    columns: [
      { name: "dataset", typeOid: text, comment: "bucket.dataset." },
      {
        name: "bucket",
        typeOid: text,
        comment: "As recorded: '' or an old name until it is migrated.",
      },
      { name: "key", typeOid: text, comment: "Relative to the bucket's root." },
      { name: "bytes", typeOid: int8 },
      { name: "rows", typeOid: int8, comment: "NULL: not recorded." },
    ],
    async rows() {
      return (await loadAll(rooms)).flatMap(({ relation, objects }) =>
        objects.map(({ bucket, key, bytes, rows }) => [
          qualified(relation.schema, relation.name),
          bucket,
          key,
          BigInt(bytes),
          rows === null ? null : BigInt(rows),
        ]),
      );
    },
  };
}

interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly rows: number | null;
}

interface LoadedDataset {
  readonly relation: Relation;
  readonly objects: readonly StoredObject[];
  /** Undefined: it has none, or cannot be read. */
  readonly version: TableVersion | undefined;
  readonly error: string | null;
}

/** How many logs are looked at together. */
const loadedTogether = 16;

async function loadAll(rooms: LiveRooms): Promise<readonly LoadedDataset[]> {
  const catalog = await rooms.catalog.current();
  const relations = [...catalog.relations()].filter(
    ({ source }) => source.kind === "dataset" || source.kind === "legacy",
  );
  const loaded: LoadedDataset[] = [];
  for (let start = 0; start < relations.length; start += loadedTogether) {
    const some = relations.slice(start, start + loadedTogether);
    loaded.push(...(await Promise.all(some.map((relation) => load(relation, rooms)))));
  }
  return loaded;
}

async function load(relation: Relation, rooms: LiveRooms): Promise<LoadedDataset> {
  const { source } = relation;
  if (source.kind === "legacy") {
    return { relation, objects: source.objects, version: undefined, error: null };
  }
  if (source.kind !== "dataset") throw new Error(`bug: ${relation.name} is not a dataset`);
  try {
    const version = await rooms.tables.get(source.bucket, source.location).current();
    const objects = [...version.files.values()].map((add) => ({
      bucket: source.bucket,
      key: dataFileKey(source.location, add),
      bytes: add.size,
      rows: liveRows(add) ?? null,
    }));
    return { relation, objects, version, error: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { relation, objects: [], version: undefined, error: message };
  }
}

function rowCount(objects: readonly StoredObject[]): EngineValue {
  let sum = 0;
  for (const { rows } of objects) {
    if (rows === null) return null;
    sum += rows;
  }
  return BigInt(sum);
}

async function isReachable(bucket: Bucket): Promise<boolean> {
  try {
    await bucket.exists("_lakehouse/bucket.json");
    return true;
  } catch {
    return false;
  }
}

function stateOf(rooms: LiveRooms): DatasetState {
  return async (oid) => {
    const relation = (await rooms.catalog.current()).relationByOid(oid);
    if (!relation) return undefined;
    const { version } = await load(relation, rooms);
    return {
      name: qualified(relation.schema, relation.name),
      version: version?.number ?? null,
      committedAt: version?.committedAt ?? null,
    };
  };
}
