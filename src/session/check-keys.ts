/** PRIMARY KEY and UNIQUE: keys a statement has written, against one another and against those that were there. */
import { quoteName } from "../base/quote.ts";
import { isKey, type KeyConstraint } from "../catalog/constraints.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { Predicate } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { repeatedIndexKey } from "./check-indexes.ts";
import { rowsText } from "./expand.ts";
import { boundsOf, readRows } from "./key-values.ts";
import { duplicateIndexKey, duplicateKey } from "./violations.ts";

/** Engine SQL, in parentheses, of rows with a relation's columns. `where` lets it leave out what cannot matter. */
export type RowSource = (
  columns: readonly string[],
  where: readonly Predicate[],
) => Promise<string>;

/** 23505 when two rows of `written`, or one of them and one of `others`, have the same key. */
export async function checkKeys(
  relation: Relation,
  written: string,
  others: RowSource | undefined,
  backend: Backend,
): Promise<void> {
  for (const constraint of relation.constraints ?? []) {
    if (!isKey(constraint) || !constraint.isEnforced) continue;
    const key = await repeatedKey(relation, constraint, written, others, backend);
    if (key !== undefined) throw duplicateKey(relation, constraint, key, backend);
  }
  for (const index of relation.indexes ?? []) {
    if (index.isUnique !== true) continue;
    const key = await repeatedIndexKey(relation, index, written, others, backend);
    if (key !== undefined) throw duplicateIndexKey(relation, index, key, backend);
  }
}

/** The rows of a dataset but those that a statement has written. */
export function rowsBut(relation: Relation, mark: number, backend: Backend): RowSource {
  const { transaction } = backend;
  return (columns, where) =>
    rowsText({ relation, columns, where, seen: transaction.mark, except: mark }, transaction);
}

/** A key that is there twice, as text; `others` undefined: among `written` alone. */
export async function repeatedKey(
  relation: Relation,
  constraint: KeyConstraint,
  written: string,
  others: RowSource | undefined,
  backend: Backend,
): Promise<readonly (string | null)[] | undefined> {
  const columns = columnsOf(relation, constraint.columns);
  const names = columns.map(({ name }) => name);
  const isNullEqual = constraint.nullsNotDistinct === true;
  const source = keySource(names, written, isNullEqual);
  const bounds = await boundsOf(source, columns, isNullEqual, backend);
  if (bounds.isEmpty) return undefined;
  const list = names.map((_, at) => `k${at}`).join(", ");
  const read = (sql: string) => readRows(sql, columns, backend.textSettings(), backend);
  if (!bounds.isSingle) {
    const [twice] = (
      await read(
        `SELECT ${list} FROM (${source}) AS fresh GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`,
      )
    ).texts;
    if (twice !== undefined) return twice;
  }
  if (others === undefined) return undefined;
  const old = await others(names, bounds.where(names));
  const isNew = `SEMI JOIN (${source}) AS fresh ON ${equal(names, isNullEqual)}`;
  const { literals } = await read(
    `SELECT ${names.map((name) => `old.${quoteName(name)}`).join(", ")} FROM ${old} AS old ` +
      `${bounds.isExact ? "" : isNew} WHERE ${bounds.filter("old", names)} LIMIT 1`,
  );
  const [found] = literals;
  if (found === undefined) return undefined;
  // As it was written now: equal values may have several texts.
  const same = found.map((literal, at) => `k${at} IS NOT DISTINCT FROM ${literal}`);
  return (
    await read(`SELECT ${list} FROM (${source}) AS fresh WHERE ${same.join(" AND ")} LIMIT 1`)
  ).texts[0];
}

export function columnsOf(relation: Relation, numbers: readonly number[]): RelationColumn[] {
  return numbers.flatMap((number) => relation.columns.filter((column) => column.number === number));
}

/** Columns k0, k1, … of the named ones of `rows`, which is in parentheses. */
export function keySource(names: readonly string[], rows: string, withNulls: boolean): string {
  const list = names.map((name, at) => `${quoteName(name)} AS k${at}`).join(", ");
  const complete = names.map((name) => `${quoteName(name)} IS NOT NULL`).join(" AND ");
  return `SELECT ${list} FROM ${rows} AS rows${withNulls ? "" : ` WHERE ${complete}`}`;
}

function equal(names: readonly string[], isNullEqual: boolean): string {
  const operator = isNullEqual ? "IS NOT DISTINCT FROM" : "=";
  return names.map((name, at) => `old.${quoteName(name)} ${operator} fresh.k${at}`).join(" AND ");
}
