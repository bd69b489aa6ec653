/** FROM: relations, subqueries, functions and joins, and the names they bring. PostgreSQL's parse_clause.c. */
import type {
  Alias,
  JoinExpr,
  Node,
  RangeSubselect,
  RangeTableSample,
  RangeVar,
} from "@pgsql/types";
import { must } from "../../base/assert.ts";
import type { Relation } from "../../catalog/relation.ts";
import { type Analysis, unique } from "./analysis.ts";
import { coerceToBoolean } from "./coerce.ts";
import { functionItem } from "./from-function.ts";
import { given } from "./function-entry.ts";
import { joinUsing } from "./join-using.ts";
import { findRelation } from "./registered.ts";
import { secured, shownRows, tableBehind } from "./row-security.ts";
import { sample } from "./sample.ts";
import {
  inClause,
  type NamespaceItem,
  namespaceItem,
  relationOf,
  type Scope,
  type VisibleTable,
} from "./scope.ts";
import type { EntryColumn, Expression, FromItem, RangeEntry, RangeSource } from "./tree.ts";
import { nameParts } from "./types.ts";
import { behindBarrier, refuseUnfilled, viewQuery } from "./view.ts";
import { viewOfFunction } from "./view-of-function.ts";
import { xmlTable } from "./xml-table.ts";

export interface FromResult {
  readonly item: FromItem;
  readonly names: readonly NamespaceItem[];
}

/** Analyzes the whole clause and leaves its names in the scope, after `before`: the table that a statement writes. */
export function fromClause(
  nodes: readonly Node[],
  scope: Scope,
  before: readonly NamespaceItem[] = [],
): readonly FromItem[] {
  const items: FromItem[] = [];
  let names = before;
  for (const node of nodes) {
    scope.hidden = names;
    const result = fromItem(node, scope, names);
    refuseDuplicates(names, result.names, scope);
    names = [...names, ...result.names];
    items.push(result.item);
  }
  scope.items = names;
  scope.hidden = [];
  return items;
}

/** `left`: what stands before it in FROM, to be seen by LATERAL alone. */
function fromItem(node: Node, scope: Scope, left: readonly NamespaceItem[]): FromResult {
  const { analysis } = scope;
  if ("RangeVar" in node) return rangeVar(node.RangeVar, scope);
  if ("RangeSubselect" in node) return rangeSubselect(node.RangeSubselect, scope, left);
  if ("RangeFunction" in node) {
    const view = viewOfFunction(node.RangeFunction);
    if (view !== undefined) return rangeVar(view, scope);
    const { entry, isLateral, names } = seeing(scope, left, true, () =>
      functionItem(node.RangeFunction, scope),
    );
    return { item: { kind: "entry", entry, isLateral }, names };
  }
  if ("JoinExpr" in node) return join(node.JoinExpr, scope, left);
  if ("RangeTableSample" in node) return sampled(node.RangeTableSample, scope, left);
  if ("RangeTableFunc" in node) {
    const { entry, isLateral, names } = seeing(scope, left, true, () =>
      xmlTable(node.RangeTableFunc, scope),
    );
    return { item: { kind: "entry", entry, isLateral }, names };
  }
  const [kind = "this"] = Object.keys(node);
  throw analysis.error("0A000", `${kind} in FROM is not supported`, undefined);
}

function sampled(node: RangeTableSample, scope: Scope, left: readonly NamespaceItem[]): FromResult {
  const relation = must(node.relation, "a sample is of something");
  const { item, names } = fromItem(relation, scope, left);
  const source = item.kind === "entry" ? tableBehind(item.entry.source) : undefined;
  if (source === undefined)
    throw scope.analysis.error(
      "0A000",
      "TABLESAMPLE clause can only be applied to tables and materialized views",
      "RangeVar" in relation ? relation.RangeVar.location : node.location,
    );
  source.sample = sample(node, scope);
  return { item, names };
}

/** Runs `step` with what stands to the left visible (LATERAL) or hidden but known for hints. */
function seeing<T>(
  scope: Scope,
  left: readonly NamespaceItem[],
  isLateral: boolean,
  step: () => T,
): T {
  const [items, hidden] = [scope.items, scope.hidden];
  scope.items = isLateral ? left : [];
  scope.hidden = left;
  const result = step();
  scope.items = items;
  scope.hidden = hidden;
  return result;
}

function refuseDuplicates(
  before: readonly NamespaceItem[],
  added: readonly NamespaceItem[],
  scope: Scope,
): void {
  for (const item of added) {
    if (!item.isNameVisible || item.name === "") continue;
    const twin = before.find(
      (other) =>
        other.isNameVisible &&
        other.name === item.name &&
        // Two tables of one name from two schemas can stand side by side, until one is named.
        (other.schema === undefined || item.schema === undefined || other.schema === item.schema),
    );
    if (twin !== undefined)
      throw scope.analysis.error(
        "42712",
        `table name "${item.name}" specified more than once`,
        undefined,
      );
  }
}

// ── Relations ───────────────────────────────────────────────────────────────────────────────────────────────────────

