/** ALTER TABLE staged in its transaction: the relation as it will be, and its rows where they must change. */
import { unsupported } from "../base/error.ts";
import type { AlterTablePlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";

export async function alterTable(plan: AlterTablePlan, backend: Backend): Promise<Outcome> {
  const { target, after, notices } = plan;
  for (const { sqlstate, message } of notices) {
    backend.notice({ severity: "NOTICE", sqlstate, message });
  }
  if (after.columns !== target.columns) throw unsupported("changing a table's columns");
  if (after !== target) {
    backend.transaction.change({ kind: "replace table", base: target, relation: after });
  }
  return { kind: "command", tag: "ALTER TABLE" };
}
