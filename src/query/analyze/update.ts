/** UPDATE: PostgreSQL's transformUpdateStmt, in its order. */
import type { UpdateStmt } from "@pgsql/types";
import type { Analysis } from "./analysis.ts";
import { assignments } from "./assignments.ts";
import { currentOf } from "./current-of.ts";
import { seenThrough, targetAndFrom } from "./delete.ts";
import { withGenerated } from "./generated.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { plainSelect } from "./plain-select.ts";
import { notePredicates } from "./predicates.ts";
import { returning } from "./returning.ts";
import { leftChecks, touched } from "./row-security.ts";
import { newScope, type Scope } from "./scope.ts";
import { condition } from "./select.ts";
import {
  actionConstant,
  changeColumns,
  keysSetting,
  type Modification,
  oldValue,
  placeOf,
  returningNodes,
  writeTarget,
} from "./target.ts";
import { withClause } from "./with.ts";

const fields = [
  "relation",
  "targetList",
  "whereClause",
  "fromClause",
  "returningClause",
  "withClause",
];

export function update(tree: UpdateStmt, analysis: Analysis, parent?: Scope): Modification {
  refuseUnknownFields(tree, fields, "UPDATE", analysis);
  const scope = newScope(analysis, parent);
  const commonTables = tree.withClause === undefined ? [] : withClause(tree.withClause, scope);
  const named = (tree.targetList ?? []).flatMap((one) =>
    "ResTarget" in one ? [one.ResTarget.name ?? ""] : [],
  );
  const target = writeTarget(tree.relation, "UPDATE", scope, named);
  const { relation, entry } = target;
  const from = targetAndFrom(target, tree.fromClause, scope);
  const where = seenThrough(
    target,
    currentOf(tree.whereClause, target, scope) ?? condition(tree.whereClause, "WHERE", scope),
  );
  const [item = target.item, ...others] = scope.items;
  const back = returning(
    returningNodes(tree.returningClause, analysis),
    { relation, target: item, shown: target.through?.shown, others, commonTables },
    scope,
  );
  const written = target.through?.named ?? relation;
  const { values, joined } = assignments(tree.targetList ?? [], written, scope);
  const byNumber = new Map([...values].map(([{ number }, value]) => [number, value]));
  const allowed = touched(target.secured, "w", entry, where, analysis);
  for (const one of [where, allowed]) if (one !== undefined) notePredicates(one, from);
  const changed = changeColumns(relation, {
    action: actionConstant("u"),
    ...placeOf(entry),
    values: relation.columns.map(
      (column) => byNumber.get(column.number) ?? oldValue(entry, column),
    ),
    extras: back?.extras ?? [],
  });
  return {
    verb: "UPDATE",
    target: relation,
    source: withGenerated(
      plainSelect({ ...changed, from: [...from, ...joined], where: allowed, commonTables }),
      relation,
      analysis,
    ),
    returning: back?.query,
    // A table alone has each of its rows once.
    whenTwice: tree.fromClause === undefined ? "never" : "any",
    keys: keysSetting(values.keys(), relation),
    checks: [...leftChecks(target.secured, "w", analysis), ...(target.through?.checks ?? [])],
  };
}
