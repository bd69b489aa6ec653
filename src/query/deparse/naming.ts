/** Names no two things of a query share: set_rtable_names and set_relation_column_names of ruleutils.c. */
import { relationOf } from "../analyze/scope.ts";
import type { FromItem, Query, RangeEntry } from "../analyze/tree.ts";
import type { EntryNames, Namespace } from "./writer.ts";

/** `reserved`: names that are taken before the first. */
export function namespaceOf(
  query: Query,
  outer: readonly Namespace[],
  reserved: readonly string[],
): Namespace {
  const taken = new Map<string, number>();
  for (const name of reserved) taken.set(name, 0);
  for (const { entries } of outer) for (const { name } of entries.values()) taken.set(name, 0);
  const entries = new Map<RangeEntry, EntryNames>();
  const { body } = query;
  for (const item of body.kind === "select" ? body.from : []) {
    for (const entry of entriesOf(item))
      entries.set(entry, { name: uniqueName(ownName(entry), taken), columns: columnNames(entry) });
  }
  return { entries, commonTables: new Set(query.commonTables.map(({ name }) => name)) };
}

function entriesOf(item: FromItem): readonly RangeEntry[] {
  return item.kind === "entry" ? [item.entry] : [...entriesOf(item.left), ...entriesOf(item.right)];
}

function ownName(entry: RangeEntry): string {
  if (entry.given !== undefined) return entry.given.name;
  return relationOf(entry)?.name ?? (entry.name === "" ? "unnamed_subquery" : entry.name);
}

function uniqueName(wanted: string, taken: Map<string, number>): string {
  let counter = taken.get(wanted);
  if (counter === undefined) {
    taken.set(wanted, 0);
    return wanted;
  }
  let name: string;
  do {
    counter++;
    name = `${wanted}_${counter}`;
  } while (taken.has(name));
  taken.set(wanted, counter);
  taken.set(name, 0);
  return name;
}

/** Of a relation as they are by now, but for those that were given another name with it. */
function columnNames(entry: RangeEntry): readonly string[] {
  const relation = relationOf(entry);
  return entry.columns.map((column, i) => {
    const given = entry.given?.columns[i];
    if (given !== undefined) return given;
    return relation?.columns.find(({ number }) => number === column.number)?.name ?? column.name;
  });
}
