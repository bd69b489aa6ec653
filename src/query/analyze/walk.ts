/** Down through an analyzed expression. */
import type { Expression, SortKey, WindowDefinition } from "./tree.ts";

/** The expression and all its parts, outermost first; a subquery's insides are another level and not entered. */
export function walk(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression);
  for (const part of partsOf(expression)) walk(part, visit);
}

export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "constant":
    case "parameter":
    case "column":
    case "whole row":
    case "session":
    case "item":
      return [];
    case "function":
    case "boolean":
    case "coalesce":
    case "extremum":
    case "grouping":
      return expression.arguments;
    case "engine function":
      return [
        ...expression.arguments,
        ...(expression.aggregate === undefined ? [] : optionParts(expression.aggregate)),
        ...(expression.over === undefined ? [] : windowParts(expression.over)),
      ];
    case "aggregate":
      return [
        ...expression.arguments,
        ...keys(expression.within ?? []),
        ...optionParts(expression.options),
      ];
    case "window":
      return [
        ...expression.arguments,
        ...(expression.filter === undefined ? [] : [expression.filter]),
        ...windowParts(expression.over),
      ];
    case "operator":
      return expression.left === undefined
        ? [expression.right]
        : [expression.left, expression.right];
    case "array comparison":
    case "distinct":
      return [expression.left, expression.right];
    case "row comparison":
      return expression.pairs.flat();
    case "cast":
    case "shown":
    case "null test":
    case "boolean test":
    case "field":
      return [expression.argument];
    case "case":
      return [
        ...expression.branches.flatMap(({ when, result }) => [when, result]),
        ...(expression.otherwise === undefined ? [] : [expression.otherwise]),
      ];
    case "nullif":
      return [expression.value, expression.comparison];
    case "array":
      return expression.elements;
    case "row":
      return expression.fields;
    case "xml":
      return [...expression.named, ...expression.arguments];
    case "subscript":
      return [expression.argument, expression.lower, expression.upper].filter(
        (part) => part !== undefined,
      );
    case "subquery":
      return expression.left;
    default:
      return expression satisfies never;
  }
}

function optionParts(options: {
  readonly order: readonly SortKey[];
  readonly filter: Expression | undefined;
}): readonly Expression[] {
  return [...keys(options.order), ...(options.filter === undefined ? [] : [options.filter])];
}

function windowParts(window: WindowDefinition): readonly Expression[] {
  return [...window.partition, ...keys(window.order)];
}

const keys = (order: readonly SortKey[]) => order.map((key) => key.expression);

/** Two expressions that PostgreSQL's equal() takes for one: the same but for where they stand. */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null)
    return false;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, i) => same(item, right[i]));
  // Range entries, their columns and rows of the catalog are things with an identity.
  if (!("kind" in left) || !("kind" in right)) return samePlain(left, right);
  return !("alias" in left) && samePlain(left, right);
}

function samePlain(left: object, right: object): boolean {
  if ("engineName" in left || "oprname" in left || "proname" in left) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every(
    (name) =>
      name === "location" ||
      same(Reflect.get(left, name) as unknown, Reflect.get(right, name) as unknown),
  );
}
