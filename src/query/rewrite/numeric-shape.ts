/** How many digits behind the point PostgreSQL shows of a numeric expression, where that is known before it runs. */
import { fold } from "../analyze/fold.ts";
import { oid } from "../analyze/oids.ts";
import type { ColumnUse, Expression, Query } from "../analyze/tree.ts";
import { baseType, numericShape } from "../analyze/types.ts";

/**
 * A number: always so many, and the engine's DECIMAL has them. "by value": each value has its own, and its text is computed
 * beside it (numeric-text.ts). "unknown": as the engine has it, zeros at the end left out.
 */
export type Shape = number | "by value" | "unknown";

const wholes: ReadonlySet<number> = new Set([oid.int2, oid.int4, oid.int8]);

const spread: ReadonlySet<string> = new Set([
  "stddev",
  "stddev_samp",
  "stddev_pop",
  "variance",
  "var_samp",
  "var_pop",
]);
export const isDeviation = (name: string) => spread.has(name);

/** Of numerics: what is transcendental, or divides. */
const ownDigits: ReadonlySet<string> = new Set(
  "exp ln log log10 power pow dpow sqrt div gcd lcm trim_scale".split(" "),
);

export function shapeOf(expression: Expression): Shape {
  if (baseType(expression.type) !== oid.numeric)
    return wholes.has(baseType(expression.type)) ? 0 : "unknown";
  if (expression.typmod >= 4) return numericShape(expression.typmod)?.scale ?? "unknown";
  switch (expression.kind) {
    case "constant":
      return constantShape(expression.text);
    case "column":
      return columnShape(expression);
    case "cast":
      return castShape(expression);
    case "operator":
      return operatorShape(expression);
    case "function":
      return functionShape(expression);
    case "aggregate":
    case "window":
      return aggregateShape(expression);
    case "case":
      return unified([
        ...expression.branches.map(({ result }) => result),
        ...(expression.otherwise === undefined ? [] : [expression.otherwise]),
      ]);
    case "coalesce":
    case "extremum":
      return unified(expression.arguments);
    case "nullif":
      return shapeOf(expression.value);
    case "subquery":
      return expression.form === "scalar" ? outputShape(expression.query, 0) : "unknown";
    default:
      return "unknown";
  }
}

function constantShape(text: string | null): Shape {
  if (text === null) return "unknown";
  // NaN, infinities, and what no DECIMAL can hold.
  if (!/^-?\d+(?:\.\d*)?$/.test(text) || text.replace(/\D/g, "").length > 38) return "by value";
  return text.split(".")[1]?.length ?? 0;
}

/** A column of a subquery or a common table is what stands in that one's list. */
function columnShape({ entry, column }: ColumnUse): Shape {
  const found = derived({ entry, column });
  return found === undefined ? "unknown" : outputShape(found.query, found.index);
}

export function derived({
  entry,
  column,
}: Pick<ColumnUse, "entry" | "column">): { query: Query; index: number } | undefined {
  const { source } = entry;
  const query =
    source.kind === "query" || source.kind === "view"
      ? source.query
      : source.kind === "common table" && !source.table().isRecursive
        ? source.table().query
        : undefined;
  const index = entry.columns.indexOf(column);
  return query === undefined || index < 0 ? undefined : { query, index };
}

/** Of a query's column, counted from 0. */
export function outputShape({ body }: Query, index: number): Shape {
  if (body.kind === "values") return unified(body.rows.flatMap((row) => row[index] ?? []));
  if (body.kind === "set") {
    const [left, right] = [
      outputShape(body.left.query, index),
      outputShape(body.right.query, index),
    ];
    if (left === right && typeof left === "number") return left;
    return left === "unknown" || right === "unknown" || body.operation !== "UNION"
      ? "unknown"
      : "by value";
  }
  const target = body.targets.filter(({ isJunk }) => !isJunk)[index];
  if (target === undefined) return "unknown";
  const shape = shapeOf(target.expression);
  return shape === "by value" && body.distinct !== undefined ? "unknown" : shape;
}

function castShape({ argument, method }: Extract<Expression, { kind: "cast" }>): Shape {
  const from = baseType(argument.type);
  if (from === oid.numeric) return method === "length" ? "unknown" : shapeOf(argument);
  if (wholes.has(from)) return 0;
  return from === oid.float8 || from === oid.float4 ? "by value" : "unknown";
}

