/** A typed expression as engine SQL: every one atomic or in its own parentheses. */
import { oid } from "../analyze/oids.ts";
import type { Expression, FrameBound, WindowDefinition } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import { printAggregate, printWindowFunction } from "../rewrite/aggregates.ts";
import { printArrayComparison } from "../rewrite/array-comparison.ts";
import { printCast } from "../rewrite/casts.ts";
import { labelAt, rankOf } from "../rewrite/enums.ts";
import { printFunction } from "../rewrite/functions.ts";
import { shapeOf } from "../rewrite/numeric-shape.ts";
import { printOperator } from "../rewrite/operators.ts";
import { printField, printRow } from "../rewrite/rows.ts";
import { printSubscript } from "../rewrite/subscripts.ts";
import { textOf } from "../rewrite/text.ts";
import { printXml } from "../rewrite/xml.ts";
import { engineType } from "./engine-type.ts";
import { literal } from "./literal.ts";
import { columnName, list, ofRows, type Printer } from "./printer.ts";
import { filter, order, printSort } from "./sort.ts";
import { printSubquery } from "./subquery.ts";

export function printExpression(expression: Expression, printer: Printer): string {
  const print = (part: Expression) => printer.expression(part);
  switch (expression.kind) {
    case "constant":
      return literal(expression.type, expression.typmod, expression.text);
    case "parameter": {
      const { index, type } = expression;
      const typeOid = type === oid.unknown ? printer.analysis.parameterType(index) : type;
      return printer.parameter({ kind: "client", index, typeOid });
    }
    case "session":
      return printer.parameter({ kind: "session", value: expression.value });
    case "item":
      return expression.name ?? "item";
    case "column":
      return columnName(expression.entry, expression.column.engineName);
    case "whole row":
    case "row":
      return printRow(expression, printer);
    case "field":
      return printField(expression, printer);
    case "function":
      return printFunction(expression, printer);
    case "engine function":
      return `${expression.name}(${expression.aggregate?.isDistinct ? "DISTINCT " : ""}${list(expression.arguments.map(print))}${order(expression.aggregate, printer)})${filter(expression.aggregate?.filter, printer)}${expression.over === undefined ? "" : ` OVER (${printWindow(expression.over, printer)})`}`;
    case "aggregate":
      return ofRows(printer, () => printAggregate(expression, printer));
    case "window":
      return printWindowFunction(expression, printWindow(expression.over, printer), printer);
    case "operator":
      return printOperator(expression, printer);
    case "array comparison":
      return printArrayComparison(expression, printer);
    case "cast":
      return printCast(expression, printer);
    case "shown":
      return textOf(expression.argument, printer);
    case "subscript":
      return printSubscript(expression, printer);
    case "subquery":
      return printSubquery(expression, printer);
    case "xml":
      return printXml(expression, printer);
    default:
      return printConstruct(expression, printer);
  }
}

type Construct = Extract<
  Expression,
  {
    kind:
      | "row comparison"
      | "boolean"
      | "case"
      | "coalesce"
      | "extremum"
      | "nullif"
      | "distinct"
      | "null test"
      | "boolean test"
      | "array"
      | "grouping";
  }
>;

function printConstruct(expression: Construct, printer: Printer): string {
  const print = (part: Expression) => printer.expression(part);
  switch (expression.kind) {
    case "row comparison":
      return printRowComparison(expression, printer);
    case "boolean": {
      const parts = expression.arguments.map(print);
      return expression.operation === "NOT"
        ? `(NOT ${parts[0]})`
        : `(${parts.join(` ${expression.operation} `)})`;
    }
    case "case": {
      const { branches: cases, otherwise } = expression;
      const results = cases.map(({ result }) => result);
      const printed = alternatives(otherwise ? [...results, otherwise] : results, printer);
      const branches = cases.map(({ when }, i) => `WHEN ${print(when)} THEN ${printed[i]}`);
      const last = otherwise === undefined ? "" : ` ELSE ${printed.at(-1)}`;
      return `CASE ${branches.join(" ")}${last} END`;
    }
    case "coalesce":
      return `coalesce(${list(alternatives(expression.arguments, printer))})`;
    case "extremum":
      return printExtremum(expression, printer);
    case "nullif":
      return `CASE WHEN ${print(expression.comparison)} THEN NULL ELSE ${print(expression.value)} END`;
    case "distinct":
      return printDistinct(expression, printer);
    case "null test":
      return printNullTest(expression.argument, expression.isNegated, printer);
    case "boolean test":
      return `(${print(expression.argument)} IS ${expression.isNegated ? "NOT " : ""}${expression.test === "UNKNOWN" ? "NULL" : expression.test})`;
    case "array":
      return printArray(expression, printer);
    case "grouping":
      return `CAST(grouping(${list(expression.arguments.map(print))}) AS INTEGER)`;
    default:
      return expression satisfies never;
  }
}

