/** Operators found for their operands and made into calls: PostgreSQL's parse_oper.c. */

import { PgError } from "../../base/error.ts";
import type { BuiltinOperator } from "../../catalog/builtins.ts";
import { builtins } from "../../catalog/builtins.ts";
import type { Analysis } from "./analysis.ts";
import { matching, select } from "./candidates.ts";
import { coerce, typeOf } from "./coerce.ts";
import { resolveGenerics } from "./generics.ts";
import { oid } from "./oids.ts";
import type { ArrayComparison, Expression, OperatorCall, RowComparison } from "./tree.ts";
import { arrayType, baseType, elementType, typeName } from "./types.ts";

/** The last part of a possibly qualified operator name; 42883 outside pg_catalog. */
export function operatorName(
  parts: readonly string[],
  analysis: Analysis,
  location: number | undefined,
): string {
  const symbol = parts.at(-1) ?? "";
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  if (schema !== undefined && schema !== "pg_catalog") {
    if (!analysis.context.catalog.schemas.has(schema))
      throw analysis.error("3F000", `schema "${schema}" does not exist`, location);
    throw analysis.error("42883", `operator does not exist: ${parts.join(".")}`, location);
  }
  return symbol;
}

export function makeOperator(
  symbol: string,
  left: Expression | undefined,
  right: Expression,
  analysis: Analysis,
  location: number | undefined,
): Expression {
  const types = [left === undefined ? 0 : typeOf(left, analysis), typeOf(right, analysis)] as const;
  if (right.type === oid.engineTyped || left?.type === oid.engineTyped)
    return engineOperator(symbol, left, right, analysis, location);
  const operator =
    left === undefined
      ? findPrefix(symbol, types[1], analysis, location)
      : findInfix(symbol, types[0], types[1], analysis, location);
  const declared = left === undefined ? [operator.oprright] : [operator.oprleft, operator.oprright];
  const inputs = left === undefined ? [types[1]] : [...types];
  const resolved = resolveGenerics(inputs, declared, operator.oprresult);
  if (resolved instanceof PgError) throw analysis.at(resolved, location);
  const wanted = resolved.arguments;
  const call: OperatorCall = {
    kind: "operator",
    operator,
    left: left === undefined ? undefined : coerce(left, wanted[0] ?? 0, analysis),
    right: coerce(right, wanted.at(-1) ?? 0, analysis),
    type: resolved.result,
    typmod: -1,
    location,
  };
  return call;
}

const comparisons = new Set([
  "=",
  "<>",
  "<",
  "<=",
  ">",
  ">=",
  "~~",
  "!~~",
  "~~*",
  "!~~*",
  "~",
  "!~",
  "~*",
  "!~*",
]);

/** An operand only the engine can type: the engine judges; comparisons are boolean all the same. */
function engineOperator(
  symbol: string,
  left: Expression | undefined,
  right: Expression,
  analysis: Analysis,
  location: number | undefined,
): OperatorCall {
  const settle = (expression: Expression) =>
    typeOf(expression, analysis) === oid.unknown
      ? coerce(expression, oid.text, analysis)
      : expression;
  const operator: BuiltinOperator = {
    oid: 0,
    oprname: symbol,
    oprkind: left === undefined ? "l" : "b",
    oprleft: 0,
    oprright: 0,
    oprresult: comparisons.has(symbol) ? oid.bool : oid.engineTyped,
    oprcode: 0,
    oprcom: 0,
    oprnegate: 0,
  };
  return {
    kind: "operator",
    operator,
    left: left === undefined ? undefined : settle(left),
    right: settle(right),
    type: operator.oprresult,
    typmod: -1,
    location,
  };
}

function named(symbol: string, kind: string): readonly BuiltinOperator[] {
  return (builtins().operatorsByName.get(symbol) ?? []).filter(({ oprkind }) => oprkind === kind);
}

function findInfix(
  symbol: string,
  left: number,
  right: number,
  analysis: Analysis,
  location: number | undefined,
): BuiltinOperator {
  const candidates = named(symbol, "b");
  const exact = exactInfix(candidates, left, right);
  if (exact !== undefined) return exact;
  const fitting = matching(
    candidates.map((operator) => ({ operator, types: [operator.oprleft, operator.oprright] })),
    [left, right],
  );
  const chosen = fitting.length > 1 ? select(fitting, [left, right]) : fitting[0];
  if (chosen !== undefined) return chosen.operator;
  throw noOperator(
    `${typeName(left)} ${symbol} ${typeName(right)}`,
    fitting.length > 1,
    false,
    analysis,
    location,
  );
}

/** An unknown literal is first taken to be of the other side's type. */
function exactInfix(
  candidates: readonly BuiltinOperator[],
  left: number,
  right: number,
): BuiltinOperator | undefined {
  const find = (l: number, r: number) =>
    candidates.find(({ oprleft, oprright }) => oprleft === l && oprright === r);
  if (left !== oid.unknown && right !== oid.unknown) return find(left, right);
  const known = left === oid.unknown ? right : left;
  return find(known, known) ?? find(baseType(known), baseType(known));
}

