/**
 * Catalogs of the reference system: a manifest a dataset under `_catalog/manifests/`, its objects beside. They are taken
 * over as they are; only `migrateBuckets` changes a reference.
 */
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import { oidForLogical } from "../pgtypes/engine-type.ts";
import type { Bucket, Buckets } from "../storage/storage.ts";
import { isLegacyBucket, type LegacyFiles, type LegacyRoot } from "../table/legacy.ts";
import { pathList } from "../table/paths.ts";
import type { LegacyImport, ReferenceChange } from "./catalog.ts";
import type { ObjectReference, Relation, RelationColumn } from "./relation.ts";

export interface LegacyDataset {
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly RelationColumn[];
  readonly source: Extract<Relation["source"], { kind: "legacy" }>;
}

export interface LegacyCatalog {
  readonly datasets: readonly LegacyDataset[];
  readonly skipped: LegacyImport["skipped"];
  readonly damaged: LegacyImport["damaged"];
}

/** Changes nothing. 22023 for a manifest that is none, 58P01 for a folder without any. */
export async function readLegacyCatalog(
  root: LegacyRoot,
  buckets: Buckets,
  files: LegacyFiles,
  engine: Engine,
): Promise<LegacyCatalog> {
  const { newest, skipped } = newestByName(await readManifests(root, buckets));
  const datasets: LegacyDataset[] = [];
  const damaged: { dataset: string; objects: string[] }[] = [];
  for (const manifest of newest) {
    const { there, missing } = await lookFor(manifest.objects, root, files);
    if (missing.length > 0) damaged.push({ dataset: manifest.name, objects: missing });
    datasets.push({
      name: manifest.name,
      comment: manifest.description,
      columns:
        (await declaredColumns(manifest.columns, engine)) ?? (await footerColumns(there, engine)),
      source: { kind: "legacy", objects: manifest.objects, root, manifest: manifest.rest },
    });
  }
  return { datasets, skipped, damaged };
}

/** What migrating would change in a relation. */
export function referenceChanges(relation: Relation): ReferenceChange[] {
  return references(relation)
    .filter(({ bucket }) => isLegacyBucket(bucket))
    .map(({ bucket, key }) => ({
      schema: relation.schema,
      dataset: relation.name,
      object: key,
      from: bucket,
      to: "primary",
    }));
}

/** References no rule is for. */
export function unknownReferences(
  relation: Relation,
  buckets: Buckets,
): Omit<ReferenceChange, "to">[] {
  return references(relation)
    .filter(({ bucket }) => !isLegacyBucket(bucket) && !buckets.get(bucket))
    .map(({ bucket, key }) => ({
      schema: relation.schema,
      dataset: relation.name,
      object: key,
      from: bucket,
    }));
}

/** The same relation object when there is nothing to change. */
export function migrated(relation: Relation): Relation {
  const { source } = relation;
  if (source.kind !== "legacy" || referenceChanges(relation).length === 0) return relation;
  const objects = source.objects.map((object) =>
    isLegacyBucket(object.bucket) ? { ...object, bucket: "primary" } : object,
  );
  return { ...relation, source: { ...source, objects } };
}

function references({ source }: Relation): readonly ObjectReference[] {
  return source.kind === "legacy" ? source.objects : [];
}

interface Manifest {
  readonly name: string;
  readonly description: string | null;
  readonly updated: string;
  readonly objects: readonly ObjectReference[];
  readonly columns: unknown;
  /** All of it but the object references. */
  readonly rest: Readonly<Record<string, unknown>>;
}

async function readManifests(root: LegacyRoot, buckets: Buckets): Promise<Manifest[]> {
  const { bucket, prefix } = await folderOf(root, buckets);
  const folder = `${prefix}_catalog/manifests/`;
  const keys = (await bucket.list(folder)).map(({ key }) => key).filter((k) => k.endsWith(".json"));
  if (keys.length === 0) {
    throw new PgError("58P01", `bucket or folder "${bucket.name}" has no manifests in "${folder}"`);
  }
  return Promise.all(
    keys.map(async (key) => parseManifest(key, (await bucket.read(key))?.toString() ?? "")),
  );
}

async function folderOf(
  root: LegacyRoot,
  buckets: Buckets,
): Promise<{ readonly bucket: Bucket; readonly prefix: string }> {
  if ("folder" in root) return { bucket: await buckets.folder(root.folder), prefix: "" };
  const bucket = buckets.get(root.bucket);
  if (!bucket) throw new PgError("3F000", `bucket "${root.bucket}" does not exist`);
  return { bucket, prefix: root.prefix };
}

