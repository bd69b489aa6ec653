/** Names of vector indexes: alone, with their bucket, or by the dataset that has only one. */
import { PgError } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import type { IndexManifest } from "../search/index-log.ts";
import { lookUpDataset } from "./dataset-name.ts";
import type { RoutineContext } from "./define.ts";

export interface NamedIndex {
  readonly manifest: IndexManifest;
  /** The dataset it was made of, under whatever name it has now. */
  readonly relation: Relation;
}

/** 42704 no such index, 42725 several datasets' or several of one, 42P01 its dataset is gone. */
export async function findIndex(context: RoutineContext, name: string): Promise<NamedIndex> {
  const manifest = (await byName(context, name)) ?? (await byDataset(context, name));
  if (!manifest) throw new PgError("42704", `vector index "${name}" does not exist`);
  const catalog = await context.rooms.catalog.current();
  const relation = catalog.relationByOid(manifest.dataset.oid);
  if (relation) return { manifest, relation };
  throw new PgError(
    "42P01",
    `relation "${manifest.dataset.name}", of which vector index "${manifest.name}" was made, does not exist`,
    { hint: `Drop the index: CALL drop_vector_index('${manifest.name}').` },
  );
}

export async function byName(
  context: RoutineContext,
  name: string,
): Promise<IndexManifest | undefined> {
  const { indexes, buckets } = context.rooms;
  const dot = name.indexOf(".");
  if (dot > 0) {
    const bucket = name.slice(0, dot).replace(/^"(.*)"$/, "$1");
    if (buckets.get(bucket)) return indexes.get(bucket, name.slice(dot + 1));
  }
  const found = (await indexes.list()).filter((manifest) => manifest.name === name);
  if (found.length > 1) throw ambiguous(name, found);
  return found[0];
}

async function byDataset(
  context: RoutineContext,
  name: string,
): Promise<IndexManifest | undefined> {
  const relation = await lookUpDataset(context, name).catch(() => undefined);
  if (!relation) return undefined;
  const found = (await context.rooms.indexes.list()).filter(
    ({ dataset }) => dataset.oid === relation.oid,
  );
  if (found.length > 1) throw ambiguous(name, found);
  return found[0];
}

function ambiguous(name: string, found: readonly IndexManifest[]): PgError {
  const names = found.map(({ bucket, name: one }) => `${bucket}.${one}`);
  return new PgError("42725", `"${name}" is several vector indexes`, {
    hint: `Say which: ${names.join(", ")}.`,
  });
}
