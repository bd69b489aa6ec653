/**
 * Temporary tables: datasets like others in a bucket of the session's own, which nobody else sees and nothing waits for. Their
 * names lie over the catalog's and are kept here alone. https://www.postgresql.org/docs/15/sql-createtable.html
 */
import type { CatalogChange, CatalogVersion } from "../catalog/catalog.ts";
import type { Relation, Schema } from "../catalog/relation.ts";
import { commitWork, type Work } from "./commit.ts";
import type { Services } from "./services.ts";

/** Above roles', below what is provisional: OIDs of this process that are in no log. A relation has four, as elsewhere. */
const firstOid = 2_200_000_000;
let nextOid = firstOid;
/** Numbers of the schemas there are, so that theirs stay small. */
const numbers = new Set<number>();

function isTemporaryOid(oid: number): boolean {
  return oid >= firstOid && oid < nextOid;
}

export class TemporarySchema {
  readonly #services: Services;
  #number = 0;
  #schema: Schema | undefined;
  #relations: ReadonlyMap<string, Relation> = new Map();
  #seen: { readonly base: CatalogVersion; readonly version: CatalogVersion } | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Made by the first temporary table, and there until the session ends. */
  async open(owner: number): Promise<Schema> {
    if (this.#schema !== undefined) return this.#schema;
    while (numbers.has(++this.#number));
    numbers.add(this.#number);
    const name = `pg_temp_${this.#number}`;
    await this.#services.rooms.buckets.createPrivate(name);
    this.#schema = { oid: this.allotOid(), name, owner, comment: null, kind: "temporary" };
    this.#seen = undefined;
    return this.#schema;
  }

  allotOid(): number {
    const oid = nextOid;
    nextOid += 4;
    return oid;
  }

  /** The names everybody sees, and over them the session's own. */
  over(base: CatalogVersion): CatalogVersion {
    if (this.#schema === undefined) return base;
    if (this.#seen?.base !== base) {
      const version = this.#services.catalog.withTemporary(base, this.#schema, this.#relations);
      this.#seen = { base, version };
    }
    return this.#seen.version;
  }

  /** What the transaction has done to the session's own tables, each a commit of its own: nobody else can see some of them. */
  async commit(work: AllWork, names: CatalogVersion, signal: AbortSignal): Promise<void> {
    const nothing = { ...work, created: [], written: [], changes: [], buckets: [] };
    const alone = (part: Partial<Work>): Promise<void> =>
      commitWork({ ...nothing, ...part }, this.#services, signal);
    for (const { relation, stage } of work.created.filter(isOwn)) {
      if (relation.onCommit === "drop") continue;
      const kept = relation.onCommit === undefined ? stage : undefined;
      await alone({ created: [{ relation, stage: kept }] });
    }
    for (const written of work.written.filter(isOwn)) {
      const isKept = written.relation.onCommit === undefined;
      await alone({ written: [isKept ? written : { ...written, stage: undefined }] });
    }
    if (work.changes.some(isTemporary)) this.#committed(names);
  }

  #committed(names: CatalogVersion): void {
    if (this.#schema === undefined) return;
    const { name } = this.#schema;
    const own = [...names.relations()].filter((relation) => relation.schema === name);
    const kept = own.filter(({ onCommit }) => onCommit !== "drop");
    this.#hold(new Map(kept.map((relation) => [relation.name, relation])));
    this.#seen = undefined;
  }

  #hold(relations: ReadonlyMap<string, Relation>): void {
    const kept = new Set([...relations.values()].map(({ oid }) => oid));
    const { tables, buckets } = this.#services.rooms;
    for (const { oid, source } of this.#relations.values()) {
      if (kept.has(oid) || source.kind !== "dataset") continue;
      tables.forget(source.bucket, source.location);
      buckets.forgetPrivate(source.bucket, source.location);
    }
    this.#relations = relations;
  }

  async end(): Promise<void> {
    if (this.#schema === undefined) return;
    const { name } = this.#schema;
    this.#schema = undefined;
    this.#hold(new Map());
    await this.#services.rooms.buckets.removePrivate(name);
    numbers.delete(this.#number);
  }
}

type AllWork = Omit<Work, "buckets">;

/** The part of it that others see. */
export function sharedWork(work: AllWork): AllWork {
  return {
    ...work,
    created: work.created.filter((part) => !isOwn(part)),
    written: work.written.filter((part) => !isOwn(part)),
    changes: work.changes.filter((change) => !isTemporary(change)),
  };
}

export function isWorthCommitting({ created, written, changes }: AllWork): boolean {
  return created.length + written.length + changes.length > 0;
}

function isOwn({ relation }: { readonly relation: Relation }): boolean {
  return isTemporaryOid(relation.oid);
}

/** Concerns a temporary table: kept by the session, told to no log. */
function isTemporary(change: CatalogChange): boolean {
  switch (change.kind) {
    case "create schema":
    case "drop schema":
    case "rename schema":
    case "alter schema":
    case "create type":
    case "drop type":
    case "replace type":
    case "put function":
    case "drop function":
      return false;
    case "create table":
      return isTemporaryOid(change.relation.oid);
    case "replace table":
      return isTemporaryOid(change.base.oid);
    default:
      return isTemporaryOid(change.oid);
  }
}
