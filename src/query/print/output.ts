/** The outermost query: values that the wire shows otherwise than the engine keeps them become what is shown. */
import { quoteName } from "../../base/quote.ts";
import { oid, registered } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import { compositeFields, fieldsOfColumn } from "../analyze/record.ts";
import type { Expression, Query, SelectBody } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { isBareOutput, isBareResult } from "../rewrite/numeric-bare.ts";
import { outputShape, shapeOf } from "../rewrite/numeric-shape.ts";
import { shown, textColumn } from "../rewrite/numeric-text.ts";
import { knownNumerics, textOfColumn } from "../rewrite/text.ts";
import { list, type Printer } from "./printer.ts";

export function printOutput(query: Query, printer: Printer): string {
  const { body } = query;
  if (body.kind === "select" && body.distinct === undefined)
    return printInPlace(query, body, printer);
  return query.columns.some(
    (column, i) =>
      isShownAsText(column.type) || outputShape(query, i) === "by value" || isBareNumeric(query, i),
  )
    ? printRound(query, printer)
    : printer.query(query);
}

/** ORDER BY goes on speaking of the values themselves. */
function printInPlace(query: Query, body: SelectBody, printer: Printer): string {
  const isChanged = (expression: Expression) =>
    knownNumerics(expression) !== undefined ||
    isShownAsText(expression.type) ||
    shapeOf(expression) === "by value" ||
    isBareResult(expression);
  const targets = body.targets.map((target) =>
    target.isJunk || !isChanged(target.expression)
      ? target
      : { ...target, expression: shown(target.expression) },
  );
  const sort = query.sort.map((key) =>
    isChanged(key.expression) ? { ...key, target: undefined } : key,
  );
  return printer.query({ ...query, sort, body: { ...body, targets } });
}

const isBareNumeric = (query: Query, index: number) =>
  baseType(query.columns[index]?.type ?? 0) === oid.numeric &&
  (query.columns[index]?.typmod ?? -1) < 4 &&
  isBareOutput(query, index);

/** OIDs that name something, rows, and lists of these. */
function isShownAsText(type: number): boolean {
  const base = baseType(type);
  const element = elementType(base);
  return (
    registered.has(base) ||
    isRow(base) ||
    base === oid.recordArray ||
    (element !== undefined && compositeFields(element) !== undefined) ||
    (element !== undefined && registered.has(element))
  );
}

/** A column of a query whose own list cannot be changed. */
function printRound(query: Query, printer: Printer): string {
  const alias = printer.analysis.alias("result");
  const columns = query.columns.map((column, i) => {
    if (outputShape(query, i) === "by value" && printer.texts.ask(query, i))
      return `${quoteName(alias)}.${quoteName(textColumn(column.engineName))} AS ${quoteName(column.engineName)}`;
    const name = `${quoteName(alias)}.${quoteName(column.engineName)}`;
    const value = isShownAsText(column.type)
      ? textOfColumn(name, column.type, printer, fieldsOfColumn(query, i))
      : isBareNumeric(query, i)
        ? `pg_shim.bare_numeric_text(${name})`
        : name;
    return `${value} AS ${quoteName(column.engineName)}`;
  });
  return `SELECT ${list(columns)} FROM (${printer.query(query)}) AS ${quoteName(alias)}`;
}
