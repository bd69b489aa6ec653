/** Totals by statement, as the extension pg_stat_statements keeps them: https://www.postgresql.org/docs/15/pgstatstatements.html */
import type { LiveRelation } from "../catalog/relation.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { type NormalForm, normalForm } from "../query/normal-form.ts";

interface Entry extends NormalForm {
  readonly roleOid: number;
  calls: number;
  totalMs: number;
  minMs: number;
  maxMs: number;
  /** Of Welford's method: the sum of squared distances from the mean. */
  squares: number;
  rows: number;
}

/** pg_stat_statements.max, and how many of them go when there are more. */
const entriesMax = 5000;
const entriesDropped = 250;

export class StatementStatistics {
  readonly #entries = new Map<string, Entry>();
  /** By role and the client's text: what is sent again and again is found without being parsed. */
  readonly #known = new Map<number, Map<string, Entry>>();
  #knownCount = 0;
  #dropped = 0;
  #resetAt = new Date();

  /** A statement that has succeeded. */
  add(roleOid: number, sql: string, milliseconds: number, rows: number): void {
    const entry = this.#entry(roleOid, sql);
    const before = entry.calls === 0 ? 0 : entry.totalMs / entry.calls;
    entry.calls++;
    entry.totalMs += milliseconds;
    entry.rows += rows;
    entry.squares += (milliseconds - before) * (milliseconds - entry.totalMs / entry.calls);
    if (entry.calls === 1 || milliseconds < entry.minMs) entry.minMs = milliseconds;
    if (milliseconds > entry.maxMs) entry.maxMs = milliseconds;
  }

  /** 0: of all roles, all statements. Gives how many entries are left. */
  reset(roleOid: number, id: bigint): number {
    for (const [key, entry] of this.#entries) {
      const isOf = (roleOid === 0 || entry.roleOid === roleOid) && (id === 0n || entry.id === id);
      if (isOf) this.#entries.delete(key);
    }
    this.#forget();
    if (roleOid === 0 && id === 0n) {
      this.#resetAt = new Date();
      this.#dropped = 0;
    }
    return this.#entries.size;
  }

  relations(databaseOid: number): readonly LiveRelation[] {
    return [
      {
        oid: 89_901,
        schema: "lakehouse",
        name: "pg_stat_statements",
        comment:
          "Calls, time and rows by statement, as PostgreSQL's extension counts them. Planning and blocks are not counted.",
        columns: [...columns],
        rows: async (asker) =>
          [...this.#entries.values()].map((entry) => {
            const isVisible = asker.isSuperuser || asker.roleOid === entry.roleOid;
            const row = rowOf(entry, databaseOid, isVisible);
            return columns.map(({ name }) => row[name] ?? null);
          }),
      },
      {
        oid: 89_902,
        schema: "lakehouse",
        name: "pg_stat_statements_info",
        comment: "How many entries of pg_stat_statements were given up, and when it was reset.",
        columns: [
          { name: "dealloc", typeOid: 20 },
          { name: "stats_reset", typeOid: 1184 },
        ],
        rows: async () => [[BigInt(this.#dropped), BigInt(this.#resetAt.getTime()) * 1000n]],
      },
    ];
  }

  #entry(roleOid: number, sql: string): Entry {
    const known = this.#known.get(roleOid)?.get(sql);
    if (known) return known;
    const form = normalForm(sql);
    const key = `${roleOid} ${form.id}`;
    const entry = this.#entries.get(key) ?? {
      ...form,
      roleOid,
      calls: 0,
      totalMs: 0,
      minMs: 0,
      maxMs: 0,
      squares: 0,
      rows: 0,
    };
    if (!this.#entries.has(key)) this.#keep(key, entry);
    if (sql.length <= textLengthMax) this.#know(roleOid, sql, entry);
    return entry;
  }

  #know(roleOid: number, sql: string, entry: Entry): void {
    if (this.#knownCount >= entriesMax) this.#forget();
    const texts = this.#known.get(roleOid) ?? new Map<string, Entry>();
    this.#known.set(roleOid, texts.set(sql, entry));
    this.#knownCount++;
  }

  #forget(): void {
    this.#known.clear();
    this.#knownCount = 0;
  }

  #keep(key: string, entry: Entry): void {
    if (this.#entries.size >= entriesMax) {
      const rarest = [...this.#entries].sort(([, one], [, other]) => one.calls - other.calls);
      for (const [old] of rarest.slice(0, entriesDropped)) this.#entries.delete(old);
      this.#forget();
      this.#dropped++;
    }
    this.#entries.set(key, entry);
  }
}

const textLengthMax = 4096;

function rowOf(
  { id, text, roleOid, calls, totalMs, minMs, maxMs, squares, rows }: Entry,
  databaseOid: number,
  isVisible: boolean,
): Readonly<Record<string, EngineValue>> {
  return {
    ...nothingCounted,
    userid: roleOid,
    dbid: databaseOid,
    toplevel: true,
    queryid: isVisible ? id : null,
    query: isVisible ? text : "<insufficient privilege>",
    calls: BigInt(calls),
    total_exec_time: totalMs,
    min_exec_time: minMs,
    max_exec_time: maxMs,
    mean_exec_time: totalMs / calls,
    stddev_exec_time: Math.sqrt(squares / calls),
    rows: BigInt(rows),
  };
}

const [oid, bool, int8, text, float8, numeric] = [26, 16, 20, 25, 701, 1700];

/** In the order of version 1.10. */
const columns: readonly { readonly name: string; readonly typeOid: number }[] = [
  { name: "userid", typeOid: oid },
  { name: "dbid", typeOid: oid },
  { name: "toplevel", typeOid: bool },
  { name: "queryid", typeOid: int8 },
  { name: "query", typeOid: text },
  ...counted("plans", "plan"),
  ...counted("calls", "exec"),
  ...["rows", ...blocks()].map((name) => ({ name, typeOid: int8 })),
  ...["blk_read_time", "blk_write_time", "temp_blk_read_time", "temp_blk_write_time"].map(
    (name) => ({ name, typeOid: float8 }),
  ),
  { name: "wal_records", typeOid: int8 },
  { name: "wal_fpi", typeOid: int8 },
  { name: "wal_bytes", typeOid: numeric },
  { name: "jit_functions", typeOid: int8 },
  { name: "jit_generation_time", typeOid: float8 },
  ...["inlining", "optimization", "emission"].flatMap((step) => [
    { name: `jit_${step}_count`, typeOid: int8 },
    { name: `jit_${step}_time`, typeOid: float8 },
  ]),
];

function counted(
  count: string,
  what: string,
): { readonly name: string; readonly typeOid: number }[] {
  return [
    { name: count, typeOid: int8 },
    ...["total", "min", "max", "mean", "stddev"].map((name) => ({
      name: `${name}_${what}_time`,
      typeOid: float8,
    })),
  ];
}

function blocks(): string[] {
  const verbs = ["hit", "read", "dirtied", "written"];
  return [
    ...["shared", "local"].flatMap((kind) => verbs.map((verb) => `${kind}_blks_${verb}`)),
    "temp_blks_read",
    "temp_blks_written",
  ];
}

/** As PostgreSQL shows what it has been told not to count. */
const nothingCounted: Readonly<Record<string, EngineValue>> = Object.fromEntries(
  columns.map(({ name, typeOid }) => [name, typeOid === float8 ? 0 : typeOid === int8 ? 0n : null]),
);
