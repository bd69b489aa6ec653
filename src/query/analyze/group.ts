/** GROUP BY with ROLLUP, CUBE and GROUPING SETS. */
import type { GroupingSet, Node, SelectStmt } from "@pgsql/types";
import { outputItem, settle } from "./order.ts";
import type { Scope } from "./scope.ts";
import { sortKey } from "./sort.ts";
import type { OpenTarget } from "./targets.ts";
import type { Expression, GroupClause, GroupItem } from "./tree.ts";
import { walk } from "./walk.ts";

export function groupBy(
  tree: SelectStmt,
  targets: OpenTarget[],
  scope: Scope,
): GroupClause | undefined {
  if (tree.groupClause === undefined) return undefined;
  const expressions: Expression[] = [];
  const one = (node: Node): readonly Expression[] => {
    // GROUP BY (a, b) is two items.
    if ("RowExpr" in node && node.RowExpr.row_format === "COERCE_IMPLICIT_CAST")
      return (node.RowExpr.args ?? []).flatMap(one);
    const target = targets[outputItem(node, "GROUP BY", targets, scope)];
    if (target === undefined) return [];
    settle(target, scope);
    refuseAggregates(target.expression, scope);
    sortKey({}, target.expression, undefined, scope);
    expressions.push(target.expression);
    return [target.expression];
  };
  const items = tree.groupClause.map((node) => groupItem(node, one));
  return { isDistinct: tree.groupDistinct ?? false, items, expressions, decided: [] };
}

function groupItem(node: Node, one: (node: Node) => readonly Expression[]): GroupItem {
  if (!("GroupingSet" in node)) return { kind: "expressions", expressions: one(node) };
  return groupingSet(node.GroupingSet, one);
}

function groupingSet(node: GroupingSet, one: (node: Node) => readonly Expression[]): GroupItem {
  const content = node.content ?? [];
  switch (node.kind) {
    case "GROUPING_SET_EMPTY":
      return { kind: "expressions", expressions: [] };
    case "GROUPING_SET_ROLLUP":
      return { kind: "rollup", sets: content.map(one) };
    case "GROUPING_SET_CUBE":
      return { kind: "cube", sets: content.map(one) };
    case "GROUPING_SET_SETS":
      return { kind: "sets", items: content.map((item) => groupItem(item, one)) };
    default:
      return { kind: "expressions", expressions: content.flatMap(one) };
  }
}

function refuseAggregates(expression: Expression, scope: Scope): void {
  walk(expression, (part) => {
    if (part.kind === "aggregate")
      throw scope.analysis.error(
        "42803",
        "aggregate functions are not allowed in GROUP BY",
        part.location,
      );
    if (part.kind === "window")
      throw scope.analysis.error(
        "42P20",
        "window functions are not allowed in GROUP BY",
        part.location,
      );
  });
}
