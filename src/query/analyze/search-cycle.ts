/**
 * SEARCH and CYCLE of a recursive query: columns beside its own that say where a row stands and by which rows it was come to.
 * As PostgreSQL's rewriteSearchCycle.c: each side of the UNION is wrapped in a query that computes them.
 */
import type { CTECycleClause, CTESearchClause, Node } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { builtins } from "../../catalog/builtins.ts";
import { coerceToCommon, commonType } from "./coerce.ts";
import { make } from "./constant.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import { plainSelect } from "./plain-select.ts";
import type { Field } from "./record.ts";
import type { Scope } from "./scope.ts";
import type {
  CommonTable,
  Expression,
  FromItem,
  Query,
  QueryColumn,
  RangeEntry,
  SetOperand,
  Target,
} from "./tree.ts";
import { nameParts } from "./types.ts";

export interface SearchCycle {
  readonly search: CTESearchClause | undefined;
  readonly cycle: CTECycleClause | undefined;
}

/** A column that is added: its first value, and what follows from the row before. `at`: a column of the row made now. */
interface Added {
  readonly column: QueryColumn;
  readonly first: (row: Values) => Expression;
  readonly next: (row: Values, before: Expression) => Expression;
}

type Values = (name: string) => Expression;

interface Place {
  readonly name: string;
  readonly columns: readonly QueryColumn[];
  readonly scope: Scope;
}

/** `query` is the recursive one, whose columns go by the names in `columns`. */
export function withSearchAndCycle(
  query: Query,
  columns: readonly QueryColumn[],
  { search, cycle }: SearchCycle,
  name: string,
  table: () => CommonTable,
  scope: Scope,
): Query {
  const { body } = query;
  if (body.kind !== "set") return query;
  const place: Place = { name, columns, scope };
  const marked = cycle === undefined ? undefined : marks(cycle, place);
  const added = [
    ...(search === undefined ? [] : [searched(search, place)]),
    ...(cycle === undefined || marked === undefined ? [] : cycled(cycle, marked, place)),
  ];
  const own = query.columns;
  const left = wrapped(body.left, own, place, added, (row, one) => one.first(row));
  const seen = within(body.right.query, table, marked && cycle, marked, added, place);
  const right = wrapped({ ...body.right, query: seen }, own, place, added, (row, one, before) =>
    one.next(row, before(one.column)),
  );
  return {
    ...query,
    body: { ...body, left, right },
    columns: [...own, ...added.map(({ column }) => column)],
  };
}

// ── What is added ───────────────────────────────────────────────────────────────────────────────────────────────────

function searched(clause: CTESearchClause, place: Place): Added {
  const { location } = clause;
  const names = nameParts(clause.search_col_list);
  requireColumns("search", names, location, place);
  const name = clause.search_seq_column ?? "";
  refuseTaken("search sequence", name, location, place);
  const { analysis } = place.scope;
  if (!clause.search_breadth_first) return path(name, names, place);
  const depth = (row: Values, value: Expression) => rowOf([value, ...names.map(row)]);
  const fields = fieldsFor(names, place, [{ name: "f1", type: oid.int8, typmod: -1 }]);
  return {
    column: column(name, oid.record, fields),
    first: (row) => depth(row, make(oid.int8, "0", location)),
    next: (row, before) => {
      const count: Expression = {
        kind: "field",
        argument: before,
        field: "f1",
        ...typed(oid.int8),
      };
      const one = make(oid.int8, "1", location);
      return depth(row, makeOperator("+", count, one, analysis, location));
    },
  };
}

/** The rows that led to this one, and this one. */
function path(name: string, names: readonly string[], place: Place): Added {
  const row = (values: Values) => rowOf(names.map(values));
  return {
    column: column(name, oid.recordArray, fieldsFor(names, place, [])),
    first: (values) => ({ kind: "array", elements: [row(values)], ...typed(oid.recordArray) }),
    next: (values, before) =>
      makeOperator("||", before, row(values), place.scope.analysis, undefined),
  };
}

