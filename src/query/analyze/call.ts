/** f(…) in an expression: a function, an aggregate, a window function or a cast by a type's name. */
import type { FuncCall, GroupingFunc, Node, SortBy } from "@pgsql/types";
import { type BuiltinProc, builtins } from "../../catalog/builtins.ts";
import { functionOfProc } from "../../catalog/user-function.ts";
import type { EngineFunction } from "../rewrite/engine-functions.ts";
import { coerceToBoolean } from "./coerce.ts";
import { type CallSyntax, findFunction } from "./function.ts";
import { oid } from "./oids.ts";
import {
  noteSetReturning,
  refuseAggregate,
  refuseInArguments,
  refuseWindow,
} from "./restrictions.ts";
import { inClause, type Scope } from "./scope.ts";
import { knownCall } from "./session-value.ts";
import { sortKey } from "./sort.ts";
import type { AggregateOptions, Expression, SortKey } from "./tree.ts";
import { nameParts } from "./types.ts";
import { userCall } from "./user-call.ts";
import { walk } from "./walk.ts";
import { windowDefinition } from "./window.ts";

export function callExpression(node: FuncCall, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  const call = callSyntax(node, scope);
  const found = findFunction(call, analysis);
  if (found.kind === "cast") return found.expression;
  if (found.kind === "engine") return engineCall(node, found.function, found.arguments, scope);
  const { proc, result } = found;
  const made = functionOfProc(proc);
  refuseWrongSyntax(node, proc, scope);
  if (made !== undefined && node.over === undefined)
    return userCall(made, found, scope, location, analysis.lone.has(node));
  if (node.over !== undefined) return windowCall(node, proc, found.arguments, result, scope);
  if (proc.prokind === "a") return aggregateCall(node, proc, found.arguments, result, scope);
  const known = knownCall(proc, found.arguments, call.arguments, scope, location);
  if (known !== undefined)
    return { ...known, written: { kind: "call", proc, arguments: found.arguments } };
  if (proc.proretset) noteSetReturning(scope, location);
  return {
    kind: "function",
    proc,
    arguments: found.arguments,
    ...(found.named === undefined ? {} : { named: found.named }),
    isVariadicArray: found.isVariadicArray,
    ...(node.funcformat === "COERCE_SQL_SYNTAX" ? { isSyntax: true } : {}),
    type: result,
    typmod: -1,
    location,
  };
}

export function callSyntax(node: FuncCall, scope: Scope): CallSyntax {
  const { analysis } = scope;
  const nodes = node.args ?? [];
  const names = nodes.map((one) => ("NamedArgExpr" in one ? one.NamedArgExpr.name : undefined));
  const values = nodes.map((one) =>
    analysis.rules.expression(
      "NamedArgExpr" in one && one.NamedArgExpr.arg !== undefined ? one.NamedArgExpr.arg : one,
      scope,
    ),
  );
  const within = node.agg_within_group
    ? sortItems(node.agg_order).map((item) => analysis.rules.expression(item.node, scope))
    : [];
  refuseUnorderedNames(names, nodes, scope);
  return {
    name: nameParts(node.funcname),
    arguments: [...values, ...within],
    argumentNames: [...names, ...within.map(() => undefined)],
    isVariadic: node.func_variadic ?? false,
    isStar: node.agg_star ?? false,
    withinCount: node.agg_within_group ? within.length : undefined,
    hasAggregateSyntax:
      node.agg_star === true ||
      node.agg_distinct === true ||
      node.agg_order !== undefined ||
      node.agg_filter !== undefined ||
      node.over !== undefined,
    location: node.location,
  };
}

function refuseUnorderedNames(
  names: readonly (string | undefined)[],
  nodes: readonly Node[],
  scope: Scope,
): void {
  const first = names.findIndex((name) => name !== undefined);
  const late = first < 0 ? -1 : names.findIndex((name, i) => i > first && name === undefined);
  if (late < 0) return;
  const node = nodes[late];
  const body: unknown = node === undefined ? undefined : Object.values(node)[0];
  const location =
    typeof body === "object" && body !== null && "location" in body
      ? Number(body.location)
      : undefined;
  throw scope.analysis.error("42601", "positional argument cannot follow named argument", location);
}

