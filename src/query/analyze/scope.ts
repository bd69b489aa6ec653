/** Which names can be seen from where, and what each one stands for: PostgreSQL's parse_relation.c. */
import { PgError } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { userType } from "../../catalog/types-in-force.ts";
import type { Analysis } from "./analysis.ts";
import { make } from "./constant.ts";
import { editDistance } from "./edit-distance.ts";
import { choose, isNull } from "./made.ts";
import { oid } from "./oids.ts";
import type {
  AggregateCall,
  ColumnUse,
  CommonTable,
  EntryColumn,
  Expression,
  RangeEntry,
  RowConstructor,
  WholeRow,
  WindowDefinition,
} from "./tree.ts";

/** Where an expression stands: decides what it may contain and what errors call the place. */
export type Clause =
  | "select"
  | "WHERE"
  | "HAVING"
  | "GROUP BY"
  | "ORDER BY"
  | "DISTINCT ON"
  | "LIMIT"
  | "OFFSET"
  | "JOIN/ON"
  | "JOIN/USING"
  | "functions in FROM"
  | "FROM subquery"
  | "VALUES"
  | "PARTITION BY"
  | "window ORDER BY"
  | "window frame"
  | "FILTER"
  | "RETURNING"
  | "DEFAULT expressions"
  | "check constraints"
  | "policy expressions"
  | "index expressions"
  | "column generation expressions"
  | "COPY FROM WHERE conditions"
  | "UPDATE"
  | "MERGE WHEN"
  | "transform expressions"
  | "CALL arguments"
  | "EXECUTE parameters";

/** One query level. `clause` and the flags move on as its parts are analyzed. */
export interface Scope {
  readonly analysis: Analysis;
  readonly parent: Scope | undefined;
  readonly depth: number;
  readonly commonTables: VisibleTable[];
  readonly windows: Map<string, WindowDefinition>;
  /** Aggregates that belong to this level, as found. */
  readonly aggregates: AggregateCall[];
  items: readonly NamespaceItem[];
  /** In FROM but not to be seen from the item being analyzed: for the hint about it. */
  hidden: readonly NamespaceItem[];
  clause: Clause;
  hasWindowCalls: boolean;
  hasSetReturning: boolean;
  /** Where the last of them stands. */
  setReturningAt?: number | undefined;
  hasEngineAggregates: boolean;
}

/** A WITH entry; `table` is there once its query is analyzed (its own recursive reference comes before). */
export interface VisibleTable {
  readonly name: string;
  readonly columns: readonly EntryColumn[];
  readonly table: () => CommonTable;
  /** A data-modifying statement: which of the analysis's steps. */
  readonly step?: number;
}

export interface NamespaceItem {
  readonly name: string;
  /** For `schema.table.column`; only of a relation without alias. */
  readonly schema: string | undefined;
  readonly columns: readonly NamespaceColumn[];
  /** A join has none. */
  readonly entry: RangeEntry | undefined;
  readonly isNameVisible: boolean;
  readonly areColumnsVisible: boolean;
  /** Seen only through LATERAL; `lateralOk` false: seen but not to be referenced. */
  readonly isLateralOnly: boolean;
  readonly lateralOk: boolean;
  /** The table behind an alias, for the hint about it. */
  readonly aliasOf: string | undefined;
  /** OID of the row type, where there is no entry and the columns are a whole row all the same. */
  readonly rowType?: number;
  /** What the statement writes: FROM cannot look at it, whatever the kind of join. */
  readonly isTarget?: boolean;
}

export interface NamespaceColumn {
  readonly name: string;
  readonly expression: (location: number | undefined) => Expression;
}

export function newScope(
  analysis: Analysis,
  parent: Scope | undefined,
  clause: Clause = "select",
): Scope {
  return {
    analysis,
    parent: parent ?? analysis.outermost,
    depth: parent === undefined ? 0 : parent.depth + 1,
    commonTables: [],
    windows: new Map(),
    aggregates: [],
    items: [],
    hidden: [],
    clause,
    hasWindowCalls: false,
    hasSetReturning: false,
    hasEngineAggregates: false,
  };
}

/** Runs `step` with the scope in another clause. */
export function inClause<T>(scope: Scope, clause: Clause, step: () => T): T {
  const before = scope.clause;
  scope.clause = clause;
  const result = step();
  scope.clause = before;
  return result;
}

export function columnUse(
  entry: RangeEntry,
  column: EntryColumn,
  location: number | undefined,
): ColumnUse {
  return { kind: "column", entry, column, type: column.type, typmod: column.typmod, location };
}

/** Marks what is read, for scans and privileges. */
function mark(use: ColumnUse, analysis: Analysis): ColumnUse {
  const { entry, column } = use;
  entry.used.add(column);
  const relation = relationOf(entry);
  const own = relation?.columns.find(({ number }) => number === column.number);
  if (relation !== undefined && own !== undefined) analysis.use(relation, "SELECT", [own.name]);
  // Nobody is granted a system column: the whole table it is.
  else if (relation !== undefined && column.number < 0)
    analysis.use(
      relation,
      "SELECT",
      relation.columns.map(({ name }) => name),
    );
  return use;
}

