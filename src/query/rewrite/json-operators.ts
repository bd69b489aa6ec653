/** -> and ->>: the engine's own reader for plain values, ours for what has digits, blanks or an order to keep. */
import { oid } from "../analyze/oids.ts";
import type { Expression, OperatorCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { printKernelOperator } from "./kernels.ts";

/** undefined for any other operator. */
export function printJsonPart(call: OperatorCall, printer: Printer): string | undefined {
  if (!isPart(call)) return undefined;
  const exact = printKernelOperator(call, printer);
  // A scalar of jsonb is an array of one to a number.
  const isPlaceInJsonb = baseType(call.operator.oprleft) === oid.jsonb && isPlace(call);
  const part = isPlaceInJsonb ? undefined : quickPart(call, "json", printer);
  if (exact === undefined || part === undefined) return exact;
  const quick = call.operator.oprname === "->" ? part : quickPart(call, "text", printer);
  return `CASE WHEN json_type(${part}) IN ('OBJECT', 'ARRAY', 'DOUBLE') THEN ${exact} ELSE ${quick} END`;
}

function isPart({ operator, left }: OperatorCall): boolean {
  const type = left === undefined ? undefined : baseType(left.type);
  const isJson = type === oid.json || type === oid.jsonb;
  return isJson && (operator.oprname === "->" || operator.oprname === "->>");
}

const isPlace = ({ right }: OperatorCall) => baseType(right.type) === oid.int4;

/** The part as the engine takes it out, of what it took out before. */
function quickPart(
  { left, right }: OperatorCall,
  as: "json" | "text",
  printer: Printer,
): string | undefined {
  if (left === undefined) return undefined;
  const value = quickValue(left, printer);
  const step = printer.expression(right);
  const reader = baseType(right.type) === oid.int4 ? "json_item" : "json_field";
  return `pg_shim.${reader}${as === "text" ? "_text" : ""}(${value}, ${step})`;
}

function quickValue(expression: Expression, printer: Printer): string {
  if (expression.kind !== "operator" || !isPart(expression)) return printer.expression(expression);
  return quickPart(expression, "json", printer) ?? printer.expression(expression);
}
