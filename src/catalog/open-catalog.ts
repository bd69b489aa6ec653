/** Opens the catalog: one log of names a bucket, and the relations other rooms hand in as data. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { assert, must } from "../base/assert.ts";
import { asPgError, PgError, unsupported } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";
import { lostRace } from "../table/conflict.ts";
import type { IntentReference } from "../table/intent.ts";
import { columnsOf } from "../table/schema.ts";
import type { Tables } from "../table/tables.ts";
import { Analyses, type Analysis } from "./analysis.ts";
import { BucketLog, type BucketNames, emptyNames } from "./bucket-log.ts";
import type {
  BucketMigration,
  Catalog,
  CatalogChange,
  CatalogVersion,
  DatasetPlace,
  LegacyImport,
  ObjectRow,
} from "./catalog.ts";
import { applyChange, type Ground, Names } from "./catalog-version.ts";
import { type BucketChange, differences } from "./differences.ts";
import { bootstrapRoleOid, type FactPublisher, type RelationStatistics } from "./facts.ts";
import { inSchema } from "./in-schema.ts";
import { migrated, readLegacyCatalog, referenceChanges, unknownReferences } from "./legacy.ts";
import { OidRanges } from "./oid-ranges.ts";
import type { Relation, Schema } from "./relation.ts";
import { type Restored, resync } from "./resync.ts";
import { objectRows, Statistics } from "./statistics.ts";
import { publicSchemaOid, systemSchemas } from "./system-schemas.ts";
import { knowTypes } from "./types-in-force.ts";
import type { UserFunction } from "./user-function.ts";
import type { UserType } from "./user-type.ts";

export interface CatalogOptions {
  readonly buckets: Buckets;
  readonly tables: Tables;
  readonly engine: Engine;
  /** Takes the names to the engine; without one `publish` does nothing. */
  readonly publisher?: FactPublisher;
  /** Owner of buckets nobody created with CREATE SCHEMA. */
  readonly owner?: number;
}

/** The buckets that are always there, first on every search path. */
const standing = ["primary", "public"];
const attemptsMax = 200;
/** A commit that has not come after so long has failed. */
const preparedMs = 600_000;

export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const { buckets } = options;
  for (const name of standing) await buckets.create(name);
  const primary = must(buckets.get("primary"), "primary was made");
  await primary.probe();
  const catalog = new OpenCatalog(options, new OidRanges(primary));
  await catalog.current();
  return catalog;
}

