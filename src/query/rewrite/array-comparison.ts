/** x op ANY (array) and x op ALL (array). */
import { oid } from "../analyze/oids.ts";
import type { Expression, OperatorCall } from "../analyze/tree.ts";
import { list, type Printer } from "../print/printer.ts";
import { dimensionsOf, flattened } from "./dimensions.ts";
import { printOperation } from "./operators.ts";

type ArrayComparison = Extract<Expression, { kind: "array comparison" }>;

export function printArrayComparison(comparison: ArrayComparison, printer: Printer): string {
  const { operator, isAny, left, right } = comparison;
  const symbol = operator.oprname;
  const isPadded = operator.oprleft === oid.bpchar;
  const unpadded = (one: Expression) =>
    isPadded ? `rtrim(${printer.expression(one)}, ' ')` : printer.expression(one);
  const value = unpadded(left);
  if (right.kind === "array" && dimensionsOf(right) === 1) {
    const items = right.elements.map(unpadded);
    if (items.length === 0) return String(!isAny);
    if (symbol === "=" && isAny) return `(${value} IN (${list(items)}))`;
    if (symbol === "<>" && !isAny) return `(${value} NOT IN (${list(items)}))`;
    const tests = right.elements.map((one) =>
      printOperation(operation(comparison, left, one), printer),
    );
    return `(${tests.join(isAny ? " OR " : " AND ")})`;
  }
  const items = flattened(printer.expression(right), dimensionsOf(right));
  if (isPadded)
    throw printer.analysis.error(
      "0A000",
      "ANY and ALL of an array of type character are not supported",
      comparison.location,
    );
  if (symbol === "=" && isAny) return `pg_shim.any_equal(${value}, ${items})`;
  if (symbol === "<>" && !isAny) return `(NOT pg_shim.any_equal(${value}, ${items}))`;
  const item: Expression = {
    kind: "item",
    type: operator.oprright,
    typmod: -1,
    location: comparison.location,
  };
  const test = printOperation(operation(comparison, left, item), printer);
  return isAny
    ? `pg_shim.any_true(list_transform(${items}, lambda item: ${test}))`
    : `(NOT pg_shim.any_true(list_transform(${items}, lambda item: NOT ${test})))`;
}

function operation(comparison: ArrayComparison, left: Expression, right: Expression): OperatorCall {
  const { operator, type, typmod, location } = comparison;
  return { kind: "operator", operator, left, right, type, typmod, location };
}
