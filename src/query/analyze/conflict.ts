/** INSERT … ON CONFLICT: the rows to insert beside those that are there. https://www.postgresql.org/docs/15/sql-insert.html */
import type { OnConflictClause, RangeVar } from "@pgsql/types";
import type { Relation } from "../../catalog/relation.ts";
import type { WrittenKeys } from "../plan.ts";
import { type Arbiter, arbiters } from "./arbiter.ts";
import { assignments } from "./assignments.ts";
import {
  comparable,
  incomparable,
  keyParts,
  knownKeys,
  noteKeys,
  sameKey,
  used,
} from "./conflict-keys.ts";
import { make } from "./constant.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import {
  allOf,
  anyOf,
  choose,
  hiddenColumn,
  isNull,
  partitionCount,
  raise,
  rowNumber,
  truth,
} from "./made.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import { plainSelect } from "./plain-select.ts";
import { asked } from "./row-faults.ts";
import { met, type Secured } from "./row-security.ts";
import { columnUse, type NamespaceItem, namespaceItem, newScope, type Scope } from "./scope.ts";
import { condition } from "./select.ts";
import {
  actionConstant,
  changeColumns,
  keysSetting,
  oldValue,
  placeOf,
  positionedEntry,
} from "./target.ts";
import type { CommonTable, EntryColumn, Expression, FromItem, Query, RangeEntry } from "./tree.ts";
import type { ViewTarget } from "./view-target.ts";

export interface Proposed {
  readonly target: Relation;
  readonly node: RangeVar;
  /** Gives every column of the target, in its order. */
  readonly source: Query;
  readonly commonTables: readonly CommonTable[];
  /** When the target is written through one. */
  readonly view: ViewTarget | undefined;
  readonly secured: Secured | undefined;
}

const fields = ["action", "infer", "targetList", "whereClause", "location"];

/** ModifyPlan's. */
export interface Merged {
  readonly query: Query;
  readonly keys: WrittenKeys;
}

/** Undefined when nothing can conflict. `outer` has the statement's WITH. */
export function onConflict(
  clause: OnConflictClause,
  proposed: Proposed,
  outer: Scope,
): Merged | undefined {
  refuseUnknownFields(clause, fields, "ON CONFLICT", outer.analysis);
  const scope = newScope(outer.analysis, outer);
  const entry = positionedEntry(proposed.target, proposed.node, scope);
  scope.items = [targetItem(entry, proposed, scope)];
  const keys = arbiters(clause, proposed.target, proposed.view?.named ?? proposed.target, scope);
  const [first] = keys;
  if (first === undefined) return undefined;
  return clause.action === "ONCONFLICT_UPDATE"
    ? updating(clause, first, entry, proposed, scope)
    : {
        query: keeping(keys, proposed, scope),
        keys: { sets: [], free: keys.map(({ oid }) => oid) },
      };
}

function targetItem(entry: RangeEntry, { target, node, view }: Proposed, scope: Scope) {
  if (view !== undefined) return view.shown(entry).item;
  const hasAlias = node.alias !== undefined;
  return namespaceItem(entry, scope.analysis, {
    schema: hasAlias ? undefined : target.schema,
    aliasOf: hasAlias ? target.name : undefined,
  });
}

// ── DO UPDATE ───────────────────────────────────────────────────────────────────────────────────────────────────────

function updating(
  clause: OnConflictClause,
  key: Arbiter,
  entry: RangeEntry,
  proposed: Proposed,
  scope: Scope,
): Merged {
  const { target } = proposed;
  const last = isOneRow(proposed.source) ? undefined : hiddenColumn("@turn", oid.int8);
  const whole = judged(proposed.source, target, scope);
  const rows = last === undefined ? whole : inTurn(whole, key, true, scope);
  const excluded = entryOver(rows, target, "excluded", scope);
  scope.items = [...scope.items, excludedItem(excluded, proposed, scope)];
  const written = proposed.view?.named ?? target;
  const { values, joined } = assignments(clause.targetList ?? [], written, scope);
  const byNumber = new Map([...values].map(([{ number }, value]) => [number, value]));
  const where = condition(clause.whereClause, "WHERE", scope);
  noteKeys(proposed.source, key, entry);
  const place = placeOf(entry);
  const isNew = isNull(place.row);
  const isAsked = where === undefined ? truth(true) : anyOf([isNew, where]);
  const isTouched =
    proposed.secured === undefined
      ? isAsked
      : met(proposed.secured, entry, isAsked, isNew, scope.analysis);
  const changed = changeColumns(target, {
    action: choose([{ when: isNew, result: actionConstant("i") }], actionConstant("u")),
    ...place,
    values: target.columns.map((column) =>
      choose(
        [{ when: isNew, result: used(excluded, column) }],
        byNumber.get(column.number) ?? oldValue(entry, column),
      ),
    ),
    extras: [],
  });
  const from: FromItem = {
    kind: "join",
    join: "LEFT",
    left: { kind: "entry", entry: excluded, isLateral: false },
    right: { kind: "entry", entry, isLateral: false },
    on: allOf([
      sameKey(key, excluded, entry, scope),
      ...knownKeys(proposed.source, key, entry, scope),
    ]),
  };
  const query = plainSelect({
    ...changed,
    from: [from, ...joined],
    where: last === undefined ? isTouched : once(isTouched, last, key, excluded, scope),
    commonTables: proposed.commonTables,
  });
  return {
    query: last === undefined ? query : asProposed(query, excluded),
    keys: keysSetting(values.keys(), target, [key.oid]),
  };
}