class OpenCatalog implements Catalog {
  readonly #options: CatalogOptions;
  readonly #buckets: Buckets;
  readonly #ranges: OidRanges;
  readonly #logs = new Map<string, BucketLog>();
  readonly #analyses: Analyses;
  readonly #statistics: Statistics;
  readonly #system = new Map<string, Map<string, Relation>>();
  /** Buckets made for a commit under way, and when. */
  readonly #prepared = new Map<string, number>();
  readonly #provisional = new Map<string, number>();
  /** The logs as a version was made of them: what a commit upon it must follow. */
  readonly #bases = new WeakMap<Names, ReadonlyMap<string, BucketNames>>();
  #names: Names | undefined;
  /** What `#names` was made of. */
  #stamp = "";
  #serial = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CatalogOptions, ranges: OidRanges) {
    this.#options = options;
    this.#buckets = options.buckets;
    this.#ranges = ranges;
    this.#analyses = new Analyses(options.buckets);
    this.#statistics = new Statistics(options.tables, this.#analyses);
  }

  get unreachable(): ReadonlyMap<string, PgError> {
    const faulty = [...this.#logs].filter(([, log]) => log.fault !== undefined);
    return new Map(faulty.map(([name, log]) => [name, asPgError(log.fault)]));
  }

  async current(): Promise<Names> {
    await this.#buckets.refresh();
    for (const bucket of this.#buckets.list()) {
      if (!this.#logs.has(bucket.name))
        this.#logs.set(bucket.name, new BucketLog(bucket, this.#options.tables.intents));
    }
    await Promise.all([...this.#logs.values()].map((log) => look(log)));
    for (const [name, log] of this.#logs) await this.#follow(name, log);
    const bases = new Map([...this.#logs].map(([name, log]) => [name, log.names]));
    const stamp = [...bases].map(([name, { version }]) => `${name}\0${version}`).join("\0");
    if (this.#names && this.#stamp === stamp) return this.#names;
    const names = await this.#build(bases);
    this.#bases.set(names, bases);
    for (const relation of this.#names?.relations() ?? [])
      if (!names.relationByOid(relation.oid)) this.#forget(relation);
    this.#names = names;
    knowTypes(names);
    this.#stamp = stamp;
    return names;
  }

  overlay(base: CatalogVersion, changes: readonly CatalogChange[]): Names {
    assert(base instanceof Names, "a version this catalog gave");
    return changes.reduce(
      (names, change) => applyChange(names, `${base.id}+${++this.#serial}`, change, this.#ground),
      base,
    );
  }

  withTemporary(
    base: CatalogVersion,
    schema: Schema,
    relations: ReadonlyMap<string, Relation>,
  ): Names {
    assert(base instanceof Names, "a version this catalog gave");
    return base.with(`${base.id}~${++this.#serial}`, schema, relations);
  }

  allotOid(bucket: string): Promise<number> {
    return this.#ranges.allot(bucket);
  }

  async commit(changes: readonly CatalogChange[], intent?: IntentReference): Promise<Names> {
    const [first] = changes;
    if (!first) return this.current();
    return this.#inTurn(() => this.#commitEdit((names) => this.overlay(names, changes), intent));
  }

  async prepare(changes: readonly CatalogChange[]): Promise<void> {
    for (const change of changes) {
      if (change.kind !== "create schema") continue;
      this.#prepared.set(change.name, Date.now());
      await this.#makeBucket(change.name);
    }
  }

  async publish(version: CatalogVersion): Promise<void> {
    const statistics = await this.#statistics.of(version, {});
    await this.#options.publisher?.publish({ catalog: version, statistics });
  }

  publishRelations(relations: readonly Relation[]): void {
    for (const relation of relations) {
      const schema = this.#system.get(relation.schema) ?? new Map<string, Relation>();
      const oid = must(systemSchemas.get(relation.schema), `schema ${relation.schema}`).oid;
      schema.set(relation.name, { ...relation, schemaOid: oid });
      this.#system.set(relation.schema, schema);
    }
    this.#stamp = "";
  }

  statistics(
    version: CatalogVersion,
    options: { readonly load?: boolean; readonly objects?: boolean } = {},
  ): Promise<ReadonlyMap<number, RelationStatistics>> {
    return this.#statistics.of(version, options);
  }

  analysis({ bucket, location }: DatasetPlace): Promise<Analysis | undefined> {
    return this.#analyses.of(bucket, location);
  }

  async keepAnalysis({ bucket, location }: DatasetPlace, analysis: Analysis): Promise<void> {
    await this.#analyses.put(bucket, location, analysis);
    this.#statistics.lookAgain();
  }

  async objectReferences(): Promise<readonly ObjectRow[]> {
    const names = await this.current();
    this.#statistics.lookAgain();
    return objectRows(names, await this.#statistics.of(names, { load: true, objects: true }));
  }

  async reconcile(oid: number): Promise<boolean> {
    const relation = (await this.current()).relationByOid(oid);
    if (relation?.source.kind !== "dataset") return false;
    const { bucket, location } = relation.source;
    const { fields } = await this.#options.tables.get(bucket, location).current();
    const known = new Map(relation.columns.map((column) => [column.name, column]));
    const columns = columnsOf(fields).map((column) => {
      const {
        comment = null,
        defaultText = null,
        identity,
        isGenerated,
      } = known.get(column.name) ?? {};
      return {
        ...column,
        defaultText,
        comment: column.comment ?? comment,
        ...(identity ? { identity } : {}),
        ...(isGenerated ? { isGenerated } : {}),
      };
    });
    if (isDeepStrictEqual(columns, relation.columns)) return false;
    await this.#edit(relation.schema, (each) => (each.oid === oid ? { ...each, columns } : each));
    return true;
  }

  async importLegacy(path: string, bucket: string, owner: number): Promise<LegacyImport> {
    const names = await this.current();
    const schema = names.schemas.get(bucket);
    if (schema?.kind !== "bucket") {
      throw new PgError("3F000", `bucket "${bucket}" does not exist`, {
        hint: `Buckets are: ${names.buckets.join(", ")}.`,
      });
    }
    const { tables, engine } = this.#options;
    const root = await this.#buckets.locate(path);
    const found = await readLegacyCatalog(root, this.#buckets, tables.legacy, engine);
    const isThere = (name: string) => names.relation(bucket, name) !== undefined;
    const fresh = found.datasets.filter(({ name }) => !isThere(name));
    const relations = await Promise.all(
      fresh.map(async ({ name, comment, columns, source }) => {
        const oid = await this.allotOid(bucket);
        return {
          oid,
          schema: bucket,
          schemaOid: schema.oid,
          name,
          owner,
          comment,
          columns,
          source,
        };
      }),
    );
    await this.commit(relations.map((relation) => ({ kind: "create table", relation })));
    const again = found.datasets.filter(({ name }) => isThere(name));
    return {
      imported: fresh.map(({ name }) => name),
      skipped: [
        ...found.skipped,
        ...again.map(({ name }) => ({
          dataset: name,
          reason: `relation "${name}" already exists`,
        })),
      ],
      damaged: found.damaged.filter(({ dataset }) => !isThere(dataset)),
    };
  }

  async migrateBuckets(dryRun: boolean): Promise<BucketMigration> {
    const names = await this.current();
    const relations = [...names.relations()];
    const changes = relations.flatMap(referenceChanges);
    const unknown = relations.flatMap((relation) => unknownReferences(relation, this.#buckets));
    if (dryRun) return { changes, unknown };
    for (const bucket of new Set(changes.map(({ schema }) => schema))) {
      await this.#edit(bucket, migrated);
    }
    return { changes, unknown };
  }

  resync(actor: string): Promise<readonly Restored[]> {
    return resync(this, {
      ...this.#options,
      actor,
      edit: async (bucket, change) => {
        await this.#edit(bucket, change);
      },
    });
  }

  #forget({ oid, source }: Relation): void {
    this.#statistics.forget(oid);
    if (source.kind === "dataset") this.#options.tables.forget(source.bucket, source.location);
  }

  /** Another server may have dropped a bucket, or made it again. */
  async #follow(name: string, log: BucketLog): Promise<void> {
    if (this.#isFixed(name)) return;
    if (this.#isVisible(name, log.names)) {
      this.#prepared.delete(name);
      await this.#buckets.create(name);
    } else if (Date.now() - (this.#prepared.get(name) ?? 0) > preparedMs) {
      this.#prepared.delete(name);
      this.#buckets.remove(name);
    }
  }

  #isVisible(name: string, { schema }: BucketNames): boolean {
    return this.#isFixed(name) || schema?.dropped === false;
  }

  #isFixed(name: string): boolean {
    return standing.includes(name) || this.#buckets.isConfigured(name);
  }

  async #build(bases: ReadonlyMap<string, BucketNames>): Promise<Names> {
    const visible = [...bases].filter(([name, base]) => this.#isVisible(name, base)).map(first);
    const schemas = new Map<string, Schema>();
    const bySchema = new Map<string, ReadonlyMap<string, Relation>>();
    const typesBySchema = new Map<string, ReadonlyMap<string, UserType>>();
    const functionsBySchema = new Map<string, ReadonlyMap<number, UserFunction>>();
    const configured = visible.filter((name) => this.#isFixed(name) && !standing.includes(name));
    const others = visible.filter((name) => !this.#isFixed(name)).sort();
    const buckets = [...standing, ...configured, ...others];
    for (const name of buckets) {
      const base = must(bases.get(name), "a visible bucket has a log");
      const schema = await this.#bucketSchema(name, base);
      const relations = [...base.relations.values()].map((entry): [string, Relation] => [
        entry.name,
        inSchema(entry, { schema: name, schemaOid: schema.oid }),
      ]);
      schemas.set(name, schema);
      bySchema.set(name, new Map(relations));
      const place = { schema: name };
      const types = [...base.types.values()].map((each) => inSchema(each, place));
      typesBySchema.set(name, new Map(types.map((type) => [type.name, type])));
      const functions = [...base.functions.values()].map((each) => inSchema(each, place));
      functionsBySchema.set(name, new Map(functions.map((made) => [made.oid, made])));
    }
    for (const [name, { oid, comment }] of systemSchemas) {
      schemas.set(name, { oid, name, owner: bootstrapRoleOid, comment, kind: "system" });
      bySchema.set(name, this.#system.get(name) ?? new Map());
    }
    const serial = ++this.#serial;
    const own = [typesBySchema, functionsBySchema] as const;
    return new Names(`c${serial}`, schemas, buckets, bySchema, ...own, serial);
  }

  async #bucketSchema(name: string, { schema: entry }: BucketNames): Promise<Schema> {
    return {
      oid: name === "public" ? publicSchemaOid : await this.#ranges.schemaOid(name),
      name,
      owner: entry?.owner ?? this.#options.owner ?? bootstrapRoleOid,
      comment: entry?.comment ?? (name === "public" ? "standard public schema" : null),
      kind: "bucket",
      ...(entry?.databaseComment === undefined ? {} : { databaseComment: entry.databaseComment }),
    };
  }

  get #ground(): Ground {
    return {
      isFixed: (bucket) => this.#isFixed(bucket),
      newSchemaOid: (bucket) => this.#ranges.knownSchemaOid(bucket) ?? this.#provisionalOid(bucket),
    };
  }

  /** Seen only by the transaction that makes the schema: from the top of what an OID can be. */
  #provisionalOid(bucket: string): number {
    const oid = this.#provisional.get(bucket) ?? 0xffff_ffff - this.#provisional.size;
    this.#provisional.set(bucket, oid);
    return oid;
  }

  #edit(bucket: string, change: (relation: Relation) => Relation): Promise<Names> {
    return this.#inTurn(() =>
      this.#commitEdit((names) => {
        const schema = must(names.schemas.get(bucket), "an edited bucket is a schema");
        const edited = [...names.relationsIn(bucket)].map(
          ([name, relation]): [string, Relation] => [name, change(relation)],
        );
        return names.with(`${names.id}+${++this.#serial}`, schema, new Map(edited));
      }),
    );
  }

  /**
   * An entry in the log of each bucket that changes. `edit` is made anew after a lost race: an objection it has only then is
   * 40001. An entry put under the intent keeps everybody else out of its log, so it stays as it is.
   */
  async #commitEdit(edit: (names: Names) => Names, intent?: IntentReference): Promise<Names> {
    const done = new Set<string>();
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const before = await this.current();
      const after = attempt === 0 ? edit(before) : stillValid(() => edit(before));
      const changes = differences(before, after);
      if (changes.length > 1 && !intent) throw severalBuckets();
      for (const change of changes) {
        if (done.has(change.bucket)) continue;
        if (!(await this.#append(change, before, intent))) break;
        done.add(change.bucket);
      }
      if (changes.every(({ bucket }) => done.has(bucket))) return this.current();
      await sleep(randomInt(1 + Math.min(attempt * 4, 50)));
    }
    throw lostRace("The catalog was committed to again and again meanwhile.");
  }

  /** False: another server has committed to the bucket since `before`. */
  async #append(
    { bucket, entries }: BucketChange,
    before: Names,
    intent: IntentReference | undefined,
  ): Promise<boolean> {
    const isNew = !before.schemas.has(bucket);
    const log = isNew ? await this.#makeBucket(bucket) : must(this.#logs.get(bucket), "its log");
    if (log.fault !== undefined) throw log.fault;
    return log.append(this.#bases.get(before)?.get(bucket) ?? emptyNames, entries, intent);
  }

  async #makeBucket(name: string): Promise<BucketLog> {
    const bucket = await this.#buckets.create(name);
    const log = this.#logs.get(name) ?? new BucketLog(bucket, this.#options.tables.intents);
    this.#logs.set(name, log);
    await this.#ranges.schemaOid(name);
    return log;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function first([name]: readonly [string, BucketNames]): string {
  return name;
}

/** A bucket that cannot be read keeps the names last seen; what lies in it fails when it is read. */
async function look(log: BucketLog): Promise<void> {
  try {
    await log.refresh();
    log.fault = undefined;
  } catch (error) {
    log.fault = error;
  }
}

function stillValid<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof PgError) throw lostRace(error.message);
    throw error;
  }
}

function severalBuckets(): PgError {
  return unsupported("changing names in several buckets at once, but in a transaction,");
}
