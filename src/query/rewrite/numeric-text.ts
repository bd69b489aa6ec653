/**
 * The text of a numeric whose digits each value has for itself: a quotient, a mean, a power, a CASE of 1 and 2.5. Computed
 * exactly, beside the engine's own value and only where it is looked at: in the outermost list and in casts to text.
 */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import type { ColumnUse, Expression } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import { same } from "../analyze/walk.ts";
import { columnName, ofRows, type Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { isBareResult } from "./numeric-bare.ts";
import { derived, isMoved, isReadNumeric, shapeOf } from "./numeric-shape.ts";
import { aggregateText } from "./numeric-sums.ts";

/** Undefined when the engine's own value shows what PostgreSQL shows, or nobody knows better. */
export function exactText(expression: Expression, printer: Printer): string | undefined {
  if (baseType(expression.type) !== oid.numeric || shapeOf(expression) !== "by value")
    return undefined;
  if (expression.kind === "constant") return quoteText(expression.text ?? "");
  if (!printer.groups.some((group) => same(group, expression)))
    return valueText(expression, printer);
  const text = ofRows(printer, () => valueText(expression, printer));
  // Beyond its grouping set it is NULL.
  return (
    text && `CASE WHEN ${printer.expression(expression)} IS NOT NULL THEN any_value(${text}) END`
  );
}

function valueText(expression: Expression, printer: Printer): string | undefined {
  switch (expression.kind) {
    case "column":
      return columnText(expression, printer);
    case "cast":
      return castText(expression, printer);
    case "operator":
      return operatorText(expression, printer);
    case "function":
      return functionText(expression, printer);
    case "window":
      if (isMoved(expression)) return movedText(expression, printer);
      return aggregateText(expression, printer, (one) => numericText(one, printer));
    case "aggregate":
      return ofRows(printer, () =>
        aggregateText(expression, printer, (one) => numericText(one, printer)),
      );
    case "case":
    case "coalesce":
    case "nullif":
      return chosenText(expression, printer);
    case "extremum":
      return extremumText(expression, printer);
    case "subquery":
      return subqueryText(expression, printer);
    default:
      return undefined;
  }
}

/** Any numeric's text; a whole number's too. */
export function numericText(expression: Expression, printer: Printer): string {
  const exact = exactText(expression, printer);
  if (exact !== undefined) return exact;
  const name = isBareResult(expression) ? "bare_numeric_text" : "numeric_text";
  return `pg_shim.${name}(${printer.expression(expression)})`;
}

/** How the column beside one with values is called that has their texts. */
export const textColumn = (engineName: string) => `${engineName} as text`;

/** The subquery is asked for the text too, unless it has been printed. */
function columnText(use: ColumnUse, printer: Printer): string | undefined {
  const found = derived(use);
  const name = found?.query.columns[found.index]?.engineName;
  if (found === undefined || name === undefined) return undefined;
  if (!printer.texts.ask(found.query, found.index)) return undefined;
  return columnName(use.entry, textColumn(use.column.engineName));
}

function movedText(call: Extract<Expression, { kind: "window" }>, printer: Printer): string {
  const values = call.arguments.map((one, i) =>
    i === 1 ? printer.expression(one) : numericText(one, printer),
  );
  return `${call.proc.proname}(${values.join(", ")}) OVER (${printer.window(call.over)})`;
}

function castText(
  cast: Extract<Expression, { kind: "cast" }>,
  printer: Printer,
): string | undefined {
  const { argument } = cast;
  if (isReadNumeric(cast)) return readText(argument, printer);
  const from = baseType(argument.type);
  if (from === oid.numeric) return exactText(argument, printer);
  return `shim_numeric_of_double(CAST(${printer.expression(argument)} AS DOUBLE), ${from === oid.float4 ? 6 : 15})`;
}

/** The number a text or a jsonb holds, with all its digits. */
export function readText(argument: Expression, printer: Printer): string {
  const value = printer.expression(argument);
  const base = baseType(argument.type);
  const kernel = base === oid.jsonb || base === oid.money ? base : undefined;
  const ofJson =
    kernel && printNamedKernel(kernel === oid.jsonb ? "numeric(jsonb)" : "numeric(money)", value);
  return ofJson ?? `shim_numeric_read(${value})`;
}

const infixes: Readonly<Record<string, string>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "remainder",
  "^": "power",
};
const prefixes: Readonly<Record<string, string>> = { "-": "negate", "@": "abs" };

