/** INSERT: the source brought into the target's columns, defaults filled in, every value cast by assignment. */
import type { InsertStmt, Node, ResTarget, SelectStmt } from "@pgsql/types";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { castColumns, columnExpressions } from "./cast-columns.ts";
import { coerceToTarget, typeOf } from "./coerce.ts";
import { nullConstant } from "./constant.ts";
import { makeEntry, resolveRelation } from "./from.ts";
import { oid } from "./oids.ts";
import { columnUse, inClause, namespaceItem, newScope, type Scope } from "./scope.ts";
import { columnsOf } from "./select.ts";
import { targetList } from "./targets.ts";
import type { CommonTable, Expression, Query, QueryColumn } from "./tree.ts";
import { typeName } from "./types.ts";
import { withClause } from "./with.ts";

export interface Insert {
  readonly target: Relation;
  readonly source: Query;
  readonly returning: Query | undefined;
}

export function insert(tree: InsertStmt, analysis: Analysis): Insert {
  const scope = newScope(analysis, undefined);
  const { relation: node } = tree;
  if (node === undefined) throw analysis.error("42601", "INSERT needs a table", undefined);
  const tables = tree.withClause === undefined ? [] : withClause(tree.withClause, scope);
  const target = resolveRelation(node, analysis);
  refuseReadOnly(target, node.location, analysis);
  if (tree.onConflictClause !== undefined)
    throw analysis.error(
      "0A000",
      "ON CONFLICT is not supported yet",
      tree.onConflictClause.location,
    );
  const columns = targetColumns(tree, target, analysis);
  analysis.use(
    target,
    "INSERT",
    columns.map(({ column }) => column.name),
  );
  const source = sourceQuery(tree, target, columns, tables, scope);
  return { target, source, returning: returningQuery(tree, target, scope) };
}

function refuseReadOnly(target: Relation, location: number | undefined, analysis: Analysis): void {
  const { kind } = target.source;
  if (kind === "dataset") return;
  if (kind === "legacy")
    throw analysis.error("0A000", `cannot insert into imported table "${target.name}"`, location, {
      hint: "Copy it into a dataset first: CREATE TABLE … AS SELECT * FROM it.",
    });
  throw analysis.error(
    "42501",
    `permission denied: "${target.name}" is a system catalog`,
    location,
  );
}

interface TargetColumn {
  readonly column: RelationColumn;
  readonly location: number | undefined;
}

function targetColumns(
  tree: InsertStmt,
  target: Relation,
  analysis: Analysis,
): readonly TargetColumn[] {
  if (tree.cols === undefined)
    return target.columns.map((column) => ({ column, location: undefined }));
  const seen = new Set<string>();
  return tree.cols.flatMap((node) => {
    if (!("ResTarget" in node)) return [];
    const { name = "", location } = node.ResTarget;
    refuseIndirection(node.ResTarget, analysis);
    const column = target.columns.find((one) => one.name === name);
    if (column === undefined)
      throw analysis.error(
        "42703",
        `column "${name}" of relation "${target.name}" does not exist`,
        location,
      );
    if (seen.has(name))
      throw analysis.error("42701", `column "${name}" specified more than once`, location);
    seen.add(name);
    return [{ column, location }];
  });
}

function refuseIndirection(node: ResTarget, analysis: Analysis): void {
  if (node.indirection === undefined) return;
  throw analysis.error("0A000", "INSERT into parts of a column is not supported", node.location);
}

/** undefined stands for the column's default. */
type SourceValue = Expression | undefined;

function sourceQuery(
  tree: InsertStmt,
  target: Relation,
  columns: readonly TargetColumn[],
  tables: readonly CommonTable[],
  scope: Scope,
): Query {
  const { selectStmt } = tree;
  if (selectStmt === undefined)
    // DEFAULT VALUES
    return valuesSource([[]], target, [], tables, tree, scope);
  if (!("SelectStmt" in selectStmt))
    throw scope.analysis.error("0A000", "this source of INSERT is not supported", undefined);
  const select = selectStmt.SelectStmt;
  if (isPlainValues(select)) {
    const rows = inClause(scope, "VALUES", () =>
      (select.valuesLists ?? []).map((list) => valuesRow(list, scope)),
    );
    return valuesSource(rows, target, columns, tables, tree, scope);
  }
  return selectSource(select, target, columns, tables, tree, scope);
}

const isPlainValues = (select: SelectStmt) =>
  select.valuesLists !== undefined &&
  select.sortClause === undefined &&
  select.limitCount === undefined &&
  select.limitOffset === undefined &&
  select.withClause === undefined;

function valuesRow(node: Node, scope: Scope): readonly SourceValue[] {
  if (!("List" in node)) return [];
  return (node.List.items ?? []).map((item) =>
    "SetToDefault" in item ? undefined : scope.analysis.rules.expression(item, scope),
  );
}

function valuesSource(
  rows: readonly (readonly SourceValue[])[],
  target: Relation,
  columns: readonly TargetColumn[],
  tables: readonly CommonTable[],
  tree: InsertStmt,
  scope: Scope,
): Query {
  const [first = []] = rows;
  const uneven = rows.find((row) => row.length !== first.length);
  if (uneven !== undefined)
    throw scope.analysis.error(
      "42601",
      "VALUES lists must all be the same length",
      uneven[0]?.location,
    );
  checkCount(first, columns, tree, scope);
  const defaults = new Map<RelationColumn, Expression>();
  const settled = rows.map((row) =>
    target.columns.map((column) => {
      const at = columns.findIndex((one) => one.column === column);
      const value = at < 0 ? undefined : row[at];
      if (value !== undefined) return assign(value, column, scope);
      const known = defaults.get(column) ?? defaultValue(column, scope.analysis);
      defaults.set(column, known);
      return known;
    }),
  );
  return {
    commonTables: tables,
    body: { kind: "values", rows: settled },
    columns: resultColumns(target),
    sort: [],
    limit: undefined,
    offset: undefined,
    withTies: false,
  };
}

