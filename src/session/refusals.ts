/** Which prepared statement or portal is meant, and what it may not do any more. */
import { PgError } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Portal } from "./portal.ts";
import type { PreparedStatement } from "./prepared.ts";
import type { TransactionStatus } from "./transaction.ts";

/** In a failed block only the statements that end it may run. */
export function refuseInFailed(status: TransactionStatus, { statement }: Portal): void {
  const { kind } = statement.plan;
  if (status === "failed" && !ends.has(kind)) throw abortedBlock();
}

const ends: ReadonlySet<Plan["kind"]> = new Set<Plan["kind"]>([
  ...(["commit", "rollback", "rollback to", "prepare transaction"] as const),
]);

/** Nor may it be asked for the columns of what could not run. */
export function refuseDescribing(status: TransactionStatus, hasColumns: boolean): void {
  if (status === "failed" && hasColumns) throw abortedBlock();
}

/** What has been done is not done twice, and what has failed not at all. */
export function refuseSpent({ name, outcome, hasFailed }: Portal): void {
  const isSpent = outcome !== undefined && outcome.kind !== "rows" && outcome.kind !== "empty";
  if (hasFailed || isSpent) throw new PgError("55000", `portal "${name}" cannot be run`);
}

export function abortedBlock(): PgError {
  return new PgError(
    "25P02",
    "current transaction is aborted, commands ignored until end of transaction block",
  );
}

export function preparedNamed({ prepared }: Backend, name: string): PreparedStatement {
  const found = prepared.get(name);
  if (found) return found;
  throw new PgError(
    "26000",
    name === ""
      ? "unnamed prepared statement does not exist"
      : `prepared statement "${name}" does not exist`,
    { routine: "FetchPreparedStatement" },
  );
}

export function portalNamed({ portals }: Backend, name: string): Portal {
  const portal = portals.get(name);
  if (portal) return portal;
  throw new PgError("34000", `portal "${name}" does not exist`);
}

export function lostRaceFor({ name }: Relation): PgError {
  return new PgError("40001", "could not serialize access due to concurrent update", {
    detail: `Others have changed rows of "${name}" that this transaction stands on.`,
  });
}

export function notSerializable({ name }: Relation): PgError {
  const message = "could not serialize access due to read/write dependencies among transactions";
  return new PgError("40001", message, {
    detail: `Others have changed "${name}", which this transaction has looked at.`,
    hint: "The transaction might succeed if retried.",
  });
}

export function isLostRace(error: unknown): error is PgError {
  return error instanceof PgError && error.sqlstate === "40001";
}
