/** Down through a whole query, its subqueries included. */
import type { Expression, FromItem, Query, SelectBody } from "./tree.ts";
import { partsOf } from "./walk.ts";

/** `visit` gives false to leave an expression's parts alone. */
export function walkQuery(query: Query, visit: (part: Expression) => boolean): void {
  for (const table of query.commonTables) walkQuery(table.query, visit);
  const { body } = query;
  switch (body.kind) {
    case "select":
      walkSelect(body, visit);
      break;
    case "set":
      walkQuery(body.left.query, visit);
      walkQuery(body.right.query, visit);
      break;
    case "values":
      for (const row of body.rows) for (const value of row) walkDeep(value, visit);
      break;
    default:
      body satisfies never;
  }
  for (const key of query.sort) walkDeep(key.expression, visit);
  for (const count of [query.limit, query.offset]) if (count !== undefined) walkDeep(count, visit);
}

function walkSelect(body: SelectBody, visit: (part: Expression) => boolean): void {
  for (const { expression } of body.targets) walkDeep(expression, visit);
  for (const item of body.from) walkFrom(item, visit);
  const { where, having, groups } = body;
  for (const expression of [where, having, ...(groups?.expressions ?? [])])
    if (expression !== undefined) walkDeep(expression, visit);
}

function walkFrom(item: FromItem, visit: (part: Expression) => boolean): void {
  if (item.kind === "join") {
    walkFrom(item.left, visit);
    walkFrom(item.right, visit);
    if (item.on !== undefined) walkDeep(item.on, visit);
    return;
  }
  const { source } = item.entry;
  if (source.kind === "query" || source.kind === "view") walkQuery(source.query, visit);
  if (source.kind === "functions")
    for (const { expression } of source.functions) walkDeep(expression, visit);
}

function walkDeep(expression: Expression, visit: (part: Expression) => boolean): void {
  if (!visit(expression)) return;
  if (expression.kind === "subquery") walkQuery(expression.query, visit);
  for (const part of partsOf(expression)) walkDeep(part, visit);
}
