/** pg_locks: advisory and table locks, held and waited for, and what open transactions use. */
import { must } from "../base/assert.ts";
import { builtins } from "../catalog/builtins.ts";
import type { LiveRelation } from "../catalog/relation.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Activity } from "./activity.ts";
import { type AdvisoryLocks, type HeldLock, tableKey } from "./advisory-locks.ts";
import { shownMode } from "./lock-modes.ts";

/** https://www.postgresql.org/docs/15/view-pg-locks.html */
export function lockRelation(
  locks: AdvisoryLocks,
  activity: Activity,
  databaseOid: number,
): LiveRelation {
  const { oid, columns } = must(
    builtins().relations.get("pg_catalog.pg_locks"),
    "PostgreSQL has pg_locks",
  );
  return {
    oid,
    schema: "pg_catalog",
    name: "pg_locks",
    comment:
      "Advisory locks, LOCK TABLE's, and tables that open transactions use: readers and writers do not wait for each other.",
    columns: columns.map(({ name, typeOid }) => ({ name, typeOid })),
    async rows() {
      return [...locks.list(), ...uses(activity)].map((lock) => {
        const row = rowOf(lock, databaseOid);
        return columns.map(({ name }) => row[name] ?? null);
      });
    },
  };
}

function* uses(activity: Activity): Iterable<HeldLock> {
  for (const { pid, backend } of activity.entries()) {
    const { transaction } = backend();
    for (const oid of transaction.used) {
      const mode = transaction.use(oid);
      if (mode !== undefined) yield { pid, key: tableKey(oid), mode, isGranted: true };
    }
  }
}

function rowOf(
  { pid, key, mode, isGranted }: HeldLock,
  databaseOid: number,
): Readonly<Record<string, EngineValue>> {
  const [first = "", second] = key.split(" ");
  const holder = { virtualtransaction: `${pid}/0`, pid, granted: isGranted, fastpath: false };
  if (first === "table")
    return {
      ...holder,
      locktype: "relation",
      database: databaseOid,
      relation: Number(second),
      mode: shownMode(mode),
    };
  const whole = BigInt.asUintN(64, BigInt(first));
  const half = (text: string) => Number(BigInt.asUintN(32, BigInt(text)));
  return {
    locktype: "advisory",
    database: databaseOid,
    classid: second === undefined ? Number(whole >> 32n) : half(first),
    objid: second === undefined ? Number(whole & 0xffff_ffffn) : half(second),
    objsubid: second === undefined ? 1 : 2,
    ...holder,
    mode: shownMode(mode),
  };
}
