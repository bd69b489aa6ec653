/** What views show of a row of the one table they stand on: their columns and conditions, as expressions over that row. */
import type { Node, RangeVar, SelectStmt } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { coerce, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { type NamespaceColumn, type NamespaceItem, namespaceItem, newScope } from "./scope.ts";
import { condition } from "./select.ts";
import { targetList } from "./targets.ts";
import type { Expression, RangeEntry } from "./tree.ts";
import { nameParts } from "./types.ts";
import { withinDefinition } from "./view.ts";
import { walk } from "./walk.ts";

/** One of a view's, as its row of the table makes it. */
export interface ShownRow {
  /** In the order of the highest view's columns. */
  readonly values: readonly Expression[];
  /** A row is seen where it holds; in the order of the views. */
  readonly conditions: readonly (Expression | undefined)[];
}

/** `views`: the lowest first, which shows `base`; each other shows the one before. `row` has the base's columns in order. */
export function shownRow(
  views: readonly Relation[],
  base: Relation,
  row: RangeEntry,
  analysis: Analysis,
): ShownRow {
  const { columns } = namespaceItem(row, analysis);
  let below = base;
  let values: readonly NamespaceColumn["expression"][] = columns.map(
    ({ expression }) => expression,
  );
  let shown: readonly Expression[] = [];
  const conditions: (Expression | undefined)[] = [];
  for (const view of views) {
    const made = withinDefinition(view, analysis, (tree) =>
      level(tree, below, values, row, analysis),
    );
    conditions.push(made.where);
    shown = made.values;
    values = shown.map((value) => () => noted(value, row));
    below = view;
  }
  return { values: shown.map((value) => value), conditions };
}

/** A value that is named is read. */
export function noted(value: Expression, row: RangeEntry): Expression {
  walk(value, (part) => {
    if (part.kind === "column" && part.entry === row) row.used.add(part.column);
    if (part.kind === "whole row" || part.kind === "subquery")
      for (const column of row.columns) row.used.add(column);
  });
  return value;
}

/** Nothing of the select list counts as read before it is named. */
function level(
  tree: SelectStmt,
  below: Relation,
  values: readonly NamespaceColumn["expression"][],
  row: RangeEntry,
  analysis: Analysis,
): { readonly values: readonly Expression[]; readonly where: Expression | undefined } {
  const scope = newScope(analysis, undefined);
  const [from] = tree.fromClause ?? [];
  scope.items = [itemOf(below, rangeOf(from), values, analysis)];
  const read = new Set(row.used);
  const targets = targetList(tree.targetList ?? [], scope).map(({ expression }) =>
    typeOf(expression, analysis) === oid.unknown
      ? coerce(expression, oid.text, analysis)
      : expression,
  );
  row.used.clear();
  for (const column of read) row.used.add(column);
  return { values: targets, where: condition(tree.whereClause, "WHERE", scope) };
}

function rangeOf(node: Node | undefined): RangeVar {
  return must(
    node !== undefined && "RangeVar" in node ? node.RangeVar : undefined,
    "a view that is written stands on a relation",
  );
}

/** As the view's text calls what it shows: columns made since are not to be seen. */
function itemOf(
  relation: Relation,
  { alias, relname }: RangeVar,
  values: readonly NamespaceColumn["expression"][],
  { view }: Analysis,
): NamespaceItem {
  const frozen = view?.columnNames(relation);
  const seen = relation.columns.flatMap(({ name, number }, i) => {
    const known = frozen === undefined ? name : frozen.get(number);
    const expression = values[i];
    return known === undefined || expression === undefined ? [] : [{ name: known, expression }];
  });
  const renamed = nameParts(alias?.colnames);
  const isWhole =
    renamed.length === 0 &&
    seen.length === relation.columns.length &&
    seen.every(({ name }, i) => name === relation.columns[i]?.name);
  return {
    name: alias?.aliasname ?? relname ?? relation.name,
    schema: alias === undefined ? (view?.schemaOf(relation) ?? relation.schema) : undefined,
    aliasOf: alias === undefined ? undefined : relname,
    columns: seen.map(({ name, expression }, i) => ({ name: renamed[i] ?? name, expression })),
    entry: undefined,
    rowType: isWhole ? relation.oid + 1 : oid.record,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
}
