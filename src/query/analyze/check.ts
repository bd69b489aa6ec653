/** CHECK: a condition on one row of a table, as declared and as tested. https://www.postgresql.org/docs/15/ddl-constraints.html */
import type { Node } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { TableIndex } from "../../catalog/table-index.ts";
import type { Analysis } from "./analysis.ts";
import { coerceToBoolean } from "./coerce.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, namespaceItem, newScope, type Scope } from "./scope.ts";
import type { EntryColumn, Expression, Query, RangeEntry } from "./tree.ts";
import { walk } from "./walk.ts";

/** What a row must satisfy, and the columns that this reads. */
export interface Check {
  readonly condition: Expression;
  readonly columns: readonly RelationColumn[];
  readonly row: RangeEntry;
}

export function check(tree: Node, relation: Relation, analysis: Analysis): Check {
  const scope: Scope = newScope(analysis, undefined, "check constraints");
  const row = writtenEntry(relation, relation.name, scope);
  scope.items = [namespaceItem(row, analysis, { schema: relation.schema })];
  const value = analysis.rules.expression(tree, scope);
  const condition = coerceToBoolean(value, "CHECK", analysis);
  const columns = relation.columns.filter(({ number }) =>
    [...row.used].some((column) => column.number === number),
  );
  return { condition, columns, row };
}

/** 42P17 when it is not the same for the same row whenever it is asked. */
export function indexed(
  tree: Node,
  relation: Relation,
  analysis: Analysis,
): { readonly typeOid: number; readonly columns: readonly number[] } {
  const scope: Scope = newScope(analysis, undefined, "index expressions");
  const row = writtenEntry(relation, relation.name, scope);
  scope.items = [namespaceItem(row, analysis, { schema: relation.schema })];
  const value = analysis.rules.expression(tree, scope);
  walk(value, (part) => {
    if (part.kind === "session" || (part.kind === "function" && part.proc.provolatile !== "i"))
      throw analysis.error(
        "42P17",
        "functions in index expression must be marked IMMUTABLE",
        undefined,
      );
  });
  const columns = [...row.used].map(({ number }) => number).sort((a, b) => a - b);
  return { typeOid: value.type === oid.unknown ? oid.text : value.type, columns };
}

/** `"@holds"` (boolean; NULL counts as true), then every column of the row. */
export function checkedRows({ condition, row }: Check): Query {
  const holds = { name: "@holds", expression: condition, isJunk: false };
  const targets = row.columns.map((column) => ({
    name: column.name,
    expression: columnUse(row, column, undefined),
    isJunk: false,
  }));
  return plainSelect({
    targets: [holds, ...targets],
    from: [{ kind: "entry", entry: row, isLateral: false }],
    columns: [{ name: "@holds", engineName: "@holds", type: oid.bool, typmod: -1 }, ...row.columns],
  });
}

/** k0, k1, …: what an index is of, of those rows of `{written}` that it is of. */
export function indexKeys(relation: Relation, index: TableIndex, analysis: Analysis): Query {
  const scope: Scope = newScope(analysis, undefined, "index expressions");
  const row = writtenEntry(relation, relation.name, scope);
  scope.items = [namespaceItem(row, analysis, { schema: relation.schema })];
  const expressionOf = (text: string) =>
    analysis.rules.expression(analysis.rules.parseExpression(text), scope);
  const values = index.keys.map(({ column, expression }) => {
    if (expression !== undefined) return expressionOf(expression);
    const own = must(
      row.columns.find(({ number }) => number === column),
      "an index's column",
    );
    row.used.add(own);
    return columnUse(row, own, undefined);
  });
  const columns = values.map(({ type, typmod }, i) => ({
    name: `k${i}`,
    engineName: `k${i}`,
    type,
    typmod,
  }));
  return plainSelect({
    targets: values.map((expression, i) => ({ name: `k${i}`, expression, isJunk: false })),
    from: [{ kind: "entry", entry: row, isLateral: false }],
    columns,
    where:
      index.where === undefined
        ? undefined
        : coerceToBoolean(expressionOf(index.where), "WHERE", analysis),
  });
}

/** COPY FROM … WHERE: every column of the rows that satisfy it. */
export function copiedRows(tree: Node, relation: Relation, analysis: Analysis): Query {
  const scope: Scope = newScope(analysis, undefined, "COPY FROM WHERE conditions");
  const row = writtenEntry(relation, relation.name, scope);
  scope.items = [namespaceItem(row, analysis, { schema: relation.schema })];
  const value = analysis.rules.expression(tree, scope);
  return plainSelect({
    targets: row.columns.map((column) => ({
      name: column.name,
      expression: columnUse(row, column, undefined),
      isJunk: false,
    })),
    from: [{ kind: "entry", entry: row, isLateral: false }],
    columns: row.columns,
    where: coerceToBoolean(value, "WHERE", analysis),
  });
}

/** The rows just written, under the table's columns. */
export function writtenEntry(relation: Relation, name: string, scope: Scope): RangeEntry {
  return {
    alias: scope.analysis.alias(name),
    name,
    depth: scope.depth,
    columns: relation.columns.map(entryColumn),
    source: { kind: "written", relation },
    used: new Set(),
  };
}

export function entryColumn(column: RelationColumn): EntryColumn {
  const { name, typeOid: type, typmod, number } = column;
  return { name, engineName: name, type, typmod, number };
}
