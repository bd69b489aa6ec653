/** A select list that draws numbers is computed when its rows are sorted and counted, as PostgreSQL does: so they are in order, and none is drawn in vain. */
import { quoteName } from "../../base/quote.ts";
import type { Expression, Query } from "../analyze/tree.ts";
import { walk } from "../analyze/walk.ts";
import { list, type Printer } from "./printer.ts";

/** Undefined where it can be printed as it stands. */
export function printNumbersLast(query: Query, printer: Printer): string | undefined {
  const { body, sort } = query;
  if (body.kind !== "select" || body.isAggregated || body.groups || body.distinct) return undefined;
  const isOrdered = sort.length > 0 || query.limit !== undefined || query.offset !== undefined;
  if (!isOrdered || query.withTies || body.from.length === 0) return undefined;
  const drawing = new Set(
    body.targets.flatMap(({ expression, isJunk }) =>
      !isJunk && drawsAlone(expression) ? [expression] : [],
    ),
  );
  if (drawing.size === 0 || sort.some((key) => draws(key.expression))) return undefined;
  const visible = body.targets.filter(({ isJunk }) => !isJunk);
  const rows: Query = {
    ...query,
    body: { ...body, targets: body.targets.filter(({ expression }) => !drawing.has(expression)) },
    columns: query.columns.filter((_, at) => visible[at] && !drawing.has(visible[at].expression)),
    // Places in the list are others now.
    sort: sort.map((key) => ({ ...key, target: undefined })),
  };
  const alias = quoteName(printer.analysis.alias("rows"));
  const inner = printer.query(rows);
  const before = printer.rowPlace;
  printer.rowPlace = "row_number() OVER ()";
  const columns = visible.map(({ expression }, at) => {
    const name = quoteName(query.columns[at]?.engineName ?? "column");
    const value = drawing.has(expression) ? printer.expression(expression) : `${alias}.${name}`;
    return `${value} AS ${name}`;
  });
  printer.rowPlace = before;
  return `SELECT ${list(columns)} FROM (${inner}) AS ${alias}`;
}

/** It reads nothing of the row it stands in. */
function drawsAlone(expression: Expression): boolean {
  let reads = false;
  walk(expression, ({ kind }) => {
    reads ||= ["column", "whole row", "subquery", "window", "aggregate", "grouping"].includes(kind);
  });
  return !reads && draws(expression);
}

function draws(expression: Expression): boolean {
  let found = false;
  walk(expression, (part) => {
    found ||= part.kind === "function" && part.proc.proname === "nextval";
  });
  return found;
}
