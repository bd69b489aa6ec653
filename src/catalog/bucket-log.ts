/**
 * The names in one bucket: a log of relations as they became, put-if-absent like a dataset's, with a snapshot now and then.
 * What a name means besides (columns' data, files) is in the dataset's own log; columns are copied here as of their last DDL.
 */
import type { Bucket } from "../storage/storage.ts";
import { engineInfo } from "../table/commit.ts";
import { type IntentReference, type Intents, intentMark } from "../table/intent.ts";
import { NumberedLog, versionName } from "../table/log.ts";
import type { Relation } from "./relation.ts";
import type { UserFunction } from "./user-function.ts";
import type { UserType } from "./user-type.ts";

export type CatalogEntry =
  | { readonly schema: SchemaEntry }
  | { readonly relation: RelationEntry }
  | { readonly dropped: { readonly oid: number } }
  | { readonly type: TypeEntry }
  | { readonly droppedType: { readonly oid: number } }
  | { readonly function: FunctionEntry }
  | { readonly droppedFunction: { readonly oid: number } }
  | { readonly commitInfo: { readonly timestamp: number; readonly engineInfo: string } };

export interface SchemaEntry {
  readonly owner: number;
  readonly comment: string | null;
  readonly dropped: boolean;
  /** In the primary bucket alone. */
  readonly databaseComment?: string | null;
}

/** A relation without what its bucket says already. */
export type RelationEntry = Omit<Relation, "schema" | "schemaOid" | "systemColumns">;

/** A type without what its bucket says already. */
export type TypeEntry = UserType extends infer Each
  ? Each extends UserType
    ? Omit<Each, "schema">
    : never
  : never;

/** A function without what its bucket says already. */
export type FunctionEntry = Omit<UserFunction, "schema">;

/** Immutable. */
export interface BucketNames {
  readonly version: number;
  readonly schema: SchemaEntry | undefined;
  readonly relations: ReadonlyMap<number, RelationEntry>;
  readonly types: ReadonlyMap<number, TypeEntry>;
  readonly functions: ReadonlyMap<number, FunctionEntry>;
}

export const emptyNames: BucketNames = {
  version: -1,
  schema: undefined,
  relations: new Map(),
  types: new Map(),
  functions: new Map(),
};

const snapshotEvery = 50;

export class BucketLog {
  readonly bucket: Bucket;
  readonly #log: NumberedLog<CatalogEntry>;
  #names: BucketNames | undefined;
  /** Why it could not be read when last looked at. */
  fault: unknown;

  constructor(bucket: Bucket, intents: Intents) {
    this.bucket = bucket;
    this.#log = new NumberedLog(bucket, "_lakehouse/catalog", intents);
  }

  get names(): BucketNames {
    return this.#names ?? emptyNames;
  }

  /** One existence probe when nothing was committed. */
  async refresh(): Promise<BucketNames> {
    const known = this.#names ?? (await this.#snapshot());
    const isKnown = this.#names !== undefined;
    const entries =
      isKnown && !(await this.#log.has(known.version + 1))
        ? []
        : await this.#log.after(known.version);
    const names = entries.reduce(
      (before, { version, actions }) => fold(before, version, actions),
      known,
    );
    // Another refresh may have gone further while this one waited.
    if (!this.#names || names.version > this.#names.version) this.#names = names;
    return this.#names;
  }

  /** False: another server has committed since `base`, and what it did is decided. Under an intent the entry counts only later. */
  async append(
    base: BucketNames,
    entries: readonly CatalogEntry[],
    intent: IntentReference | undefined,
  ): Promise<boolean> {
    const version = base.version + 1;
    const info = { timestamp: Date.now(), engineInfo, ...intentMark(intent) };
    const actions = [{ commitInfo: info }, ...entries];
    if (!(await this.#log.append(version, actions))) {
      await this.#log.settle(version);
      return false;
    }
    if (intent) return true;
    const names = fold(base, version, actions);
    if (names.version > this.names.version || !this.#names) this.#names = names;
    if (version > 0 && version % snapshotEvery === 0) await this.#writeSnapshot(names);
    return true;
  }

  async #snapshot(): Promise<BucketNames> {
    const hint = await this.bucket.read(`${this.#log.folder}/_last_snapshot`);
    if (!hint) return emptyNames;
    const version = Number.parseInt(hint.toString(), 10);
    const bytes = await this.bucket.read(this.#snapshotKey(version));
    if (!bytes) return emptyNames;
    const actions = bytes
      .toString()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as CatalogEntry);
    return fold(emptyNames, version, actions);
  }

  /** A snapshot only saves time: without it the log is read. */
  async #writeSnapshot(names: BucketNames): Promise<void> {
    const actions: CatalogEntry[] = [
      ...(names.schema ? [{ schema: names.schema }] : []),
      ...[...names.relations.values()].map((relation) => ({ relation })),
      ...[...names.types.values()].map((type) => ({ type })),
      ...[...names.functions.values()].map((made) => ({ function: made })),
    ];
    const text = actions.map((action) => `${JSON.stringify(action)}\n`).join("");
    try {
      await this.bucket.put(this.#snapshotKey(names.version), Buffer.from(text));
      await this.bucket.put(
        `${this.#log.folder}/_last_snapshot`,
        Buffer.from(String(names.version)),
      );
    } catch (error) {
      this.fault = error;
    }
  }

  #snapshotKey(version: number): string {
    return `${this.#log.folder}/${versionName(version)}.snapshot`;
  }
}

function fold(before: BucketNames, version: number, actions: readonly CatalogEntry[]): BucketNames {
  const relations = new Map(before.relations);
  const types = new Map(before.types);
  const functions = new Map(before.functions);
  let { schema } = before;
  for (const action of actions) {
    if ("relation" in action) relations.set(action.relation.oid, action.relation);
    else if ("dropped" in action) relations.delete(action.dropped.oid);
    else if ("type" in action) types.set(action.type.oid, action.type);
    else if ("droppedType" in action) types.delete(action.droppedType.oid);
    else if ("function" in action) functions.set(action.function.oid, action.function);
    else if ("droppedFunction" in action) functions.delete(action.droppedFunction.oid);
    else if ("schema" in action) schema = action.schema;
  }
  return { version, schema, relations, types, functions };
}
