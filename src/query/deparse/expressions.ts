/** Expressions, as get_rule_expr of ruleutils.c writes them. */

import { unsupported } from "../../base/error.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { AggregateCall, Cast, Expression, FunctionCall, Written } from "../analyze/tree.ts";
import { typeText, writeConstant } from "./constants.ts";
import { writeSortKeys } from "./sorting.ts";
import { writeSyntax } from "./sql-syntax.ts";
import { writeSubquery } from "./subqueries.ts";
import { writeOver } from "./windows.ts";
import { indents, type Writer } from "./writer.ts";
import { writeXmlSyntax } from "./xml-syntax.ts";

/** `showsImplicit`: casts nobody wrote are shown, for they decide which function is called. */
export function writeExpression(value: Expression, writer: Writer, showsImplicit: boolean): void {
  if (value.written !== undefined) {
    writeWritten(value.written, writer);
    return;
  }
  switch (value.kind) {
    case "constant":
      writeConstant(value, writer);
      return;
    case "column":
    case "whole row":
      writer.write(columnName(value, writer).text);
      return;
    case "function":
      writeFunction(value, writer);
      return;
    case "engine function":
      writeEngineCall(value, writer);
      return;
    case "aggregate":
      writeAggregate(value, writer);
      return;
    case "window":
      writeWindowCall(value, writer);
      return;
    case "cast":
      writeCast(value, writer, showsImplicit);
      return;
    case "case":
      writeCase(value, writer);
      return;
    case "coalesce":
      call("COALESCE", value.arguments, writer);
      return;
    case "extremum":
      call(value.function.toUpperCase(), value.arguments, writer);
      return;
    case "grouping":
      call("GROUPING", value.arguments, writer);
      return;
    case "nullif":
      call("NULLIF", comparedIn(value), writer);
      return;
    case "array":
      writeArray(value, writer);
      return;
    case "row":
      call("ROW", value.fields, writer);
      return;
    case "subquery":
      writeSubquery(value, writer);
      return;
    case "subscript":
      writeSubscript(value, writer);
      return;
    case "field":
      writeField(value, writer);
      return;
    case "xml":
      writeXmlSyntax(value, writer);
      return;
    case "operator":
    case "array comparison":
    case "row comparison":
    case "boolean":
    case "distinct":
    case "null test":
    case "boolean test":
      writeTest(value, writer);
      return;
    case "session":
    case "parameter":
    case "item":
    case "shown":
      throw unsupported(`printing a ${value.kind} again`);
    default:
      value satisfies never;
  }
}

type Of<Kind extends Expression["kind"]> = Extract<Expression, { kind: Kind }>;

function writeEngineCall(value: Of<"engine function">, writer: Writer): void {
  writer.write(`${quoteIdent(value.name)}(`);
  writer.list(value.arguments);
  writer.write(")");
  if (value.over !== undefined) writeOver(value.over, writer);
}

function writeWindowCall(value: Of<"window">, writer: Writer): void {
  writer.write(`${functionName(value.proc)}(`);
  if (value.isStar) writer.write("*");
  else writer.list(value.arguments);
  if (value.filter !== undefined) {
    writer.write(") FILTER (WHERE ");
    writer.expression(value.filter, false);
  }
  writer.write(")");
  writeOver(value.over, writer);
}

function writeArray(value: Of<"array">, writer: Writer): void {
  writer.write("ARRAY[");
  writer.list(value.elements);
  writer.write("]");
  if (value.elements.length === 0) writer.write(`::${typeText(value.type, value.typmod)}`);
}

function comparedIn({ comparison, value }: Of<"nullif">): readonly Expression[] {
  if (comparison.kind !== "operator" || comparison.left === undefined) return [value];
  return [comparison.left, comparison.right];
}

function call(name: string, values: readonly Expression[], writer: Writer): void {
  writer.write(`${name}(`);
  writer.list(values);
  writer.write(")");
}

function writeWritten(written: Written, writer: Writer): void {
  switch (written.kind) {
    case "key word":
      writer.write(written.text);
      return;
    case "call":
      writer.call(written.proc, written.arguments);
      return;
    case "merged":
      writer.write(mergedName(written));
      return;
    default:
      written satisfies never;
  }
}