interface Marks {
  readonly value: Expression;
  readonly otherwise: Expression;
}

function marks({ cycle_mark_value, cycle_mark_default }: CTECycleClause, { scope }: Place): Marks {
  const { analysis } = scope;
  const given = (node: Node | undefined, text: string) =>
    node === undefined ? make(oid.bool, text, undefined) : analysis.rules.expression(node, scope);
  const [value, otherwise] = [given(cycle_mark_value, "t"), given(cycle_mark_default, "f")];
  const type = commonType([value, otherwise], "CYCLE", analysis);
  const settled = type === oid.unknown ? oid.text : type;
  return {
    value: coerceToCommon(value, settled, "CYCLE", analysis),
    otherwise: coerceToCommon(otherwise, settled, "CYCLE", analysis),
  };
}

function cycled(
  clause: CTECycleClause,
  { value, otherwise }: Marks,
  place: Place,
): readonly Added[] {
  const { location } = clause;
  const names = nameParts(clause.cycle_col_list);
  requireColumns("cycle", names, location, place);
  const [mark, way] = [clause.cycle_mark_column ?? "", clause.cycle_path_column ?? ""];
  refuseTaken("cycle mark", mark, location, place);
  refuseTaken("cycle path", way, location, place);
  if (mark === way)
    throw place.scope.analysis.error(
      "42601",
      "cycle mark column name and cycle path column name are the same",
      location,
    );
  const steps = path(way, names, place);
  const type = { type: value.type, typmod: -1, location };
  const marking: Added = {
    column: column(mark, value.type),
    first: () => otherwise,
    // `before` is the path here: see `wrapped`.
    next: (row, before) => ({
      kind: "case",
      branches: [{ when: isAmong(rowOf(names.map(row)), before), result: value }],
      otherwise,
      ...type,
    }),
  };
  return [marking, steps];
}

const recordEquals = 2988;

function isAmong(row: Expression, rows: Expression): Expression {
  const operator = must(builtins().operatorsByOid.get(recordEquals), "rows are compared");
  return {
    kind: "array comparison",
    operator,
    isAny: true,
    left: row,
    right: rows,
    ...typed(oid.bool),
  };
}

// ── The two sides ───────────────────────────────────────────────────────────────────────────────────────────────────

type Computed = (
  row: Values,
  one: Added,
  before: (column: QueryColumn) => Expression,
) => Expression;

/** A side of the UNION with its own columns, and those added to them. */
function wrapped(
  operand: SetOperand,
  own: readonly QueryColumn[],
  { columns, scope }: Place,
  added: readonly Added[],
  computed: Computed,
): SetOperand {
  const entry: RangeEntry = {
    alias: scope.analysis.alias("step"),
    name: "step",
    depth: scope.depth + 1,
    columns: operand.query.columns.map((one) => ({ ...one, number: 0 })),
    source: { kind: "query", query: operand.query },
    used: new Set(),
  };
  const use = (at: number): Expression => {
    const found = must(entry.columns[at], "a side of UNION has the columns of the other");
    return { kind: "column", entry, column: found, ...typed(found.type) };
  };
  const row: Values = (name) => use(columns.findIndex((one) => one.name === name));
  // The mark is decided by the path, which comes after it.
  const before = (one: QueryColumn) => {
    const at = added.findIndex(({ column }) => column === one);
    const isMark = one.type !== oid.recordArray && one.type !== oid.record;
    return use(own.length + at + (isMark ? 1 : 0));
  };
  const targets = [
    ...own.map((one, i): Target => ({ name: one.name, expression: use(i), isJunk: false })),
    ...added.map(
      (one): Target => ({
        name: one.column.name,
        expression: computed(row, one, before),
        isJunk: false,
      }),
    ),
  ];
  const types = [...own, ...added.map(({ column }) => column)];
  const sides = targets.map(({ expression }, i) => ({
    ...must(types[i], "each target is a column"),
    type: expression.type,
  }));
  const from: FromItem = { kind: "entry", entry, isLateral: false };
  const query = plainSelect({ targets, from: [from], columns: sides });
  return { query, casts: operand.casts };
}

