/** SELECT, VALUES and set operations, with WITH, ORDER BY and LIMIT. */
import { quoteName } from "../../base/quote.ts";
import { fold } from "../analyze/fold.ts";
import { oid } from "../analyze/oids.ts";
import type {
  CommonTable,
  Expression,
  Query,
  SelectBody,
  SetBody,
  SetOperand,
  SortKey,
  Target,
} from "../analyze/tree.ts";
import { walk } from "../analyze/walk.ts";
import { rankOf } from "../rewrite/enums.ts";
import { outputShape, shapeOf } from "../rewrite/numeric-shape.ts";
import { numericText, textColumn } from "../rewrite/numeric-text.ts";
import { engineType } from "./engine-type.ts";
import { printFrom } from "./from.ts";
import { printGroups } from "./groups.ts";
import { printNumbersLast } from "./numbers-last.ts";
import { list, ofRows, type Printer, within } from "./printer.ts";
import { printSort } from "./sort.ts";

export function printQuery(query: Query, printer: Printer): string {
  if (query.withTies) return printWithTies(query, printer);
  if (sortsResult(query)) return printSortedRound(query, printer);
  const texts = printer.texts.take(query);
  const numbered = texts.length === 0 ? printNumbersLast(query, printer) : undefined;
  if (numbered !== undefined) return numbered;
  // From the outside in: what a query reads is printed when it is known what is asked of it.
  const sort = query.sort.length === 0 ? "" : ` ORDER BY ${printSort(query.sort, printer)}`;
  const body = printBody(query, texts, printer);
  return [printWith(query.commonTables, printer), body, sort, printLimits(query, printer)].join("");
}

/** DISTINCT and set operations sort by their columns as they are; an enum is sorted by something else. */
function sortsResult({ body, sort }: Query): boolean {
  const isOfColumns = body.kind === "set" || (body.kind === "select" && body.distinct === "all");
  return isOfColumns && sort.some(({ expression }) => rankOf("", expression.type) !== undefined);
}

function printSortedRound(query: Query, printer: Printer): string {
  const alias = quoteName(printer.analysis.alias("sorted"));
  const body = printBody(query, printer.texts.take(query), printer);
  const inner = `${printWith(query.commonTables, printer)}${body}`;
  const keys = query.sort.map(({ target = 1, expression, isDescending, nullsFirst }) => {
    const column = `${alias}.${quoteName(query.columns[target - 1]?.engineName ?? "")}`;
    const value = rankOf(column, expression.type) ?? column;
    return `${value}${isDescending ? " DESC" : ""} NULLS ${nullsFirst ? "FIRST" : "LAST"}`;
  });
  return `SELECT * FROM (${inner}) AS ${alias} ORDER BY ${list(keys)}${printLimits(query, printer)}`;
}

function printBody(query: Query, texts: readonly number[], printer: Printer): string {
  const { body } = query;
  switch (body.kind) {
    case "select":
      return printSelect(body, query, printer, texts);
    case "values":
      return printValues(body.rows, query, texts, printer);
    case "set":
      return printSet(body, query, texts, printer);
    default:
      return body satisfies never;
  }
}

function printSet(body: SetBody, query: Query, texts: readonly number[], printer: Printer): string {
  const [left, right] = [body.left, body.right].map((one) => printOperand(one, texts, printer));
  if (texts.length === 0 || body.isAll)
    return `${left} ${body.operation}${body.isAll ? " ALL" : ""} ${right}`;
  // Equal values with other texts are one row.
  const columns = query.columns.map((column) => quoteName(column.engineName));
  const shown = texts.map((i) => quoteName(textColumn(query.columns[i]?.engineName ?? "")));
  const alias = quoteName(printer.analysis.alias("union"));
  return `SELECT ${list([...columns, ...shown.map((name) => `any_value(${name}) AS ${name}`)])} FROM (${left} UNION ALL ${right}) AS ${alias}(${list([...columns, ...shown])}) GROUP BY ${list(columns)}`;
}

