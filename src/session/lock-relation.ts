/** pg_locks: advisory locks, held and waited for. Readers and writers of datasets do not wait for each other. */
import { must } from "../base/assert.ts";
import { builtins } from "../catalog/builtins.ts";
import type { LiveRelation } from "../catalog/relation.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { AdvisoryLocks, HeldLock } from "./advisory-locks.ts";

/** https://www.postgresql.org/docs/15/view-pg-locks.html */
export function lockRelation(locks: AdvisoryLocks, databaseOid: number): LiveRelation {
  const { oid, columns } = must(
    builtins().relations.get("pg_catalog.pg_locks"),
    "PostgreSQL has pg_locks",
  );
  return {
    oid,
    schema: "pg_catalog",
    name: "pg_locks",
    comment: "Advisory locks: readers and writers of datasets do not wait for each other.",
    columns: columns.map(({ name, typeOid }) => ({ name, typeOid })),
    async rows() {
      return [...locks.list()].map((lock) => {
        const row = rowOf(lock, databaseOid);
        return columns.map(({ name }) => row[name] ?? null);
      });
    },
  };
}

function rowOf(
  { pid, key, mode, isGranted }: HeldLock,
  databaseOid: number,
): Readonly<Record<string, EngineValue>> {
  const [first = "", second] = key.split(" ");
  const whole = BigInt.asUintN(64, BigInt(first));
  const half = (text: string) => Number(BigInt.asUintN(32, BigInt(text)));
  return {
    locktype: "advisory",
    database: databaseOid,
    classid: second === undefined ? Number(whole >> 32n) : half(first),
    objid: second === undefined ? Number(whole & 0xffff_ffffn) : half(second),
    objsubid: second === undefined ? 1 : 2,
    virtualtransaction: `${pid}/0`,
    pid,
    mode: mode === "exclusive" ? "ExclusiveLock" : "ShareLock",
    granted: isGranted,
    fastpath: false,
  };
}
