/** Prepared statements of one connection by text, the least recently used given up first. */
import type { DuckDBPreparedStatement } from "@duckdb/node-api";
import type { EngineColumn } from "./engine.ts";

/** Longer texts (bulk INSERTs, mostly) are used once and would push everything else out. */
export const cachedTextMax = 64 << 10;
const textBytesMax = 2 << 20;
/**
 * A bound statement over a dataset of many files weighs some 50 KiB, and every pooled connection has such a cache: with
 * 256 here and 64 idle connections a server of 40 clients grew by 226 MB a minute.
 */
const statementsMax = 24;

interface Kept {
  readonly statement: DuckDBPreparedStatement;
  columns: readonly EngineColumn[] | undefined;
}

export class StatementCache {
  readonly #statements = new Map<string, Kept>();
  /** The one used last, which is likely to be the next: found without moving it to the end. */
  #last: { readonly sql: string; readonly kept: Kept } | undefined;
  #textBytes = 0;

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

  rememberColumns(sql: string, columns: readonly EngineColumn[]): void {
    const kept = this.#kept(sql);
    if (kept) kept.columns = columns;
  }

  #kept(sql: string): Kept | undefined {
    return this.#last?.sql === sql ? this.#last.kept : this.#statements.get(sql);
  }

  /** False: the text is too long to keep, and its statement is the caller's to destroy. */
  keep(sql: string, statement: DuckDBPreparedStatement): boolean {
    if (sql.length > cachedTextMax) return false;
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

  drop(sql: string): void {
    const kept = this.#statements.get(sql);
    if (!kept) return;
    this.#statements.delete(sql);
    this.#textBytes -= sql.length;
    if (this.#last?.sql === sql) this.#last = undefined;
    kept.statement.destroySync();
  }

  clear(): void {
    for (const sql of [...this.#statements.keys()]) this.drop(sql);
  }
}
