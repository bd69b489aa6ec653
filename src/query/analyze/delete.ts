/** DELETE: PostgreSQL's transformDeleteStmt, in its order. */
import type { DeleteStmt } from "@pgsql/types";
import type { Analysis } from "./analysis.ts";
import { currentOf } from "./current-of.ts";
import { fromClause } from "./from.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { plainSelect } from "./plain-select.ts";
import { notePredicates } from "./predicates.ts";
import { returning } from "./returning.ts";
import { touched } from "./row-security.ts";
import { newScope, type Scope } from "./scope.ts";
import { condition } from "./select.ts";
import {
  actionConstant,
  changeColumns,
  keysSetting,
  type Modification,
  noValue,
  oldValue,
  placeOf,
  returningNodes,
  type WriteTarget,
  writeTarget,
} from "./target.ts";
import type { Expression, FromItem } from "./tree.ts";
import { withClause } from "./with.ts";

const fields = ["relation", "usingClause", "whereClause", "returningClause", "withClause"];

export function deleteRows(tree: DeleteStmt, analysis: Analysis, parent?: Scope): Modification {
  refuseUnknownFields(tree, fields, "DELETE", analysis);
  const scope = newScope(analysis, parent);
  const commonTables = tree.withClause === undefined ? [] : withClause(tree.withClause, scope);
  const target = writeTarget(tree.relation, "DELETE", scope);
  const { relation, entry } = target;
  if (target.through === undefined) analysis.use(relation, "DELETE", []);
  else analysis.use(target.through.view, "DELETE", []);
  const from = targetAndFrom(target, tree.usingClause, scope);
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
  const allowed = touched(target.secured, "d", entry, where, analysis);
  for (const one of [where, allowed]) if (one !== undefined) notePredicates(one, from);
  const wanted = new Set([...(back?.row.used ?? [])].map(({ number }) => number));
  const changed = changeColumns(relation, {
    action: actionConstant("d"),
    ...placeOf(entry),
    values: relation.columns.map((column) =>
      wanted.has(column.number) ? oldValue(entry, column) : noValue(column),
    ),
    extras: back?.extras ?? [],
  });
  return {
    verb: "DELETE",
    target: relation,
    source: plainSelect({ ...changed, from, where: allowed, commonTables }),
    returning: back?.query,
    whenTwice: tree.usingClause === undefined ? "never" : "any",
    keys: keysSetting([], relation),
    checks: [],
  };
}

/** A view shows only some of its table's rows. */
export function seenThrough(
  { through }: WriteTarget,
  where: Expression | undefined,
): Expression | undefined {
  const own = through?.where;
  if (own === undefined || where === undefined) return own ?? where;
  const { type, typmod, location } = where;
  return { kind: "boolean", operation: "AND", arguments: [own, where], type, typmod, location };
}

/** FROM may not look at the target; what comes after it may. Leaves all names in the scope, the target's first. */
export function targetAndFrom(
  target: WriteTarget,
  nodes: Parameters<typeof fromClause>[0] | undefined,
  scope: Scope,
): readonly FromItem[] {
  const hidden = { ...target.item, isLateralOnly: true, lateralOk: false, isTarget: true };
  const items = fromClause(nodes ?? [], scope, [hidden]);
  scope.items = [target.item, ...scope.items.slice(1)];
  return [{ kind: "entry", entry: target.entry, isLateral: false }, ...items];
}