/** The relation an entry stands for, whatever gives its rows. */
export function relationOf(entry: RangeEntry): Relation | undefined {
  const { source } = entry;
  return "relation" in source ? source.relation : undefined;
}

export function namespaceItem(
  entry: RangeEntry,
  analysis: Analysis,
  names: { readonly schema?: string | undefined; readonly aliasOf?: string | undefined } = {},
): NamespaceItem {
  return {
    name: entry.name,
    schema: names.schema,
    aliasOf: names.aliasOf,
    columns: entry.columns.map((column) => ({
      name: column.name,
      expression: (location) => mark(columnUse(entry, column, location), analysis),
    })),
    entry,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
}

/** A column by its bare name, in this level or an outer one; undefined when no level has it. 42702 when two have. */
export function findColumn(
  scope: Scope,
  name: string,
  location: number | undefined,
): Expression | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    let found: NamespaceColumn | undefined;
    for (const item of level.items) {
      if (!item.areColumnsVisible) continue;
      const column = columnOf(item, name, scope, location);
      if (column === undefined) continue;
      if (found !== undefined) throw ambiguousColumn(scope, name, location);
      refuseLateral(item, scope, location);
      found = column;
    }
    if (found !== undefined) return found.expression(location);
  }
  return undefined;
}

function columnOf(
  item: NamespaceItem,
  name: string,
  scope: Scope,
  location: number | undefined,
): NamespaceColumn | undefined {
  let found: NamespaceColumn | undefined;
  for (const column of item.columns) {
    if (column.name !== name) continue;
    if (found !== undefined) throw ambiguousColumn(scope, name, location);
    found = column;
  }
  return found;
}

function ambiguousColumn(scope: Scope, name: string, location: number | undefined): PgError {
  return scope.analysis.error("42702", `column reference "${name}" is ambiguous`, location);
}

function refuseLateral(item: NamespaceItem, scope: Scope, location: number | undefined): void {
  if (!item.isLateralOnly || item.lateralOk) return;
  throw scope.analysis.error(
    "42P10",
    `invalid reference to FROM-clause entry for table "${item.name}"`,
    location,
    item.isTarget
      ? { hint: outOfReach(item.name) }
      : {
          detail: "The combining JOIN type must be INNER or LEFT for a LATERAL reference.",
        },
  );
}