export function mergedName(written: Extract<Written, { kind: "merged" }>): string {
  const { name, of } = written;
  return of === undefined ? quoteIdent(name) : `${quoteIdent(of)}.${quoteIdent(name)}`;
}

/** A column's name, and what a select list without AS would call it; a whole row has none. */
export function columnName(
  value: Extract<Expression, { kind: "column" | "whole row" }>,
  writer: Writer,
): { readonly text: string; readonly name: string | undefined } {
  const names = writer.namespaces.flatMap(({ entries }) => entries.get(value.entry) ?? [])[0];
  const entry = quoteIdent(names?.name ?? value.entry.name);
  if (value.kind === "whole row") return { text: `${entry}.*`, name: undefined };
  const at = value.entry.columns.findIndex(
    ({ engineName }) => engineName === value.column.engineName,
  );
  const name = names?.columns[at] ?? value.column.name;
  const { row } = writer.around;
  // Within a query of its own the row is named like any other.
  const isAlone = row?.isDomain === true || writer.namespaces.length === 0;
  if (value.entry === row?.entry && isAlone)
    return { text: row.isDomain ? "VALUE" : quoteIdent(name), name };
  return { text: `${entry}.${quoteIdent(name)}`, name };
}

function writeFunction(value: FunctionCall, writer: Writer): void {
  if (value.isSyntax === true && writeSyntax(value, writer)) return;
  writer.write(`${functionName(value.proc)}(`);
  const named = [...(value.named ?? [])];
  for (const [i, argument] of value.arguments.entries()) {
    if (i > 0) writer.write(", ");
    if (value.isVariadicArray && i === value.arguments.length - 1) writer.write("VARIADIC ");
    const name = named[i]?.[0];
    if (name !== undefined && i >= firstNamed(value)) writer.write(`${quoteIdent(name)} => `);
    writer.expression(argument, true);
  }
  writer.write(")");
}

/** Those before it were given by place. */
function firstNamed({ named, proc }: FunctionCall): number {
  const names = [...(named?.keys() ?? [])];
  const at = names.findIndex((name, i) => proc.proargnames?.[i] !== name);
  return Math.max(0, at);
}

function functionName({ proname, pronamespace }: FunctionCall["proc"]): string {
  return pronamespace === 11 ? quoteIdent(proname) : `information_schema.${quoteIdent(proname)}`;
}

function writeAggregate(value: AggregateCall, writer: Writer): void {
  writer.write(`${functionName(value.proc)}(${value.options.isDistinct ? "DISTINCT " : ""}`);
  if (value.within !== undefined) {
    writer.list(value.arguments);
    writer.write(") WITHIN GROUP (ORDER BY ");
    writeSortKeys(value.within, writer);
  } else {
    if (value.isStar) writer.write("*");
    else writer.list(value.arguments);
    if (value.options.order.length > 0) {
      writer.write(" ORDER BY ");
      writeSortKeys(value.options.order, writer);
    }
  }
  if (value.options.filter !== undefined) {
    writer.write(") FILTER (WHERE ");
    writer.expression(value.options.filter, false);
  }
  writer.write(")");
}

function writeCast(value: Cast, writer: Writer, showsImplicit: boolean): void {
  const argument = value.method === "length" ? bare(value.argument, value.type) : value.argument;
  if (value.context !== "explicit" && !showsImplicit) {
    writer.enclosed(argument, value, false);
    return;
  }
  if (argument.kind === "constant" && argument.type === value.type && argument.typmod === -1) {
    writeConstant(argument, writer, "never");
  } else {
    writer.open();
    writer.enclosed(argument, value, false);
    writer.close();
  }
  writer.write(`::${typeText(value.type, value.typmod)}`);
}

/** What is made to fit a length was first made to be of the type: that goes without saying. */
function bare(argument: Expression, type: number): Expression {
  return argument.kind === "cast" && argument.type === type && argument.method !== "length"
    ? { ...argument, context: "implicit" }
    : argument;
}