function excludedItem(excluded: RangeEntry, { view }: Proposed, scope: Scope): NamespaceItem {
  const item = namespaceItem(excluded, scope.analysis);
  return view === undefined
    ? item
    : { ...item, entry: undefined, columns: view.shown(excluded).item.columns };
}

/** A row that is touched must be the last to come with its key: the next would meet what this one wrote. */
function once(
  isTouched: Expression,
  turn: EntryColumn,
  key: Arbiter,
  excluded: RangeEntry,
  scope: Scope,
): Expression {
  const isFollowed = makeOperator(
    ">",
    columnUse(excluded, turn, undefined),
    make(oid.int8, "1", undefined),
    scope.analysis,
    undefined,
  );
  const fault = raise(
    "21000",
    "ON CONFLICT DO UPDATE command cannot affect row a second time",
    "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
  );
  const inner = choose(
    [{ when: allOf([isFollowed, ...comparable(key, excluded, scope)]), result: fault }],
    truth(true),
  );
  return choose([{ when: isTouched, result: inner }], truth(false));
}

// ── DO NOTHING ──────────────────────────────────────────────────────────────────────────────────────────────────────

const order = hiddenColumn("@n", oid.int8);
const turn = hiddenColumn("@turn", oid.int8);
const count = hiddenColumn("@count", oid.int8);
const won = hiddenColumn("@won", oid.bool);

/** Rows without a rival among those that are there; of the proposed ones that share a key, the first. */
function keeping(keys: readonly Arbiter[], proposed: Proposed, scope: Scope): Query {
  const { target, source, node } = proposed;
  const isOne = isOneRow(source);
  const whole = judged(source, target, scope);
  const first = entryOver(isOne ? whole : numbered(whole, scope), target, "proposed", scope);
  const others = keys.map((key) => {
    const entry = positionedEntry(target, node, scope);
    noteKeys(source, key, entry);
    return { key, entry };
  });
  let from: FromItem = { kind: "entry", entry: first, isLateral: false };
  for (const { key, entry } of others)
    from = {
      kind: "join",
      join: "LEFT",
      left: from,
      right: { kind: "entry", entry, isLateral: false },
      on: allOf([sameKey(key, first, entry, scope), ...knownKeys(source, key, entry, scope)]),
    };
  const where = allOf(others.map(({ entry }) => isNull(placeOf(entry).row)));
  const hidden = isOne ? [] : [{ column: order, value: columnUse(first, order, undefined) }];
  let rows = selected(first, target, hidden, [from], where);
  if (!isOne) {
    keys.forEach((key, i) => {
      rows = firstOfKey(rows, key, i > 0, i < keys.length - 1, target, scope);
    });
  }
  return inserted(rows, !isOne, proposed, scope);
}

/** `knowsWinners`: a row that has put another out of the race must not leave it itself. */
function firstOfKey(
  rows: Query,
  key: Arbiter,
  knowsWinners: boolean,
  tellsWinners: boolean,
  target: Relation,
  scope: Scope,
): Query {
  const { analysis } = scope;
  const before = entryOver(rows, target, "proposed", scope);
  const keyed = keyParts(key, before, scope);
  const carried = [order, ...(knowsWinners ? [won] : [])].map((column) => ({
    column,
    value: columnUse(before, column, undefined),
  }));
  const ranked = selected(before, target, [
    ...carried,
    { column: turn, value: rowNumber(keyed, columnUse(before, order, undefined)) },
    ...(tellsWinners ? [{ column: count, value: partitionCount(keyed) }] : []),
  ]);
  const after = entryOver(ranked, target, "proposed", scope);
  const one = make(oid.int8, "1", undefined);
  const isFirst = makeOperator("=", columnUse(after, turn, undefined), one, analysis, undefined);
  const isKept = anyOf([...incomparable(key, after, scope), isFirst]);
  const hasWon = columnUse(after, won, undefined);
  const where = knowsWinners
    ? choose(
        [
          { when: isKept, result: truth(true) },
          { when: hasWon, result: entangled },
        ],
        truth(false),
      )
    : isKept;
  const hidden = [{ column: order, value: columnUse(after, order, undefined) }];
  if (!tellsWinners) return selected(after, target, hidden, undefined, where);
  const hasRivals = makeOperator(">", columnUse(after, count, undefined), one, analysis, undefined);
  const wins = allOf([...comparable(key, after, scope), isFirst, hasRivals]);
  const value = knowsWinners ? anyOf([hasWon, wins]) : wins;
  return selected(after, target, [...hidden, { column: won, value }], undefined, where);
}

