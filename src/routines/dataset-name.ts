/** Names of datasets and buckets in a routine's arguments, resolved as the caller's statements resolve theirs. */
import { PgError, unsupported } from "../base/error.ts";
import type { CatalogVersion } from "../catalog/catalog.ts";
import { nameParts } from "../catalog/identifiers.ts";
import type { Relation, Schema } from "../catalog/relation.ts";
import type { RoutineContext } from "./define.ts";

/** 42602 not a name, 3F000 no such bucket, 42P01 no such dataset, 42809 not a dataset. */
export async function findDataset(context: RoutineContext, name: string): Promise<Relation> {
  const relation = await lookUpDataset(context, name);
  if (relation) return relation;
  throw new PgError("42P01", `relation "${name}" does not exist`);
}

export interface OwnDataset {
  readonly relation: Relation;
  /** Where its folder is. */
  readonly bucket: string;
  readonly location: string;
}

/** A dataset with a log, by its place: an imported one (0A000) has none. */
export async function findOwnDataset(context: RoutineContext, name: string): Promise<OwnDataset> {
  const relation = await findDataset(context, name);
  const { source } = relation;
  if (source.kind === "dataset") {
    return { relation, bucket: source.bucket, location: source.location };
  }
  throw unsupported(`upkeep of "${relation.name}", a dataset of an imported catalog,`, {
    hint: `Make a dataset of it: CREATE TABLE … AS SELECT * FROM ${relation.name}.`,
  });
}

export async function lookUpDataset(
  context: RoutineContext,
  name: string,
): Promise<Relation | undefined> {
  const catalog = await context.rooms.catalog.current();
  const { bucket, name: alone } = splitDatasetName(name);
  if (bucket !== undefined) {
    return dataset(catalog.relation(bucketNamed(catalog, bucket).name, alone));
  }
  for (const schema of placesToLook(context, catalog)) {
    const relation = catalog.relation(schema, alone);
    if (relation) return dataset(relation);
  }
  return undefined;
}

export function splitDatasetName(text: string): {
  readonly bucket: string | undefined;
  readonly name: string;
} {
  const [first = "", second, ...more] = nameParts(text);
  if (more.length > 0) {
    throw new PgError("0A000", `cross-database references are not implemented: "${text}"`);
  }
  return second === undefined
    ? { bucket: undefined, name: first }
    : { bucket: first, name: second };
}

/** The bucket said, else lakehouse.bucket, else primary. */
export async function findBucket(context: RoutineContext, name: string | null): Promise<Schema> {
  const setting = context.setting("lakehouse.bucket");
  const wanted = name ?? (setting === undefined || setting === "" ? "primary" : setting);
  return bucketNamed(await context.rooms.catalog.current(), wanted);
}

function bucketNamed(catalog: CatalogVersion, name: string): Schema {
  const schema = catalog.schemas.get(name);
  if (schema?.kind === "bucket") return schema;
  throw new PgError("3F000", `bucket "${name}" does not exist`, {
    hint: `Valid buckets are ${catalog.buckets.join(", ")}.`,
  });
}

function placesToLook(context: RoutineContext, catalog: CatalogVersion): readonly string[] {
  const path = (context.setting("search_path") ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part))
    .map((part) => (part === "$user" ? context.role.name : part));
  return [...path, ...catalog.buckets];
}

function dataset(relation: Relation | undefined): Relation | undefined {
  if (!relation) return undefined;
  const { kind } = relation.source;
  if (kind === "dataset" || kind === "legacy") return relation;
  throw new PgError("42809", `"${relation.name}" is not a dataset`);
}
