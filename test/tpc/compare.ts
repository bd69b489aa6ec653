/**
 * One query's result on two servers. Column names, types and modifiers are the same or they are not. Rows are the same
 * when they are so one by one, and also when they stand in another order that ORDER BY leaves open, or are another
 * choice among those that tie where LIMIT cuts. What both refuse alike is the same too.
 */
import type { Node } from "@pgsql/types";
import { parseSync } from "libpg-query";
import pg from "pg";

type Row = readonly (string | null)[];

export type Result =
  | { readonly kind: "rows"; readonly columns: readonly string[]; readonly rows: readonly Row[] }
  | { readonly kind: "error"; readonly sqlstate: string; readonly message: string };

export interface Comparison {
  readonly rowCount: number;
  /** Undefined: PostgreSQL's rows. */
  readonly difference: string | undefined;
  readonly oursMs: number;
  readonly theirsMs: number;
}

/** Needs libpg-query loaded. */
export async function compare(
  sql: string,
  ours: pg.Client,
  theirs: pg.Client,
): Promise<Comparison> {
  const [want, theirsMs] = await timed(() => ask(theirs, sql));
  const [got, oursMs] = await timed(() => ask(ours, sql));
  const rowCount = want.kind === "rows" ? want.rows.length : 0;
  const apart = difference(want, got, sortKeys(sql, want));
  const isTie = apart === "other rows" && limit.test(sql);
  return {
    rowCount,
    difference: isTie
      ? await differenceWithoutLimit(sql, got, ours, theirs)
      : told(apart, want, got),
    oursMs,
    theirsMs,
  };
}

const limit = /\blimit\s+\d+\s*$/i;

async function differenceWithoutLimit(
  sql: string,
  limited: Result,
  ours: pg.Client,
  theirs: pg.Client,
): Promise<string | undefined> {
  const whole = sql.replace(limit, "");
  const [want, got] = [await ask(theirs, whole), await ask(ours, whole)];
  const apart = told(difference(want, got, sortKeys(sql, want)), want, got);
  if (apart !== undefined || got.kind === "error" || limited.kind === "error") return apart;
  const left = counted(got.rows);
  const stray = limited.rows.find((row) => {
    const count = left.get(row.join("|")) ?? 0;
    left.set(row.join("|"), count - 1);
    return count === 0;
  });
  return stray && `a row that is not there without LIMIT: ${stray.join("|")}`;
}

async function ask(client: pg.Client, sql: string): Promise<Result> {
  try {
    const { fields, rows } = await client.query<(string | null)[]>({
      text: sql,
      rowMode: "array",
      types,
    });
    return {
      kind: "rows",
      columns: fields.map((f) => `${f.name} ${f.dataTypeID} ${f.dataTypeModifier}`),
      rows: rows.map((row) => row.map((value, i) => rounded(value, fields[i]?.dataTypeID))),
    };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { kind: "error", sqlstate: error.code ?? "", message: error.message };
  }
}

const types = { getTypeParser: () => (value: string) => value };

/** The order in which floats are added up is nobody's promise. */
function rounded(value: string | null, type: number | undefined): string | null {
  return value === null || (type !== 700 && type !== 701) ? value : Number(value).toPrecision(10);
}

function difference(want: Result, got: Result, keys: readonly number[]): string | undefined {
  if (want.kind === "error" && got.kind === "error" && want.sqlstate === got.sqlstate)
    return undefined;
  if (want.kind === "error" || got.kind === "error") return "error";
  if (want.columns.join() !== got.columns.join()) return "other columns";
  if (want.rows.length !== got.rows.length) return "another number of rows";
  const order = (row: Row) => keys.map((key) => row[key]).join("|");
  if (want.rows.some((row, i) => order(row) !== order(got.rows[i] ?? []))) return "another order";
  const lines = (rows: readonly Row[]) => rows.map((row) => row.join("|")).sort();
  const expected = lines(want.rows);
  return lines(got.rows).every((line, i) => line === expected[i]) ? undefined : "other rows";
}

function told(apart: string | undefined, want: Result, got: Result): string | undefined {
  if (apart === undefined) return undefined;
  if (want.kind === "error" || got.kind === "error")
    return [want, got]
      .map((side) => (side.kind === "error" ? `${side.sqlstate} ${side.message}` : "rows"))
      .join(" | ");
  if (apart === "other columns") return `${apart}: ${want.columns.join()} | ${got.columns.join()}`;
  const i = want.rows.findIndex((row, at) => row.join() !== got.rows[at]?.join());
  return `${apart} (${want.rows.length} | ${got.rows.length}), row ${i}: ${want.rows[i]} | ${got.rows[i]}`;
}

/** Which columns decide the order, as far as they can be seen in the result. */
function sortKeys(sql: string, result: Result): readonly number[] {
  const tree = parseSync(sql).stmts?.at(-1)?.stmt;
  if (result.kind === "error" || tree === undefined || !("SelectStmt" in tree)) return [];
  const names = result.columns.map((column) => column.split(" ")[0]);
  const keys: number[] = [];
  for (const item of tree.SelectStmt.sortClause ?? []) {
    const key = "SortBy" in item ? outputColumn(item.SortBy.node, names) : undefined;
    if (key === undefined) break;
    keys.push(key);
  }
  return keys;
}

function outputColumn(
  node: Node | undefined,
  names: readonly (string | undefined)[],
): number | undefined {
  if (node === undefined) return undefined;
  if ("A_Const" in node) return (node.A_Const.ival?.ival ?? 0) - 1;
  if (!("ColumnRef" in node) || node.ColumnRef.fields?.length !== 1) return undefined;
  const [field] = node.ColumnRef.fields;
  const at = field && "String" in field ? names.indexOf(field.String.sval) : -1;
  return at === -1 ? undefined : at;
}

function counted(rows: readonly Row[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.join("|"), (counts.get(row.join("|")) ?? 0) + 1);
  return counts;
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const start = performance.now();
  return [await work(), performance.now() - start];
}
