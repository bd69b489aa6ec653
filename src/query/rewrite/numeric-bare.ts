/** What is computed from numeric columns without precision: they are stored without the zeros they were written with, so none are shown. */
import { oid } from "../analyze/oids.ts";
import type { ColumnUse, Expression, Query } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import { derived, shapeOf } from "./numeric-shape.ts";

/** The engine's decimal has more digits than PostgreSQL shows: a product of two such columns has twenty. */
export function isBareResult(expression: Expression): boolean {
  if (!isBare(expression)) return false;
  if (expression.kind !== "column") return true;
  const found = derived(expression);
  return found !== undefined && isBareOutput(found.query, found.index, isBareResult);
}

const isNumeric = ({ type, typmod }: Expression) => baseType(type) === oid.numeric && typmod < 4;

function isBare(expression: Expression): boolean {
  if (!isNumeric(expression) || shapeOf(expression) !== "unknown") return false;
  switch (expression.kind) {
    case "column":
      return isBareColumn(expression);
    case "cast":
      return isBare(expression.argument);
    case "operator":
      return isBare(expression.right) || (expression.left !== undefined && isBare(expression.left));
    case "case":
      return (
        expression.branches.some(({ result }) => isBare(result)) ||
        (expression.otherwise !== undefined && isBare(expression.otherwise))
      );
    case "coalesce":
    case "extremum":
      return expression.arguments.some(isBare);
    case "nullif":
      return isBare(expression.value);
    case "aggregate":
    case "window":
      return /^(?:sum|min|max)$/.test(expression.proc.proname) && expression.arguments.some(isBare);
    case "function":
      return expression.proc.proname === "abs" && expression.arguments.some(isBare);
    case "subquery":
      return expression.form === "scalar" && isBareOutput(expression.query, 0);
    default:
      return false;
  }
}

function isBareColumn(use: ColumnUse): boolean {
  if (use.entry.source.kind === "relation") return true;
  const found = derived(use);
  return found !== undefined && isBareOutput(found.query, found.index);
}

/** Of a query's column, counted from 0. */
export function isBareOutput({ body }: Query, index: number, is = isBare): boolean {
  if (body.kind === "values") return body.rows.some((row) => row[index] && is(row[index]));
  if (body.kind === "set")
    return [body.left, body.right].some(({ query }) => isBareOutput(query, index, is));
  const target = body.targets.filter(({ isJunk }) => !isJunk)[index];
  return target !== undefined && is(target.expression);
}