/** The right side, with what was added to the row it goes on from; rows that close a cycle lead nowhere. */
function within(
  query: Query,
  table: () => CommonTable,
  cycle: CTECycleClause | undefined,
  marked: Marks | undefined,
  added: readonly Added[],
  { name, scope }: Place,
): Query {
  const { analysis } = scope;
  const { body } = query;
  if (body.kind !== "select")
    throw analysis.error(
      "0A000",
      "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT",
      undefined,
    );
  const entry = body.from.map((item) => entryOf(item, table)).find((one) => one !== undefined);
  if (entry === undefined)
    throw analysis.error(
      "0A000",
      `with a SEARCH or CYCLE clause, the recursive reference to WITH query "${name}" must be at the top level of its right-hand SELECT`,
      undefined,
    );
  const use = (one: QueryColumn): Expression => ({
    kind: "column",
    entry,
    column: { ...one, number: 0 },
    ...typed(one.type),
  });
  const mark = added.find(({ column }) => column.name === cycle?.cycle_mark_column);
  const goesOn =
    mark && marked && makeOperator("<>", use(mark.column), marked.value, analysis, undefined);
  const where: Expression | undefined =
    body.where === undefined || goesOn === undefined
      ? (body.where ?? goesOn)
      : {
          kind: "boolean",
          operation: "AND",
          arguments: [body.where, goesOn],
          ...typed(oid.bool),
        };
  const further = added.map(
    ({ column }): Target => ({ name: column.name, expression: use(column), isJunk: false }),
  );
  return {
    ...query,
    body: { ...body, where, targets: [...body.targets, ...further] },
    columns: [...query.columns, ...added.map(({ column }) => column)],
  };
}

function entryOf(item: FromItem, table: () => CommonTable): RangeEntry | undefined {
  if (item.kind === "join") return entryOf(item.left, table) ?? entryOf(item.right, table);
  const { source } = item.entry;
  return source.kind === "common table" && source.table === table ? item.entry : undefined;
}

// ── Small things ────────────────────────────────────────────────────────────────────────────────────────────────────

function typed(type: number) {
  return { type, typmod: -1, location: undefined };
}

function rowOf(fields: readonly Expression[]): Expression {
  return { kind: "row", fields, names: [], ...typed(oid.record) };
}

function column(name: string, type: number, fields?: readonly Field[]): QueryColumn {
  const own = fields === undefined ? {} : { fields };
  return { name, engineName: `${name} of steps`, type, typmod: -1, ...own };
}

function fieldsFor(
  names: readonly string[],
  { columns }: Place,
  before: readonly Field[],
): readonly Field[] {
  const named = names.map((name): Field => {
    const found = columns.find((one) => one.name === name);
    return { name, type: found?.type ?? oid.text, typmod: found?.typmod ?? -1 };
  });
  return [...before, ...named].map((one, i) => ({ ...one, name: `f${i + 1}` }));
}

function requireColumns(
  what: "search" | "cycle",
  names: readonly string[],
  location: number | undefined,
  { columns, scope }: Place,
): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!columns.some((one) => one.name === name))
      throw scope.analysis.error(
        "42601",
        `${what} column "${name}" not in WITH query column list`,
        location,
      );
    if (seen.has(name))
      throw scope.analysis.error(
        "42701",
        `${what} column "${name}" specified more than once`,
        location,
      );
    seen.add(name);
  }
}

function refuseTaken(
  what: string,
  name: string,
  location: number | undefined,
  { columns, scope }: Place,
): void {
  if (columns.some((one) => one.name === name))
    throw scope.analysis.error(
      "42601",
      `${what} column name "${name}" already used in WITH query column list`,
      location,
    );
}
