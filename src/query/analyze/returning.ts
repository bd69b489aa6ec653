/**
 * RETURNING: reads the rows just written. What it takes from other things in FROM was computed with each row: those
 * values ride along in the columns "@1", "@2", ….
 */
import type { Node } from "@pgsql/types";
import type { Relation } from "../../catalog/relation.ts";
import { writtenEntry } from "./check.ts";
import { coerceToTarget, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, type NamespaceItem, newScope, type Scope } from "./scope.ts";
import { columnsOf } from "./select.ts";
import { extraName } from "./target.ts";
import { type OpenTarget, targetList } from "./targets.ts";
import type { CommonTable, EntryColumn, Expression, Query, RangeEntry } from "./tree.ts";
import type { ViewTarget } from "./view-target.ts";
import { walk } from "./walk.ts";

export interface Returning {
  readonly query: Query;
  /** The rows written: `used` says which of the target's columns are wanted. */
  readonly row: RangeEntry;
  /** What `ModifyPlan.source` gives besides the target's columns. */
  readonly extras: readonly Expression[];
}

interface Names {
  readonly relation: Relation;
  /** The target's own item, then what else can be seen. */
  readonly target: NamespaceItem;
  /** How a view shows the rows written, when they were written through one. */
  readonly shown?: ViewTarget["shown"] | undefined;
  readonly others: readonly NamespaceItem[];
  /** Part of the statement, and not to be seen from here. */
  readonly hidden?: readonly NamespaceItem[];
  readonly commonTables: readonly CommonTable[];
}

export function returning(
  nodes: readonly Node[] | undefined,
  names: Names,
  outer: Scope,
): Returning | undefined {
  if (nodes === undefined) return undefined;
  const { analysis } = outer;
  const scope = newScope(analysis, outer, "RETURNING");
  const row = writtenEntry(names.relation, names.target.name, scope);
  const extras: Expression[] = [];
  const own =
    names.shown === undefined
      ? { ...names.target, entry: row, columns: writtenColumns(row, names.target) }
      : { ...names.target, columns: names.shown(row).item.columns };
  scope.items = [own, ...names.others.map((item) => carried(item, row, extras))];
  scope.hidden = names.hidden ?? [];
  const before = outer.items;
  outer.items = [];
  const targets = targetList(nodes, scope);
  outer.items = before;
  for (const one of targets)
    if (typeOf(one.expression, analysis) === oid.unknown)
      one.expression =
        coerceToTarget(one.expression, oid.text, -1, analysis, "implicit") ?? one.expression;
  const query = plainSelect({
    targets,
    from: [{ kind: "entry", entry: row, isLateral: false }],
    columns: columnsOf(targets, analysis),
    commonTables: hasSubquery(targets) ? names.commonTables : [],
  });
  return { query, row: row, extras };
}

/** The old item's closures say what is read of the table; the new rows are what is seen. */
function writtenColumns(row: RangeEntry, target: NamespaceItem): NamespaceItem["columns"] {
  return row.columns.map((column, i) => ({
    name: column.name,
    expression: (location) => {
      target.columns[i]?.expression(location);
      row.used.add(column);
      return columnUse(row, column, location);
    },
  }));
}

/** The item with each column's value carried along, once it is named. */
function carried(item: NamespaceItem, row: RangeEntry, extras: Expression[]): NamespaceItem {
  const slots = item.columns.map((_, i) => slotOf(item, i));
  const { entry } = item;
  // For names and origins it is still the same thing; its values are columns of the row written.
  const own = entry === undefined ? row : { ...entry, alias: row.alias, columns: slots };
  return {
    ...item,
    entry: entry === undefined ? undefined : own,
    columns: item.columns.map((column, i) => ({
      name: column.name,
      expression: (location) => {
        const value = column.expression(location);
        const slot = slots[i];
        if (slot === undefined) throw new Error("bug: a column has its slot");
        if (slot.engineName === "") {
          slot.engineName = extraName(extras.length);
          slot.type = value.type;
          slot.typmod = value.typmod;
          extras.push(value);
        }
        return columnUse(own, slot, location);
      },
    })),
  };
}

interface Slot extends EntryColumn {
  /** Empty until it is used; a merged column of a join has no type before. */
  engineName: string;
  type: number;
  typmod: number;
}

function slotOf(item: NamespaceItem, index: number): Slot {
  const column = item.entry?.columns[index];
  const name = item.columns[index]?.name ?? "";
  return column === undefined
    ? { name, engineName: "", type: oid.unknown, typmod: -1, number: 0 }
    : { ...column, name, engineName: "" };
}

function hasSubquery(targets: readonly OpenTarget[]): boolean {
  let found = false;
  for (const { expression } of targets)
    walk(expression, (part) => {
      found ||= part.kind === "subquery";
    });
  return found;
}
