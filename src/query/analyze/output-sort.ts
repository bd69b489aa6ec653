/** ORDER BY where only the result's own columns can be named: set operations and VALUES. */
import type { Node } from "@pgsql/types";
import { make } from "./constant.ts";
import type { Scope } from "./scope.ts";
import { sortKey } from "./sort.ts";
import type { QueryColumn, SortKey } from "./tree.ts";
import { nameParts } from "./types.ts";

export function outputSort(
  nodes: readonly Node[],
  columns: readonly QueryColumn[],
  what: string,
  scope: Scope,
): readonly SortKey[] {
  return nodes.flatMap((item) => {
    if (!("SortBy" in item) || item.SortBy.node === undefined) return [];
    const at = position(item.SortBy.node, columns, what, scope);
    const column = columns[at];
    if (column === undefined) return [];
    // Only the type counts: what is printed is the column's number.
    const value = make(column.type, null, undefined);
    return [sortKey(item.SortBy, value, at + 1, scope)];
  });
}

function position(node: Node, columns: readonly QueryColumn[], what: string, scope: Scope): number {
  const { analysis } = scope;
  if ("A_Const" in node) {
    const { ival, location } = node.A_Const;
    if (ival === undefined)
      throw analysis.error("42601", "non-integer constant in ORDER BY", location);
    const at = (ival.ival ?? 0) - 1;
    if (columns[at] !== undefined) return at;
    throw analysis.error("42P10", `ORDER BY position ${at + 1} is not in select list`, location);
  }
  if ("ColumnRef" in node) {
    const [name = "", second] = nameParts(node.ColumnRef.fields);
    const at = second === undefined ? columns.findIndex((column) => column.name === name) : -1;
    if (at >= 0) return at;
    throw analysis.error(
      "42703",
      second === undefined
        ? `column "${name}" does not exist`
        : `column ${name}.${second} does not exist`,
      node.ColumnRef.location,
    );
  }
  throw analysis.error("0A000", `invalid ${what} ORDER BY clause`, undefined, {
    detail: "Only result column names can be used, not expressions or functions.",
    hint: "Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
  });
}
