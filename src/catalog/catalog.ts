/**
 * What exists: buckets as schemas, datasets as tables, their columns, OIDs and comments; loads sql/ and publishes
 * pg_catalog. Does not know who is asking (access/ does) nor what SQL text looks like (query/ does).
 */
import type { Relation, Schema } from "./relation.ts";

/** One consistent view of every name. A transaction keeps the one of its first statement and lays its own changes over it. */
export interface CatalogVersion {
  /** Differs when anything in it does: part of every plan cache's key. */
  readonly id: string;
  readonly schemas: ReadonlyMap<string, Schema>;
  /** Every bucket's name, in the order in which unqualified names look through them after the search path. */
  readonly buckets: readonly string[];
  relation(schema: string, name: string): Relation | undefined;
  relationByOid(oid: number): Relation | undefined;
  relations(): Iterable<Relation>;
  schemaByOid(oid: number): Schema | undefined;
}

export type CatalogChange =
  | { readonly kind: "create schema"; readonly name: string; readonly owner: number }
  | { readonly kind: "drop schema"; readonly name: string }
  | { readonly kind: "rename schema"; readonly name: string; readonly to: string }
  | { readonly kind: "create table"; readonly relation: Relation }
  | { readonly kind: "drop table"; readonly oid: number }
  | { readonly kind: "rename table"; readonly oid: number; readonly to: string }
  | { readonly kind: "owner"; readonly oid: number; readonly owner: number }
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
  /** An OID nobody else gets, for a relation about to be created in a bucket. Unused ones are lost, as sequences' are. */
  allotOid(bucket: string): Promise<number>;
  /** All or nothing within one bucket; changes in several buckets are 0A000 for now. 42P07, 42P06, 3F000, 42P01, 40001 as PostgreSQL. */
  commit(changes: readonly CatalogChange[]): Promise<CatalogVersion>;
  /** Brings the engine's fact tables, on which sql/pg_catalog stands, to this version (cheap when they are there). */
  publish(version: CatalogVersion): Promise<void>;
}