function writeCase(value: Extract<Expression, { kind: "case" }>, writer: Writer): void {
  writer.keyword("CASE", 0, indents.variable, 0);
  if (value.subject !== undefined) {
    writer.write(" ");
    writer.expression(value.subject, true);
  }
  for (const { when, result } of value.branches) {
    writer.keyword("WHEN ", 0, 0, 0);
    const test = value.subject !== undefined && when.kind === "operator" ? when.right : when;
    writer.expression(test, false);
    writer.write(" THEN ");
    writer.expression(result, true);
  }
  writer.keyword("ELSE ", 0, 0, 0);
  if (value.otherwise === undefined) writer.write(`NULL::${typeText(value.type, value.typmod)}`);
  else writer.expression(value.otherwise, true);
  writer.keyword("END", -indents.variable, 0, 0);
}

function writeSubscript(value: Extract<Expression, { kind: "subscript" }>, writer: Writer): void {
  const { argument } = value;
  const isPlain = ["column", "field", "subscript"].includes(argument.kind);
  if (!isPlain) writer.write("(");
  writer.expression(argument, true);
  if (!isPlain) writer.write(")");
  writer.write("[");
  if (value.isSlice) {
    if (value.lower !== undefined) writer.expression(value.lower, false);
    writer.write(":");
  }
  const index = value.upper ?? (value.isSlice ? undefined : value.lower);
  if (index !== undefined) writer.expression(index, false);
  writer.write("]");
}

function writeField(value: Extract<Expression, { kind: "field" }>, writer: Writer): void {
  const isPlain = value.argument.kind === "subscript" || value.argument.kind === "field";
  if (!isPlain) writer.write("(");
  writer.expression(value.argument, true);
  writer.write(isPlain ? "." : ").");
  writer.write(quoteIdent(value.field));
}

type Test = Extract<
  Expression,
  {
    kind:
      | "operator"
      | "array comparison"
      | "row comparison"
      | "boolean"
      | "distinct"
      | "null test"
      | "boolean test";
  }
>;

function writeTest(value: Test, writer: Writer): void {
  writer.open();
  const side = (part: Expression, showsImplicit = true) =>
    writer.enclosed(part, value, showsImplicit);
  switch (value.kind) {
    case "operator":
      if (value.left !== undefined) side(value.left);
      writer.write(`${value.left === undefined ? "" : " "}${value.operator.oprname} `);
      side(value.right);
      break;
    case "array comparison":
      side(value.left);
      writer.write(` ${value.operator.oprname} ${value.isAny ? "ANY" : "ALL"} (`);
      side(value.right);
      if (value.right.kind === "subquery" && value.right.form === "scalar")
        writer.write(`::${typeText(value.right.type, value.right.typmod)}`);
      writer.write(")");
      break;
    case "row comparison":
      writeRows(value, writer);
      break;
    case "boolean":
      if (value.operation === "NOT") writer.write("NOT ");
      for (const [i, part] of value.arguments.entries()) {
        if (i > 0) writer.write(` ${value.operation} `);
        side(part, false);
      }
      break;
    case "distinct":
      if (value.isNegated) writer.write(writer.style.isPretty ? "NOT " : "NOT (");
      side(value.left);
      writer.write(" IS DISTINCT FROM ");
      side(value.right);
      if (value.isNegated && !writer.style.isPretty) writer.write(")");
      break;
    case "null test":
      side(value.argument);
      writer.write(value.isNegated ? " IS NOT NULL" : " IS NULL");
      break;
    case "boolean test":
      side(value.argument, false);
      writer.write(` IS ${value.isNegated ? "NOT " : ""}${value.test}`);
      break;
    default:
      value satisfies never;
  }
  writer.close();
}

/** Rows that are equal or not are so column by column; only an order is of rows. */
function writeRows(value: Extract<Test, { kind: "row comparison" }>, writer: Writer): void {
  const { comparison, pairs } = value;
  if (comparison !== "=" && comparison !== "<>") {
    writer.write(writer.style.isPretty ? "(ROW(" : "ROW(");
    writer.list(pairs.map(([left]) => left));
    writer.write(`) ${comparison} ROW(`);
    writer.list(pairs.map(([, right]) => right));
    writer.write(writer.style.isPretty ? "))" : ")");
    return;
  }
  for (const [i, [left, right]] of pairs.entries()) {
    if (i > 0) writer.write(comparison === "=" ? " AND " : " OR ");
    writer.open();
    writer.expression(left, true);
    writer.write(` ${comparison} `);
    writer.expression(right, true);
    writer.close();
  }
}