function parseManifest(key: string, text: string): Manifest {
  const invalid = (what: string, cause?: unknown) =>
    new PgError("22023", `manifest "${key}" ${what}`, {}, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("is not JSON", cause);
  }
  if (!isRecord(value)) throw invalid("is not an object");
  const { objects, ...rest } = value;
  const { name } = rest;
  if (typeof name !== "string" || name === "") throw invalid("has no name");
  if (!Array.isArray(objects)) throw invalid("has no objects");
  return {
    name,
    description: typeof rest["description"] === "string" ? rest["description"] : null,
    updated: String(rest["updated_at"] ?? rest["created_at"] ?? ""),
    objects: objects.map((object: unknown) => {
      if (!isRecord(object) || typeof object["key"] !== "string") {
        throw invalid("has an object without a key");
      }
      return {
        bucket: typeof object["bucket"] === "string" ? object["bucket"] : "",
        key: object["key"],
        bytes: typeof object["size_bytes"] === "number" ? object["size_bytes"] : 0,
        rows: null,
      };
    }),
    columns: rest["columns"],
    rest,
  };
}

/** Of two manifests with one name the older is left out. */
function newestByName(manifests: readonly Manifest[]): {
  readonly newest: readonly Manifest[];
  readonly skipped: LegacyImport["skipped"];
} {
  const ordered = [...manifests].sort((a, b) => (a.updated < b.updated ? 1 : -1));
  const newest = new Map<string, Manifest>();
  const skipped: { dataset: string; reason: string }[] = [];
  for (const manifest of ordered) {
    if (!newest.has(manifest.name)) newest.set(manifest.name, manifest);
    else {
      const reason = `another manifest of this name is newer than ${manifest.updated}`;
      skipped.push({ dataset: manifest.name, reason });
    }
  }
  return { newest: [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), skipped };
}

async function lookFor(
  objects: readonly ObjectReference[],
  root: LegacyRoot,
  files: LegacyFiles,
): Promise<{ readonly there: readonly string[]; readonly missing: string[] }> {
  const there: string[] = [];
  const missing: string[] = [];
  for (const object of objects) {
    try {
      there.push(...(await files.paths([object], root)));
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      missing.push(object.key);
    }
  }
  return { there, missing };
}

const typePattern = /^[A-Za-z_][A-Za-z_0-9 ]*(\(\d+(, ?\d+)?\))?(\[\])*$/;

/** As the manifest says; undefined when it says nothing, or something that is no type of the engine. */
async function declaredColumns(
  declared: unknown,
  engine: Engine,
): Promise<readonly RelationColumn[] | undefined> {
  if (!Array.isArray(declared) || declared.length === 0) return undefined;
  const columns: { name: string; type: string; comment: string | null }[] = [];
  for (const column of declared as unknown[]) {
    if (!isRecord(column)) return undefined;
    const { name, type, description } = column;
    if (typeof name !== "string" || typeof type !== "string" || !typePattern.test(type)) {
      return undefined;
    }
    columns.push({ name, type, comment: typeof description === "string" ? description : null });
  }
  const list = columns.map(({ type }, i) => `CAST(NULL AS ${type}) AS c${i}`);
  const bound = await bind(`SELECT ${list.join(", ")}`, engine).catch((error: unknown) => {
    if (error instanceof PgError) return undefined;
    throw error;
  });
  return bound?.map((type, i) => ({
    ...type,
    name: columns[i]?.name ?? type.name,
    comment: columns[i]?.comment ?? null,
  }));
}

/** Every column of any object, in order of first appearance. */
export async function footerColumns(
  paths: readonly string[],
  engine: Engine,
): Promise<readonly RelationColumn[]> {
  const found = new Map<string, RelationColumn>();
  for (const path of paths) {
    for (const column of await bind(`SELECT * FROM read_parquet(${pathList([path])})`, engine)) {
      const key = column.name.toLowerCase();
      if (!found.has(key)) found.set(key, { ...column, number: found.size + 1 });
    }
  }
  return [...found.values()];
}

async function bind(sql: string, engine: Engine): Promise<readonly RelationColumn[]> {
  const connection = await engine.connect();
  try {
    const statement = await connection.prepare(sql);
    const { columns } = statement;
    statement.close();
    return columns.map(({ name, type }, i) => ({
      name,
      number: i + 1,
      ...oidForLogical(type),
      notNull: false,
      defaultText: null,
      comment: null,
    }));
  } finally {
    connection.release();
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
