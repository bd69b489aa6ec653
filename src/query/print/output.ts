/** The outermost query: values that the wire shows otherwise than the engine keeps them become what is shown. */
import { quoteName } from "../../base/quote.ts";
import { oid, registered } from "../analyze/oids.ts";
import { fieldsOf } from "../analyze/record.ts";
import type { Expression, Query } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { textOf, textOfColumn } from "../rewrite/text.ts";
import { list, type Printer } from "./printer.ts";

export function printOutput(query: Query, printer: Printer): string {
  if (!query.columns.some((column) => isShownAsText(column.type))) return printer.query(query);
  const { body } = query;
  if (body.kind !== "select" || body.distinct !== undefined) return printRound(query, printer);
  // In place, so that ORDER BY still speaks of the values themselves.
  const targets = body.targets.map((target) =>
    target.isJunk || !isShownAsText(target.expression.type)
      ? target
      : { ...target, expression: shown(target.expression) },
  );
  const sort = query.sort.map((key) =>
    isShownAsText(key.expression.type) ? { ...key, target: undefined } : key,
  );
  return printer.query({ ...query, sort, body: { ...body, targets } });
}

function shown(expression: Expression): Expression {
  return {
    kind: "cast",
    argument: expression,
    type: oid.text,
    typmod: -1,
    method: "convert",
    context: "explicit",
    location: expression.location,
  };
}

/** OIDs that name something, rows, and lists of these. */
function isShownAsText(type: number): boolean {
  const base = baseType(type);
  const element = elementType(base);
  return (
    registered.has(base) ||
    base === oid.record ||
    base === oid.recordArray ||
    (element !== undefined && registered.has(element))
  );
}

/** A column of a query whose own list cannot be changed. */
function printRound(query: Query, printer: Printer): string {
  const alias = printer.analysis.alias("result");
  const columns = query.columns.map((column) => {
    const name = `${quoteName(alias)}.${quoteName(column.engineName)}`;
    const value = isShownAsText(column.type) ? textOfColumn(name, column.type, printer) : name;
    return `${value} AS ${quoteName(column.engineName)}`;
  });
  void textOf;
  void fieldsOf;
  return `SELECT ${list(columns)} FROM (${printer.query(query)}) AS ${quoteName(alias)}`;
}