function rangeVar(node: RangeVar, scope: Scope): FromResult {
  const table = node.schemaname === undefined ? commonTable(node.relname ?? "", scope) : undefined;
  const entry =
    table === undefined
      ? relationEntry(resolveRelation(node, scope.analysis), node, scope)
      : makeEntry(
          node.alias,
          node.relname ?? "",
          table.columns,
          tableSource(table, node, scope),
          scope,
        );
  const relation = relationOf(entry);
  const hasAlias = node.alias?.aliasname !== undefined;
  const names = [
    namespaceItem(entry, scope.analysis, {
      schema: hasAlias || relation === undefined ? undefined : schemaSeen(relation, scope.analysis),
      aliasOf: hasAlias ? node.relname : undefined,
    }),
  ];
  return { item: { kind: "entry", entry, isLateral: false }, names };
}

function tableSource({ step, table }: VisibleTable, node: RangeVar, scope: Scope): RangeSource {
  const { analysis } = scope;
  if (step === undefined) return { kind: "common table", table };
  const query = analysis.steps[step]?.returning;
  if (query !== undefined) return { kind: "returned", step, query };
  throw analysis.error(
    "0A000",
    `WITH query "${node.relname}" does not have a RETURNING clause`,
    node.location,
  );
}

function commonTable(name: string, scope: Scope): VisibleTable | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = level.commonTables.findLast((table) => table.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** 42P01, as PostgreSQL says it of a missing schema too; then the hint lists those there are. */
export function resolveRelation(node: RangeVar, analysis: Analysis): Relation {
  const { catalogname, schemaname, relname = "", location } = node;
  const { context } = analysis;
  if (catalogname !== undefined && catalogname !== context.database)
    throw analysis.error(
      "0A000",
      `cross-database references are not implemented: "${catalogname}.${schemaname}.${relname}"`,
      location,
    );
  const found = findRelation(context, schemaname, relname);
  if (found !== undefined) return found;
  const isNoSchema = schemaname !== undefined && !context.catalog.schemas.has(schemaname);
  const name = schemaname === undefined ? relname : `${schemaname}.${relname}`;
  throw analysis.error(
    "42P01",
    `relation "${name}" does not exist`,
    location,
    isNoSchema
      ? {
          hint: `There is no bucket "${schemaname}"; valid ones are ${context.catalog.buckets.join(", ")}.`,
        }
      : {},
  );
}

function relationEntry(current: Relation, node: RangeVar, scope: Scope): RangeEntry {
  const { analysis } = scope;
  if (current.columns.length === 0)
    throw analysis.error(
      "0A000",
      `reading table "${current.name}", which has no columns, is not supported`,
      node.location,
      { hint: "ALTER TABLE … ADD COLUMN gives it one." },
    );
  analysis.use(current, "SELECT", []);
  const { relation, at } = analysis.past(node.location) ?? { relation: current, at: undefined };
  if (relation.source.kind === "view") return viewEntry(relation, node, scope);
  refuseUnfilled(relation);
  // As it was called when the text was kept.
  const name = node.relname ?? relation.name;
  const columns = columnsSeen(relation, analysis);
  if (relation.source.kind === "live" || relation.source.kind === "sequence") {
    const call = analysis.calls.push({ kind: "live", relation }) - 1;
    return makeEntry(
      node.alias,
      name,
      columns,
      { kind: "call", call, relation, hasOrdinality: false },
      scope,
    );
  }
  const source: RangeSource = {
    kind: "relation",
    relation,
    predicates: [],
    at,
    asRole: analysis.view?.asRole,
  };
  const table = secured(relation, analysis);
  if (table === undefined) return makeEntry(node.alias, name, columns, source, scope);
  const query = shownRows(table, source, analysis);
  return makeEntry(node.alias, name, columns, { kind: "view", relation, query }, scope);
}

/** All of them; in a view those that were there when it was made, under the names they had. */
function columnsSeen(relation: Relation, { view }: Analysis): readonly EntryColumn[] {
  const frozen = view?.columnNames(relation);
  return relation.columns.flatMap(({ name, number, typeOid, typmod }) => {
    const seen = frozen === undefined ? name : frozen.get(number);
    if (seen === undefined) return [];
    return [{ name: seen, engineName: name, type: typeOid, typmod, number }];
  });
}

function viewEntry(relation: Relation, node: RangeVar, scope: Scope): RangeEntry {
  const { analysis } = scope;
  const query = behindBarrier(relation, viewQuery(relation, analysis));
  const columns = columnsSeen(relation, analysis).map((column) => ({
    ...column,
    engineName: must(query.columns[column.number - 1], "a view has its columns").engineName,
  }));
  return makeEntry(
    node.alias,
    node.relname ?? relation.name,
    columns,
    { kind: "view", relation, query },
    scope,
  );
}

const schemaSeen = (relation: Relation, { view }: Analysis) =>
  view?.schemaOf(relation) ?? relation.schema;

/** `alias` renames the entry and its first columns. 42P10 when it has more names than there are columns. */
export function makeEntry(
  alias: Alias | undefined,
  name: string,
  columns: readonly EntryColumn[],
  source: RangeSource,
  scope: Scope,
): RangeEntry {
  const visible = alias?.aliasname ?? name;
  const renamed = nameParts(alias?.colnames);
  if (renamed.length > columns.length)
    throw scope.analysis.error(
      "42P10",
      `table "${visible}" has ${columns.length} columns available but ${renamed.length} columns specified`,
      undefined,
    );
  return {
    alias: scope.analysis.alias(visible === "" ? "unnamed" : visible),
    name: visible,
    depth: scope.depth,
    columns: columns.map((column, i) => ({ ...column, name: renamed[i] ?? column.name })),
    source,
    ...given(alias),
    used: new Set(),
  };
}

// ── Subqueries ──────────────────────────────────────────────────────────────────────────────────────────────────────

function rangeSubselect(
  node: RangeSubselect,
  scope: Scope,
  left: readonly NamespaceItem[],
): FromResult {
  const { analysis } = scope;
  const { subquery, alias } = node;
  if (subquery === undefined || !("SelectStmt" in subquery))
    throw analysis.error("0A000", "a subquery in FROM must be a SELECT", undefined);
  const isLateral = node.lateral ?? false;
  const query = seeing(scope, left, isLateral, () =>
    analysis.rules.query(subquery.SelectStmt, scope),
  );
  const columns = query.columns.map((column) => ({ ...column, number: 0 }));
  const entry = makeEntry(alias, "", columns, { kind: "query", query }, scope);
  const item = namespaceItem(entry, analysis);
  return {
    item: { kind: "entry", entry, isLateral },
    names: [alias === undefined ? { ...item, isNameVisible: false } : item],
  };
}

// ── Joins ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const joins = {
  JOIN_INNER: "INNER",
  JOIN_LEFT: "LEFT",
  JOIN_RIGHT: "RIGHT",
  JOIN_FULL: "FULL",
} as const;

