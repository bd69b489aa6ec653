/** One connection of the engine: a statement cache, at most one open stream, and a way to stop what runs. */
import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  StatementType,
} from "@duckdb/node-api";
import { assert } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { AppendBatch, EngineValue } from "../pgtypes/vector.ts";
import { appendBatches, batchesOf } from "./append.ts";
import type {
  EngineColumn,
  EngineConnection,
  EngineParameter,
  EngineStatement,
  EngineStream,
  StopSignal,
} from "./engine.ts";
import { pgError } from "./errors.ts";
import { isUnknown, logicalType } from "./logical-types.ts";
import { type Admission, Operation, type Spared } from "./operation.ts";
import { type LastingResults, type LongTexts, StatementCache } from "./statement-cache.ts";
import { atHand, columnsOf, isStill, Stream } from "./stream.ts";
import { bindParameters } from "./values.ts";

export class PooledConnection implements EngineConnection {
  readonly #raw: DuckDBConnection;
  readonly #slots: Admission | undefined;
  readonly #isSpared: Spared;
  readonly #giveBack: (connection: PooledConnection) => void;
  readonly #statements: StatementCache;
  #stream: Stream | undefined;
  #operation: Operation | undefined;
  /** Settles when a stream that was closed early no longer holds the connection. */
  #idle: Promise<void> | undefined;
  /** The last call's end, for whoever must not close the connection under it. */
  #running: Promise<unknown> | undefined;
  #calls = 0;
  readonly #called = (): void => {
    this.#calls--;
  };
  #timeZone = "UTC";
  /** An engine transaction of several statements, which the server uses for facts it publishes together. */
  #isInTransaction = false;
  /** Somebody's, from the pool's `lend` to their `release`. */
  #isLent = false;

  /** `slots` undefined: admitted past the queue. */
  constructor(
    raw: DuckDBConnection,
    slots: Admission | undefined,
    isSpared: Spared,
    giveBack: (connection: PooledConnection) => void,
    longTexts: LongTexts,
    results: LastingResults,
  ) {
    this.#statements = new StatementCache(longTexts, results);
    this.#raw = raw;
    this.#slots = slots;
    this.#isSpared = isSpared;
    this.#giveBack = giveBack;
  }

  prepare(sql: string): Promise<EngineStatement> {
    assert(!this.#stream && !this.#operation, "a prepare would end the open stream");
    return this.#track(this.#describe(sql));
  }

  async stream(
    sql: string,
    parameters: readonly EngineParameter[],
    signal: AbortSignal,
    isLasting = false,
  ): Promise<EngineStream> {
    assert(!this.#stream, "a connection has one open stream at most");
    // It gave no more than a batch before, and so it will now.
    if (isLasting && this.#statements.gaveFew(sql)) return this.row(sql, parameters, signal, true);
    const operation = this.#begin(sql, signal);
    try {
      const result = await this.#track(
        operation.run(this.#slots, () => this.#use(sql, parameters, execute)),
      );
      operation.check();
      const stream = new Stream(result, operation, this.#slots, {
        reraise: () => this.#reraise(sql, parameters),
        ended: (isComplete) => this.#streamEnded(stream, isComplete, sql),
      });
      this.#stream = stream;
      return stream;
    } catch (error) {
      this.#end(operation);
      throw error;
    }
  }

  async row(
    sql: string,
    parameters: readonly EngineParameter[],
    signal: StopSignal,
    isLasting = false,
  ): Promise<EngineStream> {
    assert(!this.#stream, "a statement would end the open stream");
    const known = isLasting && !signal.aborted ? this.#statements.result(sql) : undefined;
    if (known !== undefined) return atHand(known, this.#columnsOf(sql, known));
    const operation = this.#begin(sql, signal);
    try {
      const result = await this.#track(
        operation.run(this.#slots, () =>
          this.#use(sql, parameters, (statement) => statement.run()),
        ),
      );
      operation.check();
      if (isLasting) this.#statements.keepResult(sql, result);
      return atHand(result, this.#columnsOf(sql, result));
    } finally {
      this.#end(operation);
    }
  }

  async run(
    sql: string,
    parameters: readonly EngineParameter[],
    signal: AbortSignal,
  ): Promise<number> {
    assert(!this.#stream, "a statement would end the open stream");
    const operation = this.#begin(sql, signal);
    try {
      const changed = await this.#track(
        operation.run(
          this.#slots,
          () =>
            this.#use(sql, parameters, async (statement) => (await statement.run()).rowsChanged),
          this.#isInTransaction ? 0 : undefined,
        ),
      );
      if (sql === "BEGIN TRANSACTION") this.#isInTransaction = true;
      else if (sql === "COMMIT" || sql === "ROLLBACK") this.#isInTransaction = false;
      return changed;
    } finally {
      this.#end(operation);
    }
  }

  append(
    table: { readonly schema: string; readonly name: string },
    columns: readonly LogicalType[],
    rows: Iterable<readonly EngineValue[]> | AsyncIterable<readonly EngineValue[]>,
  ): Promise<number> {
    return this.appendColumns(table, columns, batchesOf(rows, columns.length));
  }

  appendColumns(
    table: { readonly schema: string; readonly name: string },
    columns: readonly LogicalType[],
    batches: Iterable<AppendBatch> | AsyncIterable<AppendBatch>,
  ): Promise<number> {
    assert(!this.#stream, "an append would end the open stream");
    return this.#track(this.#append(table, columns, batches));
  }

  get timeZone(): string {
    return this.#timeZone;
  }

  setTimeZone(name: string): Promise<void> {
    assert(!this.#stream, "a setting would end the open stream");
    return this.#track(this.#setTimeZone(name));
  }

  interrupt(reason?: PgError): void {
    this.#operation?.interrupt(reason);
  }

  /** A client's statement runs on it, and nobody has stopped it yet. */
  get isStoppable(): boolean {
    return this.#slots !== undefined && (this.#operation?.isStoppable ?? false);
  }

  get startedAt(): number {
    return this.#operation?.startedAt ?? 0;
  }

  get isLent(): boolean {
    return this.#isLent;
  }

  lend(): this {
    this.#isLent = true;
    return this;
  }

  /** Once: whoever gives back what is already another's would take it from them. */
  release(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#stream?.close();
    this.#operation?.interrupt();
    this.#giveBack(this);
  }

  /** Nothing of the last user is left but the time zone. */
  get isClean(): boolean {
    const isIdle = !this.#idle && !this.#operation && !this.#stream;
    return this.#calls === 0 && isIdle && !this.#isInTransaction;
  }

  /** For the pool: waits for what its last user has left behind; false when that does not end. */
  async settled(): Promise<boolean> {
    await this.#settled();
    return !this.#operation && !this.#stream && !this.#isInTransaction;
  }

  /** Ends what runs and closes. The engine must not lose a connection under a call. */
  async close(): Promise<void> {
    this.#stream?.close();
    this.#operation?.interrupt();
    await this.#settled();
    this.#statements.clear();
    this.#raw.closeSync();
  }

  async #settled(): Promise<void> {
    for (;;) {
      const [running, idle] = [this.#running, this.#idle];
      await running;
      await idle;
      if (running === this.#running && idle === this.#idle) return;
    }
  }

  async #setTimeZone(name: string): Promise<void> {
    await this.#idle;
    try {
      await this.#raw.run(`SET TimeZone = ${quoteText(name)}`);
    } catch (error) {
      const fault = pgError(error);
      if (fault.sqlstate === "53200") throw fault;
      const message = `invalid value for parameter "TimeZone": "${name}"`;
      throw new PgError("22023", message, {}, { cause: error });
    }
    // Plans hold constants that were folded under the old zone.
    this.#statements.clear();
    this.#timeZone = name;
  }

  async #describe(sql: string): Promise<EngineStatement> {
    await this.#idle;
    // Bound anew: a statement of the cache tells the columns of the day it was made.
    this.#statements.drop(sql);
    const { statement, isKept } = await this.#prepared(sql);
    try {
      return {
        columns: columnsOf(statement),
        parameterTypes: Array.from({ length: statement.parameterCount }, (_, i) =>
          isUnknown(statement.parameterTypeId(i + 1))
            ? undefined
            : logicalType(statement.parameterType(i + 1)),
        ),
        isSelect: statement.statementType === StatementType.SELECT,
        close() {},
      };
    } finally {
      if (!isKept) statement.destroySync();
    }
  }

  async #append(
    table: { readonly schema: string; readonly name: string },
    columns: readonly LogicalType[],
    batches: Iterable<AppendBatch> | AsyncIterable<AppendBatch>,
  ): Promise<number> {
    await this.#idle;
    return appendBatches(this.#raw, table, columns, batches);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#calls++;
    // Not its value: a result holds its rows.
    this.#running = work.then(this.#called, this.#called);
    return work;
  }

  #begin(sql: string, signal: StopSignal): Operation {
    assert(!this.#operation, "a connection runs one statement at a time");
    this.#operation = new Operation(this.#raw, sql, signal, this.#isSpared);
    return this.#operation;
  }

  #end(operation: Operation): void {
    operation.end();
    if (this.#operation === operation) this.#operation = undefined;
  }

  async #use<T>(
    sql: string,
    parameters: readonly EngineParameter[],
    work: (statement: DuckDBPreparedStatement) => Promise<T>,
  ): Promise<T> {
    if (this.#idle !== undefined) await this.#idle;
    const known = this.#statements.get(sql);
    const { statement, isKept } = known
      ? { statement: known, isKept: true }
      : await this.#prepared(sql);
    try {
      bindParameters(statement, parameters);
      return await work(statement);
    } catch (error) {
      // What fails keeps its hash tables and sorted runs until it is run again or destroyed.
      if (isKept) this.#statements.drop(sql);
      throw error;
    } finally {
      if (!isKept) statement.destroySync();
    }
  }

  async #prepared(sql: string): Promise<{ statement: DuckDBPreparedStatement; isKept: boolean }> {
    let statement: DuckDBPreparedStatement;
    try {
      statement = await this.#raw.prepare(sql);
    } catch (error) {
      throw pgError(error, sql);
    }
    return {
      statement,
      isKept: isRepeatable(statement) && this.#statements.keep(sql, statement),
    };
  }

  /** Asked of the engine once a statement: names and types cost as much as its row. */
  #columnsOf(sql: string, result: DuckDBResult): readonly EngineColumn[] {
    const before = this.#statements.columns(sql);
    if (before !== undefined && isStill(before, result)) return before;
    const columns = columnsOf(result);
    this.#statements.rememberColumns(sql, columns);
    return columns;
  }

  /** A stream that fails ends silently and its error cannot be asked for: running the statement again raises it. */
  async #reraise(sql: string, parameters: readonly EngineParameter[]): Promise<never> {
    const explain = "EXPLAIN ANALYZE ";
    try {
      const statement = await this.#raw.prepare(explain + sql);
      try {
        bindParameters(statement, parameters);
        await statement.run();
      } finally {
        statement.destroySync();
      }
    } catch (error) {
      const known = pgError(error, explain + sql);
      const { position } = known.details;
      if (position === undefined) throw known;
      throw new PgError(
        known.sqlstate,
        known.message,
        { ...known.details, position: Math.max(1, position - explain.length) },
        { cause: error },
      );
    }
    throw new PgError("XX000", "the engine ended a result before its last row");
  }

  #streamEnded(stream: Stream, isComplete: boolean, sql: string): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#operation = undefined;
    if (isComplete) {
      if (stream.rows <= batchRows) this.#statements.noteFew(sql);
      return;
    }
    const idle = this.#dropResult(stream.settled, sql).finally(() => {
      if (this.#idle === idle) this.#idle = undefined;
    });
    this.#idle = idle;
  }

  /** An abandoned result keeps its buffers and its transaction until the next statement: be that statement. */
  async #dropResult(settled: Promise<unknown>, sql: string): Promise<void> {
    await settled;
    const next = await this.#raw.prepare("SELECT 1").catch(() => undefined);
    next?.destroySync();
    this.#statements.drop(sql);
  }

  /** For the pool, when memory is short: plans hold what was folded into them. */
  forget(): void {
    this.#statements.clear();
  }
}

/** Of the engine's own. */
const batchRows = 2048;

/** Rows of a SELECT are streamed; anything else runs to its end, so that its error is raised where it happens. */
function execute(statement: DuckDBPreparedStatement): Promise<DuckDBResult> {
  return statement.statementType === StatementType.SELECT ? statement.stream() : statement.run();
}

/** Definitions run once; only what is likely to come again is worth a place in the cache. */
function isRepeatable(statement: DuckDBPreparedStatement): boolean {
  switch (statement.statementType) {
    case StatementType.SELECT:
    case StatementType.INSERT:
    case StatementType.UPDATE:
    case StatementType.DELETE:
      return true;
    default:
      return false;
  }
}