function checkCount(
  given: readonly SourceValue[],
  columns: readonly TargetColumn[],
  tree: InsertStmt,
  scope: Scope,
): void {
  if (given.length > columns.length)
    throw scope.analysis.error(
      "42601",
      "INSERT has more expressions than target columns",
      given[columns.length]?.location,
    );
  if (tree.cols !== undefined && given.length < columns.length)
    throw scope.analysis.error(
      "42601",
      "INSERT has more target columns than expressions",
      columns[given.length]?.location,
    );
}

function resultColumns(target: Relation): readonly QueryColumn[] {
  return target.columns.map((column) => ({
    name: column.name,
    engineName: column.name,
    type: column.typeOid,
    typmod: column.typmod,
  }));
}

function selectSource(
  select: SelectStmt,
  target: Relation,
  columns: readonly TargetColumn[],
  tables: readonly CommonTable[],
  tree: InsertStmt,
  scope: Scope,
): Query {
  const { analysis } = scope;
  const given = analysis.rules.query(select, scope, { keepUnknown: true });
  checkCount(columnExpressions(given), columns, tree, scope);
  // Literals that nothing has typed take the column's type.
  const types = given.columns.map((column, i) =>
    column.type === oid.unknown ? (columns[i]?.column.typeOid ?? oid.text) : column.type,
  );
  const source = castColumns(given, types, "INSERT", analysis).query;
  const entry = makeEntry(
    { aliasname: "source" },
    "source",
    source.columns.map((column) => ({ ...column, number: 0 })),
    { kind: "query", query: source },
    scope,
  );
  const places = columnExpressions(given);
  const targets = target.columns.map((column) => {
    const at = columns.findIndex((one) => one.column === column);
    const own = at < 0 ? undefined : entry.columns[at];
    if (own === undefined)
      return { name: column.name, expression: defaultValue(column, analysis), isJunk: false };
    entry.used.add(own);
    const value = columnUse(entry, own, places[at]?.location);
    return { name: column.name, expression: assign(value, column, scope), isJunk: false };
  });
  return {
    commonTables: tables,
    body: {
      kind: "select",
      targets,
      from: [{ kind: "entry", entry, isLateral: false }],
      where: undefined,
      groups: undefined,
      having: undefined,
      distinct: undefined,
      isAggregated: false,
    },
    columns: resultColumns(target),
    sort: [],
    limit: undefined,
    offset: undefined,
    withTies: false,
  };
}

/** 42804 when the column cannot take it. */
export function assign(
  value: Expression,
  column: Pick<RelationColumn, "name" | "typeOid" | "typmod">,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const settled = coerceToTarget(value, column.typeOid, column.typmod, analysis, "assignment");
  if (settled !== undefined) return asStored(settled, column);
  throw analysis.error(
    "42804",
    `column "${column.name}" is of type ${typeName(column.typeOid)} but expression is of type ${typeName(typeOf(value, analysis))}`,
    value.location,
    { hint: "You will need to rewrite or cast the expression." },
  );
}

/** A numeric in a query may be of any scale; in a column it has the column's. */
function asStored(
  value: Expression,
  column: Pick<RelationColumn, "typeOid" | "typmod">,
): Expression {
  if (column.typeOid !== oid.numeric || column.typmod >= 0) return value;
  const { location } = value;
  return {
    kind: "cast",
    argument: value,
    type: oid.numeric,
    typmod: -1,
    method: "length",
    context: "assignment",
    location,
  };
}

/** The column's own DEFAULT, else NULL. */
export function defaultValue(column: RelationColumn, analysis: Analysis): Expression {
  if (column.defaultText === null)
    return { ...nullConstant(column.typeOid, undefined), typmod: column.typmod };
  const scope = newScope(analysis, undefined, "DEFAULT expressions");
  const node = analysis.rules.parseExpression(column.defaultText);
  return assign(analysis.rules.expression(node, scope), column, scope);
}

function returningQuery(tree: InsertStmt, target: Relation, outer: Scope): Query | undefined {
  const nodes = tree.returningClause?.exprs;
  if (nodes === undefined) return undefined;
  const { analysis } = outer;
  const scope = newScope(analysis, outer, "RETURNING");
  const columns = target.columns.map((column) => ({
    name: column.name,
    engineName: column.name,
    type: column.typeOid,
    typmod: column.typmod,
    number: column.number,
  }));
  const alias = tree.relation?.alias;
  const entry = makeEntry(
    alias,
    target.name,
    columns,
    { kind: "written", relation: target },
    scope,
  );
  scope.items = [
    namespaceItem(entry, analysis, {
      schema: alias === undefined ? target.schema : undefined,
      aliasOf: alias === undefined ? undefined : target.name,
    }),
  ];
  const targets = targetList(nodes, scope);
  for (const one of targets)
    if (typeOf(one.expression, analysis) === oid.unknown)
      one.expression =
        coerceToTarget(one.expression, oid.text, -1, analysis, "implicit") ?? one.expression;
  return {
    commonTables: [],
    body: {
      kind: "select",
      targets,
      from: [{ kind: "entry", entry, isLateral: false }],
      where: undefined,
      groups: undefined,
      having: undefined,
      distinct: undefined,
      isAggregated: false,
    },
    columns: columnsOf(targets, analysis),
    sort: [],
    limit: undefined,
    offset: undefined,
    withTies: false,
  };
}
