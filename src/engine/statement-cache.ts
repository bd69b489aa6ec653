/** Prepared statements of one connection by text, the least recently used given up first. */
import type { DuckDBMaterializedResult, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { EngineColumn } from "./engine.ts";

/** A longer text (a bulk INSERT, a scan of a thousand files) is kept when it comes a second time, and is counted apart. */
const shortTextMax = 64 << 10;
const textBytesMax = 2 << 20;
/** Of one connection. A thousand files' statement saves a quarter of its time when it is not bound anew, and weighs 2.4 MB. */
const longTextsMax = 2;
/** Of all connections of an engine; their statements weigh some 25 times as much. */
const longBytesMax = 2 << 20;

/** What the long texts of an engine's connections take together. */
export class LongTexts {
  #bytes = 0;

  take(sql: string): boolean {
    if (this.#bytes + sql.length > longBytesMax) return false;
    this.#bytes += sql.length;
    return true;
  }

  giveBack(sql: string): void {
    this.#bytes -= sql.length;
  }
}
/**
 * Results that are kept beside their statements, of all connections of an engine, the first kept given up first. One of a
 * few rows takes a vector for each of its columns: half a megabyte when there are many.
 */
const resultsMax = 48;
/** Rows times columns of a result that is kept. */
const valuesMax = 20_000;

export class LastingResults {
  readonly #kept: Kept[] = [];

  keep(kept: Kept, result: DuckDBMaterializedResult): void {
    if (result.rowCount * result.columnCount > valuesMax) return;
    kept.result = result;
    this.#kept.push(kept);
    if (this.#kept.length <= resultsMax) return;
    const first = this.#kept.shift();
    if (first !== undefined) first.result = undefined;
  }
}

/**
 * A bound statement over a dataset of many files weighs some 50 KiB, and every pooled connection has such a cache: with
 * 256 here and 64 idle connections a server of 40 clients grew by 226 MB a minute.
 */
const statementsMax = 24;

interface Kept {
  readonly statement: DuckDBPreparedStatement;
  columns: readonly EngineColumn[] | undefined;
  /** What it gave, and gives again. */
  result?: DuckDBMaterializedResult | undefined;
  /** Its last stream ended within a batch. */
  gaveFew?: boolean;
}

export class StatementCache {
  readonly #statements = new Map<string, Kept>();
  /** The one used last, which is likely to be the next: found without moving it to the end. */
  #last: { readonly sql: string; readonly kept: Kept } | undefined;
  #textBytes = 0;
  readonly #longTexts: LongTexts;
  readonly #results: LastingResults;
  /** Those kept, the least recently kept first. */
  #long: string[] = [];
  /** The last long text that was not kept. */
  #longSeen = "";

  constructor(longTexts: LongTexts, results: LastingResults) {
    this.#longTexts = longTexts;
    this.#results = results;
  }

  get(sql: string): DuckDBPreparedStatement | undefined {
    if (this.#last?.sql === sql) return this.#last.kept.statement;
    const kept = this.#statements.get(sql);
    if (!kept) return undefined;
    this.#statements.delete(sql);
    this.#statements.set(sql, kept);
    this.#last = { sql, kept };
    return kept.statement;
  }

  /** What its last result had. */
  columns(sql: string): readonly EngineColumn[] | undefined {
    return this.#kept(sql)?.columns;
  }

  /** Of a text that gives the same again; undefined when it was not kept. */
  result(sql: string): DuckDBMaterializedResult | undefined {
    const result = this.#kept(sql)?.result;
    // Used, so not the next to be given up.
    if (result !== undefined) this.get(sql);
    return result;
  }

  gaveFew(sql: string): boolean {
    return this.#kept(sql)?.gaveFew === true;
  }

  noteFew(sql: string): void {
    const kept = this.#kept(sql);
    if (kept !== undefined) kept.gaveFew = true;
  }

  keepResult(sql: string, result: DuckDBMaterializedResult): void {
    const kept = this.#kept(sql);
    if (kept !== undefined) this.#results.keep(kept, result);
  }

  rememberColumns(sql: string, columns: readonly EngineColumn[]): void {
    const kept = this.#kept(sql);
    if (kept) kept.columns = columns;
  }

  #kept(sql: string): Kept | undefined {
    return this.#last?.sql === sql ? this.#last.kept : this.#statements.get(sql);
  }

  /** False: the text is too long to keep, and its statement is the caller's to destroy. */
  keep(sql: string, statement: DuckDBPreparedStatement): boolean {
    if (sql.length > shortTextMax) return this.#keepLong(sql, statement);
    // Else the last would not be moved when it is used again, and be given up as the oldest.
    this.#last = undefined;
    this.#statements.set(sql, { statement, columns: undefined });
    this.#textBytes += sql.length;
    for (const oldest of this.#statements.keys()) {
      if (this.#statements.size <= statementsMax && this.#textBytes <= textBytesMax) break;
      this.drop(oldest);
    }
    return true;
  }

  #keepLong(sql: string, statement: DuckDBPreparedStatement): boolean {
    const isAgain = this.#longSeen === sql;
    this.#longSeen = isAgain ? "" : sql;
    if (!isAgain) return false;
    const [oldest] = this.#long;
    if (oldest !== undefined && this.#long.length >= longTextsMax) this.drop(oldest);
    if (!this.#longTexts.take(sql)) return false;
    this.#long.push(sql);
    this.#last = undefined;
    this.#statements.set(sql, { statement, columns: undefined });
    return true;
  }

  drop(sql: string): void {
    const kept = this.#statements.get(sql);
    if (!kept) return;
    this.#statements.delete(sql);
    if (sql.length > shortTextMax) {
      this.#long = this.#long.filter((text) => text !== sql);
      this.#longTexts.giveBack(sql);
    } else this.#textBytes -= sql.length;
    if (this.#last?.sql === sql) this.#last = undefined;
    kept.result = undefined;
    kept.statement.destroySync();
  }

  clear(): void {
    for (const sql of [...this.#statements.keys()]) this.drop(sql);
  }
}
