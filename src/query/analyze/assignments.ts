/** SET a = …, (b, c) = …: a value for each column named, cast by assignment. PostgreSQL's transformUpdateTargetList. */
import type { MultiAssignRef, Node, ResTarget, SubLink } from "@pgsql/types";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import { assign, defaultValue, refuseValue } from "./assign.ts";
import { assignPart } from "./assign-part.ts";
import { coerce, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, inClause, type Scope, systemColumnNames } from "./scope.ts";
import type { EntryColumn, Expression, FromItem, Query, RangeEntry } from "./tree.ts";

export interface Assignments {
  readonly values: ReadonlyMap<RelationColumn, Expression>;
  /** Sub-selects that give several columns at once: to be joined after everything else in FROM. */
  readonly joined: readonly FromItem[];
}

export function assignments(nodes: readonly Node[], relation: Relation, scope: Scope): Assignments {
  const rows = new Map<string, RowSource>();
  const sources = inClause(scope, "UPDATE", () =>
    nodes.flatMap((node) =>
      "ResTarget" in node
        ? [{ target: node.ResTarget, value: sourceOf(node.ResTarget, rows, scope) }]
        : [],
    ),
  );
  const values = new Map<RelationColumn, Expression>();
  const inParts = new Set<RelationColumn>();
  for (const { target, value } of sources) {
    const column = assignedColumn(target, relation, scope);
    const steps = target.indirection;
    if (steps !== undefined && value !== "default" && values.has(column) === inParts.has(column)) {
      refuseValue(column, "update", undefined);
      inParts.add(column);
      const old = values.get(column) ?? currentValue(column, target.location, scope);
      values.set(column, assignPart(old, value, column, steps, scope));
      continue;
    }
    if (steps !== undefined && value === "default")
      throw scope.analysis.error(
        "0A000",
        "cannot set an array element to DEFAULT",
        target.location,
      );
    if (values.has(column))
      throw scope.analysis.error(
        "42601",
        `multiple assignments to same column "${column.name}"`,
        undefined,
      );
    if (value !== "default") refuseValue(column, "update", undefined);
    values.set(
      column,
      value === "default" ? defaultValue(column, scope.analysis) : assign(value, column, scope),
    );
  }
  scope.analysis.use(
    relation,
    "UPDATE",
    [...values.keys()].map(({ name }) => name),
  );
  const joined = [...rows.values()].flatMap(({ item }) => (item === undefined ? [] : [item]));
  return { values, joined };
}

function assignedColumn(target: ResTarget, relation: Relation, scope: Scope): RelationColumn {
  const { name = "", location } = target;
  const column = relation.columns.find((one) => one.name === name);
  if (column === undefined && systemColumnNames.has(name))
    throw scope.analysis.error("0A000", `cannot assign to system column "${name}"`, location);
  if (column === undefined)
    throw scope.analysis.error(
      "42703",
      `column "${name}" of relation "${relation.name}" does not exist`,
      location,
    );
  return column;
}

/** What the row to be changed has: the target is named first. */
function currentValue(
  { name }: RelationColumn,
  location: number | undefined,
  scope: Scope,
): Expression {
  const fields = [scope.items[0]?.name ?? "", name].map((sval) => ({ String: { sval } }));
  const at = location === undefined ? {} : { location };
  return scope.analysis.rules.expression({ ColumnRef: { fields, ...at } }, scope);
}

type SourceValue = Expression | "default";

function sourceOf(target: ResTarget, rows: Map<string, RowSource>, scope: Scope): SourceValue {
  const { val } = target;
  if (val === undefined) return "default";
  return "MultiAssignRef" in val
    ? memberOf(val.MultiAssignRef, rows, scope)
    : settledValue(val, scope);
}

function settledValue(node: Node, scope: Scope): SourceValue {
  return "SetToDefault" in node ? "default" : scope.analysis.rules.expression(node, scope);
}

// ── (a, b) = … ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface RowSource {
  readonly members: readonly SourceValue[];
  readonly item: FromItem | undefined;
}

