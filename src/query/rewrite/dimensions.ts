/** How deep an array is: its type does not say, what makes it does. Stored ones have one dimension. */
import type { Expression, Query } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";

/** 0 for what is no array. */
export function dimensionsOf(expression: Expression): number {
  if (elementType(baseType(expression.type)) === undefined) return 0;
  return Math.max(depthOf(expression), 1);
}

const deepest = (values: readonly Expression[]) =>
  Math.max(0, ...values.map((one) => dimensionsOf(one)));

function depthOf(expression: Expression): number {
  switch (expression.kind) {
    case "constant":
      return (
        /^\s*(?:(?:\[[^\]]*\])+\s*=\s*)?(\{(?:\s*\{)*)/
          .exec(expression.text ?? "")?.[1]
          ?.replace(/\s/g, "").length ?? 1
      );
    case "array":
      return 1 + deepest(expression.elements);
    case "cast":
    case "shown":
      return dimensionsOf(expression.argument);
    case "coalesce":
    case "extremum":
      return deepest(expression.arguments);
    case "case":
      return deepest([
        ...expression.branches.map(({ result }) => result),
        ...(expression.otherwise === undefined ? [] : [expression.otherwise]),
      ]);
    case "operator":
      return deepest([
        ...(expression.left === undefined ? [] : [expression.left]),
        expression.right,
      ]);
    case "function":
      return depthOfCall(expression.proc.proname, expression.arguments);
    case "aggregate":
      return expression.proc.proname === "array_agg" ? 1 + deepest(expression.arguments) : 1;
    case "subscript":
      return expression.isSlice
        ? dimensionsOf(expression.argument)
        : dimensionsOf(expression.argument) - 1;
    case "subquery":
      return depthOfQuery(expression.query, 0) + (expression.form === "array" ? 1 : 0);
    case "column": {
      const { entry, column } = expression;
      return entry.source.kind === "query"
        ? depthOfQuery(entry.source.query, entry.columns.indexOf(column))
        : 1;
    }
    default:
      return 1;
  }
}

function depthOfQuery({ body }: Query, at: number): number {
  switch (body.kind) {
    case "select": {
      const target = body.targets.filter(({ isJunk }) => !isJunk)[at];
      return target === undefined ? 0 : dimensionsOf(target.expression);
    }
    case "values":
      return Math.max(
        0,
        ...body.rows.map((row) => (row[at] === undefined ? 0 : dimensionsOf(row[at]))),
      );
    default:
      return depthOfQuery(body.left.query, at);
  }
}

function depthOfCall(name: string, values: readonly Expression[]): number {
  const [first, second] = values;
  switch (name) {
    case "array_cat":
    case "array_replace":
    case "array_remove":
    case "trim_array":
    case "array_append":
    case "array_prepend":
      return deepest(values);
    case "array_fill": {
      if (first === undefined || second === undefined) return 1;
      if (second.kind === "array") return second.elements.length;
      return second.kind === "constant" ? (second.text ?? "").split(",").length : 1;
    }
    default:
      return 1;
  }
}

/** `list_transform` as deep as the array is: `body` speaks of `item`. */
export function transformed(value: string, dimensions: number, body: string): string {
  if (body === "item") return value;
  const inner = dimensions > 1 ? transformed("item", dimensions - 1, body) : body;
  return `list_transform(${value}, lambda item: ${inner})`;
}

/** All elements one after the other. */
export function flattened(value: string, dimensions: number): string {
  return dimensions > 1 ? flattened(`flatten(${value})`, dimensions - 1) : value;
}