/** Beyond this a product is a floating one to the engine. */
const productScaleMax = 20;

function operatorShape({
  operator,
  left,
  right,
}: Extract<Expression, { kind: "operator" }>): Shape {
  if (left === undefined) return shapeOf(right);
  const [a, b] = [shapeOf(left), shapeOf(right)];
  switch (operator.oprname) {
    case "/":
    case "^":
      return "by value";
    case "*": {
      if (typeof a !== "number" || typeof b !== "number") return joined(a, b);
      const isConstant = fold(left)?.kind === "constant" && fold(right)?.kind === "constant";
      return isConstant || a + b > productScaleMax ? "by value" : a + b;
    }
    case "+":
    case "-":
    case "%":
      return typeof a === "number" && typeof b === "number" ? Math.max(a, b) : joined(a, b);
    default:
      return "unknown";
  }
}

/** What nobody knows cannot be computed exactly either. */
function joined(a: Shape, b: Shape): Shape {
  return a === "unknown" || b === "unknown" ? "unknown" : "by value";
}

function functionShape({
  proc,
  arguments: given,
}: Extract<Expression, { kind: "function" }>): Shape {
  const [first, second] = given;
  if (first === undefined) return "unknown";
  switch (proc.proname) {
    case "round":
    case "trunc": {
      if (second === undefined) return shapeOf(first) === "unknown" ? "unknown" : 0;
      if (second.kind !== "constant" || second.text === null)
        return shapeOf(first) === "unknown" ? "unknown" : "by value";
      return Math.min(Math.max(Number(second.text), 0), 30);
    }
    case "abs":
      return shapeOf(first);
    case "ceil":
    case "ceiling":
    case "floor":
    case "sign":
      return shapeOf(first) === "unknown" ? "unknown" : 0;
    case "mod":
      return second === undefined ? "unknown" : operandsShape(first, second);
    case "to_number":
      return second?.kind === "constant" ? "by value" : "unknown";
    default:
      return ownDigits.has(proc.proname) ? "by value" : "unknown";
  }
}

function operandsShape(first: Expression, second: Expression): Shape {
  const [a, b] = [shapeOf(first), shapeOf(second)];
  return typeof a === "number" && typeof b === "number" ? Math.max(a, b) : joined(a, b);
}

function aggregateShape({
  proc,
  arguments: given,
}: Extract<Expression, { kind: "aggregate" | "window" }>): Shape {
  const [value] = given;
  if (value === undefined) return "unknown";
  const shape = shapeOf(value);
  if (proc.proname === "avg" || isDeviation(proc.proname))
    return shape === "by value" && !isDecimal(value) ? "unknown" : "by value";
  return /^(?:sum|min|max)$/.test(proc.proname) && typeof shape === "number" ? shape : "unknown";
}

function unified(parts: readonly Expression[]): Shape {
  const known = parts.filter((part) => !(part.kind === "constant" && part.text === null));
  const shapes = known.map(shapeOf);
  if (shapes.length === 0 || shapes.includes("unknown")) return "unknown";
  const [first = "unknown"] = shapes;
  return shapes.every((shape) => shape === first) ? first : "by value";
}

/** Whether the engine's own value has all its digits, though each shows as many as it likes. */
function isDecimal(expression: Expression): boolean {
  switch (expression.kind) {
    case "constant":
      return expression.text === null || typeof shapeOf(expression) === "number";
    case "case":
      return [
        ...expression.branches.map(({ result }) => result),
        ...(expression.otherwise === undefined ? [] : [expression.otherwise]),
      ].every(isDecimal);
    case "coalesce":
    case "extremum":
      return expression.arguments.every(isDecimal);
    case "cast":
      return typeof shapeOf(expression) === "number" || isDecimal(expression.argument);
    case "column": {
      const found = derived(expression);
      return found !== undefined && isDecimalOutput(found.query, found.index);
    }
    default:
      return typeof shapeOf(expression) === "number";
  }
}

function isDecimalOutput({ body }: Query, index: number): boolean {
  switch (body.kind) {
    case "values":
      return body.rows.every((row) => row[index] !== undefined && isDecimal(row[index]));
    case "set":
      return [body.left, body.right].every(({ query }) => isDecimalOutput(query, index));
    default: {
      const target = body.targets.filter(({ isJunk }) => !isJunk)[index];
      return target !== undefined && isDecimal(target.expression);
    }
  }
}
