/** Reads datasets of the reference system: Parquet objects in order, base and deltas together, no log. */
import { assert, must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import { missingObject } from "../storage/faults.ts";
import type { Bucket, Buckets } from "../storage/storage.ts";
import { pathList } from "./paths.ts";
import type { Column } from "./table.ts";

export interface LegacyObject {
  /** As recorded: may be empty or a name from before there were buckets. */
  readonly bucket: string;
  readonly key: string;
}

/** Where the imported catalog's folder is: in a bucket, or a folder under the data folder. */
export type LegacyRoot =
  | { readonly bucket: string; readonly prefix: string }
  | { readonly folder: string };

/** What is needed of a relation; the catalog's Relation is one. */
export interface LegacyRelation {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly source: {
    readonly kind: string;
    readonly objects?: readonly LegacyObject[];
    readonly root?: LegacyRoot;
  };
}

/** Names the reference system gave its only bucket before it had several. */
export function isLegacyBucket(name: string): boolean {
  return name === "" || name === "data" || name === "local";
}

export interface FileColumn {
  readonly name: string;
  /** As the engine spells it. */
  readonly type: string;
}

export class LegacyFiles {
  readonly #buckets: Buckets;
  readonly #engine: Engine;
  /** Columns by path: objects are immutable. */
  readonly #columns = new Map<string, readonly FileColumn[]>();
  readonly #folders = new Map<string, Promise<Bucket>>();

  constructor(buckets: Buckets, engine: Engine) {
    this.#buckets = buckets;
    this.#engine = engine;
  }

  /** A column an object lacks is NULL; a missing object is 58P01 and is named, as is a bucket that is none (3F000). */
  async scan(relation: LegacyRelation, columns: readonly string[]): Promise<string> {
    const { source } = relation;
    assert(source.kind === "legacy" && source.objects, `${relation.name} is a legacy dataset`);
    const paths = await this.paths(source.objects, source.root);
    const files = await Promise.all(
      paths.map(async (path) => ({ path, columns: await this.columnsOf(path) })),
    );
    const wanted = columns.map((name) => {
      const column = relation.columns.find((candidate) => candidate.name === name);
      if (!column) throw new PgError("42703", `column "${name}" does not exist`);
      return column;
    });
    if (files.length === 0) return `${selectList(wanted, [])} WHERE false`;
    return groups(files)
      .map(
        (group) =>
          `${selectList(wanted, group.columns)} FROM read_parquet(${pathList(group.paths)})`,
      )
      .join(" UNION ALL ");
  }

  paths(
    objects: readonly LegacyObject[],
    root: LegacyRoot | undefined,
  ): Promise<readonly string[]> {
    return Promise.all(
      objects.map(async (object) => {
        const { bucket, key } = await this.locate(object, root);
        if (!(await bucket.exists(key))) throw missingObject(bucket.name, object.key);
        return bucket.pathFor(key);
      }),
    );
  }

  /** An old name, and `primary`, which it becomes, mean the imported folder; `primary` then means the bucket too. */
  async locate(
    { bucket: name, key }: LegacyObject,
    root: LegacyRoot | undefined,
  ): Promise<{ readonly bucket: Bucket; readonly key: string }> {
    const named = this.#buckets.get(name === "" ? "primary" : name);
    if (root && (isLegacyBucket(name) || name === "primary")) {
      const inFolder = await this.#inRoot(root, key);
      if (name !== "primary" || !named || (await inFolder.bucket.exists(inFolder.key))) {
        return inFolder;
      }
    }
    if (named) return { bucket: named, key };
    throw new PgError(
      "3F000",
      `object "${key}" is recorded in bucket "${name}", which does not exist`,
      {
        hint: `Buckets are: ${this.#buckets
          .list()
          .map((bucket) => bucket.name)
          .join(", ")}.`,
      },
    );
  }

  async columnsOf(path: string): Promise<readonly FileColumn[]> {
    const known = this.#columns.get(path);
    if (known) return known;
    const rows = await this.#engine.system(
      `DESCRIBE SELECT * FROM read_parquet(${pathList([path])})`,
    );
    const columns = rows.map((row) => ({
      name: String(row["column_name"]),
      type: String(row["column_type"]),
    }));
    if (this.#columns.size >= 10_000) this.#columns.clear();
    this.#columns.set(path, columns);
    return columns;
  }

  async #inRoot(root: LegacyRoot, key: string): Promise<{ bucket: Bucket; key: string }> {
    if ("folder" in root) {
      const known = this.#folders.get(root.folder) ?? this.#buckets.folder(root.folder);
      this.#folders.set(root.folder, known);
      known.catch(() => this.#folders.delete(root.folder));
      return { bucket: await known, key };
    }
    const bucket = this.#buckets.get(root.bucket);
    if (!bucket) throw new PgError("3F000", `bucket "${root.bucket}" does not exist`);
    return { bucket, key: `${root.prefix}${key}` };
  }
}

/** Files in order, those of the same columns and types together: each is read as what it is, and cast. */
function groups(
  files: readonly { readonly path: string; readonly columns: readonly FileColumn[] }[],
): { readonly paths: string[]; readonly columns: readonly FileColumn[] }[] {
  const found: { readonly shape: string; paths: string[]; columns: readonly FileColumn[] }[] = [];
  for (const { path, columns } of files) {
    const shape = JSON.stringify(columns);
    const last = found.at(-1);
    if (last?.shape === shape) last.paths.push(path);
    else found.push({ shape, paths: [path], columns });
  }
  return found;
}

function selectList(wanted: readonly Column[], present: readonly FileColumn[]): string {
  const list = wanted.map((column) => {
    const type = engineTypeName(
      must(logicalTypeFor(column.typeOid, column.typmod), `type ${column.typeOid} is readable`),
    );
    const isThere = present.some(({ name }) => name.toLowerCase() === column.name.toLowerCase());
    return `CAST(${isThere ? quoteName(column.name) : "NULL"} AS ${type}) AS ${quoteName(column.name)}`;
  });
  return `SELECT ${list.join(", ")}`;
}
