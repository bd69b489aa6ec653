/** ORDER BY, GROUP BY and DISTINCT ON items: output names and ordinals first, then expressions. PostgreSQL's parse_clause.c. */
import type { Node, SortBy } from "@pgsql/types";
import { coerce, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { findColumn, type Scope } from "./scope.ts";
import { sortKey } from "./sort.ts";
import type { OpenTarget } from "./targets.ts";
import type { Expression, SortKey } from "./tree.ts";
import { nameParts } from "./types.ts";
import { same } from "./walk.ts";

export type OutputClause = "ORDER BY" | "GROUP BY" | "DISTINCT ON";

export function orderBy(
  nodes: readonly Node[] | undefined,
  targets: OpenTarget[],
  scope: Scope,
): readonly SortKey[] {
  return (nodes ?? []).flatMap((node) => {
    if (!("SortBy" in node) || node.SortBy.node === undefined) return [];
    return [orderKey(node.SortBy, node.SortBy.node, targets, scope)];
  });
}

function orderKey(sort: SortBy, node: Node, targets: OpenTarget[], scope: Scope): SortKey {
  const at = outputItem(node, "ORDER BY", targets, scope);
  const target = targets[at];
  if (target === undefined) throw new Error("bug: an output item is a target");
  settle(target, scope);
  return sortKey(sort, target.expression, target.isJunk ? undefined : at + 1, scope);
}

/** A literal that is sorted or grouped by is text. */
export function settle(target: OpenTarget, scope: Scope): void {
  if (typeOf(target.expression, scope.analysis) === oid.unknown)
    target.expression = coerce(target.expression, oid.text, scope.analysis);
}

/** Index into the targets; an expression that is not there joins them as junk. */
export function outputItem(
  node: Node,
  clause: OutputClause,
  targets: OpenTarget[],
  scope: Scope,
): number {
  const { analysis } = scope;
  const byName = outputName(node, clause, targets, scope);
  if (byName !== undefined) return byName;
  if ("A_Const" in node && node.A_Const.boolval === undefined) {
    const { ival, location } = node.A_Const;
    if (ival === undefined)
      throw analysis.error("42601", `non-integer constant in ${clause}`, location);
    const at = (ival.ival ?? 0) - 1;
    const found = targets[at];
    if (found === undefined || found.isJunk)
      throw analysis.error("42P10", `${clause} position ${at + 1} is not in select list`, location);
    return at;
  }
  const expression = analysis.rules.expression(node, scope);
  return indexOf(expression, targets, scope);
}

function indexOf(expression: Expression, targets: OpenTarget[], scope: Scope): number {
  const at = targets.findIndex((target) => same(target.expression, expression));
  if (at >= 0) return at;
  const settled =
    typeOf(expression, scope.analysis) === oid.unknown
      ? coerce(expression, oid.text, scope.analysis)
      : expression;
  return targets.push({ name: "?column?", expression: settled, isJunk: true }) - 1;
}

/** SQL92: a bare name is an output column's; for GROUP BY only when no input column has it. */
function outputName(
  node: Node,
  clause: OutputClause,
  targets: readonly OpenTarget[],
  scope: Scope,
): number | undefined {
  if (!("ColumnRef" in node)) return undefined;
  const { fields = [], location } = node.ColumnRef;
  const [name = "", second] = nameParts(fields);
  if (second !== undefined || name === "") return undefined;
  if (clause === "GROUP BY" && isInput(name, scope)) return undefined;
  let found: number | undefined;
  for (const [i, target] of targets.entries()) {
    if (target.isJunk || target.name !== name) continue;
    if (found !== undefined && !same(targets[found]?.expression, target.expression))
      throw scope.analysis.error("42702", `${clause} "${name}" is ambiguous`, location);
    found ??= i;
  }
  return found;
}

/** A column of this level, not of an outer one. */
function isInput(name: string, scope: Scope): boolean {
  const own: Scope = { ...scope, parent: undefined };
  const isThere = scope.items.some(
    (item) => item.areColumnsVisible && item.columns.some((column) => column.name === name),
  );
  return isThere && findColumn(own, name, undefined) !== undefined;
}
