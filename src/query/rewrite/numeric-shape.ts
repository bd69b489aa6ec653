/** How many digits behind the point PostgreSQL shows of a numeric expression, where that is known before it runs. */
import { fold } from "../analyze/fold.ts";
import { oid } from "../analyze/oids.ts";
import type { ColumnUse, Expression, Query, SelectBody } from "../analyze/tree.ts";
import { baseType, category, numericShape } from "../analyze/types.ts";
import { walk } from "../analyze/walk.ts";

/**
 * A number: always so many, and the engine's DECIMAL has them. "by value": each value has its own, and its text is computed
 * beside it (numeric-text.ts). "unknown": as the engine has it, zeros at the end left out. "null": it takes the others' shape.
 */
export type Shape = number | "by value" | "unknown" | "null";

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
  if (text === null) return "null";
  // NaN, infinities, and what no DECIMAL can hold.
  if (!/^-?\d+(?:\.\d*)?$/.test(text) || text.replace(/\D/g, "").length > 38) return "by value";
  return text.split(".")[1]?.length ?? 0;
}

/** A column of a subquery or a common table is what stands in that one's list. */
function columnShape({ entry, column }: ColumnUse): Shape {
  const found = derived({ entry, column });
  const shape = found === undefined ? "unknown" : outputShape(found.query, found.index);
  return shape === "null" ? "unknown" : shape;
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

const known = new WeakMap<Query, Shape[]>();

/** Of a query's column, counted from 0. */
export function outputShape(query: Query, index: number): Shape {
  const shapes = known.get(query) ?? [];
  known.set(query, shapes);
  shapes[index] ??= bodyShape(query, index);
  return shapes[index];
}

function bodyShape({ body }: Query, index: number): Shape {
  if (body.kind === "values") return unified(body.rows.flatMap((row) => row[index] ?? []));
  if (body.kind === "set") {
    const [left, right] = [
      outputShape(body.left.query, index),
      outputShape(body.right.query, index),
    ];
    if (left === right && typeof left === "number") return left;
    if (left === "null" || right === "null") return left === "null" ? right : left;
    return left === "unknown" || right === "unknown" || body.operation !== "UNION"
      ? "unknown"
      : "by value";
  }
  const target = visible(body)[index];
  if (target === undefined) return "unknown";
  const shape = shapeOf(target.expression);
  return shape === "by value" && body.distinct !== undefined ? "unknown" : shape;
}

function castShape(cast: Extract<Expression, { kind: "cast" }>): Shape {
  const { argument, method } = cast;
  const from = baseType(argument.type);
  if (isReadNumeric(cast)) return "by value";
  if (from === oid.numeric) return method === "length" ? "unknown" : ofValue(shapeOf(argument));
  if (wholes.has(from)) return 0;
  return from === oid.float8 || from === oid.float4 ? "by value" : "unknown";
}

/** Digits that come with the rows: those of a text, or of a jsonb number. */
export function isReadNumeric(expression: Expression): boolean {
  if (expression.kind !== "cast" || expression.type !== oid.numeric) return false;
  const from = baseType(expression.argument.type);
  return (
    expression.method === "convert" &&
    (category(from) === "S" || from === oid.jsonb || from === oid.money)
  );
}

/** What has more of them is not computed with. */
const readScale = 10;

/** Beyond this a product is a floating one to the engine. */
const productScaleMax = 20;

function operatorShape({
  operator,
  left,
  right,
}: Extract<Expression, { kind: "operator" }>): Shape {
  if (left === undefined) return ofValue(shapeOf(right));
  const [a, b] = [ofValue(shapeOf(left)), ofValue(shapeOf(right))];
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

/** A NULL on its own is as the engine has it. */
function ofValue(shape: Shape): Shape {
  return shape === "null" ? "unknown" : shape;
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
      return ofValue(shapeOf(first));
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
  const [a, b] = [ofValue(shapeOf(first)), ofValue(shapeOf(second))];
  return typeof a === "number" && typeof b === "number" ? Math.max(a, b) : joined(a, b);
}

type Aggregate = Extract<Expression, { kind: "aggregate" | "window" }>;

function aggregateShape(call: Aggregate): Shape {
  const { proname } = call.proc;
  const [value] = call.arguments;
  if (value === undefined) return "unknown";
  if (isMoved(call)) return movedShape(call);
  const isMade = proname === "avg" || isDeviation(proname);
  if (!isMade && !/^(?:sum|min|max)$/.test(proname)) return "unknown";
  const shape = ofValue(shapeOf(value));
  if (typeof shape === "number") return isMade ? "by value" : shape;
  return gathering(call) === undefined ? "unknown" : "by value";
}

const moving: ReadonlySet<string> = new Set("lag lead first_value last_value nth_value".split(" "));

/** A window function that gives another row's value as it is. */
export const isMoved = (call: Aggregate) => call.kind === "window" && moving.has(call.proc.proname);

function movedShape({ arguments: [value, , other] }: Aggregate): Shape {
  return value === undefined ? "unknown" : unified(other === undefined ? [value] : [value, other]);
}

/**
 * How the exact value of sum, avg, min, max or a deviation of numerics is come by: from the engine's own decimals, or from
 * the texts of rows that are few.
 */
export function gathering(call: Aggregate): "decimals" | "texts" | undefined {
  const [value] = call.arguments;
  if (value === undefined) return undefined;
  const isPlain = call.kind === "aggregate" && !call.options.isDistinct;
  const readsFew = isReadNumeric(value) && isOfFewRows(value) && !isDeviation(call.proc.proname);
  if (scaleMax(value) !== undefined && !(isPlain && readsFew)) return "decimals";
  return isPlain && !isDeviation(call.proc.proname) && isText(value) ? "texts" : undefined;
}

const isText = (value: Expression) => shapeOf(value) === "by value" && isOfFewRows(value);

function unified(parts: readonly Expression[]): Shape {
  const shapes = parts.map(shapeOf).filter((shape) => shape !== "null");
  if (shapes.length === 0 || shapes.includes("unknown")) return "unknown";
  const [first = "unknown"] = shapes;
  return shapes.every((shape) => shape === first) ? first : "by value";
}

/** Digits behind the point that the engine's own value has, though each shows as many as it likes; undefined: it is no decimal. */
function scaleMax(expression: Expression): number | undefined {
  const shape = shapeOf(expression);
  if (typeof shape === "number") return shape;
  switch (expression.kind) {
    case "constant":
      return expression.text === null ? 0 : undefined;
    case "case":
      return greatest([
        ...expression.branches.map(({ result }) => result),
        ...(expression.otherwise === undefined ? [] : [expression.otherwise]),
      ]);
    case "coalesce":
    case "extremum":
      return greatest(expression.arguments);
    case "nullif":
      return scaleMax(expression.value);
    case "cast":
      return isReadNumeric(expression) ? readScale : scaleMax(expression.argument);
    case "operator":
      return operatorScale(expression);
    case "function":
      return expression.proc.proname === "abs" ? greatest(expression.arguments) : undefined;
    case "aggregate":
    case "window":
      return /^(?:sum|min|max)$/.test(expression.proc.proname)
        ? greatest(expression.arguments)
        : undefined;
    case "column": {
      const found = derived(expression);
      return found && outputScale(found.query, found.index);
    }
    default:
      return undefined;
  }
}

function operatorScale({
  operator: { oprname },
  left,
  right,
}: Extract<Expression, { kind: "operator" }>): number | undefined {
  if (left === undefined) return scaleMax(right);
  const [a, b] = [scaleMax(left), scaleMax(right)];
  if (a === undefined || b === undefined) return undefined;
  if (oprname === "*") return a + b > productScaleMax ? undefined : a + b;
  return /^[-+%]$/.test(oprname) ? Math.max(a, b) : undefined;
}

function greatest(parts: readonly Expression[]): number | undefined {
  const scales = parts.map(scaleMax).filter((scale) => scale !== undefined);
  return scales.length === parts.length ? Math.max(...scales) : undefined;
}

function outputScale({ body }: Query, index: number): number | undefined {
  switch (body.kind) {
    case "values":
      return greatest(body.rows.flatMap((row) => row[index] ?? []));
    case "set": {
      const [a, b] = [body.left, body.right].map(({ query }) => outputScale(query, index));
      return a === undefined || b === undefined ? undefined : Math.max(a, b);
    }
    default: {
      const target = visible(body)[index];
      return target && scaleMax(target.expression);
    }
  }
}

const visible = ({ targets }: SelectBody) => targets.filter(({ isJunk }) => !isJunk);

/** Aggregated, or made of constants: computing their texts costs little. */
export function isOfFewRows(expression: Expression): boolean {
  let hasAggregate = false;
  let hasColumn = false;
  walk(expression, (part) => {
    hasAggregate ||= part.kind === "aggregate";
    hasColumn ||= part.kind === "column" && !isOfFewGroups(part);
  });
  return hasAggregate || !hasColumn;
}

function isOfFewGroups(column: ColumnUse): boolean {
  const found = derived(column);
  return found !== undefined && hasFewRows(found.query, found.index);
}

function hasFewRows({ body }: Query, index: number): boolean {
  if (body.kind === "values") return true;
  if (body.kind === "set")
    return [body.left, body.right].every(({ query }) => hasFewRows(query, index));
  const target = visible(body)[index];
  if (body.isAggregated || body.groups !== undefined || target === undefined) return true;
  return target.expression.kind === "column" && isOfFewGroups(target.expression);
}
