/** What this server has done since it started, or since pg_stat_reset(): by table, and in all. Kept in memory. */
import { must } from "../base/assert.ts";
import type { PgError } from "../base/error.ts";
import { builtins } from "../catalog/builtins.ts";
import type { LiveRelation } from "../catalog/relation.ts";
import { StatementStatistics } from "./statement-statistics.ts";

/** Of pg_stat_all_tables. Times are microseconds since 1970. */
const tableCounters = [
  "seq_scan",
  "n_tup_ins",
  "n_tup_upd",
  "n_tup_del",
  "vacuum_count",
  "analyze_count",
  "last_vacuum",
] as const;
type TableCounter = (typeof tableCounters)[number];

/** Of pg_stat_database. */
const totals = [
  "xact_commit",
  "xact_rollback",
  "tup_returned",
  "tup_inserted",
  "tup_updated",
  "tup_deleted",
  "deadlocks",
  "session_time",
  "active_time",
  "idle_in_transaction_time",
  "sessions",
  "sessions_abandoned",
  "sessions_fatal",
  "sessions_killed",
] as const;
type Total = (typeof totals)[number];

const totalOf: Readonly<Partial<Record<TableCounter, Total>>> = {
  n_tup_ins: "tup_inserted",
  n_tup_upd: "tup_updated",
  n_tup_del: "tup_deleted",
};

/** Those of tables that nobody has touched for longest go first. */
const tablesMax = 10_000;

export class ServerStatistics {
  readonly statements = new StatementStatistics();
  readonly #tables = new Map<number, Map<TableCounter, number>>();
  readonly #totals = new Map<Total, number>();
  #resetAt: Date | undefined;

  count(total: Total, amount = 1): void {
    this.#totals.set(total, (this.#totals.get(total) ?? 0) + amount);
  }

  /** A statement, or a session, has ended by this. */
  failed({ sqlstate, severity }: PgError): void {
    if (sqlstate === "40P01") this.count("deadlocks");
    if (severity !== "ERROR")
      this.count(sqlstate === "57P01" ? "sessions_killed" : "sessions_fatal");
  }

  ended(sessionStart: Date): void {
    this.count("session_time", Date.now() - sessionStart.getTime());
  }

  countTable(oid: number, counter: TableCounter, amount = 1): void {
    const counters = this.#counters(oid);
    counters.set(counter, (counters.get(counter) ?? 0) + amount);
    const total = totalOf[counter];
    if (total !== undefined) this.count(total, amount);
  }

  vacuumed(oid: number): void {
    this.countTable(oid, "vacuum_count");
    this.#counters(oid).set("last_vacuum", Date.now() * 1000);
  }

  /** Null: of a name that is not counted, and of a moment that never was. */
  table(oid: number, counter: string): number | null {
    const name = tableCounters.find((each) => each === counter);
    if (name === undefined) return null;
    return this.#tables.get(oid)?.get(name) ?? (name === "last_vacuum" ? null : 0);
  }

  reset(): void {
    this.#tables.clear();
    this.#totals.clear();
    this.#resetAt = new Date();
  }

  relation(sessions: () => number, databaseOid: number, databaseName: string): LiveRelation {
    const { oid, columns } = must(
      builtins().relations.get("pg_catalog.pg_stat_database"),
      "PostgreSQL has pg_stat_database",
    );
    const isWhole = new Set(
      columns.filter(({ typeOid }) => typeOid === 20).map(({ name }) => name),
    );
    return {
      oid,
      schema: "pg_catalog",
      name: "pg_stat_database",
      comment: "Transactions, rows and sessions since the server's start. Blocks are not counted.",
      columns: columns.map(({ name, typeOid }) => ({ name, typeOid })),
      rows: async () => {
        const counted = totals.map((name): [string, number | bigint] => {
          const value = this.#totals.get(name) ?? 0;
          return [name, isWhole.has(name) ? BigInt(value) : value];
        });
        const row: Readonly<Record<string, number | bigint | string | null>> = {
          datid: databaseOid,
          datname: databaseName,
          numbackends: sessions(),
          ...Object.fromEntries(counted),
          stats_reset: this.#resetAt ? BigInt(this.#resetAt.getTime()) * 1000n : null,
        };
        return [columns.map(({ name }) => row[name] ?? null)];
      },
    };
  }

  #counters(oid: number): Map<TableCounter, number> {
    const known = this.#tables.get(oid) ?? new Map<TableCounter, number>();
    this.#tables.delete(oid);
    this.#tables.set(oid, known);
    const [oldest] = this.#tables.size > tablesMax ? this.#tables.keys() : [];
    if (oldest !== undefined) this.#tables.delete(oldest);
    return known;
  }
}
