/** SELECT … FROM … WHERE … GROUP BY … HAVING …: PostgreSQL's transformSelectStmt, in its order. */
import type { Node, SelectStmt } from "@pgsql/types";
import type { QueryOptions } from "./analysis.ts";
import { coerce, coerceToBoolean, typeOf } from "./coerce.ts";
import { fromClause, uniqueNames } from "./from.ts";
import { groupBy } from "./group.ts";
import { checkGrouped } from "./grouped.ts";
import { limits } from "./limit.ts";
import { oid } from "./oids.ts";
import { orderBy, outputItem, settle } from "./order.ts";
import { notePredicates } from "./predicates.ts";
import { inClause, type Scope } from "./scope.ts";
import { sortKey } from "./sort.ts";
import { type OpenTarget, targetList } from "./targets.ts";
import type { CommonTable, Expression, Query, QueryColumn, SelectBody, SortKey } from "./tree.ts";
import { declareWindows } from "./window.ts";

export function select(
  tree: SelectStmt,
  scope: Scope,
  commonTables: readonly CommonTable[],
  options: QueryOptions,
): Query {
  const { analysis } = scope;
  if (tree.fromClause === undefined) noteLoneCalls(tree, scope);
  const from = fromClause(tree.fromClause ?? [], scope);
  declareWindows(tree.windowClause ?? [], scope);
  const targets = inClause(scope, "select", () => targetList(tree.targetList ?? [], scope));
  const where = condition(tree.whereClause, "WHERE", scope);
  const having = condition(tree.havingClause, "HAVING", scope);
  const sort = inClause(scope, "ORDER BY", () => orderBy(tree.sortClause, targets, scope));
  const groups = inClause(scope, "GROUP BY", () => groupBy(tree, targets, scope));
  const distinct = distinctClause(tree, targets, sort, scope);
  const counts = limits(tree, scope);
  checkLocking(tree, scope);
  if (options.keepUnknown !== true)
    for (const target of targets)
      if (typeOf(target.expression, analysis) === oid.unknown)
        target.expression = coerce(target.expression, oid.text, analysis);
  const isAggregated =
    scope.aggregates.length > 0 ||
    groups !== undefined ||
    having !== undefined ||
    scope.hasEngineAggregates;
  const body: SelectBody = {
    kind: "select",
    targets,
    from,
    where,
    groups,
    having,
    distinct,
    isAggregated,
    ...(scope.windows.size > 0 ? { windows: [...scope.windows.values()] } : {}),
  };
  if (isAggregated) checkGrouped(body, sort, scope);
  if (where !== undefined) notePredicates(where, from);
  return { commonTables, body, columns: columnsOf(targets, analysis), sort, ...counts };
}

/** Of the whole statement, each call that its one row is made of. */
function noteLoneCalls(tree: SelectStmt, { analysis, parent }: Scope): void {
  if (parent !== analysis.outermost || analysis.isWithinText || analysis.isKept) return;
  if (tree.whereClause !== undefined || tree.op !== "SETOP_NONE") return;
  for (const node of tree.targetList ?? []) {
    const value = "ResTarget" in node ? node.ResTarget.val : undefined;
    if (value !== undefined) noteLone(value, analysis.lone);
  }
}

/** Through what evaluates its operands once, whatever they are. */
function noteLone(node: Node, lone: Set<object>): void {
  if ("FuncCall" in node) {
    lone.add(node.FuncCall);
    for (const argument of node.FuncCall.args ?? []) noteLone(argument, lone);
  } else if ("TypeCast" in node && node.TypeCast.arg !== undefined)
    noteLone(node.TypeCast.arg, lone);
  else if ("NullTest" in node && node.NullTest.arg !== undefined) noteLone(node.NullTest.arg, lone);
  else if ("A_Expr" in node && node.A_Expr.kind === "AEXPR_OP")
    for (const operand of [node.A_Expr.lexpr, node.A_Expr.rexpr])
      if (operand !== undefined) noteLone(operand, lone);
}

export function condition(
  node: Node | undefined,
  clause: "WHERE" | "HAVING",
  scope: Scope,
): Expression | undefined {
  if (node === undefined) return undefined;
  const { analysis } = scope;
  return inClause(scope, clause, () =>
    coerceToBoolean(analysis.rules.expression(node, scope), clause, analysis),
  );
}

export function columnsOf(
  targets: readonly OpenTarget[],
  analysis: Scope["analysis"],
): readonly QueryColumn[] {
  const results = targets.filter((target) => !target.isJunk);
  const names = uniqueNames(results.map((target) => target.name));
  return results.map(({ name, expression }, i) => ({
    name,
    engineName: names[i] ?? name,
    type: typeOf(expression, analysis),
    typmod: expression.typmod,
  }));
}

function distinctClause(
  tree: SelectStmt,
  targets: OpenTarget[],
  sort: readonly SortKey[],
  scope: Scope,
): SelectBody["distinct"] {
  const { distinctClause: nodes } = tree;
  if (nodes === undefined) return undefined;
  const on = nodes.filter((node) => Object.keys(node).length > 0);
  if (on.length > 0) return distinctOn(on, targets, sort, scope);
  for (const target of targets) {
    if (target.isJunk)
      throw scope.analysis.error(
        "42P10",
        "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
        target.expression.location,
      );
    settle(target, scope);
    // Only what can be ordered can be told apart.
    sortKey({}, target.expression, undefined, scope);
  }
  return "all";
}

function distinctOn(
  nodes: readonly Node[],
  targets: OpenTarget[],
  sort: readonly SortKey[],
  scope: Scope,
): readonly SortKey[] {
  const keys = inClause(scope, "DISTINCT ON", () =>
    nodes.map((node) => {
      const at = outputItem(node, "DISTINCT ON", targets, scope);
      const target = targets[at];
      if (target === undefined) throw new Error("bug: an output item is a target");
      settle(target, scope);
      return sortKey({}, target.expression, target.isJunk ? undefined : at + 1, scope);
    }),
  );
  const distinct = new Set(keys.map((key) => key.expression));
  const leading = sort.slice(0, distinct.size);
  const stray = leading.find((key) => !distinct.has(key.expression));
  if (stray !== undefined)
    throw scope.analysis.error(
      "42P10",
      "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
      keys[0]?.expression.location,
    );
  return keys;
}

/** Locks mean nothing under snapshots; a name that is not there is an error all the same. */
function checkLocking(tree: SelectStmt, scope: Scope): void {
  for (const node of tree.lockingClause ?? []) {
    if (!("LockingClause" in node)) continue;
    for (const relation of node.LockingClause.lockedRels ?? []) {
      if (!("RangeVar" in relation)) continue;
      const { relname = "", location } = relation.RangeVar;
      if (!scope.items.some((item) => item.name === relname))
        throw scope.analysis.error(
          "42P01",
          `relation "${relname}" in ${lockWords[node.LockingClause.strength ?? "LCS_NONE"]} clause not found in FROM clause`,
          location,
        );
    }
  }
}

const lockWords = {
  LCS_NONE: "FOR UPDATE",
  LCS_FORKEYSHARE: "FOR KEY SHARE",
  LCS_FORSHARE: "FOR SHARE",
  LCS_FORNOKEYUPDATE: "FOR NO KEY UPDATE",
  LCS_FORUPDATE: "FOR UPDATE",
} as const;