function sortItems(nodes: readonly Node[] | undefined): readonly { sort: SortBy; node: Node }[] {
  return (nodes ?? []).flatMap((one) =>
    "SortBy" in one && one.SortBy.node !== undefined
      ? [{ sort: one.SortBy, node: one.SortBy.node }]
      : [],
  );
}

function refuseWrongSyntax(node: FuncCall, proc: BuiltinProc, scope: Scope): void {
  const { location } = node;
  const refuse = (message: string, sqlstate = "42809") =>
    scope.analysis.error(sqlstate, message, location);
  const name = nameParts(node.funcname).join(".");
  if (proc.prokind === "a") {
    const isOrderedSet = builtins().aggregates.get(proc.oid)?.aggkind !== "n";
    if (isOrderedSet && !node.agg_within_group)
      throw refuse(`WITHIN GROUP is required for ordered-set aggregate ${name}`);
    if (!isOrderedSet && node.agg_within_group)
      throw refuse(`${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`);
    if (isOrderedSet && node.over !== undefined)
      throw refuse(`OVER is not supported for ordered-set aggregate ${name}`, "0A000");
    if (proc.proargtypes.length === 0 && !node.agg_star && !isOrderedSet)
      throw refuse(`${name}(*) must be used to call a parameterless aggregate function`);
    if (node.agg_star && node.agg_distinct) throw refuse("DISTINCT specified with *", "42601");
    return;
  }
  const notAggregate = `${name} is not an aggregate function`;
  if (node.agg_star) throw refuse(`${name}(*) specified, but ${notAggregate}`);
  if (node.agg_distinct) throw refuse(`DISTINCT specified, but ${notAggregate}`);
  if (node.agg_within_group) throw refuse(`WITHIN GROUP specified, but ${notAggregate}`);
  if (node.agg_order !== undefined) throw refuse(`ORDER BY specified, but ${notAggregate}`);
  if (proc.prokind === "w") {
    if (node.over === undefined)
      throw refuse(`window function ${name} requires an OVER clause`, "42809");
    if (node.agg_filter !== undefined)
      throw refuse("FILTER is not implemented for non-aggregate window functions", "0A000");
    return;
  }
  if (node.agg_filter !== undefined) throw refuse(`FILTER specified, but ${notAggregate}`);
  if (node.over !== undefined)
    throw refuse(`OVER specified, but ${name} is not a window function nor an aggregate function`);
}

function filterOf(node: FuncCall, scope: Scope): Expression | undefined {
  const { agg_filter: filter } = node;
  if (filter === undefined) return undefined;
  return inClause(scope, "FILTER", () =>
    coerceToBoolean(scope.analysis.rules.expression(filter, scope), "FILTER", scope.analysis),
  );
}

function aggregateCall(
  node: FuncCall,
  proc: BuiltinProc,
  settled: readonly Expression[],
  result: number,
  scope: Scope,
): Expression {
  const { location } = node;
  refuseAggregate(scope, location);
  const items = sortItems(node.agg_order);
  const isOrderedSet = node.agg_within_group === true;
  const direct = isOrderedSet ? settled.slice(0, settled.length - items.length) : settled;
  const within = isOrderedSet
    ? settled
        .slice(direct.length)
        .flatMap((one, i) => (items[i] ? [sortKey(items[i].sort, one, undefined, scope)] : []))
    : undefined;
  const options = aggregateOptions(node, isOrderedSet ? [] : items, settled, scope);
  refuseInArguments(
    "aggregate",
    [...settled, ...options.order.map((key) => key.expression)],
    scope,
  );
  refuseOuterAggregate(settled, scope, location);
  const call = {
    kind: "aggregate",
    proc,
    isStar: node.agg_star ?? false,
    arguments: direct,
    within,
    options,
    type: result,
    typmod: -1,
    location,
  } as const;
  scope.aggregates.push(call);
  return call;
}

