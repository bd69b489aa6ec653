/** Functions in FROM: lists unnested side by side, or one row of plain values. */
import { quoteName } from "../../base/quote.ts";
import { fold } from "../analyze/fold.ts";
import { oid } from "../analyze/oids.ts";
import type { FromFunction, FunctionCall, RangeEntry, RangeSource } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import { populatedLists } from "../rewrite/populate.ts";
import { columnLists, definedLists } from "../rewrite/set-returning.ts";
import { list, type Printer } from "./printer.ts";

type Functions = Extract<RangeSource, { kind: "functions" }>;

export function printFunctions(entry: RangeEntry, source: Functions, printer: Printer): string {
  const names = entry.columns.map((column) => quoteName(column.engineName));
  const series = printStream(source, names, printer);
  if (series !== undefined) return series;
  const columns = source.functions.flatMap((one) => functionColumns(one, printer));
  if (source.hasOrdinality) columns.push(ordinality(columns));
  return `SELECT ${list(columns.map((column, i) => `${column.isList ? `unnest(${column.sql})` : column.sql} AS ${names[i] ?? '"column"'}`))}`;
}

interface PrintedColumn {
  readonly sql: string;
  readonly isList: boolean;
}

function functionColumns(one: FromFunction, printer: Printer): PrintedColumn[] {
  const { expression } = one;
  if (one.cells !== undefined)
    return cellColumns(one.cells, printer.expression(expression), printer);
  if (expression.kind === "function" && one.isDefined)
    return definedLists(one, expression, printer).map((sql) => ({ sql, isList: true }));
  if (expression.kind !== "function" || !expression.proc.proretset) {
    const sql = printer.expression(expression);
    if (one.columns.length === 1) return [{ sql, isList: false }];
    return one.columns.map(({ name }) => ({
      sql: `struct_extract(${sql}, '${name.replaceAll("'", "''")}')`,
      isList: false,
    }));
  }
  const lists = populated(expression, printer) ?? columnLists(expression, printer);
  if (lists.length !== one.columns.length) throw notSupported(expression, printer);
  return lists.map((sql) => ({ sql, isList: true }));
}

function cellColumns(cells: NonNullable<FromFunction["cells"]>, rows: string, printer: Printer) {
  return cells.map((cell): PrintedColumn => {
    const sql =
      cell === undefined
        ? `range(1, len(${rows}) + 1)`
        : `list_transform(${rows}, lambda item: ${printer.expression(cell)})`;
    return { sql, isList: true };
  });
}

function populated(call: FunctionCall, printer: Printer): readonly string[] | undefined {
  return /^jsonb?_populate_recordset$/.test(call.proc.proname)
    ? populatedLists(call, printer)
    : undefined;
}

function notSupported(call: FunctionCall, printer: Printer) {
  return printer.analysis.error(
    "0A000",
    `function ${call.proc.proname} in FROM is not supported yet`,
    call.location,
  );
}

/** As many numbers as the longest list has elements. */
function ordinality(columns: readonly PrintedColumn[]): PrintedColumn {
  const lengths = columns.map(({ sql, isList }) => (isList ? `len(${sql})` : "1"));
  const longest = lengths.length === 1 ? lengths[0] : `greatest(${list(lengths)})`;
  return { sql: `range(1, coalesce(${longest}, 0) + 1)`, isList: true };
}

/** A lone series of whole numbers between known bounds is streamed, not built as a list. */
function printStream(
  source: Functions,
  names: readonly string[],
  printer: Printer,
): string | undefined {
  const [only, second] = source.functions;
  if (only === undefined || second !== undefined || source.hasOrdinality) return undefined;
  const { expression } = only;
  if (expression.kind !== "function" || expression.proc.proname !== "generate_series")
    return undefined;
  const type = baseType(expression.type);
  if (type !== oid.int4 && type !== oid.int8) return undefined;
  if (!expression.arguments.every((one) => fold(one)?.kind === "constant")) return undefined;
  const values = expression.arguments.map((one) => printer.expression(one));
  const [from = "0", to = "0", step] = values;
  const bounds = step === undefined ? [from, to] : [from, to, `pg_shim.series_step(${step})`];
  const cast = type === oid.int4 ? "CAST(generate_series AS INTEGER)" : "generate_series";
  return `SELECT ${cast} AS ${names[0] ?? '"generate_series"'} FROM generate_series(${list(bounds)})`;
}
