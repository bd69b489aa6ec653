/** INSERT: the source brought into the target's columns, defaults filled in, every value cast by assignment. */
import type { InsertStmt, Node, RangeVar, ResTarget, SelectStmt } from "@pgsql/types";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { WrittenKeys } from "../plan.ts";
import type { Analysis } from "./analysis.ts";
import { assign, defaultValue, refuseValue } from "./assign.ts";
import { castColumns, columnExpressions } from "./cast-columns.ts";
import { entryColumn } from "./check.ts";
import { onConflict } from "./conflict.ts";
import { makeEntry, resolveRelation } from "./from.ts";
import { withGenerated } from "./generated.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { oid } from "./oids.ts";
import { plainSelect, unlimited } from "./plain-select.ts";
import { returning } from "./returning.ts";
import { leftChecks, type Secured, secured } from "./row-security.ts";
import {
  columnUse,
  inClause,
  type NamespaceItem,
  namespaceItem,
  newScope,
  type Scope,
} from "./scope.ts";
import { refuseReadOnly, returningNodes } from "./target.ts";
import type { Expression, Query, QueryColumn } from "./tree.ts";
import { insertThrough } from "./view-insert.ts";
import type { ViewCheck } from "./view-target.ts";
import { withClause } from "./with.ts";

export interface Insert {
  readonly target: Relation;
  readonly source: Query;
  readonly returning: Query | undefined;
  /** ON CONFLICT: `source` is ModifyPlan's. */
  readonly isModification: boolean;
  readonly keys: WrittenKeys | undefined;
  readonly checks: readonly ViewCheck[];
}

const fields = [
  "relation",
  "cols",
  "selectStmt",
  "onConflictClause",
  "returningClause",
  "withClause",
  "override",
];

export function insert(asked: InsertStmt, analysis: Analysis, parent?: Scope): Insert {
  const through = insertThrough(asked, analysis);
  const tree = through?.tree ?? asked;
  const view = through?.target;
  refuseUnknownFields(tree, fields, "INSERT", analysis);
  const scope = newScope(analysis, parent);
  const { relation: node, onConflictClause: conflict } = tree;
  if (node === undefined) throw analysis.error("42601", "INSERT needs a table", undefined);
  const commonTables = tree.withClause === undefined ? [] : withClause(tree.withClause, scope);
  const target = through?.base ?? resolveRelation(node, analysis);
  refuseReadOnly(target, "INSERT", node, analysis);
  const columns = targetColumns(tree.cols, target, analysis);
  const names = columns.slice(0, givenCount(tree)).map(({ column }) => column.name);
  if (through === undefined) analysis.use(target, "INSERT", names);
  const table = secured(target, analysis, view === undefined ? undefined : view.asRole);
  const given = sourceQuery(tree, target, columns, scope);
  const source = withGenerated(given, target, analysis);
  const merged =
    conflict === undefined
      ? undefined
      : onConflict(conflict, { target, node, source, commonTables, view, secured: table }, scope);
  const item = insertedItem(node, target, view?.view ?? target, scope);
  const hidden = conflict?.action === "ONCONFLICT_UPDATE" ? [{ ...item, name: "excluded" }] : [];
  const back = returning(
    returningNodes(tree.returningClause, analysis),
    { relation: target, target: item, shown: view?.shown, others: [], hidden, commonTables },
    scope,
  );
  return {
    target: view?.base ?? target,
    checks: [...insertedChecks(tree, table, analysis), ...(view?.checks ?? [])],
    source:
      merged === undefined
        ? { ...source, commonTables }
        : withGenerated(merged.query, target, analysis),
    returning: back?.query,
    isModification: merged !== undefined,
    keys: merged?.keys,
  };
}

function insertedChecks(
  { onConflictClause: conflict }: InsertStmt,
  table: Secured | undefined,
  analysis: Analysis,
): readonly ViewCheck[] {
  if (conflict?.action !== "ONCONFLICT_UPDATE") return leftChecks(table, "a", analysis);
  return [...leftChecks(table, "a", analysis, "i"), ...leftChecks(table, "w", analysis, "u")];
}

/** What RETURNING calls the rows inserted. */
function insertedItem(
  node: RangeVar,
  target: Relation,
  called: Relation,
  scope: Scope,
): NamespaceItem {
  const { alias } = node;
  const entry = makeEntry(
    alias,
    called.name,
    target.columns.map(entryColumn),
    { kind: "written", relation: target },
    scope,
  );
  return namespaceItem(entry, scope.analysis, {
    schema: alias === undefined ? called.schema : undefined,
    aliasOf: alias === undefined ? undefined : called.name,
  });
}