function findPrefix(
  symbol: string,
  type: number,
  analysis: Analysis,
  location: number | undefined,
): BuiltinOperator {
  const candidates = named(symbol, "l");
  const exact = candidates.find(({ oprright }) => oprright === type);
  if (exact !== undefined) return exact;
  const fitting = matching(
    candidates.map((operator) => ({ operator, types: [operator.oprright] })),
    [type],
  );
  const chosen = fitting.length > 1 ? select(fitting, [type]) : fitting[0];
  if (chosen !== undefined) return chosen.operator;
  throw noOperator(`${symbol} ${typeName(type)}`, fitting.length > 1, true, analysis, location);
}

function noOperator(
  signature: string,
  isAmbiguous: boolean,
  isPrefix: boolean,
  analysis: Analysis,
  location: number | undefined,
): PgError {
  if (isAmbiguous)
    return analysis.error("42725", `operator is not unique: ${signature}`, location, {
      hint: "Could not choose a best candidate operator. You might need to add explicit type casts.",
    });
  return analysis.error("42883", `operator does not exist: ${signature}`, location, {
    hint: isPrefix
      ? "No operator matches the given name and argument type. You might need to add an explicit type cast."
      : "No operator matches the given name and argument types. You might need to add explicit type casts.",
  });
}

/** make_scalar_array_op: x op ANY|ALL (array). */
export function makeArrayComparison(
  symbol: string,
  isAny: boolean,
  left: Expression,
  right: Expression,
  analysis: Analysis,
  location: number | undefined,
): Expression {
  const [leftType, rightType] = [typeOf(left, analysis), typeOf(right, analysis)];
  let element: number = oid.unknown;
  if (rightType !== oid.unknown && rightType !== oid.engineTyped) {
    const found = elementType(baseType(rightType));
    if (found === undefined)
      throw analysis.error("42809", "op ANY/ALL (array) requires array on right side", location);
    element = found;
  }
  const operator = findInfix(symbol, leftType, element, analysis, location);
  const resolved = resolveGenerics(
    [leftType, element],
    [operator.oprleft, operator.oprright],
    operator.oprresult,
  );
  if (resolved instanceof PgError) throw analysis.at(resolved, location);
  if (resolved.result !== oid.bool)
    throw analysis.error(
      "42809",
      "op ANY/ALL (array) requires operator to yield boolean",
      location,
    );
  const [leftWanted = oid.text, elementWanted = oid.text] = resolved.arguments;
  const array = arrayType(elementWanted);
  if (array === undefined)
    throw analysis.error(
      "42704",
      `could not find array type for data type ${typeName(elementWanted)}`,
      location,
    );
  const comparison: ArrayComparison = {
    kind: "array comparison",
    operator,
    isAny,
    left: coerce(left, leftWanted, analysis),
    // The operator's own type already holds an element as it is: int2vector stays what it is.
    right: element === elementWanted ? right : coerce(right, array, analysis),
    type: oid.bool,
    typmod: -1,
    location,
  };
  return comparison;
}

const rowOperators = new Set(["=", "<>", "<", "<=", ">", ">="]);

/** ROW(a, b) op ROW(c, d): pairwise for = and <>, left to right for the order. */
export function makeRowComparison(
  symbol: string,
  left: readonly Expression[],
  right: readonly Expression[],
  analysis: Analysis,
  location: number | undefined,
): Expression {
  if (left.length !== right.length)
    throw analysis.error("42601", "unequal number of entries in row expressions", location);
  if (left.length === 0)
    throw analysis.error("0A000", "cannot compare rows of zero length", location);
  const pairs = left.map((one, i): readonly [Expression, Expression] => {
    const call = makeOperator(symbol, one, right[i] ?? one, analysis, location);
    if (call.kind !== "operator" || call.left === undefined || call.type !== oid.bool)
      throw analysis.error(
        "42804",
        `row comparison operator must yield type boolean, not type ${typeName(call.type)}`,
        location,
      );
    return [call.left, call.right];
  });
  if (pairs.length === 1 || !rowOperators.has(symbol)) {
    const [only] = left;
    if (pairs.length === 1 && only !== undefined && right[0] !== undefined)
      return makeOperator(symbol, only, right[0], analysis, location);
    throw analysis.error(
      "0A000",
      `could not determine interpretation of row comparison operator ${symbol}`,
      location,
      { hint: "Row comparison operators must be associated with btree operator families." },
    );
  }
  const comparison: RowComparison = {
    kind: "row comparison",
    // Checked against the set just above.
    comparison: symbol as RowComparison["comparison"],
    pairs,
    type: oid.bool,
    typmod: -1,
    location,
  };
  return comparison;
}
