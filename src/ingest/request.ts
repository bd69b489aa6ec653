/** What a load is asked for, what it may use, and what it tells. */
import type { Catalog } from "../catalog/catalog.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";
import type { Add } from "../table/actions.ts";
import type { Change, Table, TableVersion } from "../table/table.ts";
import type { Tables } from "../table/tables.ts";
import type { CsvOptions } from "./csv.ts";
import type { EvolutionMode } from "./evolve.ts";
import type { Format } from "./format.ts";
import type { IngestSource } from "./staged-file.ts";

export interface IngestRooms {
  readonly engine: Engine;
  readonly buckets: Buckets;
  readonly tables: Tables;
  readonly catalog: Catalog;
  /** Around the decision of an intent: nobody here sees one of its entries without the others. */
  readonly together: (
    versions: readonly { readonly table: Table; readonly version: number }[],
    decision: () => Promise<void>,
  ) => Promise<void>;
}

export interface IngestRequest {
  readonly source: IngestSource;
  readonly bucket: string;
  readonly dataset: string;
  /** The dataset as it is; undefined: it is created. */
  readonly relation: Relation | undefined;
  readonly mode: "append" | "replace";
  /** What an append may do to the dataset's columns. */
  readonly evolve?: EvolutionMode;
  /** Undefined: found out. */
  readonly format: Format | undefined;
  readonly csv: CsvOptions;
  readonly onError: "fail" | "skip";
  readonly owner: { readonly oid: number; readonly name: string };
  readonly guard: ConstraintGuard;
  readonly complete: RowCompletion;
}

export interface IngestResult {
  readonly rows: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly version: number;
  readonly status: "loaded" | "duplicate";
  readonly sha256: string;
  readonly format: Format;
  /** What became of the dataset's columns. */
  readonly changes: readonly string[];
}

/** Files about to be added to a dataset. */
export interface AddedFiles {
  readonly relation: Relation;
  readonly table: Table;
  /** With the columns that the dataset will have. */
  readonly version: TableVersion;
  readonly adds: readonly Add[];
  /** They are all that it will hold. */
  readonly isReplacement: boolean;
}

/** Throws what PostgreSQL answers when they break a constraint; gives what their commit is to ask again. */
export type ConstraintGuard = (added: AddedFiles) => Promise<Change["recheck"]>;

/**
 * Runs `write` with what makes rows whole: engine SQL of the columns given, under their names, becomes that of all of the
 * relation's, with defaults, numbers of sequences and generated values.
 */
export type RowCompletion = <T>(
  relation: Relation,
  given: readonly RelationColumn[],
  write: (complete: (rows: string) => string) => Promise<T>,
) => Promise<T>;