function join(node: JoinExpr, scope: Scope, before: readonly NamespaceItem[]): FromResult {
  const { analysis } = scope;
  const { larg, rarg, jointype = "JOIN_INNER" } = node;
  if (larg === undefined || rarg === undefined || !isPlainJoin(jointype))
    throw analysis.error("0A000", "this kind of join is not supported", undefined);
  const left = fromItem(larg, scope, before);
  // A right side may look left, but where the left may be missing it must not.
  const lateralOk = jointype === "JOIN_INNER" || jointype === "JOIN_LEFT";
  const seen = left.names.map((item) => ({ ...item, isLateralOnly: true, lateralOk }));
  const right = fromItem(rarg, scope, [...before, ...seen]);
  refuseDuplicates(left.names, right.names, scope);
  const kind = joins[jointype];
  const using = joinUsing(node, kind, left.names, right.names, scope);
  const named = using.named === undefined ? [] : [using.named];
  refuseDuplicates(using.sides, named, scope);
  const names = [...using.sides, ...(using.merged === undefined ? [] : [using.merged]), ...named];
  const on =
    node.quals === undefined
      ? using.on
      : onCondition(node.quals, [...left.names, ...right.names], scope);
  const { given: alias } = given(node.alias);
  const item: FromItem = {
    kind: "join",
    join: kind,
    left: left.item,
    right: right.item,
    on,
    ...(using.names.length > 0
      ? { using: { names: using.names, alias: node.join_using_alias?.aliasname } }
      : {}),
    ...(alias === undefined ? {} : { alias }),
  };
  return { item, names: aliased(node.alias, names, scope) };
}

function isPlainJoin(kind: string): kind is keyof typeof joins {
  return kind in joins;
}

function onCondition(node: Node, names: readonly NamespaceItem[], scope: Scope): Expression {
  const { analysis } = scope;
  const before = scope.items;
  scope.items = names;
  const condition = inClause(scope, "JOIN/ON", () =>
    coerceToBoolean(analysis.rules.expression(node, scope), "JOIN/ON", analysis),
  );
  scope.items = before;
  return condition;
}

/** (a JOIN b …) AS j: only j and its columns are left to be named. */
function aliased(
  alias: Alias | undefined,
  names: readonly NamespaceItem[],
  scope: Scope,
): readonly NamespaceItem[] {
  if (alias?.aliasname === undefined) return names;
  const columns = names.filter((item) => item.areColumnsVisible).flatMap((item) => item.columns);
  const renamed = nameParts(alias.colnames);
  if (renamed.length > columns.length)
    throw scope.analysis.error(
      "42P10",
      `join expression "${alias.aliasname}" has ${columns.length} columns available but ${renamed.length} columns specified`,
      undefined,
    );
  return [
    {
      name: alias.aliasname,
      schema: undefined,
      aliasOf: undefined,
      columns: columns.map((column, i) => {
        const name = renamed[i] ?? column.name;
        const written = { kind: "merged", name, of: alias.aliasname ?? "" } as const;
        return { name, expression: (at) => ({ ...column.expression(at), written }) };
      }),
      entry: undefined,
      isNameVisible: true,
      areColumnsVisible: true,
      isLateralOnly: false,
      lateralOk: true,
    },
  ];
}

export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => unique(name === "" ? "column" : name, taken));
}