function printSelect(
  body: SelectBody,
  query: Query,
  printer: Printer,
  texts: readonly number[] = [],
): string {
  const visible = body.targets.filter((target) => !target.isJunk);
  const columns = within(body.groups?.expressions ?? [], printer, () => [
    ...inPlaces(body, printer, () =>
      visible.map(
        ({ expression }, i) =>
          `${printer.expression(expression)} AS ${quoteName(query.columns[i]?.engineName ?? "column")}`,
      ),
    ),
    ...texts.map((index) => printText(visible[index], query, index, printer)),
  ]);
  const { where, having, distinct } = body;
  const rest = [
    where === undefined ? "" : ` WHERE ${ofRows(printer, () => printer.expression(where))}`,
    body.groups === undefined ? "" : printGroups(body.groups, printer),
    having === undefined
      ? printLoneAggregation(body)
      : ` HAVING ${within(body.groups?.expressions ?? [], printer, () => printer.expression(having))}`,
  ];
  return [
    "SELECT ",
    distinct === undefined ? "" : printDistinct(distinct, printer),
    // A row needs a column, even one that nobody asked for.
    columns.length === 0 ? "NULL AS nothing" : list(columns),
    body.from.length === 0 ? "" : ` FROM ${ofRows(printer, () => printFrom(body.from, printer))}`,
    ...rest,
  ].join("");
}

/** What the select list prints may ask where its row stands, when it is printed for each row of FROM. */
function inPlaces<T>(body: SelectBody, printer: Printer, print: () => T): T {
  const before = printer.rowPlace;
  const isPlain =
    body.from.length > 0 &&
    !body.isAggregated &&
    body.groups === undefined &&
    body.distinct === undefined;
  printer.rowPlace = isPlain ? "row_number() OVER ()" : undefined;
  const printed = print();
  printer.rowPlace = before;
  return printed;
}

/** A value's text as a column beside it. */
function printText(
  target: Target | undefined,
  query: Query,
  index: number,
  printer: Printer,
): string {
  const name = quoteName(textColumn(query.columns[index]?.engineName ?? "column"));
  return `${target === undefined ? "NULL" : numericText(target.expression, printer)} AS ${name}`;
}

/** An aggregate whose value planning has settled, as pg_typeof(sum(x)), still makes one row of all. */
function printLoneAggregation(body: SelectBody): string {
  if (!body.isAggregated || body.groups !== undefined) return "";
  let hasAggregate = false;
  for (const { expression } of body.targets)
    walk(expression, (part) => {
      hasAggregate ||=
        part.kind === "aggregate" ||
        (part.kind === "engine function" && part.aggregate !== undefined);
    });
  return hasAggregate ? "" : " HAVING count(*) >= 0";
}

function printDistinct(distinct: "all" | readonly SortKey[], printer: Printer): string {
  if (distinct === "all") return "DISTINCT ";
  return `DISTINCT ON (${list(distinct.map((key) => printer.expression(key.expression)))}) `;
}

function printLimits(query: Query, printer: Printer): string {
  const { limit, offset } = query;
  return [
    limit === undefined ? "" : ` LIMIT ${printCount(limit, "LIMIT", printer)}`,
    offset === undefined ? "" : ` OFFSET ${printCount(offset, "OFFSET", printer)}`,
  ].join("");
}

function printCount(count: Expression, clause: "LIMIT" | "OFFSET", printer: Printer): string {
  // Only of a number does the engine know that it is one, where the subquery is correlated.
  const known = fold(count);
  if (known?.kind === "constant" && /^\d+$/.test(known.text ?? "")) return known.text ?? "";
  const printed = printer.expression(count);
  if (count.kind === "constant") return printed;
  return `pg_shim.${clause === "LIMIT" ? "limit_count" : "offset_count"}(${printed})`;
}

function printValues(
  rows: readonly (readonly Expression[])[],
  query: Query,
  texts: readonly number[],
  printer: Printer,
): string {
  const names = [
    ...query.columns.map((column) => column.engineName),
    ...texts.map((i) => textColumn(query.columns[i]?.engineName ?? "")),
  ].map(quoteName);
  const printed = rows.map((row) => {
    const values = row.map((one) => printRowValue(one, printer));
    for (const i of texts)
      values.push(row[i] === undefined ? "NULL" : numericText(row[i], printer));
    return `(${list(values)})`;
  });
  const alias = quoteName(printer.analysis.alias("values"));
  // INSERT INTO t DEFAULT VALUES of a table without columns cannot be; a row has at least one value.
  return `SELECT * FROM (VALUES ${list(printed)}) AS ${alias}(${list(names)})`;
}

