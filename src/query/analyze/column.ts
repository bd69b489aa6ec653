/** a, t.a, s.t.a, db.s.t.a and a bare table name: PostgreSQL's transformColumnRef. */
import type { ColumnRef } from "@pgsql/types";
import {
  columnOfItem,
  findColumn,
  findItem,
  findSystemColumn,
  missingColumn,
  missingItem,
  type NamespaceItem,
  type Scope,
  wholeRow,
} from "./scope.ts";
import type { Expression } from "./tree.ts";
import { nameParts } from "./types.ts";

export function columnReference(node: ColumnRef, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  const fields = node.fields ?? [];
  const names = nameParts(fields);
  const last = fields.at(-1);
  if (last !== undefined && "A_Star" in last) {
    const item = itemNamed(names.slice(0, -1), scope, location);
    const row = wholeRow(item, location);
    if (row !== undefined) return row;
    throw analysis.error("0A000", "a whole-row reference to a join is not supported", location);
  }
  const [first = ""] = names;
  if (names.length === 1) return bareName(first, scope, location);
  const item = itemNamed(names.slice(0, -1), scope, location);
  const column = names.at(-1) ?? "";
  const found = columnOfItem(item, column, scope, location);
  if (found !== undefined) return found;
  throw missingColumn(scope, names.at(-2), column, location);
}

function bareName(name: string, scope: Scope, location: number | undefined): Expression {
  const column = findColumn(scope, name, location) ?? findSystemColumn(scope, name, location);
  if (column !== undefined) return column;
  const item = findItem(scope, undefined, name, location);
  const row = item === undefined ? undefined : rowOf(item, location);
  if (row !== undefined) return row;
  throw missingColumn(scope, undefined, name, location);
}

/** A function in FROM that gives one scalar column is that value under its own name; anything else is the row. */
function rowOf(item: NamespaceItem, location: number | undefined): Expression | undefined {
  const source = item.entry?.source;
  const [only, second] = item.columns;
  if (source?.kind === "functions" && only !== undefined && second === undefined)
    return only.expression(location);
  return wholeRow(item, location);
}

/** `names`: table, or schema and table, or database, schema and table. */
export function itemNamed(
  names: readonly string[],
  scope: Scope,
  location: number | undefined,
): NamespaceItem {
  const { analysis } = scope;
  const [database, schema, table] = [names.at(-3), names.at(-2), names.at(-1) ?? ""];
  if (names.length > 3)
    throw analysis.error(
      "42601",
      `improper qualified name (too many dotted names): ${names.join(".")}`,
      location,
    );
  if (database !== undefined && database !== analysis.context.database)
    throw analysis.error(
      "0A000",
      `cross-database references are not implemented: ${names.join(".")}`,
      location,
    );
  const item = findItem(scope, schema, table, location);
  if (item !== undefined) return item;
  throw missingItem(scope, table, location);
}