/** Of the columns of the table, where none are named: VALUES may have fewer. */
function givenCount({ cols, selectStmt }: InsertStmt): number | undefined {
  if (cols !== undefined) return undefined;
  if (selectStmt === undefined) return 0;
  const [first] = "SelectStmt" in selectStmt ? (selectStmt.SelectStmt.valuesLists ?? []) : [];
  return first !== undefined && "List" in first ? first.List.items?.length : undefined;
}

interface TargetColumn {
  readonly column: RelationColumn;
  readonly location: number | undefined;
}

export function targetColumns(
  nodes: readonly Node[] | undefined,
  target: Relation,
  analysis: Analysis,
): readonly TargetColumn[] {
  if (nodes === undefined) return target.columns.map((column) => ({ column, location: undefined }));
  const seen = new Set<string>();
  return nodes.flatMap((node) => {
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
  scope: Scope,
): Query {
  const { selectStmt } = tree;
  if (selectStmt === undefined)
    // DEFAULT VALUES
    return valuesSource([[]], target, { columns: [], areNamed: false, override: undefined }, scope);
  if (!("SelectStmt" in selectStmt))
    throw scope.analysis.error("0A000", "this source of INSERT is not supported", undefined);
  const select = selectStmt.SelectStmt;
  const given = { columns, areNamed: tree.cols !== undefined, override: overrideOf(tree.override) };
  if (isPlainValues(select)) {
    const rows = inClause(scope, "VALUES", () =>
      (select.valuesLists ?? []).map((list) => valuesRow(list, scope)),
    );
    return valuesSource(rows, target, given, scope);
  }
  return selectSource(select, target, given, scope);
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

/** What INSERT says of the columns it fills. */
interface Given {
  readonly columns: readonly TargetColumn[];
  readonly areNamed: boolean;
  readonly override: Override;
}

type Override = "system" | "user" | undefined;

/** OVERRIDING … VALUE. */
export function overrideOf(kind: InsertStmt["override"]): Override {
  if (kind === "OVERRIDING_SYSTEM_VALUE") return "system";
  return kind === "OVERRIDING_USER_VALUE" ? "user" : undefined;
}

function valuesSource(
  rows: readonly (readonly SourceValue[])[],
  target: Relation,
  { columns, areNamed, override }: Given,
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
  checkCount(first, columns, areNamed, scope);
  const defaults = new Map<RelationColumn, Expression>();
  const settled = rows.map((row) =>
    target.columns.map((column) => {
      const at = columns.findIndex((one) => one.column === column);
      const value = at < 0 ? undefined : row[at];
      if (value !== undefined && !refuseValue(column, "insert", override))
        return assign(value, column, scope);
      const known = defaults.get(column) ?? defaultValue(column, scope.analysis);
      defaults.set(column, known);
      return known;
    }),
  );
  return {
    commonTables: [],
    body: { kind: "values", rows: settled },
    columns: resultColumns(target),
    ...unlimited,
  };
}

export function checkCount(
  given: readonly SourceValue[],
  columns: readonly TargetColumn[],
  areNamed: boolean,
  scope: Scope,
): void {
  if (given.length > columns.length)
    throw scope.analysis.error(
      "42601",
      "INSERT has more expressions than target columns",
      given[columns.length]?.location,
    );
  if (areNamed && given.length < columns.length)
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
  { columns, areNamed, override }: Given,
  scope: Scope,
): Query {
  const { analysis } = scope;
  const given = analysis.rules.query(select, scope, { keepUnknown: true });
  checkCount(columnExpressions(given), columns, areNamed, scope);
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
    if (own === undefined || refuseValue(column, "insert", override))
      return { name: column.name, expression: defaultValue(column, analysis), isJunk: false };
    entry.used.add(own);
    const value = columnUse(entry, own, places[at]?.location);
    return { name: column.name, expression: assign(value, column, scope), isJunk: false };
  });
  return plainSelect({
    targets,
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: resultColumns(target),
  });
}

/** COPY's: the columns it gives are in `{written}` under their names. */
export function completed(
  target: Relation,
  given: readonly RelationColumn[],
  analysis: Analysis,
): Query {
  const scope = newScope(analysis, undefined);
  const entry = makeEntry(
    undefined,
    target.name,
    given.map(entryColumn),
    { kind: "written", relation: target },
    scope,
  );
  const targets = target.columns.map((column) => {
    const own = entry.columns.find(({ number }) => number === column.number);
    const expression =
      own === undefined ? defaultValue(column, analysis) : columnUse(entry, own, undefined);
    return { name: column.name, expression, isJunk: false };
  });
  const rows = plainSelect({
    targets,
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: resultColumns(target),
  });
  return withGenerated(rows, target, analysis);
}
