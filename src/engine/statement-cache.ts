/** Prepared statements of one connection by text, the least recently used given up first. */
import type { DuckDBPreparedStatement } from "@duckdb/node-api";

/** Longer texts (bulk INSERTs, mostly) are used once and would push everything else out. */
export const cachedTextMax = 64 << 10;
const textBytesMax = 2 << 20;
/**
 * A bound statement over a dataset of many files weighs some 50 KiB, and every pooled connection has such a cache: with
 * 256 here and 64 idle connections a server of 40 clients grew by 226 MB a minute.
 */
const statementsMax = 24;

export class StatementCache {
  readonly #statements = new Map<string, DuckDBPreparedStatement>();
  #textBytes = 0;

  get(sql: string): DuckDBPreparedStatement | undefined {
    const statement = this.#statements.get(sql);
    if (!statement) return undefined;
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** False: the text is too long to keep, and its statement is the caller's to destroy. */
  keep(sql: string, statement: DuckDBPreparedStatement): boolean {
    if (sql.length > cachedTextMax) return false;
    this.#statements.set(sql, statement);
    this.#textBytes += sql.length;
    for (const oldest of this.#statements.keys()) {
      if (this.#statements.size <= statementsMax && this.#textBytes <= textBytesMax) break;
      this.drop(oldest);
    }
    return true;
  }

  drop(sql: string): void {
    const statement = this.#statements.get(sql);
    if (!statement) return;
    this.#statements.delete(sql);
    this.#textBytes -= sql.length;
    statement.destroySync();
  }

  clear(): void {
    for (const sql of [...this.#statements.keys()]) this.drop(sql);
  }
}
