/** What decides whether rows conflict: the parts of a key or a unique index, over rows proposed and rows that are there. */
import { must } from "../../base/assert.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { Arbiter } from "./arbiter.ts";
import { coerceToBoolean } from "./coerce.ts";
import { fold } from "./fold.ts";
import { allOf, anyOf, choose, isNull, truth } from "./made.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import { predicateValue } from "./predicates.ts";
import { columnUse, type NamespaceItem, newScope, type Scope } from "./scope.ts";
import { oldValue } from "./target.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";

export function sameKey(
  key: Arbiter,
  proposed: RangeEntry,
  target: RangeEntry,
  scope: Scope,
): Expression {
  const theirs = keyValues(key, target, scope);
  const same = keyValues(key, proposed, scope).map((left, i): Expression => {
    const right = must(theirs[i], "a key has the same parts in each row");
    if (!key.nullsNotDistinct) return makeOperator("=", left, right, scope.analysis, undefined);
    const made = { type: oid.bool, typmod: -1, location: undefined } as const;
    return { kind: "distinct", isNegated: true, left, right, ...made };
  });
  return allOf([...same, ...conditions(key, proposed, scope), ...conditions(key, target, scope)]);
}

/** What rows share that cannot stand beside each other. */
export function keyParts(key: Arbiter, entry: RangeEntry, scope: Scope): readonly Expression[] {
  return [...keyValues(key, entry, scope), ...conditions(key, entry, scope)];
}

/** Conditions under which a row's key can be another's: it is of the index, and no part is NULL. */
export function comparable(key: Arbiter, entry: RangeEntry, scope: Scope): readonly Expression[] {
  const parts = key.nullsNotDistinct
    ? []
    : keyValues(key, entry, scope).map((value) => isNull(value, true));
  return [...parts, ...conditions(key, entry, scope)];
}

export function incomparable(key: Arbiter, entry: RangeEntry, scope: Scope): readonly Expression[] {
  const parts = key.nullsNotDistinct
    ? []
    : keyValues(key, entry, scope).map((value) => isNull(value));
  const others = conditions(key, entry, scope).map((holds) =>
    choose([{ when: holds, result: truth(false) }], truth(true)),
  );
  return [...parts, ...others];
}

function keyValues(key: Arbiter, entry: RangeEntry, scope: Scope): readonly Expression[] {
  if (key.index === undefined) return key.columns.map((column) => used(entry, column));
  const { index, target } = key;
  return index.keys.map(({ column, expression }) =>
    expression === undefined
      ? used(entry, columnNumbered(column, target))
      : overRow(expression, key.target, entry, scope),
  );
}

/** Of rows that an index is of. */
function conditions(key: Arbiter, entry: RangeEntry, scope: Scope): readonly Expression[] {
  const where = key.index?.where;
  if (where === undefined) return [];
  return [coerceToBoolean(overRow(where, key.target, entry, scope), "WHERE", scope.analysis)];
}

/** A text that the catalog keeps, of a row that has the target's columns. */
export function overRow(
  text: string,
  target: Relation,
  entry: RangeEntry,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const item: NamespaceItem = {
    name: target.name,
    schema: target.schema,
    aliasOf: undefined,
    columns: target.columns.map((column) => ({
      name: column.name,
      expression: () => used(entry, column),
    })),
    entry: undefined,
    rowType: oid.record,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
  const within = { ...newScope(analysis, undefined, "index expressions"), items: [item] };
  return analysis.rules.expression(analysis.rules.parseExpression(text), {
    ...within,
    depth: entry.depth,
  });
}

function columnNumbered(number: number, { columns }: Relation): RelationColumn {
  return must(
    columns.find((column) => column.number === number),
    "an index's column",
  );
}

export function used(entry: RangeEntry, column: RelationColumn): Expression {
  const own = entry.columns.find(({ name }) => name === column.name);
  if (own === undefined) throw new Error("bug: rows have the target's columns");
  entry.used.add(own);
  return columnUse(entry, own, undefined);
}

/** More than this is no list that files can be skipped by. */
const keyValuesMax = 1_000;

/** More than this is not quicker than the join alone. */
const knownKeysMax = 64;

/** The same said of the target alone, where VALUES are known: the engine then reads only what can match. */
export function knownKeys(
  source: Query,
  key: Arbiter,
  entry: RangeEntry,
  scope: Scope,
): readonly Expression[] {
  const { body } = source;
  if (body.kind !== "values" || body.rows.length > knownKeysMax || key.nullsNotDistinct) return [];
  return key.columns.flatMap((column) => {
    const values = valuesOf(source, column).flatMap((value) => fold(value) ?? []);
    if (values.length < body.rows.length) return [];
    const own = oldValue(entry, column);
    return [anyOf(values.map((value) => makeOperator("=", own, value, scope.analysis, undefined)))];
  });
}

function valuesOf({ body, columns }: Query, { name }: RelationColumn): readonly Expression[] {
  const at = columns.findIndex((column) => column.name === name);
  return body.kind === "values" ? body.rows.flatMap((row) => row[at] ?? []) : [];
}

/** VALUES of known keys: files that hold none of them are not read. */
export function noteKeys(source: Query, key: Arbiter, entry: RangeEntry): void {
  const { body } = source;
  if (body.kind !== "values" || body.rows.length > keyValuesMax) return;
  if (entry.source.kind !== "relation" || key.nullsNotDistinct) return;
  for (const column of key.columns) {
    const values = valuesOf(source, column).map(predicateValue);
    const known = values.filter((value) => value !== undefined);
    if (known.length === values.length)
      entry.source.predicates.push({ column: column.name, operator: "in", values: known });
  }
}
