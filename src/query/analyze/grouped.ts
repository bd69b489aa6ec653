/** In a grouped query a column stands in an aggregate or is grouped by: 42803. PostgreSQL's parse_agg.c. */
import type { Scope } from "./scope.ts";
import type { Expression, SelectBody, SortKey } from "./tree.ts";
import { partsOf, same } from "./walk.ts";
import { walkQuery } from "./walk-query.ts";

export function checkGrouped(body: SelectBody, sort: readonly SortKey[], scope: Scope): void {
  const groups = body.groups?.expressions ?? [];
  for (const target of body.targets) check(target.expression, groups, scope);
  if (body.having !== undefined) check(body.having, groups, scope);
  for (const key of sort) check(key.expression, groups, scope);
}

function check(expression: Expression, groups: readonly Expression[], scope: Scope): void {
  if (groups.some((group) => same(group, expression))) return;
  switch (expression.kind) {
    case "aggregate":
      for (const direct of expression.within === undefined ? [] : expression.arguments)
        check(direct, groups, scope);
      return;
    case "engine function":
      if (expression.aggregate !== undefined && expression.over === undefined) return;
      break;
    case "column":
      if (expression.entry.depth === scope.depth)
        throw ungrouped(expression.entry.name, expression.column.name, expression, scope);
      return;
    case "whole row":
      for (const column of expression.entry.columns)
        if (!groups.some((group) => group.kind === "column" && group.column === column))
          if (expression.entry.depth === scope.depth)
            throw ungrouped(expression.entry.name, column.name, expression, scope);
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

function checkGrouping(
  values: readonly Expression[],
  groups: readonly Expression[],
  scope: Scope,
): void {
  for (const value of values)
    if (!groups.some((group) => same(group, value)))
      throw scope.analysis.error(
        "42803",
        "arguments to GROUPING must be grouping expressions of the associated query level",
        value.location,
      );
}

/** A correlated subquery sees the groups, not the rows. */
function checkSubquery(
  subquery: Extract<Expression, { kind: "subquery" }>,
  groups: readonly Expression[],
  scope: Scope,
): void {
  walkQuery(subquery.query, (part) => {
    if (groups.some((group) => same(group, part))) return false;
    if (part.kind === "column" && part.entry.depth === scope.depth)
      throw scope.analysis.error(
        "42803",
        `subquery uses ungrouped column "${part.entry.name}.${part.column.name}" from outer query`,
        part.location,
      );
    return true;
  });
}