function aggregateOptions(
  node: FuncCall,
  items: readonly { sort: SortBy; node: Node }[],
  settled: readonly Expression[],
  scope: Scope,
): AggregateOptions {
  const isDistinct = node.agg_distinct ?? false;
  const order = items.map(({ sort, node: key }): SortKey => {
    const expression = scope.analysis.rules.expression(key, scope);
    // string_agg(DISTINCT a, ',' ORDER BY a): the key is the argument, cast as the argument is.
    const at = settled.findIndex((one) => sameValue(one, expression));
    if (isDistinct && at < 0)
      throw scope.analysis.error(
        "42P10",
        "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
        expression.location,
      );
    return sortKey(sort, expression, undefined, scope);
  });
  return { isDistinct, order, filter: filterOf(node, scope) };
}

function sameValue(argument: Expression, key: Expression): boolean {
  const bare = argument.kind === "cast" ? argument.argument : argument;
  if (bare.kind === "column" && key.kind === "column")
    return bare.entry === key.entry && bare.column === key.column;
  const wanted = JSON.stringify(strip(key));
  return [bare, argument].some((one) => JSON.stringify(strip(one)) === wanted);
}

/** Enough of an expression to compare: no places, no cyclic entries. */
function strip(expression: Expression): unknown {
  const seen: unknown[] = [];
  walk(expression, (part) => {
    if (part.kind === "column") seen.push(part.entry.alias, part.column.name);
    else if (part.kind === "constant") seen.push(part.text, part.type);
    else if (part.kind === "function") seen.push(part.proc.oid);
    else if (part.kind === "operator") seen.push(part.operator.oid);
    else seen.push(part.kind, part.type);
  });
  return seen;
}

/** An aggregate whose arguments are all from an outer query belongs to that query. */
function refuseOuterAggregate(
  parts: readonly Expression[],
  scope: Scope,
  location: number | undefined,
): void {
  let deepest = -1;
  for (const part of parts)
    walk(part, (inner) => {
      if (inner.kind === "column" || inner.kind === "whole row")
        deepest = Math.max(deepest, inner.entry.depth);
    });
  if (deepest >= 0 && deepest < scope.depth)
    throw scope.analysis.error(
      "0A000",
      "an aggregate over columns of an outer query is not supported",
      location,
    );
}

function windowCall(
  node: FuncCall,
  proc: BuiltinProc,
  settled: readonly Expression[],
  result: number,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const { location } = node;
  refuseWindow(scope, location);
  if (node.agg_distinct)
    throw analysis.error("0A000", "DISTINCT is not implemented for window functions", location);
  if (node.agg_order !== undefined)
    throw analysis.error(
      "0A000",
      "aggregate ORDER BY is not implemented for window functions",
      location,
    );
  refuseInArguments("window", settled, scope);
  scope.hasWindowCalls = true;
  return {
    kind: "window",
    proc,
    isStar: node.agg_star ?? false,
    arguments: settled,
    filter: filterOf(node, scope),
    over: windowDefinition(node.over ?? {}, scope),
    type: result,
    typmod: -1,
    location,
  };
}

function engineCall(
  node: FuncCall,
  found: EngineFunction,
  settled: readonly Expression[],
  scope: Scope,
): Expression {
  const { location } = node;
  const isAggregate = found.kind === "aggregate";
  if (isAggregate && node.over === undefined) {
    refuseAggregate(scope, location);
    refuseInArguments("aggregate", settled, scope);
    scope.hasEngineAggregates = true;
  }
  if (node.over !== undefined) {
    refuseWindow(scope, location);
    scope.hasWindowCalls = true;
  }
  return {
    kind: "engine function",
    name: found.name,
    arguments: settled,
    aggregate: isAggregate
      ? aggregateOptions(node, sortItems(node.agg_order), settled, scope)
      : undefined,
    over: node.over === undefined ? undefined : windowDefinition(node.over, scope),
    type: found.result,
    typmod: -1,
    location,
  };
}

/** GROUPING(a, b): which of them a row is not grouped by, as bits. */
export function groupingExpression(node: GroupingFunc, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  refuseAggregate(scope, location);
  const values = (node.args ?? []).map((one) => analysis.rules.expression(one, scope));
  return { kind: "grouping", arguments: values, type: oid.int4, typmod: -1, location };
}