/** The parser repeats the source for each column; by its place it is known again. */
function memberOf(
  { source, colno = 1, ncolumns = 1 }: MultiAssignRef,
  rows: Map<string, RowSource>,
  scope: Scope,
): SourceValue {
  if (source === undefined) throw new Error("bug: an assignment has a source");
  const key = JSON.stringify(placeOf(source));
  const known = rows.get(key) ?? rowSource(source, ncolumns, scope);
  rows.set(key, known);
  return known.members[colno - 1] ?? "default";
}

function placeOf(source: Node): unknown {
  const [body] = Object.values(source) as readonly { readonly location?: number }[];
  return body?.location ?? source;
}

function rowSource(source: Node, count: number, scope: Scope): RowSource {
  const { analysis } = scope;
  if ("RowExpr" in source) {
    const { args = [], location } = source.RowExpr;
    if (args.length !== count) throw wrongCount(location, scope);
    return { members: args.map((node) => settledValue(node, scope)), item: undefined };
  }
  if ("SubLink" in source && source.SubLink.subLinkType === "EXPR_SUBLINK")
    return subselect(source.SubLink, count, scope);
  const [body] = Object.values(source) as readonly { readonly location?: number }[];
  throw analysis.error(
    "0A000",
    "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
    body?.location,
  );
}

function wrongCount(location: number | undefined, scope: Scope) {
  return scope.analysis.error(
    "42601",
    "number of columns does not match number of values",
    location,
  );
}

/** One row of at most one: a lateral item whose only value is the sub-select's row. 21000 when there are more. */
function subselect(node: SubLink, count: number, scope: Scope): RowSource {
  const { analysis } = scope;
  const { subselect: select, location } = node;
  if (select === undefined || !("SelectStmt" in select))
    throw analysis.error("0A000", "a subquery must be a SELECT", location);
  const query = analysis.rules.query(select.SelectStmt, scope);
  if (query.columns.length !== count) throw wrongCount(location, scope);
  const entry = rowEntry(query, scope, location);
  const [column] = entry.columns;
  if (column === undefined) throw new Error("bug: a row entry has its column");
  const argument = columnUse(entry, column, location);
  const members = query.columns.map(
    ({ type, typmod }, i): Expression => ({
      kind: "field",
      argument,
      field: fieldName(i),
      type,
      typmod,
      location,
    }),
  );
  return {
    members: members.map((one) => textIfUnknown(one, scope)),
    item: { kind: "entry", entry, isLateral: true },
  };
}

const fieldName = (index: number) => `f${index + 1}`;

function textIfUnknown(value: Expression, scope: Scope): Expression {
  return typeOf(value, scope.analysis) === oid.unknown
    ? coerce({ ...value, type: oid.text }, oid.text, scope.analysis)
    : value;
}

function rowEntry(query: Query, scope: Scope, location: number | undefined): RangeEntry {
  const inner = itemEntry(
    "members",
    query.columns.map((column) => ({ ...column, number: 0 })),
    query,
    scope,
  );
  const fields = inner.columns.map((column) => columnUse(inner, column, location));
  const row: Expression = {
    kind: "row",
    fields,
    names: fields.map((_, i) => fieldName(i)),
    type: oid.record,
    typmod: -1,
    location,
  };
  const column = { name: "row", engineName: "row", type: oid.record, typmod: -1, number: 0 };
  const rows = plainSelect({
    targets: [{ name: "row", expression: row, isJunk: false }],
    from: [{ kind: "entry", entry: inner, isLateral: false }],
    columns: [column],
  });
  const only: Expression = {
    kind: "subquery",
    form: "scalar",
    query: rows,
    left: [],
    tests: [],
    entry: undefined,
    operator: "",
    type: oid.record,
    typmod: -1,
    location,
  };
  const outer = plainSelect({
    targets: [{ name: "row", expression: only, isJunk: false }],
    from: [],
    columns: [column],
  });
  return itemEntry("assigned", [column], outer, scope);
}

function itemEntry(
  name: string,
  columns: readonly EntryColumn[],
  query: Query,
  scope: Scope,
): RangeEntry {
  return {
    alias: scope.analysis.alias(name),
    name,
    depth: scope.depth,
    columns,
    source: { kind: "query", query },
    used: new Set(columns),
  };
}
