/** Values as json text, written as PostgreSQL's to_json writes them: exact numbers, ISO times, rows by field name. */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import { compositeFields, type Field, fieldsOf } from "../analyze/record.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { columnName, type Printer } from "../print/printer.ts";
import { dimensionsOf } from "./dimensions.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { numericText } from "./numeric-text.ts";
import { knownNumerics, textOfColumn } from "./text.ts";

/** A text as json or as jsonb, which has an order and blanks of its own. */
export function jsonFrom(text: string, type: number): string {
  const plain = `CAST(${text} AS JSON)`;
  return type === oid.jsonb ? (printNamedKernel("jsonb_of(text)", text) ?? plain) : plain;
}

/** As an element or a field: NULL is null. */
export function jsonItem(expression: Expression, printer: Printer): string {
  return `coalesce(${jsonText(expression, printer)}, 'null')`;
}

/** NULL stays NULL. */
export function jsonText(expression: Expression, printer: Printer): string {
  if (expression.kind === "row")
    return rowText(
      expression.fields.map((one, i) => [
        expression.names[i] ?? `f${i + 1}`,
        jsonItem(one, printer),
      ]),
    );
  if (expression.kind === "whole row") return wholeRowText(expression, printer);
  const base = baseType(expression.type);
  if (isRow(base)) return recordText(expression, printer);
  if (base === oid.numeric) return numericText(expression, printer);
  const known = knownNumerics(expression);
  if (known !== undefined) return quoteText(jsonArray(known));
  return jsonOf(printer.expression(expression), expression.type, printer, dimensionsOf(expression));
}

/** {1.50,NULL} as json. */
function jsonArray(text: string): string {
  return text.replaceAll("{", "[").replaceAll("}", "]").replaceAll("NULL", "null");
}

/** A printed value of a type as an element. */
export function jsonItemOf(value: string, type: number, printer: Printer): string {
  return `coalesce(${jsonOf(value, type, printer)}, 'null')`;
}

/** With a line for every element of the outermost array, every field of the row. */
export function lineText(expression: Expression, printer: Printer): string {
  const text = jsonText(expression, printer);
  if (expression.kind === "row") {
    const fields = expression.fields.map((one, i): readonly [string, string] => [
      expression.names[i] ?? `f${i + 1}`,
      jsonItem(one, printer),
    ]);
    return rowText(fields, ",\n ");
  }
  if (expression.kind === "whole row") return wholeRowText(expression, printer, ",\n ");
  if (isRow(baseType(expression.type))) return recordText(expression, printer, ",\n ");
  const element = elementType(baseType(expression.type));
  if (element === undefined) return text;
  const inner = dimensionsOf(expression) - 1;
  const item = `coalesce(${jsonOf("item", inner > 0 ? expression.type : element, printer, inner)}, 'null')`;
  return `('[' || array_to_string(list_transform(${printer.expression(expression)}, lambda item: ${item}), E',\\n ') || ']')`;
}

function rowText(
  fields: readonly (readonly [name: string, text: string])[],
  separator = ",",
): string {
  if (fields.length === 0) return "'{}'";
  const parts = fields.map(
    ([name, text], i) =>
      `${quoteText(`${i === 0 ? "{" : separator}${JSON.stringify(name)}:`)} || ${text}`,
  );
  return `(${parts.join(" || ")} || '}')`;
}

/** The missing side of an outer join is no row. */
function wholeRowText(
  row: Extract<Expression, { kind: "whole row" }>,
  printer: Printer,
  separator = ",",
): string {
  const columns = row.entry.columns.map((column) => {
    const { type, typmod } = column;
    const use = { kind: "column", entry: row.entry, column, type, typmod } as const;
    return {
      name: column.name,
      value: columnName(row.entry, column.engineName),
      text: jsonItem({ ...use, location: undefined }, printer),
    };
  });
  const isThere = columns.map(({ value }) => `${value} IS NOT NULL`).join(" OR ");
  const text = rowText(
    columns.map((column) => [column.name, column.text]),
    separator,
  );
  return columns.length === 0 ? text : `CASE WHEN ${isThere} THEN ${text} END`;
}

function recordText(expression: Expression, printer: Printer, separator = ","): string {
  const value = printer.expression(expression);
  const fields = fieldsOf(expression);
  if (fields === undefined) return `CAST(to_json(${value}) AS VARCHAR)`;
  return structJson(value, fields, printer, separator);
}

function structJson(
  value: string,
  fields: readonly Field[],
  printer: Printer,
  separator = ",",
): string {
  const texts = fields.map(({ name, type }): readonly [string, string] => {
    const field = `struct_extract(${value}, ${quoteText(name)})`;
    return [name, `coalesce(${jsonOf(field, type, printer)}, 'null')`];
  });
  return `CASE WHEN ${value} IS NOT NULL THEN ${rowText(texts, separator)} END`;
}

/** A printed value of a type. */
function jsonOf(value: string, type: number, printer: Printer, dimensions = 1): string {
  const base = baseType(type);
  switch (base) {
    case oid.bool:
    case oid.int2:
    case oid.int4:
    case oid.int8:
    case oid.json:
    case oid.jsonb:
      return `CAST(${value} AS VARCHAR)`;
    case oid.float4:
    case oid.float8:
    case oid.numeric:
      return textOfColumn(value, base, printer);
    case oid.bpchar:
      return `CAST(to_json(${value}) AS VARCHAR)`;
    case oid.timestamp:
      return `('"' || replace(CAST(${value} AS VARCHAR), ' ', 'T') || '"')`;
    case oid.timestamptz:
      return `('"' || regexp_replace(replace(CAST(${value} AS VARCHAR), ' ', 'T'), '([+-]\\d\\d)$', '\\1:00') || '"')`;
    case oid.engineTyped:
      return `CAST(to_json(${value}) AS VARCHAR)`;
    default:
  }
  const fields = compositeFields(base);
  if (fields !== undefined) return structJson(value, fields, printer);
  const element = elementType(base);
  if (element === undefined)
    return `CAST(to_json(${textOfColumn(value, base, printer)}) AS VARCHAR)`;
  const isDeep = dimensions > 1;
  const item = `coalesce(${jsonOf("item", isDeep ? base : element, printer, dimensions - 1)}, 'null')`;
  return `('[' || array_to_string(list_transform(${value}, lambda item: ${item}), ',') || ']')`;
}
