/**
 * What exists: buckets as schemas, datasets as tables, their columns, OIDs and comments; loads sql/ and publishes
 * pg_catalog. Does not know who is asking (access/ does) nor what SQL text looks like (query/ does).
 */
import type { PgError } from "../base/error.ts";
import type { IntentReference } from "../table/intent.ts";
import type { Analysis } from "./analysis.ts";
import type { RelationStatistics } from "./facts.ts";
import type { Relation, Schema } from "./relation.ts";
import type { Restored } from "./resync.ts";
import type { UserFunction } from "./user-function.ts";
import type { UserType } from "./user-type.ts";

/** One consistent view of every name. A transaction keeps the one of its first statement and lays its own changes over it. */
export interface CatalogVersion {
  /** Differs when anything in it does: part of every plan cache's key. */
  readonly id: string;
  /** Rises from one version that all sessions see to the next; undefined for one that is a transaction's or a session's own. */
  readonly committed?: number | undefined;
  readonly schemas: ReadonlyMap<string, Schema>;
  /** Every bucket's name, in the order in which unqualified names look through them after the search path. */
  readonly buckets: readonly string[];
  relation(schema: string, name: string): Relation | undefined;
  relationByOid(oid: number): Relation | undefined;
  relations(): Iterable<Relation>;
  schemaByOid(oid: number): Schema | undefined;
  /** Functions people made, by OID. */
  functionsIn(schema: string): ReadonlyMap<number, UserFunction>;
  /** A type of a schema by its name, a table's row type among them. */
  type(schema: string, name: string): UserType | undefined;
  /** Not by the OID of its arrays. */
  typeByOid(oid: number): UserType | undefined;
  /** Those that were made as types: row types are their relations'. */
  types(): Iterable<UserType>;
  /** The session's own schema, once it has one; `relation` takes `pg_temp` for its name. */
  readonly temporary?: Schema | undefined;
}

export type CatalogChange =
  | { readonly kind: "create schema"; readonly name: string; readonly owner: number }
  | { readonly kind: "drop schema"; readonly name: string }
  | { readonly kind: "rename schema"; readonly name: string; readonly to: string }
  /** Its owner and its comment. */
  | {
      readonly kind: "alter schema";
      readonly name: string;
      readonly owner?: number;
      readonly comment?: string | null;
      readonly databaseComment?: string | null;
    }
  | { readonly kind: "create table"; readonly relation: Relation }
  | { readonly kind: "drop table"; readonly oid: number }
  | { readonly kind: "rename table"; readonly oid: number; readonly to: string }
  /** Everything about a relation but its OID may differ: columns, constraints, schema. 40001 when `base` is not what is there. */
  | { readonly kind: "replace table"; readonly base: Relation; readonly relation: Relation }
  | { readonly kind: "create type"; readonly type: UserType }
  | { readonly kind: "drop type"; readonly oid: number }
  /** Everything about it but its OID and its kind may differ. 40001 when `base` is not what is there. */
  | { readonly kind: "replace type"; readonly base: UserType; readonly type: UserType }
  /** With `base` it takes that one's place: 40001 when that is not what is there. 42723 when another has its name and arguments. */
  | { readonly kind: "put function"; readonly made: UserFunction; readonly base?: UserFunction }
  | { readonly kind: "drop function"; readonly schema: string; readonly oid: number }
  | {
      readonly kind: "comment";
      readonly oid: number /** 0 = the relation itself. */;
      readonly column: number;
      readonly text: string | null;
    };

