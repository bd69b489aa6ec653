/** In a grouped query a column stands in an aggregate or is grouped by: 42803. PostgreSQL's parse_agg.c. */
import { isKey } from "../../catalog/constraints.ts";
import { columnUse, type Scope } from "./scope.ts";
import type { Expression, GroupClause, RangeEntry, SelectBody, SortKey } from "./tree.ts";
import { partsOf, same } from "./walk.ts";
import { walkQuery } from "./walk-query.ts";

export function checkGrouped(body: SelectBody, sort: readonly SortKey[], scope: Scope): void {
  const groups = body.groups ?? noGroups;
  for (const target of body.targets) check(target.expression, groups, scope);
  if (body.having !== undefined) check(body.having, groups, scope);
  for (const key of sort) check(key.expression, groups, scope);
}

const noGroups: GroupClause = { isDistinct: false, items: [], expressions: [], decided: [] };

/** Rows of one primary key are one row: 42803 is for what may differ within a group. PostgreSQL's check_functional_grouping. */
function isDecided(
  column: Extract<Expression, { kind: "column" }>,
  { items, expressions, decided }: GroupClause,
): boolean {
  if (decided.some((one) => same(one, column))) return true;
  if (items.some((item) => item.kind !== "expressions")) return false;
  const key = primaryKey(column.entry);
  const isGrouped = (number: number) =>
    expressions.some(
      (one) => one.kind === "column" && one.entry === column.entry && one.column.number === number,
    );
  if (key === undefined || !key.every(isGrouped)) return false;
  decided.push(column);
  return true;
}

function primaryKey({ source }: RangeEntry): readonly number[] | undefined {
  if (source.kind !== "relation") return undefined;
  const key = source.relation.constraints?.find(
    (one) =>
      isKey(one) && one.kind === "primary key" && one.isEnforced && one.deferrable === undefined,
  );
  return key !== undefined && isKey(key) ? key.columns : undefined;
}

function check(expression: Expression, groups: GroupClause, scope: Scope): void {
  if (groups.expressions.some((group) => same(group, expression))) return;
  switch (expression.kind) {
    case "aggregate":
      for (const direct of expression.within === undefined ? [] : expression.arguments)
        check(direct, groups, scope);
      return;
    case "engine function":
      if (expression.aggregate !== undefined && expression.over === undefined) return;
      break;
    case "column":
      if (expression.entry.depth === scope.depth && !isDecided(expression, groups))
        throw ungrouped(expression.entry.name, expression.column.name, expression, scope);
      return;
    case "whole row":
      if (expression.entry.depth !== scope.depth) return;
      for (const column of expression.entry.columns)
        check(columnUse(expression.entry, column, expression.location), groups, scope);
      return;
    case "grouping":
      checkGrouping(expression.arguments, groups, scope);
      return;
    case "subquery":
      checkSubquery(expression, groups, scope);
      break;
    default:
  }
  for (const part of partsOf(expression)) check(part, groups, scope);
}

function ungrouped(table: string, column: string, expression: Expression, scope: Scope) {
  const name = table === "" ? column : `${table}.${column}`;
  return scope.analysis.error(
    "42803",
    `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`,
    expression.location,
  );
}

function checkGrouping(values: readonly Expression[], groups: GroupClause, scope: Scope): void {
  for (const value of values)
    if (!groups.expressions.some((group) => same(group, value)))
      throw scope.analysis.error(
        "42803",
        "arguments to GROUPING must be grouping expressions of the associated query level",
        value.location,
      );
}

/** A correlated subquery sees the groups, not the rows. */
function checkSubquery(
  subquery: Extract<Expression, { kind: "subquery" }>,
  groups: GroupClause,
  scope: Scope,
): void {
  walkQuery(subquery.query, (part) => {
    if (groups.expressions.some((group) => same(group, part))) return false;
    if (part.kind === "column" && part.entry.depth === scope.depth && !isDecided(part, groups))
      throw scope.analysis.error(
        "42803",
        `subquery uses ungrouped column "${part.entry.name}.${part.column.name}" from outer query`,
        part.location,
      );
    return true;
  });
}