const entangled = raise(
  "0A000",
  "ON CONFLICT DO NOTHING of rows that conflict with each other by different keys is not supported",
  "Name one key, as ON CONFLICT (column_name), or insert in several statements.",
);

function inserted(
  rows: Query,
  areNumbered: boolean,
  { target, commonTables }: Proposed,
  scope: Scope,
): Query {
  const entry = entryOver(rows, target, "proposed", scope);
  const changed = changeColumns(target, {
    action: actionConstant("i"),
    file: make(oid.int4, null, undefined),
    row: make(oid.int8, null, undefined),
    values: target.columns.map((column) => used(entry, column)),
    extras: [],
  });
  const query = plainSelect({
    ...changed,
    from: [{ kind: "entry", entry, isLateral: false }],
    commonTables,
  });
  return areNumbered ? asProposed(query, entry) : query;
}

/** Written, and told by RETURNING, in the order in which the rows were proposed: joins keep none. */
function asProposed(query: Query, proposed: RangeEntry): Query {
  const expression = columnUse(proposed, order, undefined);
  return {
    ...query,
    sort: [{ expression, target: undefined, isDescending: false, nullsFirst: false }],
  };
}

// ── Layers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Hidden {
  readonly column: EntryColumn;
  readonly value: Expression;
}

/** The target's columns from an entry that has them, and more. */
function selected(
  entry: RangeEntry,
  target: Relation,
  hidden: readonly Hidden[],
  from: readonly FromItem[] = [{ kind: "entry", entry, isLateral: false }],
  where?: Expression,
): Query {
  const values = target.columns.map((column) => used(entry, column));
  const expressions = [...values, ...hidden.map(({ value }) => value)];
  const columns = [...entry.columns, ...hidden.map(({ column }) => column)];
  return plainSelect({
    targets: expressions.map((expression, i) => ({
      name: columns[i]?.name ?? "",
      expression,
      isJunk: false,
    })),
    from,
    columns,
    where,
  });
}

/** NOT NULL and CHECK are asked of every row that is proposed, whether it is kept or not: 23502, 23514. */
function judged(source: Query, target: Relation, scope: Scope): Query {
  const entry = entryOver(source, target, "proposed", scope);
  const condition = asked(entry, target, scope);
  return condition === undefined ? source : selected(entry, target, [], undefined, condition);
}

function numbered(source: Query, scope: Scope): Query {
  const entry = bareEntry(source, "proposed", scope);
  return plainSelect({
    targets: [
      ...entry.columns.map((column) => ({
        name: column.name,
        expression: columnUse(entry, column, undefined),
        isJunk: false,
      })),
      { name: order.name, expression: rowNumber([], undefined), isJunk: false },
    ],
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: [...entry.columns, order],
  });
}

/** Each row with its place among those of its key, counted from the end when `fromLast`. */
function inTurn(source: Query, key: Arbiter, fromLast: boolean, scope: Scope): Query {
  const entry = bareEntry(numbered(source, scope), "proposed", scope);
  const keyed = keyParts(key, entry, scope);
  const place = rowNumber(keyed, columnUse(entry, order, undefined), fromLast);
  const { columns } = entry;
  return plainSelect({
    targets: [
      ...columns.map((column) => ({
        name: column.name,
        expression: columnUse(entry, column, undefined),
        isJunk: false,
      })),
      { name: turn.name, expression: place, isJunk: false },
    ],
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: [...columns, turn],
  });
}

function bareEntry(query: Query, name: string, scope: Scope): RangeEntry {
  const columns = query.columns.map((column) => ({ ...column, number: 0 }));
  return {
    alias: scope.analysis.alias(name),
    name,
    depth: scope.depth,
    columns,
    source: { kind: "query", query },
    used: new Set(columns),
  };
}

/** What can be named of it are the target's columns. */
function entryOver(query: Query, target: Relation, name: string, scope: Scope): RangeEntry {
  const entry = bareEntry(query, name, scope);
  return { ...entry, columns: entry.columns.slice(0, target.columns.length) };
}

function isOneRow(source: Query): boolean {
  return source.body.kind === "values" && source.body.rows.length === 1;
}
