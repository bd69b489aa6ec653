/** INSERT, UPDATE and DELETE inside WITH. https://www.postgresql.org/docs/15/queries-with.html#QUERIES-WITH-MODIFYING */
import type { Node } from "@pgsql/types";
import type { Analysis, Step } from "./analysis.ts";
import { deleteRows } from "./delete.ts";
import { insert } from "./insert.ts";
import type { Scope } from "./scope.ts";
import type { Modification } from "./target.ts";
import type { CommonTable, Query } from "./tree.ts";
import { update } from "./update.ts";

/** What is named in it may stand in its own text only: WITH queries before it are said again. */
export function step(tree: Node, parent: Scope, commonTables: readonly CommonTable[]): Step {
  const { analysis } = parent;
  const withTables = (query: Query): Query => ({
    ...query,
    commonTables: [...commonTables, ...query.commonTables],
  });
  const made = stepPlan(tree, parent);
  refuseSecondChange(made, analysis);
  return {
    ...made,
    source: withTables(made.source),
    returning: made.returning && withTables(made.returning),
  };
}

function stepPlan(tree: Node, parent: Scope): Step {
  const { analysis } = parent;
  if ("InsertStmt" in tree) {
    const { target, source, returning, isModification, keys, checks } = insert(
      tree.InsertStmt,
      analysis,
      parent,
    );
    const plan: Step["plan"] = isModification
      ? { kind: "modify", verb: "INSERT", target, whenTwice: "never", keys }
      : { kind: "insert", target };
    return { plan, source, returning, checks };
  }
  if ("UpdateStmt" in tree) return modifyingStep(update(tree.UpdateStmt, analysis, parent));
  if ("DeleteStmt" in tree) return modifyingStep(deleteRows(tree.DeleteStmt, analysis, parent));
  throw analysis.error("0A000", "this statement in WITH is not supported", undefined);
}

function modifyingStep(made: Modification): Step {
  const { verb, target, whenTwice, keys, source, returning, checks } = made;
  return { plan: { kind: "modify", verb, target, whenTwice, keys }, source, returning, checks };
}

/** PostgreSQL leaves open which of two changes of one row takes place: neither is done here. */
export function refuseSecondChange({ plan }: Pick<Step, "plan">, analysis: Analysis): void {
  if (plan.kind === "insert") return;
  const earlier = analysis.steps.some(
    (one) => one.plan.kind === "modify" && one.plan.target.oid === plan.target.oid,
  );
  if (earlier)
    throw analysis.error(
      "0A000",
      `two statements that change rows of "${plan.target.name}" in one WITH are not supported`,
      undefined,
      { hint: "Change them in one statement after the other." },
    );
}
