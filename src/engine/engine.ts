/**
 * DuckDB. The only room that imports @duckdb/node-api. One instance, in memory, on the main thread.
 * Knows no datasets, no roles and no messages: text in, batches of typed memory out.
 */
import type { PgError } from "../base/error.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { AppendBatch, Batch, EngineValue } from "../pgtypes/vector.ts";
import { Instance } from "./instance.ts";

export interface EngineOptions {
  readonly threads?: number;
  /** As DuckDB reads it: "4GB". */
  readonly memoryLimit?: string;
  /** Private to this server; made with mode 0700. */
  readonly temporaryDirectory: string;
  readonly temporaryBytesMax?: string;
  /** How many statements run in the engine at once; the rest queue and can be cancelled while they do. */
  readonly runningMax?: number;
  /** How many wait at most; one more is 53400. */
  readonly queuedMax?: number;
  /** Connections lent at once, those of suspended portals and cursors among them; one more is 53400. */
  readonly connectionsMax?: number;
  /** Of each stream, ahead of who reads it; long texts are not counted. */
  readonly readAheadBytes?: number;
}

export interface EngineColumn {
  readonly name: string;
  readonly type: LogicalType;
}

export function openEngine(options: EngineOptions): Promise<Engine> {
  return Instance.open(options);
}

/** The whole engine. `open` sets what DESIGN's "Instance settings at open" lists; `seal` closes external access but for the folders given. */
export interface Engine {
  /** A connection of the caller's own under a time zone (UTC unless named; 22023); `release` gives it back (pooled). */
  connect(timeZone?: string): Promise<EngineConnection>;
  /**
   * The same to the engine's small twin, which knows no table, no file and nothing that was created or registered, and
   * has one thread: a statement over nothing takes half its time there, for no thread is woken to help with it.
   */
  connectSmall(timeZone?: string): Promise<EngineConnection>;
  /** For the server's own statements that belong together: none of them waits for its turn. */
  connectPastQueue(): Promise<EngineConnection>;
  /** The server's own statements: admitted past the queue, small results as plain objects (int8 and wider as bigint, decimal and time types as text). */
  system(sql: string, parameters?: readonly EngineParameter[]): Promise<Record<string, unknown>[]>;
  /** After this the engine can touch only these folders and its temporary one, and its settings are locked (TimeZone excepted). */
  seal(folders: readonly string[]): Promise<void>;
  /** DuckDB's own tree of a SELECT (`json_serialize_sql`), as text: read it losslessly. PgError 42601 when it does not parse. */
  serialize(sql: string): Promise<string>;
  /** The inverse: canonical SQL text of such a tree. */
  deserialize(tree: string): Promise<string>;
  /** A synchronous scalar function in JavaScript, visible on every connection. Never async: an async callback corrupts memory. */
  registerScalar(definition: ScalarFunction): void;
  /** The same by whole vectors: a BIGINT for each row. The engine takes no two calls of it for one. */
  registerNumbers(definition: NumberFunction): void;
  /** Gives up what idle connections keep for later: their prepared statements, with all that was folded into them. */
  forget(): void;
  /**
   * Ends the client's statement since whose beginning memory has grown most, with this error: of several the one that has begun
   * last, and those just begun only when there is no other. `grownSince` takes a performance.now(). False when none runs.
   */
  stopLargest(reason: PgError, grownSince: (startedAt: number) => number): boolean;
  readonly running: number;
  readonly queued: number;
  /** Connections somebody has and has not given back. */
  readonly connectionsInUse: number;
  close(): Promise<void>;
}

export interface ScalarFunction {
  readonly name: string;
  readonly parameters: readonly LogicalType[];
  readonly result: LogicalType;
  /** The engine takes no two calls for one. */
  readonly isVolatile?: boolean;
  /** PgError thrown here reaches the client with its SQLSTATE. */
  readonly call: (...values: EngineValue[]) => EngineValue;
}

export interface NumberFunction {
  readonly name: string;
  readonly parameters: readonly LogicalType[];
  /** `batch` has its arguments, none of them NULL. PgError as above. */
  readonly numbers: (batch: Batch) => BigInt64Array;
}

export interface EngineParameter {
  readonly type: LogicalType;
  readonly value: EngineValue;
}

/** What stops a statement: an AbortSignal is one, and there are cheaper ones. Its reason is the error to end with. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once: true }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface EngineConnection {
  /** PgError (SQLSTATE by the engine's error; position is a 1-based character in `sql`) when it does not bind. */
  prepare(sql: string): Promise<EngineStatement>;
  /** Prepares (from a cache by text), binds and starts. At most one open stream a connection: a second `stream` asserts. */
  stream(
    sql: string,
    parameters: readonly EngineParameter[],
    signal: AbortSignal,
    isLasting?: boolean,
  ): Promise<EngineStream>;
  /**
   * `stream` that runs to its end first, for few rows: it takes one trip to the engine instead of three. `isLasting`: this text
   * without parameters always gives the same rows, and those it gave before will do.
   */
  row(
    sql: string,
    parameters: readonly EngineParameter[],
    signal: StopSignal,
    isLasting?: boolean,
  ): Promise<EngineStream>;
  /** Runs to the end; the number of rows changed (0 for DDL). */
  run(sql: string, parameters: readonly EngineParameter[], signal: AbortSignal): Promise<number>;
  /** Appends rows to an engine table, their values in the columns' order; for many see `appendColumns`. */
  append(
    table: { readonly schema: string; readonly name: string },
    columns: readonly LogicalType[],
    rows: Iterable<readonly EngineValue[]> | AsyncIterable<readonly EngineValue[]>,
  ): Promise<number>;
  /** The same by columns. A batch is done with when the next is asked for; its memory may have been written over. */
  appendColumns(
    table: { readonly schema: string; readonly name: string },
    columns: readonly LogicalType[],
    batches: Iterable<AppendBatch> | AsyncIterable<AppendBatch>,
  ): Promise<number>;
  /** Stops what runs now; harmless when nothing does. The interrupted call rejects with 57014. */
  interrupt(): void;
  /** Closes an open stream and gives the connection back. */
  release(): void;
}

/** What binding told, before execution. */
export interface EngineStatement {
  readonly columns: readonly EngineColumn[];
  /** undefined where the engine cannot infer it. */
  readonly parameterTypes: readonly (LogicalType | undefined)[];
  readonly isSelect: boolean;
  close(): void;
}

export interface EngineStream {
  readonly columns: readonly EngineColumn[];
  /** undefined at the true end. A stream cut short (error, interrupt, closed) rejects with a PgError: never a silent end. */
  next(): Promise<Batch | undefined>;
  close(): void;
}
