/** What entries lack, restored from what their Parquet files tell of themselves. Run again, it finds nothing. */
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";
import type { Add } from "../table/actions.ts";
import { lostRace } from "../table/conflict.ts";
import { dataFileKey, pathList } from "../table/paths.ts";
import { statisticsOf } from "../table/statistics.ts";
import type { TableVersion } from "../table/table.ts";
import type { Tables } from "../table/tables.ts";
import type { Catalog } from "./catalog.ts";
import { footerColumns } from "./legacy.ts";
import type { ObjectReference, Relation } from "./relation.ts";

export interface Restored {
  readonly schema: string;
  readonly dataset: string;
  readonly what: "row count" | "columns" | "unreadable";
  /** Key of a file, relative to its bucket; null for the dataset as a whole. */
  readonly object: string | null;
  readonly detail: string;
}

export interface ResyncRooms {
  readonly buckets: Buckets;
  readonly tables: Tables;
  readonly engine: Engine;
  readonly actor: string;
  /** One commit to a bucket's names. */
  readonly edit: (bucket: string, change: (relation: Relation) => Relation) => Promise<void>;
}

/** Footers read with one statement. */
const readTogether = 500;

/** A dataset that cannot be read is told as such, and the others are looked at all the same. */
export async function resync(
  catalog: Pick<Catalog, "current" | "reconcile">,
  rooms: ResyncRooms,
): Promise<readonly Restored[]> {
  const restored: Restored[] = [];
  for (const relation of (await catalog.current()).relations()) {
    try {
      restored.push(...(await restore(relation, catalog, rooms)));
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      const { schema, name: dataset } = relation;
      const detail = error.message;
      restored.push({ schema, dataset, what: "unreadable", object: null, detail });
    }
  }
  return restored;
}

async function restore(
  relation: Relation,
  catalog: Pick<Catalog, "current" | "reconcile">,
  rooms: ResyncRooms,
): Promise<readonly Restored[]> {
  const { oid, schema, source } = relation;
  if (source.kind === "legacy") {
    const found = await restoredLegacy(relation, rooms);
    if (found.restored.length > 0) {
      await rooms.edit(schema, (each) => (each.oid === oid ? found.relation : each));
    }
    return found.restored;
  }
  if (source.kind !== "dataset") return [];
  const counts = await restoreRowCounts(relation, rooms);
  if (relation.columns.length > 0 || !(await catalog.reconcile(oid))) return counts;
  const after = (await catalog.current()).relationByOid(oid);
  return [...counts, columnsRestored(relation, after?.columns.length ?? 0)];
}

/** Row counts of data files whose log entry tells none, in one commit that changes no row. */
async function restoreRowCounts(
  { schema, name, source }: Relation,
  { buckets, tables, engine, actor }: ResyncRooms,
): Promise<readonly Restored[]> {
  if (source.kind !== "dataset") return [];
  const table = tables.get(source.bucket, source.location);
  const version = await table.current();
  const lacking = [...version.files.values()].filter(
    (add) => statisticsOf(add).numRecords === undefined,
  );
  if (lacking.length === 0) return [];
  const bucket = buckets.get(source.bucket);
  if (!bucket) throw new PgError("3F000", `bucket "${source.bucket}" does not exist`);
  const keys = lacking.map((add) => dataFileKey(source.location, add));
  const paths = await Promise.all(keys.map((key) => bucket.pathFor(key)));
  const rows = await rowCounts(paths, engine);
  const adds = lacking.map((add, at): Add => {
    return { ...add, stats: withRows(add, rows[at] ?? 0), dataChange: false };
  });
  const recheck = async (newest: TableVersion) => refuseChanged(lacking, newest);
  const change = { adds, isRearrangement: true, recheck };
  await table.commit(version, change, { operation: "OPTIMIZE", actor });
  return keys.map((object, at) => ({
    schema,
    dataset: name,
    what: "row count",
    object,
    detail: `${rows[at]} rows`,
  }));
}

/** The relation with its objects' row counts, and its columns when it has none; the same when it lacks nothing. */
async function restoredLegacy(
  relation: Relation,
  { tables, engine }: ResyncRooms,
): Promise<{ readonly relation: Relation; readonly restored: readonly Restored[] }> {
  const { source, schema, name: dataset } = relation;
  if (source.kind !== "legacy") return { relation, restored: [] };
  const lacking = source.objects.filter(({ rows }) => rows === null);
  const paths = await tables.legacy.paths(lacking, source.root);
  const counts = await rowCounts(paths, engine);
  const rowsOf = new Map(lacking.map((object, at) => [object, counts[at] ?? null]));
  const objects = source.objects.map(
    (object): ObjectReference =>
      rowsOf.has(object) ? { ...object, rows: rowsOf.get(object) ?? null } : object,
  );
  const columns =
    relation.columns.length > 0
      ? relation.columns
      : await footerColumns(await tables.legacy.paths(source.objects, source.root), engine);
  const restored: Restored[] = lacking.map((object) => ({
    schema,
    dataset,
    what: "row count",
    object: object.key,
    detail: `${rowsOf.get(object)} rows`,
  }));
  if (columns.length !== relation.columns.length) {
    restored.push(columnsRestored(relation, columns.length));
  }
  if (restored.length === 0) return { relation, restored };
  return { relation: { ...relation, columns, source: { ...source, objects } }, restored };
}

function columnsRestored({ schema, name }: Relation, count: number): Restored {
  return { schema, dataset: name, what: "columns", object: null, detail: `${count} columns` };
}

async function rowCounts(paths: readonly string[], engine: Engine): Promise<readonly number[]> {
  const found = new Map<string, number>();
  for (let start = 0; start < paths.length; start += readTogether) {
    const some = paths.slice(start, start + readTogether);
    const rows = await engine.system(
      `SELECT file_name, num_rows FROM parquet_file_metadata(${pathList(some)})`,
    );
    for (const row of rows) found.set(String(row["file_name"]), Number(row["num_rows"]));
  }
  return paths.map((path) => found.get(path) ?? 0);
}

/** What its log entry tells besides stays as it is written: numbers in it may have more digits than JSON.parse keeps. */
function withRows({ stats }: Add, rows: number): string {
  const [, rest] = /^\s*\{(.*)\}\s*$/s.exec(stats ?? "") ?? [];
  const hasMore = rest !== undefined && rest.trim() !== "" && !rest.includes('"numRecords"');
  return hasMore ? `{"numRecords":${rows},${rest}}` : `{"numRecords":${rows}}`;
}

/** A file that went meanwhile must not come back, nor a row of it that was deleted. */
function refuseChanged(adds: readonly Add[], newest: TableVersion): void {
  const isSame = (add: Add) => {
    const now = newest.files.get(add.path);
    return (
      now !== undefined && JSON.stringify(now.deletionVector) === JSON.stringify(add.deletionVector)
    );
  };
  if (!adds.every(isSame)) throw lostRace(`Version ${newest.number} has other files.`);
}