/** A thing in FROM by name, in this level or an outer one. 42P09 when two have it. */
export function findItem(
  scope: Scope,
  schema: string | undefined,
  name: string,
  location: number | undefined,
): NamespaceItem | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    let found: NamespaceItem | undefined;
    for (const item of level.items) {
      if (!item.isNameVisible || item.name !== name) continue;
      if (schema !== undefined && item.schema !== schema) continue;
      if (found !== undefined)
        throw scope.analysis.error("42P09", `table reference "${name}" is ambiguous`, location);
      refuseLateral(item, scope, location);
      found = item;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

export function columnOfItem(
  item: NamespaceItem,
  name: string,
  scope: Scope,
  location: number | undefined,
): Expression | undefined {
  const column = columnOf(item, name, scope, location);
  return column?.expression(location) ?? systemColumn(item, name, scope.analysis, location);
}

/** xmax, cmin and cmax are those of rows that nobody has locked or changed, as all rows are that can be seen. */
function systemColumn(
  item: NamespaceItem,
  name: string,
  analysis: Analysis,
  location: number | undefined,
): Expression | undefined {
  if (!systemColumnNames.has(name)) return undefined;
  const relation = item.entry === undefined ? undefined : relationOf(item.entry);
  if (relation === undefined) return undefined;
  // Views have none.
  const isTable = relation.source.kind === "dataset" || relation.source.kind === "foreign";
  if (!isTable && relation.systemColumns === undefined) return undefined;
  if (name === "tableoid")
    return ofRow(item, make(oid.oid, String(relation.oid), location), relation, location);
  // A frozen row's transaction, visible to everybody.
  if (name === "xmin" && !isTable)
    return ofRow(item, make(oid.xid, "2", location), relation, location);
  const type = { xmax: oid.xid, cmin: oid.cid, cmax: oid.cid }[name];
  if (type !== undefined && relation.source.kind === "dataset")
    return ofRow(item, make(type, "0", location), relation, location);
  const column = systemColumns.find((each) => each.name === name);
  const { entry } = item;
  if (entry?.source.kind === "relation" && relation.source.kind === "dataset" && column)
    return mark(columnUse(entry, column, location), analysis);
  throw new PgError("0A000", `system column "${name}" is not supported here`, {
    hint: "Rows of a dataset have it where its table is named in FROM, and is not under row-level security.",
  });
}

/** NULL where an outer join has found no row: told by a column of a catalog's that is never NULL. */
function ofRow(
  { columns }: NamespaceItem,
  value: Expression,
  relation: Relation,
  location: number | undefined,
): Expression {
  const [first] = columns;
  if (first === undefined || relation.columns[0]?.notNull !== true) return value;
  const isThere = isNull(first.expression(location), true);
  return choose([{ when: isThere, result: value }], make(value.type, null, location));
}

/** What a scan gives of a row besides its columns, under PostgreSQL's numbers. */
const systemColumns: readonly EntryColumn[] = [
  { name: "ctid", engineName: "ctid", type: oid.tid, typmod: -1, number: -1 },
  { name: "xmin", engineName: "xmin", type: oid.xid, typmod: -1, number: -2 },
];

export const systemColumnNames: ReadonlySet<string> = new Set([
  "tableoid",
  "xmin",
  "ctid",
  "xmax",
  "cmin",
  "cmax",
]);

/** `tableoid` without a qualifier. 42702 when two things have it. */
export function findSystemColumn(
  scope: Scope,
  name: string,
  location: number | undefined,
): Expression | undefined {
  if (!systemColumnNames.has(name)) return undefined;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = level.items.flatMap((item) =>
      item.areColumnsVisible ? (systemColumn(item, name, scope.analysis, location) ?? []) : [],
    );
    if (found.length > 1) throw ambiguousColumn(scope, name, location);
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}

export function wholeRow(
  item: NamespaceItem,
  location: number | undefined,
): WholeRow | RowConstructor | undefined {
  const { entry, rowType, columns } = item;
  if (entry === undefined && rowType !== undefined) {
    const fields = columns.map(({ expression }) => expression(location));
    const names = columns.map(({ name }) => name);
    return { kind: "row", fields, names, type: rowType, typmod: -1, location };
  }
  if (entry === undefined) return undefined;
  // Every column is read.
  for (const column of item.columns) column.expression(location);
  return { kind: "whole row", entry, type: rowTypeOf(entry), typmod: -1, location };
}

/** A table's own row type where the entry shows the table as it is; else the row is a record. */
function rowTypeOf(entry: RangeEntry): number {
  const { source } = entry;
  if (source.kind !== "relation" && source.kind !== "view") return oid.record;
  const { relation } = source;
  const own = userType(relation.oid + 1);
  const isWhole =
    own?.kind === "composite" &&
    own.columns.length === entry.columns.length &&
    own.columns.every(({ number, name }, at) => {
      const column = entry.columns[at];
      return column?.number === number && column.name === name;
    });
  return isWhole ? own.oid : oid.record;
}

/** 42703, with PostgreSQL's hint when a near name exists. */
export function missingColumn(
  scope: Scope,
  relation: string | undefined,
  name: string,
  location: number | undefined,
): PgError {
  const message =
    relation === undefined
      ? `column "${name}" does not exist`
      : `column ${relation}.${name} does not exist`;
  const hint = nearestColumn(scope, relation, name);
  return scope.analysis.error("42703", message, location, hint === undefined ? {} : { hint });
}

/** As errorMissingRTE: an alias hides its table's name; a neighbour in FROM cannot be seen without LATERAL. */
export function missingItem(scope: Scope, name: string, location: number | undefined): PgError {
  const { analysis } = scope;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const aliased = level.items.find((item) => item.aliasOf === name);
    if (aliased !== undefined)
      return analysis.error(
        "42P01",
        `invalid reference to FROM-clause entry for table "${name}"`,
        location,
        { hint: `Perhaps you meant to reference the table alias "${aliased.name}".` },
      );
    if (level.hidden.some((item) => item.name === name))
      return analysis.error(
        "42P01",
        `invalid reference to FROM-clause entry for table "${name}"`,
        location,
        { hint: outOfReach(name) },
      );
  }
  return analysis.error("42P01", `missing FROM-clause entry for table "${name}"`, location);
}

function outOfReach(name: string): string {
  return `There is an entry for table "${name}", but it cannot be referenced from this part of the query.`;
}

function nearestColumn(
  scope: Scope,
  relation: string | undefined,
  name: string,
): string | undefined {
  let best = Math.min(3, Math.floor(name.length / 2));
  let nearest: string[] = [];
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    for (const item of level.items) {
      if (item.entry === undefined || (relation !== undefined && item.name !== relation)) continue;
      for (const column of item.columns) {
        const distance = editDistance(name, column.name, best);
        if (distance > best) continue;
        if (distance < best) nearest = [];
        best = distance;
        nearest.push(`"${item.name}.${column.name}"`);
      }
    }
  }
  if (nearest.length === 0 || nearest.length > 2) return undefined;
  return `Perhaps you meant to reference the column ${nearest.join(" or the column ")}.`;
}
