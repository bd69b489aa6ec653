/**
 * The Delta log of one dataset: load, commit, conflict, scan, write, checkpoint. Parquet is read and written by the engine.
 * Knows buckets and the engine; knows no roles, no SQL of clients and no transaction: a session's transaction composes these.
 */

import type { Batch } from "../pgtypes/vector.ts";
import type { Add, DeltaField, MetaData, Protocol } from "./actions.ts";
import type { Expiry, ExpiryOptions } from "./expire.ts";
import type { HistoryEntry } from "./history.ts";
import type { KeyedRows } from "./hot-rows.ts";
import type { IntentReference } from "./intent.ts";

/** One version of one dataset, immutable. */
export interface TableVersion {
  readonly number: number;
  readonly id: string;
  readonly fields: readonly DeltaField[];
  readonly files: ReadonlyMap<string, Add>;
  /** Sum of numRecords less deleted rows; undefined when a file's statistics lack it. */
  readonly rowCount: number | undefined;
  readonly byteCount: number;
  readonly createdAt: Date;
  readonly committedAt: Date;
  readonly protocol: Protocol;
  readonly metaData: MetaData;
  /** Newest version by application: what makes a retried append idempotent. */
  readonly transactions: ReadonlyMap<string, number>;
}

/** A comparison every scanned row must meet: lets whole files be left out by their statistics. Never a substitute for WHERE. */
export interface Predicate {
  readonly column: string;
  readonly operator: "=" | "<" | "<=" | ">" | ">=" | "is null" | "is not null" | "in";
  readonly values: readonly (string | number | bigint | boolean)[];
}

export interface Table {
  readonly bucket: string;
  readonly location: string;
  /** The newest version (one existence probe when cached). 58P01/58030 with bucket and object when it cannot be read. */
  current(): Promise<TableVersion>;
  at(version: number): Promise<TableVersion>;
  /** The version that was newest at that instant; 22023 when the dataset is younger. */
  atTime(instant: Date): Promise<TableVersion>;
  /**
   * Engine SQL of a SELECT giving exactly `columns` (dataset names, in that order) of every live row of the version.
   * With `position`, also "@file" (int4 index into `files` order) and "@row" (int8 row number in that file).
   */
  scan(version: TableVersion, columns: readonly string[], options?: ScanOptions): Promise<string>;
  /** The rows of a version whose `key` is this whole number, when they lie in memory: then no engine is needed. */
  lookUp(
    version: TableVersion,
    key: string,
    value: number,
    columns: readonly string[],
  ): KeyedRows | undefined;
  /** The first block of each of the version's files, in their order: see row-places.ts. */
  firstBlocks(version: TableVersion): Promise<readonly number[]>;
  /** The version as it will be with these fields instead of its own: for scans and writes within the transaction that changes them. */
  withFields(version: TableVersion, fields: readonly DeltaField[]): TableVersion;
  /** Runs `select` (columns named as the dataset's) into Parquet files nobody sees yet; what a commit needs to add them. */
  write(version: TableVersion, select: string, signal: AbortSignal): Promise<readonly Add[]>;
  /** The same of a few rows, without the engine; undefined where only the engine knows how they are stored. */
  writeRows(
    version: TableVersion,
    columns: readonly string[],
    batches: readonly Batch[],
  ): Promise<readonly Add[] | undefined>;
  /**
   * One put-if-absent of one log entry, made anew for the newest version until it is in. 40001 when what others have committed
   * since `base` stands against it: another schema, a file it deletes from that is gone, a row it deletes that is deleted.
   * Appends stand against nothing but a removal of all files and a change of the fields.
   */
  commit(base: TableVersion, change: Change, info: CommitInfo): Promise<TableVersion>;
  /**
   * Appends a few rows in a file of their own, durable when it resolves: several statements' at once, when they come together.
   * False where only the engine knows how they are stored. `columns` are the names of the batches' vectors.
   */
  append(
    columns: readonly string[],
    batches: readonly Batch[],
    info: CommitInfo,
    upon?: SmallChange,
  ): Promise<boolean>;
  /** Numbers of a file's deleted rows, ascending. */
  deletedRows(file: Add): Promise<ArrayLike<number>>;
  /** Deletes files of a write that was not committed. */
  discard(adds: readonly Add[]): Promise<void>;
  checkpoint(): Promise<void>;
  /** The newest entries of the log, oldest first, at most so many of them. */
  history(limit: number): Promise<readonly HistoryEntry[]>;
  /** Keys of those of these files, and of their deletion vectors, that are not there. */
  missingFiles(files: readonly Add[]): Promise<readonly string[]>;
  /** Cleans up the log behind a checkpoint, and deletes files nobody can need. */
  expire(options: ExpiryOptions): Promise<Expiry>;
}

