/**
 * LOCK TABLE, and the statements that wait for it. Nothing else here is locked: readers and writers see snapshots. Tables that
 * an open transaction has read or written count as locked by it, for those who want a lock alone.
 */
import { PgError } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Plan, PlannedStatement } from "../query/plan.ts";
import type { Activity } from "./activity.ts";
import { tableKey } from "./advisory-locks.ts";
import type { Backend } from "./backend.ts";
import { type TableLockMode, tableLockMode } from "./lock-modes.ts";
import { waitForLock } from "./lock-wait.ts";
import type { Outcome } from "./portal.ts";

export async function lockTables(
  plan: Extract<Plan, { kind: "lock table" }>,
  backend: Backend,
): Promise<Outcome> {
  if (!backend.isInBlock)
    throw new PgError("25P01", "LOCK TABLE can only be used in transaction blocks");
  const mode = tableLockMode(plan.mode);
  for (const relation of plan.targets) {
    await lockTable(relation, mode, plan.noWait, backend);
  }
  return { kind: "command", tag: "LOCK TABLE" };
}

async function lockTable(
  { oid, name }: Relation,
  mode: TableLockMode,
  noWait: boolean,
  backend: Backend,
): Promise<void> {
  const { advisoryLocks } = backend.services;
  const key = tableKey(oid);
  while (!advisoryLocks.take(backend.pid, key, mode, "transaction")) {
    if (noWait) throw new PgError("55P03", `could not obtain lock on relation "${name}"`);
    await waitForLock(backend, { key, mode });
  }
}

/** Before a statement looks at anything: what another session has locked against it is waited for. */
export async function waitForTables(
  { relations, plan }: PlannedStatement,
  backend: Backend,
): Promise<void> {
  const { advisoryLocks } = backend.services;
  for (const { oid } of relations) {
    const key = tableKey(oid);
    const mode = wantedMode(plan, oid);
    while (!advisoryLocks.isFree(backend.pid, key, mode)) {
      await waitForLock(backend, { key, mode });
    }
  }
}

function wantedMode(plan: Plan, oid: number): TableLockMode {
  switch (plan.kind) {
    case "insert":
    case "modify":
    case "copy in":
      return plan.target.oid === oid ? "RowExclusiveLock" : "AccessShareLock";
    case "with":
      return "RowExclusiveLock";
    case "truncate":
    case "drop table":
    case "alter table":
    case "rename table":
      return "AccessExclusiveLock";
    default:
      return "AccessShareLock";
  }
}

/** By what they have read and written: the sessions whose open transactions use a table. */
export function tableUsers(
  activity: Activity,
): (key: string) => readonly { readonly pid: number; readonly mode: TableLockMode }[] {
  return (key) => {
    const oid = Number(key.split(" ", 2)[1]);
    return [...activity.entries()].flatMap(({ pid, backend }) => {
      const mode = backend().transaction.use(oid);
      return mode === undefined ? [] : [{ pid, mode }];
    });
  };
}
