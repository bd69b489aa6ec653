/** Values as PostgreSQL's output functions write them, where the engine's own text differs. */
import { quoteText } from "../../base/quote.ts";
import { fold } from "../analyze/fold.ts";
import { oid, registered } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import { compositeFields, type Field, fieldsOf } from "../analyze/record.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType, elementType, typeName } from "../analyze/types.ts";
import { literal } from "../print/literal.ts";
import { columnName, list, type Printer } from "../print/printer.ts";
import { dimensionsOf } from "./dimensions.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { numericText } from "./numeric-text.ts";
import { ownPath } from "./shim.ts";

/** x::text. */
export function textOf(expression: Expression, printer: Printer): string {
  const base = baseType(expression.type);
  if (isRow(base)) return recordText(expression, printer);
  if (base === oid.numeric) return numericText(expression, printer);
  const known = knownNumerics(expression);
  if (known !== undefined) return quoteText(known);
  const dimensions = dimensionsOf(expression);
  const rows = base === oid.recordArray ? fieldsOf(expression) : undefined;
  if (rows !== undefined) return rowsText(printer.expression(expression), rows, printer);
  const element = elementType(base);
  if (dimensions > 1 && element !== undefined)
    return nestedText(printer.expression(expression), element, dimensions, printer);
  return textOfColumn(printer.expression(expression), base, printer);
}

/** An array of numerics, each with the digits it was written with: in the engine's they all have as many. */
export function knownNumerics(expression: Expression): string | undefined {
  if (elementType(baseType(expression.type)) !== oid.numeric) return undefined;
  const value = fold(expression);
  return value?.kind === "constant" ? (value.text ?? undefined) : undefined;
}

/** {{1,2},{3,4}}: what is inside another array needs no quotes. */
function nestedText(value: string, element: number, dimensions: number, printer: Printer): string {
  if (dimensions === 1) return arrayText(value, 0, element, printer);
  const inner = nestedText("item", element, dimensions - 1, printer);
  const texts = `list_transform(${value}, lambda item: ${inner})`;
  return `CASE WHEN ${value} IS NOT NULL THEN '{' || array_to_string(${texts}, ',') || '}' END`;
}

/** The same of a printed value of a type. */
export function textOfColumn(
  value: string,
  type: number,
  printer: Printer,
  rows?: readonly Field[],
): string {
  const base = baseType(type);
  if (rows !== undefined && base === oid.record) return structText(value, rows, printer);
  if (rows !== undefined && base === oid.recordArray) return rowsText(value, rows, printer);
  switch (base) {
    case oid.text:
    case oid.varchar:
    case oid.name:
    case oid.char:
    case oid.unknown:
    case oid.void:
      return value;
    case oid.bpchar:
      // Its padding is no part of the text.
      return `rtrim(${value}, ' ')`;
    case oid.float4:
    case oid.float8:
      return `pg_shim.float_text(${value})`;
    case oid.bytea:
      return `('\\x' || lower(hex(${value})))`;
    case oid.interval:
      return `pg_shim.interval_text(${value})`;
    case oid.jsonb:
      return printNamedKernel("jsonb_text(jsonb)", value) ?? value;
    case oid.numeric:
      return `pg_shim.numeric_text(${value})`;
    case oid.record:
    case oid.recordArray:
      throw printer.analysis.error(
        "0A000",
        "rows whose fields are not known here are not supported",
        undefined,
      );
    default:
  }
  if (registered.has(base)) {
    printer.readsCatalog = true;
    return `pg_shim.${outputFunction(base)}(${ownPath(printer.analysis.context)}, ${value})`;
  }
  const fields = compositeFields(base);
  if (fields !== undefined) return structText(value, fields, printer);
  const element = elementType(base);
  if (element !== undefined) return arrayText(value, base, element, printer);
  return `CAST(${value} AS VARCHAR)`;
}

const outputs: ReadonlyMap<number, string> = new Map([
  [oid.regclass, "regclass_out"],
  [oid.regtype, "regtype_out"],
  [oid.regproc, "regproc_out"],
  [oid.regprocedure, "regprocedure_out"],
  [oid.regoper, "regoper_out"],
  [oid.regoperator, "regoperator_out"],
  [oid.regnamespace, "regnamespace_out"],
  [oid.regrole, "regrole_out"],
  [oid.regconfig, "regconfig_out"],
  [oid.regdictionary, "regdictionary_out"],
  [oid.regcollation, "regcollation_out"],
]);

function outputFunction(type: number): string {
  return outputs.get(type) ?? "regclass_out";
}

/** Inside arrays and rows, and to concat and format, the output function writes, which is not the cast of boolean (t, not true) and char(n) (padded). */
export function partText(
  value: string,
  type: number,
  printer: Printer,
  rows?: readonly Field[],
): string {
  const base = baseType(type);
  if (base === oid.bpchar) return value;
  return base === oid.bool
    ? `left(CAST(${value} AS VARCHAR), 1)`
    : textOfColumn(value, type, printer, rows);
}

/** What the output function writes. */
export function outputText(expression: Expression, printer: Printer): string {
  const base = baseType(expression.type);
  return base === oid.bool || base === oid.bpchar
    ? partText(printer.expression(expression), base, printer)
    : textOf(expression, printer);
}

/** {a,"b c",NULL}; a vector is its elements with blanks between. */
function arrayText(value: string, type: number, element: number, printer: Printer): string {
  if (type === oid.int2vector || type === oid.oidvector) return `array_to_string(${value}, ' ')`;
  const item = partText("item", element, printer);
  // Boxes stand between semicolons, and then their commas need no quotes.
  if (element === oid.box)
    return `'{' || array_to_string(list_transform(${value}, lambda item: coalesce(${item}, 'NULL')), ';') || '}'`;
  const texts = item === "item" ? value : `list_transform(${value}, lambda item: ${item})`;
  return `pg_shim.array_text(${texts})`;
}

/** (a,"b c",) */
function recordText(expression: Expression, printer: Printer): string {
  if (expression.kind === "row")
    return `pg_shim.record_text([${list(expression.fields.map((one) => outputText(one, printer)))}])`;
  if (expression.kind === "whole row")
    return `pg_shim.record_text([${list(
      expression.entry.columns.map((column) => {
        const { type, typmod } = column;
        const { entry } = expression;
        if (baseType(type) !== oid.numeric)
          return partText(columnName(entry, column.engineName), type, printer);
        return numericText(
          { kind: "column", entry, column, type, typmod, location: undefined },
          printer,
        );
      }),
    )}])`;
  const known = fold(expression);
  if (known?.kind === "constant" && known.text === null) return "NULL::VARCHAR";
  const fields = fieldsOf(expression);
  if (fields === undefined)
    throw printer.analysis.error(
      "0A000",
      `values of type ${typeName(expression.type)} are not supported here`,
      expression.location,
    );
  return structText(printer.expression(expression), fields, printer);
}

/** {"(a,b)","(c,d)"} */
function rowsText(value: string, fields: readonly Field[], printer: Printer): string {
  return `pg_shim.array_text(list_transform(${value}, lambda item: ${structText("item", fields, printer)}))`;
}

function structText(value: string, fields: readonly Field[], printer: Printer): string {
  const texts = fields.map(({ name, type, fields: rows }) =>
    partText(`struct_extract(${value}, ${literal(oid.text, -1, name)})`, type, printer, rows),
  );
  return `CASE WHEN ${value} IS NOT NULL THEN pg_shim.record_text([${list(texts)}]) END`;
}
