/** Relations of schema lakehouse whose rows are made when asked: buckets and vector_indexes. The others are in sql/lakehouse/. */
import { qualified } from "../catalog/identifiers.ts";
import type { LiveRelation, Relation } from "../catalog/relation.ts";
import { type DatasetState, vectorIndexesRelation } from "../search/index-relation.ts";
import type { Bucket } from "../storage/storage.ts";
import type { TableVersion } from "../table/table.ts";
import { cacheStats } from "./cache-relation.ts";
import type { Rooms } from "./rooms.ts";

type LiveRooms = Pick<Rooms, "buckets" | "catalog" | "tables" | "access" | "indexes" | "hotCache">;

export function liveRelations(rooms: LiveRooms): readonly LiveRelation[] {
  return [
    bucketsRelation(rooms),
    vectorIndexesRelation(rooms.indexes, stateOf(rooms)),
    cacheStats(rooms),
  ];
}

const bool = 16;
const int8 = 20;
const text = 25;

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
      { name: "objects", typeOid: int8, comment: "Files of its datasets, as they are now." },
      { name: "bytes", typeOid: int8, comment: "Of those files." },
    ],
    async rows(asker) {
      const sizes = await datasetSizes(rooms);
      return Promise.all(
        rooms.buckets.list().map(async (bucket) => {
          const here = sizes.filter(({ schema }) => schema === bucket.name);
          const sum = (what: "objects" | "bytes") =>
            BigInt(here.reduce((total, size) => total + size[what], 0));
          return [
            bucket.name,
            bucket.backend,
            asker.isSuperuser ? bucket.location : null,
            await isReachable(bucket),
            bucket.name === "primary" ? "primary" : "bucket",
            BigInt(here.length),
            sum("objects"),
            sum("bytes"),
          ];
        }),
      );
    },
  };
}

interface DatasetSize {
  readonly schema: string;
  readonly objects: number;
  readonly bytes: number;
}

/** How many logs are looked at together. */
const loadedTogether = 16;

async function datasetSizes(rooms: LiveRooms): Promise<readonly DatasetSize[]> {
  const catalog = await rooms.catalog.current();
  const relations = [...catalog.relations()].filter(
    ({ source }) => source.kind === "dataset" || source.kind === "legacy",
  );
  const sizes: DatasetSize[] = [];
  for (let start = 0; start < relations.length; start += loadedTogether) {
    const some = relations.slice(start, start + loadedTogether);
    sizes.push(...(await Promise.all(some.map((relation) => sizeOf(relation, rooms)))));
  }
  return sizes;
}

/** One that cannot be read counts, without objects: that the bucket is unreachable is said beside it. */
async function sizeOf(relation: Relation, rooms: LiveRooms): Promise<DatasetSize> {
  const { schema, source } = relation;
  if (source.kind === "legacy") {
    const bytes = source.objects.reduce((total, object) => total + object.bytes, 0);
    return { schema, objects: source.objects.length, bytes };
  }
  const version = await currentVersion(relation, rooms).catch(() => undefined);
  return { schema, objects: version?.files.size ?? 0, bytes: version?.byteCount ?? 0 };
}

async function currentVersion(
  { source }: Relation,
  { tables }: LiveRooms,
): Promise<TableVersion | undefined> {
  if (source.kind !== "dataset") return undefined;
  return tables.get(source.bucket, source.location).current();
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
  return async (oid, asker) => {
    const relation = (await rooms.catalog.current()).relationByOid(oid);
    if (!relation) return undefined;
    const access = await rooms.access.current();
    const role = access.roleByOid(asker.roleOid);
    const object = { kind: "table", oid, owner: relation.owner } as const;
    const version = await currentVersion(relation, rooms).catch(() => undefined);
    return {
      name: qualified(relation.schema, relation.name),
      version: version?.number ?? null,
      committedAt: version?.committedAt ?? null,
      isVisible: role !== undefined && access.may(role, "SELECT", object),
    };
  };
}