export interface Catalog {
  /** The newest committed version; looks whether another server has committed since (one stat a bucket). */
  current(): Promise<CatalogVersion>;
  /** `base` with changes over it, for the transaction that made them. Pure. */
  overlay(base: CatalogVersion, changes: readonly CatalogChange[]): CatalogVersion;
  /** `base` as the session sees it whose temporary schema that is. */
  withTemporary(
    base: CatalogVersion,
    schema: Schema,
    relations: ReadonlyMap<string, Relation>,
  ): CatalogVersion;
  /** An OID nobody else gets, for a relation about to be created in a bucket. Unused ones are lost, as sequences' are. */
  allotOid(bucket: string): Promise<number>;
  /** Makes the buckets of schemas about to be, so that datasets can be written into them. Without a commit they are nobody's. */
  prepare(changes: readonly CatalogChange[]): Promise<void>;
  /**
   * All or nothing. Under an intent, which changes in several buckets need, the names are as before until it is committed.
   * 42P07, 42P06, 3F000, 42P01, 40001 as PostgreSQL.
   */
  commit(changes: readonly CatalogChange[], intent?: IntentReference): Promise<CatalogVersion>;
  /** Brings the engine's fact tables, on which sql/pg_catalog stands, to this version (cheap when they are there). */
  publish(version: CatalogVersion): Promise<void>;
  /** Takes relations that lie in no bucket: those of sql/, and live ones. Each call adds. */
  publishRelations(relations: readonly Relation[]): void;
  /**
   * Rows, bytes, files and version of every dataset, by relation OID; the same map as long as nothing changed.
   * As last seen, or with `load` as they were a second ago at most; with `objects` also each version's object references.
   */
  statistics(
    version: CatalogVersion,
    options?: { readonly load?: boolean; readonly objects?: boolean },
  ): Promise<ReadonlyMap<number, RelationStatistics>>;
  /** What ANALYZE has last found out of a dataset; undefined: it was never analyzed. */
  analysis(place: DatasetPlace): Promise<Analysis | undefined>;
  keepAnalysis(place: DatasetPlace, analysis: Analysis): Promise<void>;
  /** Every object reference of every dataset that can be read: a projection of the current versions. */
  objectReferences(): Promise<readonly ObjectRow[]>;
  /** After another engine has changed a dataset's columns: true when the catalog's copy of them was brought up to date. */
  reconcile(oid: number): Promise<boolean>;
  /**
   * A folder of this machine with `_catalog/manifests/` as relations of a bucket, served in place; those imported before are
   * skipped. 42501 when it is in no bucket and not under the data folder.
   */
  importLegacy(path: string, bucket: string, owner: number): Promise<LegacyImport>;
  /** Normalizes the bucket recorded in object references: empty, `data` and `local` become `primary`. Idempotent. */
  migrateBuckets(dryRun: boolean): Promise<BucketMigration>;
  /**
   * Row counts and columns of entries that lack them, from Parquet footers. Idempotent. A dataset that cannot be read is told
   * as such, and the others are looked at all the same.
   */
  resync(actor: string): Promise<readonly Restored[]>;
  /** Buckets that cannot be read now, and why; their names are those last seen. */
  readonly unreachable: ReadonlyMap<string, PgError>;
}

export interface DatasetPlace {
  readonly bucket: string;
  readonly location: string;
}

export interface ObjectRow {
  readonly schema: string;
  readonly dataset: string;
  readonly relation: number;
  readonly position: number;
  /** As recorded: of a legacy dataset it may be empty or an old name. */
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly rows: number | null;
}

export interface LegacyImport {
  readonly imported: readonly string[];
  /** Already there, or older than another manifest of the same name. */
  readonly skipped: readonly { readonly dataset: string; readonly reason: string }[];
  /** Imported although these of their objects are missing or lie in no bucket: reads name them. */
  readonly damaged: readonly { readonly dataset: string; readonly objects: readonly string[] }[];
}

export interface BucketMigration {
  readonly changes: readonly ReferenceChange[];
  /** References whose bucket is none and no old name either: left as they are. */
  readonly unknown: readonly Omit<ReferenceChange, "to">[];
}

export interface ReferenceChange {
  readonly schema: string;
  readonly dataset: string;
  readonly object: string;
  readonly from: string;
  readonly to: string;
}
