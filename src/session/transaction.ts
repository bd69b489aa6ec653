/**
 * A transaction is ours, the engine's connections always autocommit: a pinned version per dataset, an ordered stage of
 * what was written, and a mark. A savepoint is a mark; ROLLBACK TO lowers it; COMMIT turns the stage into commits.
 */
import { assert, must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { CatalogChange, CatalogVersion } from "../catalog/catalog.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { Scan } from "../query/plan.ts";
import { evolvedFields } from "../table/evolve.ts";
import type { ForeignTable } from "../table/foreign.ts";
import { columnsOf } from "../table/schema.ts";
import type { Table, TableVersion } from "../table/table.ts";
import { bucketsChanged } from "./changed-buckets.ts";
import { commitWork, type Work, type WrittenDataset } from "./commit.ts";
import { type DeferralState, DeferredConstraints } from "./deferred-constraints.ts";
import type { Services } from "./services.ts";
import { Snapshot } from "./snapshot.ts";
import { Stage } from "./stage.ts";
import { isWorthCommitting, sharedWork, TemporarySchema } from "./temporary.ts";
import type { TransactionId } from "./transaction-ids.ts";

/** `implicit`: opened by a statement outside a block; ends at Sync or with the Query message. */
export type TransactionStatus = "idle" | "implicit" | "block" | "failed";

interface Savepoint {
  readonly name: string;
  readonly mark: number;
  readonly deferral: DeferralState;
}

interface StagedChange {
  readonly mark: number;
  readonly change: CatalogChange;
}

export class Transaction {
  /** The session's own tables: they outlive the transaction. */
  readonly temporary: TemporarySchema;
  readonly deferred: DeferredConstraints;
  readonly #services: Services;
  /** Taken by the first statement that looks at a dataset. */
  #snapshot: Snapshot | undefined;
  readonly #versions = new Map<number, Promise<TableVersion>>();
  /** Versions with columns this transaction has given them. */
  readonly #altered = new Map<Relation["columns"], TableVersion>();
  readonly #stages = new Map<number, Stage>();
  readonly #savepoints: Savepoint[] = [];
  #changes: StagedChange[] = [];
  #referring: { readonly mark: number; readonly oid: number; readonly isWhole: boolean }[] = [];
  #base: CatalogVersion | undefined;
  #overlay: CatalogVersion | undefined;
  #mark = 0;
  #status: TransactionStatus = "idle";
  startedAt: Date = new Date();
  /** When somebody has asked for it. */
  id: TransactionId | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.temporary = new TemporarySchema(services);
    this.deferred = new DeferredConstraints(services.engine);
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  /** ReadyForQuery's byte. */
  get indicator(): "I" | "T" | "E" {
    if (this.#status === "block") return "T";
    return this.#status === "failed" ? "E" : "I";
  }

  /** What a statement run now sees: rows staged under marks up to this one. */
  get mark(): number {
    return this.#mark;
  }

  /** BEGIN: what ran before it in the same message becomes part of the block. */
  begin(): void {
    this.#status = "block";
  }

  /** Before every statement: outside a block it opens an implicit transaction. */
  ensure(): void {
    if (this.#status !== "idle") return;
    this.#status = "implicit";
    this.startedAt = new Date();
  }

  /** An error happened: a block is failed until it ends. An implicit transaction is rolled back by whoever ends it. */
  fail(): void {
    if (this.#status === "block") this.#status = "failed";
  }

  async catalog(): Promise<CatalogVersion> {
    this.#base ??= await this.#services.catalog.current();
    if (this.#changes.length === 0) return this.temporary.over(this.#base);
    this.#overlay ??= this.#laidOver(this.#base, this.#changes);
    return this.#overlay;
  }

  /** The version of a dataset this transaction sees, with the columns it has given it. */
  async version(relation: Relation): Promise<TableVersion> {
    const pinned = await this.pinned(relation);
    if (!this.#isAltered(relation.oid)) return pinned;
    const known = this.#altered.get(relation.columns);
    if (known !== undefined) return known;
    const fields = evolvedFields(pinned, relation.columns);
    const altered = this.table(relation).withFields(pinned, fields);
    this.#altered.set(relation.columns, altered);
    return altered;
  }

  /** The committed version that everything in this transaction stands on; pinned when first asked for. */
  pinned(relation: Relation): Promise<TableVersion> {
    const pinned = this.#versions.get(relation.oid) ?? this.#current(relation);
    this.#versions.set(relation.oid, pinned);
    pinned.catch(() => this.#versions.delete(relation.oid));
    return pinned;
  }

  table(relation: Relation): Table {
    assert(relation.source.kind === "dataset", `${relation.name} is a dataset`);
    return this.#services.tables.get(relation.source.bucket, relation.source.location);
  }

  /** Somebody else's: it is read like a dataset, and there is nothing to write with. */
  foreignTable({ name, source }: Relation): Promise<ForeignTable> {
    assert(source.kind === "foreign", `${name} is a foreign table`);
    return this.#services.tables.foreign(source);
  }

  async #current(relation: Relation): Promise<TableVersion> {
    if (relation.source.kind === "foreign") return (await this.foreignTable(relation)).current();
    this.#snapshot ??= new Snapshot(this.#services.together);
    return this.#snapshot.versionOf(this.table(relation));
  }

  /** What was committed once: AT (…). 22023 when there is no such version. */
  async pastVersion(relation: Relation, at: NonNullable<Scan["at"]>): Promise<TableVersion> {
    if (this.isCreatedHere(relation))
      throw new PgError("22023", `"${relation.name}" has no version before this transaction ends`);
    const table =
      relation.source.kind === "foreign" ? await this.foreignTable(relation) : this.table(relation);
    return "version" in at ? table.at(at.version) : table.atTime(at.timestamp);
  }

  async columnsAt(
    relation: Relation,
    at: NonNullable<Scan["at"]>,
  ): Promise<readonly RelationColumn[]> {
    return columnsOf((await this.pastVersion(relation, at)).fields);
  }

  /** True for a table this very transaction created: it has no version yet, only staged rows. */
  isCreatedHere(relation: Relation): boolean {
    return this.#changes.some(
      ({ change }) => change.kind === "create table" && change.relation.oid === relation.oid,
    );
  }

  /** As a lock: what this transaction has done with a relation. */
  use(oid: number): "RowExclusiveLock" | "AccessShareLock" | undefined {
    if (this.#stages.has(oid)) return "RowExclusiveLock";
    return this.#versions.has(oid) ? "AccessShareLock" : undefined;
  }

  /** Every relation of which `use` tells something. */
  get used(): readonly number[] {
    return [...new Set([...this.#stages.keys(), ...this.#versions.keys()])];
  }

  async stagedRows(relation: Relation): Promise<Stage | undefined> {
    const stage = this.#stages.get(relation.oid);
    await stage?.settle();
    return stage;
  }

  /** Where a statement puts the rows it writes, and under which mark. Nothing is visible before the next statement. */
  async stageFor(relation: Relation): Promise<{ readonly stage: Stage; readonly mark: number }> {
    const staged = await this.stageToKeep(relation);
    await staged.stage.settle();
    return staged;
  }

  /** The same, for rows that `keep` takes: not settled. */
  async stageToKeep(relation: Relation): Promise<{ readonly stage: Stage; readonly mark: number }> {
    this.#assertWritable(relation);
    let stage = this.#stages.get(relation.oid);
    if (stage) await stage.adapt(relation);
    else {
      stage = Stage.of(this.#services.engine, relation);
      this.#stages.set(relation.oid, stage);
    }
    return { stage, mark: ++this.#mark };
  }

  /** Keys are gone that rows of this dataset refer to. */
  keysGone(referring: Relation): void {
    this.#referring.push({ mark: this.#mark, oid: referring.oid, isWhole: false });
  }

  /** A constraint is new that was checked on every row of this dataset, or refers to some: they must be what they were. */
  standsOn(relation: Relation): void {
    this.#referring.push({ mark: this.#mark, oid: relation.oid, isWhole: true });
  }

  /** Names as they were committed when this transaction first looked. */
  get committedNames(): CatalogVersion | undefined {
    return this.#base;
  }

  /** In order; what a savepoint has undone is not among them. */
  get changesMade(): readonly CatalogChange[] {
    return this.#changes.map(({ change }) => change);
  }

  #laidOver(base: CatalogVersion, changes: readonly StagedChange[]): CatalogVersion {
    return this.#services.catalog.overlay(
      this.temporary.over(base),
      changes.map(({ change }) => change),
    );
  }

  /** What the catalog objects to (42P07: the name is taken) is told by this very statement. */
  change(change: CatalogChange): void {
    const changes = [...this.#changes, { mark: this.#mark + 1, change }];
    this.#overlay = this.#base && this.#laidOver(this.#base, changes);
    this.#changes = changes;
    this.#mark++;
  }

  savepoint(name: string): void {
    this.#savepoints.push({ name, mark: this.#mark, deferral: this.deferred.state });
  }

  release(name: string): void {
    this.#savepoints.splice(this.#savepointIndex(name));
  }

  /** Undoes everything written since, and mends a failed block. */
  async rollbackTo(name: string): Promise<void> {
    const index = this.#savepointIndex(name);
    const { mark, deferral } = must(
      this.#savepoints[index],
      "a savepoint stands where it was found",
    );
    await this.deferred.rollbackTo(deferral, mark);
    this.#savepoints.splice(index + 1);
    for (const stage of this.#stages.values()) stage.forget(mark, this.#mark);
    this.#changes = this.#changes.filter((staged) => staged.mark <= mark);
    this.#referring = this.#referring.filter((gone) => gone.mark <= mark);
    this.#overlay = undefined;
    if (this.#status === "failed") this.#status = "block";
  }

  /** Ends the transaction. A failed one is rolled back: false. */
  async commit(
    actor: string,
    signal: () => AbortSignal,
    recheckOf: Work["recheckOf"],
    isSerializable: boolean,
  ): Promise<boolean> {
    if (this.#status === "failed") {
      await this.rollback();
      return false;
    }
    try {
      if (this.#stages.size > 0 || this.#changes.length > 0)
        await this.#commitWork(await this.#work(actor, recheckOf, isSerializable), signal());
      if (this.id !== undefined) this.id.outcome = "committed";
    } finally {
      await this.rollback();
    }
    return true;
  }

  /** It has changed nothing and keeps nothing in the engine. */
  get isUnwritten(): boolean {
    return this.#stages.size === 0 && this.#changes.length === 0 && this.deferred.isUnused;
  }

  rollback(): Promise<void> | undefined {
    const left = this.#stages.size === 0 && this.deferred.isUnused ? undefined : this.#dropped();
    this.forget();
    return left;
  }

  /** What it keeps in the engine goes. */
  async #dropped(): Promise<void> {
    const stages = [...this.#stages.values()];
    await this.deferred.end();
    await Promise.all(stages.map((stage) => stage.drop()));
  }

  /** The end of a transaction that keeps nothing in the engine. */
  forget(): void {
    this.#snapshot = undefined;
    this.#versions.clear();
    this.#altered.clear();
    this.#stages.clear();
    this.#savepoints.length = 0;
    this.#changes = [];
    this.#referring = [];
    this.#base = undefined;
    this.#overlay = undefined;
    this.#mark = 0;
    this.#status = "idle";
    if (this.id?.outcome === "in progress") this.id.outcome = "aborted";
    this.id = undefined;
  }

  /** What everybody sees first: of the session's own tables nothing can stand against it. */
  async #commitWork(work: Omit<Work, "buckets">, signal: AbortSignal): Promise<void> {
    const names = await this.catalog();
    const shared = sharedWork(work);
    if (isWorthCommitting(shared)) {
      const buckets = bucketsChanged(shared.changes, this.#base, names);
      await commitWork({ ...shared, buckets }, this.#services, signal);
    }
    await this.temporary.commit(work, names, signal);
  }

  async #work(
    actor: string,
    recheckOf: Work["recheckOf"],
    isSerializable: boolean,
  ): Promise<Omit<Work, "buckets">> {
    const catalog = await this.catalog();
    const created = this.#createdOids();
    const exists = (oid: number) => catalog.relationByOid(oid);
    return {
      created: [...created].flatMap((oid) => {
        const relation = exists(oid);
        // A foreign table's files are there already.
        if (relation?.source.kind !== "dataset") return [];
        return [{ relation, stage: this.#stages.get(oid) }];
      }),
      written: await Promise.all(
        [
          ...new Set([
            ...this.#writtenDatasets(),
            ...this.#alteredOids(),
            ...this.#referring.map(({ oid }) => oid),
            ...(isSerializable ? this.#versions.keys() : []),
          ]),
        ].flatMap((oid) => {
          const relation = exists(oid);
          if (created.has(oid) || relation?.source.kind !== "dataset") return [];
          return [this.#written(relation, isSerializable)];
        }),
      ),
      changes: this.#changes.map(({ change }) => change),
      mark: this.#mark,
      actor,
      recheckOf,
    };
  }

  async #written(relation: Relation, isSerializable: boolean): Promise<WrittenDataset> {
    const stage = this.#stages.get(relation.oid);
    const [base, version] = [await this.pinned(relation), await this.version(relation)];
    const referred = this.#referring.filter(({ oid }) => oid === relation.oid);
    const isReferredTo = referred.length > 0;
    const isStoodOn = referred.some(({ isWhole }) => isWhole);
    const part = { relation, stage, table: this.table(relation), base, version };
    return { ...part, isReferredTo, isStoodOn, isSerializable };
  }

  #createdOids(): ReadonlySet<number> {
    return new Set(
      this.#changes.flatMap(({ change }) =>
        change.kind === "create table" ? [change.relation.oid] : [],
      ),
    );
  }

  #writtenDatasets(): number[] {
    return [...this.#stages].filter(([, stage]) => !stage.isEmpty).map(([oid]) => oid);
  }

  #assertWritable(relation: Relation): void {
    if (relation.source.kind === "legacy") {
      throw unsupported(`writing to "${relation.name}", a dataset of an imported catalog,`, {
        hint: `Make a dataset of it: CREATE TABLE … AS SELECT * FROM ${relation.name}.`,
      });
    }
    if (relation.columns.length === 0) {
      throw unsupported(`writing to table "${relation.name}", which has no columns,`, {
        hint: "ALTER TABLE … ADD COLUMN gives it one.",
      });
    }
    if (relation.source.kind === "foreign") {
      throw new PgError("0A000", `cannot insert into foreign table "${relation.name}"`);
    }
    if (relation.source.kind !== "dataset") {
      throw new PgError("42501", `permission denied for table ${relation.name}`);
    }
  }

  #isAltered(oid: number): boolean {
    return this.#alteredOids().has(oid);
  }

  /** Datasets whose columns have changed; what else a relation has is the catalog's alone. */
  #alteredOids(): ReadonlySet<number> {
    return new Set(
      this.#changes.flatMap(({ change }) =>
        change.kind === "replace table" && change.base.columns !== change.relation.columns
          ? [change.base.oid]
          : [],
      ),
    );
  }

  #savepointIndex(name: string): number {
    const index = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (index < 0) throw new PgError("3B001", `savepoint "${name}" does not exist`);
    return index;
  }
}