/** A NULL among numerics has the digits of the others. */
function printRowValue(value: Expression, printer: Printer): string {
  return shapeOf(value) === "null" ? "NULL" : printer.expression(value);
}

function printOperand(
  { query, casts }: SetOperand,
  texts: readonly number[],
  printer: Printer,
): string {
  for (const index of texts) printer.texts.ask(query, index);
  const inner = printer.query(query);
  const isNull = query.columns.map((_, i) => outputShape(query, i) === "null");
  if (casts.length === 0 && !isNull.includes(true)) return `(${inner})`;
  const alias = quoteName(printer.analysis.alias("operand"));
  const column = (engineName: string) => `${alias}.${quoteName(engineName)}`;
  const columns = query.columns.map(({ engineName }, i) => {
    const type = casts[i];
    if (isNull[i]) return `NULL AS ${quoteName(engineName)}`;
    return type === undefined
      ? column(engineName)
      : `CAST(${column(engineName)} AS ${engineType(type)}) AS ${quoteName(engineName)}`;
  });
  const shown = texts.map((i) => column(textColumn(query.columns[i]?.engineName ?? "")));
  return `(SELECT ${list([...columns, ...shown])} FROM (${inner}) AS ${alias})`;
}

function printWith(tables: readonly CommonTable[], printer: Printer): string {
  if (tables.length === 0) return "";
  const recursive = tables.some((table) => table.isRecursive) ? "RECURSIVE " : "";
  // The last first: it may ask the ones before it for more.
  const printed = tables.toReversed().map((table) => {
    const query = printer.query(table.isRecursive ? widened(table.query) : table.query);
    const columns = [
      ...table.query.columns.map((column) => column.engineName),
      ...printer.texts
        .asked(table.query)
        .map((i) => textColumn(table.query.columns[i]?.engineName ?? "")),
    ].map(quoteName);
    const names = columns.length === 0 ? "" : `(${list(columns)})`;
    const how =
      table.materialized === undefined
        ? ""
        : table.materialized
          ? "MATERIALIZED "
          : "NOT MATERIALIZED ";
    return `${quoteName(table.engineName)}${names} AS ${how}(${query})`;
  });
  return `WITH ${recursive}${list(printed.toReversed())} `;
}

/** The engine takes a recursive column's type from its first rows: 1.0 would leave no room for what is made of it. */
function widened(query: Query): Query {
  const { body } = query;
  if (body.kind !== "set") return query;
  const casts = query.columns.map(({ type, typmod }, i) =>
    type === oid.numeric && typmod < 0 ? oid.numeric : body.left.casts[i],
  );
  if (casts.every((cast) => cast === undefined)) return query;
  return { ...query, body: { ...body, left: { ...body.left, casts } } };
}

/** FETCH FIRST n ROWS WITH TIES: rows whose rank is within the count. Those that OFFSET leaves out count among their ties. */
function printWithTies(query: Query, printer: Printer): string {
  const { limit, offset, sort, body } = query;
  if (limit === undefined || body.kind !== "select" || body.distinct !== undefined)
    throw printer.analysis.error(
      "0A000",
      "WITH TIES together with DISTINCT or a set operation is not supported",
      undefined,
    );
  const keys = printSort(
    sort.map((key) => ({ ...key, target: undefined })),
    printer,
  );
  const places = [
    `rank() OVER (ORDER BY ${keys}) AS "rank of ties"`,
    ...(offset === undefined ? [] : [`row_number() OVER (ORDER BY ${keys}) AS "place of ties"`]),
  ];
  const inner = printSelect(body, query, printer).replace(
    /^SELECT /,
    () => `SELECT ${list(places)}, `,
  );
  const alias = quoteName(printer.analysis.alias("ties"));
  const columns = query.columns.map((column) => `${alias}.${quoteName(column.engineName)}`);
  const counted = `${printWith(query.commonTables, printer)}SELECT ${list(columns)} FROM (${inner}) AS ${alias}`;
  const count = printCount(limit, "LIMIT", printer);
  const rank = `${alias}."rank of ties"`;
  if (offset === undefined) return `${counted} WHERE ${rank} <= ${count} ORDER BY ${rank}`;
  const [skipped, place] = [printCount(offset, "OFFSET", printer), `${alias}."place of ties"`];
  return `${counted} WHERE ${place} > ${skipped} AND ${rank} <= ${skipped} + ${count} ORDER BY ${place}`;
}
