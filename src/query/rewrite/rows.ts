/** Rows are the engine's structs: built by name, read by name. */
import { quoteName, quoteText } from "../../base/quote.ts";
import { unique } from "../analyze/analysis.ts";
import type { Expression } from "../analyze/tree.ts";
import { columnName, list, type Printer } from "../print/printer.ts";

export function printRow(
  expression: Extract<Expression, { kind: "row" | "whole row" }>,
  printer: Printer,
): string {
  const taken = new Set<string>();
  const field = (name: string, value: string) =>
    `${quoteName(unique(name === "" ? "column" : name, taken))} := ${value}`;
  const fields =
    expression.kind === "row"
      ? expression.fields.map((one, i) =>
          field(expression.names[i] ?? `f${i + 1}`, printer.expression(one)),
        )
      : expression.entry.columns.map((column) =>
          field(column.name, columnName(expression.entry, column.engineName)),
        );
  return `struct_pack(${list(fields)})`;
}

export function printField(
  expression: Extract<Expression, { kind: "field" }>,
  printer: Printer,
): string {
  return `struct_extract(${printer.expression(expression.argument)}, ${quoteText(expression.field)})`;
}