function operatorText(
  { operator, left, right }: Extract<Expression, { kind: "operator" }>,
  printer: Printer,
): string | undefined {
  const value = numericText(right, printer);
  if (left === undefined) {
    const name = prefixes[operator.oprname];
    return name === undefined ? value : `shim_numeric_${name}(${value})`;
  }
  const name = infixes[operator.oprname];
  return name && `shim_numeric_${name}(${numericText(left, printer)}, ${value})`;
}

const functions: Readonly<Record<string, string>> = {
  exp: "exp",
  ln: "ln",
  log: "log",
  log10: "log10",
  power: "power",
  pow: "power",
  sqrt: "sqrt",
  div: "whole_quotient",
  mod: "remainder",
  gcd: "gcd",
  lcm: "lcm",
  abs: "abs",
  trim_scale: "trim",
};

function functionText(
  { proc, arguments: given }: Extract<Expression, { kind: "function" }>,
  printer: Printer,
): string | undefined {
  const [first, second] = given;
  if (first === undefined) return undefined;
  if (proc.proname === "to_number")
    return printNamedKernel("to_number(text,text)", ...given.map((one) => printer.expression(one)));
  const value = numericText(first, printer);
  if (/^(?:round|trunc)$/.test(proc.proname))
    return `shim_numeric_${proc.proname}(${value}, ${second === undefined ? "0" : printer.expression(second)})`;
  const name = functions[proc.proname];
  if (name === undefined) return undefined;
  if (second !== undefined)
    return `shim_numeric_${name}(${value}, ${numericText(second, printer)})`;
  return `shim_numeric_${name === "log" ? "log10" : name}(${value})`;
}

function chosenText(
  expression: Extract<Expression, { kind: "case" | "coalesce" | "nullif" }>,
  printer: Printer,
): string {
  const text = (one: Expression) => numericText(one, printer);
  switch (expression.kind) {
    case "case": {
      const branches = expression.branches.map(
        ({ when, result }) => `WHEN ${printer.expression(when)} THEN ${text(result)}`,
      );
      const { otherwise } = expression;
      return `CASE ${branches.join(" ")}${otherwise === undefined ? "" : ` ELSE ${text(otherwise)}`} END`;
    }
    case "coalesce":
      return `coalesce(${expression.arguments.map(text).join(", ")})`;
    case "nullif":
      return `CASE WHEN ${printer.expression(expression.comparison)} THEN NULL ELSE ${text(expression.value)} END`;
    default:
      return expression satisfies never;
  }
}

/** The first of those that are as large (or small) as the one found. */
function extremumText(
  expression: Extract<Expression, { kind: "extremum" }>,
  printer: Printer,
): string {
  const found = printer.expression(expression);
  const branches = expression.arguments.map(
    (one) => `WHEN ${printer.expression(one)} = ${found} THEN ${numericText(one, printer)}`,
  );
  return `CASE ${branches.join(" ")} END`;
}

function subqueryText(
  { query }: Extract<Expression, { kind: "subquery" }>,
  printer: Printer,
): string | undefined {
  const { body } = query;
  if (body.kind !== "select") return undefined;
  const targets = body.targets.map((target, i) =>
    i === 0 ? { ...target, expression: shown(target.expression) } : target,
  );
  const sort = query.sort.map((key) => ({ ...key, target: undefined }));
  return `(${printer.query({ ...query, sort, body: { ...body, targets } })})`;
}

/** An expression's text in its place. */
export function shown(argument: Expression): Expression {
  return { kind: "shown", argument, type: oid.text, typmod: -1, location: argument.location };
}