/** Of which one is the value: a NULL of numerics takes the digits of the others. */
function alternatives(all: readonly Expression[], printer: Printer): string[] {
  const isNull = all.map((one) => shapeOf(one) === "null");
  const isTyped = isNull.includes(false);
  return all.map((one, i) => (isNull[i] && isTyped ? "NULL" : printer.expression(one)));
}

function printExtremum(
  { function: name, type, arguments: values }: Extract<Expression, { kind: "extremum" }>,
  printer: Printer,
): string {
  const printed = alternatives(values, printer);
  // Of two that are equal the engine may take the shorter one, and of longer ones the wrong one.
  if (baseType(type) === oid.interval) return printed.reduce((a, b) => longer(name, a, b));
  if (rankOf("item", type) !== undefined && labelAt("0", type) === undefined)
    return rankedExtreme(name, printed, type);
  const places = printed.map((value) => rankOf(value, type) ?? value);
  return labelAt(`${name}(${list(places)})`, type) ?? `${name}(${list(printed)})`;
}

/** Of a type whose text is not in the order of its values. */
function rankedExtreme(
  name: "greatest" | "least",
  printed: readonly string[],
  type: number,
): string {
  const test = `${rankOf("other", type)} ${name === "greatest" ? ">" : "<"} ${rankOf("item", type)}`;
  const stored = engineType(type);
  return (
    `list_reduce(CAST([${list(printed)}] AS ${stored}[]), lambda item, other: ` +
    `CASE WHEN item IS NULL OR ${test} THEN other ELSE item END, CAST(NULL AS ${stored}))`
  );
}

function longer(name: "greatest" | "least", a: string, b: string): string {
  const test = `${b} ${name === "greatest" ? ">" : "<"} ${a}`;
  return `CASE WHEN ${a} IS NULL OR ${test} THEN ${b} ELSE ${a} END`;
}

/** An empty or all-null list has no type of its own to the engine. */
function printArray(expression: Extract<Expression, { kind: "array" }>, printer: Printer): string {
  const items = `[${list(expression.elements.map((one) => printer.expression(one)))}]`;
  if (expression.elements.some((one) => one.kind === "array" || one.kind === "subscript"))
    return items;
  return expression.elements.length === 0
    ? literal(expression.type, expression.typmod, "{}")
    : items;
}

/** Padding does not tell two of type character apart. */
function printDistinct(
  { left, right, isNegated }: Extract<Expression, { kind: "distinct" }>,
  printer: Printer,
): string {
  const [l, r] = [left, right].map((one) => {
    const value = printer.expression(one);
    return baseType(one.type) === oid.bpchar ? `rtrim(${value}, ' ')` : value;
  });
  return `(${l} IS ${isNegated ? "NOT " : ""}DISTINCT FROM ${r})`;
}

/** A row is null when all its fields are, and not null when none is. */
function printNullTest(argument: Expression, isNegated: boolean, printer: Printer): string {
  const test = isNegated ? "IS NOT NULL" : "IS NULL";
  if (argument.kind === "row")
    return argument.fields.length === 0
      ? String(!isNegated)
      : `(${argument.fields.map((one) => `${printer.expression(one)} ${test}`).join(" AND ")})`;
  if (argument.kind === "whole row")
    return `(${argument.entry.columns.map((column) => `${columnName(argument.entry, column.engineName)} ${test}`).join(" AND ")})`;
  return `(${printer.expression(argument)} ${test})`;
}

function printRowComparison(
  { comparison, pairs }: Extract<Expression, { kind: "row comparison" }>,
  printer: Printer,
): string {
  const side = (one: Expression) => {
    const value = printer.expression(one);
    return rankOf(value, one.type) ?? value;
  };
  const printed = pairs.map(([left, right]) => [side(left), side(right)] as const);
  if (comparison === "=")
    return `(${printed.map(([left, right]) => `${left} = ${right}`).join(" AND ")})`;
  if (comparison === "<>")
    return `(${printed.map(([left, right]) => `${left} <> ${right}`).join(" OR ")})`;
  const strict = comparison.slice(0, 1);
  const step = (at: number): string => {
    const [left, right] = printed[at] ?? ["", ""];
    if (at === printed.length - 1) return `(${left} ${comparison} ${right})`;
    return `(${left} ${strict} ${right} OR (${left} = ${right} AND ${step(at + 1)}))`;
  };
  return step(0);
}

export function printWindow(window: WindowDefinition, printer: Printer): string {
  const { partition, frame } = window;
  const parts = [
    partition.length === 0
      ? ""
      : `PARTITION BY ${list(partition.map((one) => printer.expression(one)))}`,
    window.order.length === 0 ? "" : `ORDER BY ${printSort(window.order, printer)}`,
    frame === undefined
      ? ""
      : `${frame.mode} BETWEEN ${printBound(frame.start, printer)} AND ${printBound(frame.end, printer)}${frame.exclude === undefined ? "" : ` EXCLUDE ${frame.exclude}`}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function printBound(bound: FrameBound, printer: Printer): string {
  return "offset" in bound ? `${printer.expression(bound.offset)} ${bound.kind}` : bound.kind;
}