export interface ScanOptions {
  readonly where?: readonly Predicate[];
  readonly position?: boolean;
  /** Engine SQL of a SELECT giving "@file" and "@row" of rows to leave out. */
  readonly without?: string;
  /** Paths of the only files to read. */
  readonly only?: ReadonlySet<string>;
  /** Deleted rows are given, too: whoever asks for few leaves them out by their places sooner than the engine. */
  readonly withDeleted?: boolean;
}

/** What a commit does to a version; what it names must be as it was in the version it was made for. */
export interface Change {
  readonly adds?: readonly Add[];
  /** By file path: row numbers, ascending. */
  readonly deletes?: ReadonlyMap<string, ArrayLike<number>>;
  /** Paths of files that go whole. */
  readonly removes?: readonly string[] | "all";
  readonly metaData?: MetaDataChange;
  /** The same rows in other files: no change to whoever follows the log. */
  readonly isRearrangement?: boolean;
  /** Asked when others have committed since `base`, with the version that this change is about to follow; may refuse it. */
  readonly recheck?: (newest: TableVersion) => Promise<void>;
  /** Files of `adds` that are still being written: the entry is put when they are durable. */
  readonly pending?: Promise<unknown>;
  /** What it adds stands on nothing the dataset holds, whatever `recheck` asks. */
  readonly isBlind?: boolean;
}

/** What goes with a few rows that are appended. */
export interface SmallChange extends Pick<Change, "deletes" | "recheck" | "isBlind"> {
  /** The version that it was made for. */
  readonly base: TableVersion;
}

export interface MetaDataChange {
  readonly fields?: readonly DeltaField[];
  readonly partitionColumns?: readonly string[];
  /** Null takes the key away. */
  readonly configuration?: Readonly<Record<string, string | null>>;
  readonly description?: string | null;
}

/** Delta's names: they are what other engines show in a table's history. */
export type Operation =
  | "CREATE TABLE"
  | "CREATE TABLE AS SELECT"
  | "WRITE"
  | "STREAMING UPDATE"
  | "DELETE"
  | "UPDATE"
  | "MERGE"
  | "TRUNCATE"
  | "OPTIMIZE"
  | "RESTORE"
  | "ADD COLUMNS"
  | "CHANGE COLUMN"
  | "RENAME COLUMN"
  | "DROP COLUMNS"
  | "REPLACE COLUMNS"
  | "SET TBLPROPERTIES"
  | "UNSET TBLPROPERTIES"
  | "ADD CONSTRAINT"
  | "DROP CONSTRAINT";

export interface CommitInfo {
  readonly operation: Operation;
  readonly actor: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Makes a retried append idempotent: the same (application, version) commits once. */
  readonly transaction?: { readonly application: string; readonly version: number };
  /**
   * The entry counts once the intent is committed. Until then the version given back is nobody's current one, and a second
   * commit to the same dataset would wait for the first. Those who commit to several do so in order of bucket and location:
   * two that wait for each other would end by their leases only.
   */
  readonly intent?: IntentReference;
}

/** A column as PostgreSQL sees it; the catalog's RelationColumn is one. */
export interface Column {
  readonly name: string;
  readonly number: number;
  readonly typeOid: number;
  readonly typmod: number;
  readonly notNull: boolean;
  readonly defaultText: string | null;
  readonly comment: string | null;
}
