/** A_Expr: operators and the constructs that PostgreSQL's grammar makes of them. */
import type { A_Expr, Node } from "@pgsql/types";
import { canCoerce, coerceToBoolean, coerceToCommon, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { makeArrayComparison, makeOperator, makeRowComparison, operatorName } from "./operator.ts";
import { isRow } from "./pathway.ts";
import type { Scope } from "./scope.ts";
import { rowSubquery } from "./subquery.ts";
import type { Expression } from "./tree.ts";
import { arrayType, baseType, category, isPreferred, nameParts } from "./types.ts";

export function operatorExpression(node: A_Expr, scope: Scope): Expression {
  switch (node.kind) {
    case "AEXPR_OP_ANY":
    case "AEXPR_OP_ALL":
      return arrayComparison(node, scope);
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT":
      return distinctTest(node, scope);
    case "AEXPR_NULLIF":
      return nullIf(node, scope);
    case "AEXPR_IN":
      return inList(node, scope);
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
    case "AEXPR_BETWEEN_SYM":
    case "AEXPR_NOT_BETWEEN_SYM":
      return between(node, scope);
    default:
      // LIKE, ILIKE and SIMILAR TO come as their operators.
      return plainOperator(node, scope);
  }
}

function operand(node: Node | undefined, scope: Scope): Expression {
  if (node === undefined) throw scope.analysis.error("42601", "an operand is missing", undefined);
  return scope.analysis.rules.expression(node, scope);
}

function symbolOf(node: A_Expr, scope: Scope): string {
  return operatorName(nameParts(node.name), scope.analysis, node.location);
}

function plainOperator(node: A_Expr, scope: Scope): Expression {
  const { analysis } = scope;
  const { lexpr, rexpr, location } = node;
  const symbol = symbolOf(node, scope);
  if (lexpr !== undefined && "RowExpr" in lexpr && rexpr !== undefined) {
    if ("SubLink" in rexpr && rexpr.SubLink.subLinkType === "EXPR_SUBLINK")
      return rowSubquery(lexpr.RowExpr.args ?? [], symbol, rexpr.SubLink, scope, location);
    if ("RowExpr" in rexpr) {
      const left = (lexpr.RowExpr.args ?? []).map((one) => operand(one, scope));
      const right = (rexpr.RowExpr.args ?? []).map((one) => operand(one, scope));
      return makeRowComparison(symbol, left, right, analysis, location);
    }
  }
  const left = lexpr === undefined ? undefined : operand(lexpr, scope);
  return makeOperator(symbol, left, operand(rexpr, scope), analysis, location);
}

function arrayComparison(node: A_Expr, scope: Scope): Expression {
  return makeArrayComparison(
    symbolOf(node, scope),
    node.kind === "AEXPR_OP_ANY",
    operand(node.lexpr, scope),
    operand(node.rexpr, scope),
    scope.analysis,
    node.location,
  );
}

function distinctTest(node: A_Expr, scope: Scope): Expression {
  const { lexpr, rexpr, location } = node;
  const isNegated = node.kind === "AEXPR_NOT_DISTINCT";
  if (lexpr !== undefined && "RowExpr" in lexpr && rexpr !== undefined && "RowExpr" in rexpr) {
    const left = (lexpr.RowExpr.args ?? []).map((one) => operand(one, scope));
    const right = (rexpr.RowExpr.args ?? []).map((one) => operand(one, scope));
    const tests = left.map((one, i) => distinct(one, right[i] ?? one, isNegated, scope, location));
    return {
      kind: "boolean",
      operation: isNegated ? "AND" : "OR",
      arguments: tests,
      type: oid.bool,
      typmod: -1,
      location,
    };
  }
  return distinct(operand(lexpr, scope), operand(rexpr, scope), isNegated, scope, location);
}

function distinct(
  left: Expression,
  right: Expression,
  isNegated: boolean,
  scope: Scope,
  location: number | undefined,
): Expression {
  const call = makeOperator("=", left, right, scope.analysis, location);
  if (call.kind !== "operator" || call.left === undefined) return call;
  return {
    kind: "distinct",
    isNegated,
    left: call.left,
    right: call.right,
    type: oid.bool,
    typmod: -1,
    location,
  };
}

function nullIf(node: A_Expr, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  const left = operand(node.lexpr, scope);
  const comparison = makeOperator("=", left, operand(node.rexpr, scope), analysis, location);
  // As the operator takes it: a literal has got a type, a number may be a wider one.
  const value = comparison.kind === "operator" && comparison.left ? comparison.left : left;
  return {
    kind: "nullif",
    value,
    comparison,
    type: value.type,
    typmod: value.typmod,
    location,
  };
}

/** x IN (a, b): one array comparison for the values that share a type, an OR for the rest. */
function inList(node: A_Expr, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  const symbol = symbolOf(node, scope);
  const isNegated = symbol === "<>";
  const items =
    node.rexpr !== undefined && "List" in node.rexpr ? (node.rexpr.List.items ?? []) : [];
  if (node.lexpr !== undefined && "RowExpr" in node.lexpr)
    return joined(
      items.map((item) => plainOperator({ ...node, rexpr: item }, scope)),
      isNegated,
      location,
      scope,
    );
  const left = operand(node.lexpr, scope);
  const values = items.map((item) => operand(item, scope));
  const plain = values.filter((one) => !readsColumn(one));
  const rest = values.filter(readsColumn);
  const element = plain.length > 1 ? sharedType([left, ...plain], scope) : undefined;
  const array = element === undefined ? undefined : arrayType(element);
  if (element === undefined || array === undefined)
    return joined(
      values.map((one) => makeOperator(symbol, left, one, analysis, location)),
      isNegated,
      location,
      scope,
    );
  const list: Expression = {
    kind: "array",
    elements: plain.map((one) => coerceToCommon(one, element, "IN", analysis)),
    type: array,
    typmod: -1,
    location,
  };
  const first = makeArrayComparison(symbol, !isNegated, left, list, analysis, location);
  const others = rest.map((one) => makeOperator(symbol, left, one, analysis, location));
  return joined([first, ...others], isNegated, location, scope);
}

function joined(
  tests: readonly Expression[],
  isNegated: boolean,
  location: number | undefined,
  scope: Scope,
): Expression {
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return coerceToBoolean(only, "IN", scope.analysis);
  return {
    kind: "boolean",
    operation: isNegated ? "AND" : "OR",
    arguments: tests.map((test) => coerceToBoolean(test, "IN", scope.analysis)),
    type: oid.bool,
    typmod: -1,
    location,
  };
}

function readsColumn(value: Expression): boolean {
  if (value.kind === "column") return true;
  return value.kind === "cast" && readsColumn(value.argument);
}

/** select_common_type without its error: undefined when the values do not share one. */
function sharedType(values: readonly Expression[], scope: Scope): number | undefined {
  let shared: number = oid.unknown;
  for (const value of values) {
    const type = baseType(typeOf(value, scope.analysis));
    if (type === oid.unknown || type === shared) continue;
    if (type === oid.engineTyped) return undefined;
    if (shared === oid.unknown) shared = type;
    else if (category(shared) !== category(type)) return undefined;
    else if (
      !isPreferred(shared) &&
      canCoerce([shared], [type], "implicit") &&
      !canCoerce([type], [shared], "implicit")
    )
      shared = type;
  }
  if (isRow(shared)) return undefined;
  return shared === oid.unknown ? oid.text : shared;
}

function between(node: A_Expr, scope: Scope): Expression {
  const { analysis } = scope;
  const { kind, location } = node;
  const bounds =
    node.rexpr !== undefined && "List" in node.rexpr ? (node.rexpr.List.items ?? []) : [];
  const value = operand(node.lexpr, scope);
  const [low, high] = [operand(bounds[0], scope), operand(bounds[1], scope)];
  const isNegated = kind === "AEXPR_NOT_BETWEEN" || kind === "AEXPR_NOT_BETWEEN_SYM";
  const inside = (from: Expression, to: Expression): Expression => ({
    kind: "boolean",
    operation: isNegated ? "OR" : "AND",
    arguments: [
      makeOperator(isNegated ? "<" : ">=", value, from, analysis, location),
      makeOperator(isNegated ? ">" : "<=", value, to, analysis, location),
    ],
    type: oid.bool,
    typmod: -1,
    location,
  });
  if (kind === "AEXPR_BETWEEN" || kind === "AEXPR_NOT_BETWEEN") return inside(low, high);
  return {
    kind: "boolean",
    operation: isNegated ? "AND" : "OR",
    arguments: [inside(low, high), inside(high, low)],
    type: oid.bool,
    typmod: -1,
    location,
  };
}
