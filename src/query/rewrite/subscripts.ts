/** a[i] and a[i:j]: lists begin at 1 as arrays do, vectors at 0; what lies outside is NULL. */
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import type { Printer } from "../print/printer.ts";
import { dimensionsOf, transformed } from "./dimensions.ts";
import { printNamedKernel } from "./named-kernel.ts";

type Subscript = Extract<Expression, { kind: "subscript" }>;

export function printSubscript(subscript: Subscript, printer: Printer): string {
  const { argument, lower, upper, isSlice } = subscript;
  const value = printer.expression(argument);
  const type = argument.type;
  if (type === oid.jsonb) return jsonElement(value, upper, printer);
  // A name is so many characters, from 0.
  if (type === oid.name && upper !== undefined)
    return `substring(${value}, ${printer.expression(upper)} + 1, 1)`;
  const shift = type === oid.int2vector || type === oid.oidvector ? 1 : 0;
  // Fewer indices than dimensions are nothing.
  if (
    !isSlice &&
    elementType(baseType(type)) !== undefined &&
    elementType(baseType(subscript.type)) === undefined &&
    dimensionsOf(argument) > 1
  )
    return `CAST(NULL AS ${engineType(subscript.type)})`;
  if (isSlice) {
    const depth = depthOfSlice(argument);
    if (depth > 0) {
      const inner = printSlice("item", lower, upper, printer);
      return transformed(value, depth, inner);
    }
    if (dimensionsOf(argument) > 1) return printSlice(value, lower, upper, printer);
    const from = lower === undefined ? "1" : `greatest(${index(lower, shift, printer)}, 1)`;
    const to =
      upper === undefined ? `len(${value})` : `greatest(${index(upper, shift, printer)}, 0)`;
    return `list_slice(${value}, ${from}, ${to})`;
  }
  if (upper === undefined) return value;
  const at = index(upper, shift, printer);
  if (upper.kind === "constant")
    return Number(upper.text) + shift < 1
      ? `CASE WHEN false THEN list_extract(${value}, 1) END`
      : `list_extract(${value}, ${at})`;
  // A negative index counts from the end in the engine.
  return `CASE WHEN ${at} >= 1 THEN list_extract(${value}, ${at}) END`;
}

/** Slices one behind the other are of one dimension each. */
function depthOfSlice(argument: Expression): number {
  return argument.kind === "subscript" && argument.isSlice
    ? 1 + depthOfSlice(argument.argument)
    : 0;
}

/** A bare index among slices is a slice from 1. */
function printSlice(
  value: string,
  lower: Expression | undefined,
  upper: Expression | undefined,
  printer: Printer,
): string {
  const from = lower === undefined ? "1" : `greatest(${index(lower, 0, printer)}, 1)`;
  const to = upper === undefined ? `len(${value})` : `greatest(${index(upper, 0, printer)}, 0)`;
  return `list_slice(${value}, ${from}, ${to})`;
}

function index(expression: Expression, shift: number, printer: Printer): string {
  if (expression.kind === "constant" && expression.text !== null)
    return String(Number(expression.text) + shift);
  const printed = printer.expression(expression);
  return shift === 0 ? printed : `(${printed} + ${shift})`;
}

function jsonElement(value: string, key: Expression | undefined, printer: Printer): string {
  if (key === undefined) return value;
  const step = `CAST(${printer.expression(key)} AS VARCHAR)`;
  return printNamedKernel("jsonb_extract_path(jsonb,_text)", value, `[${step}]`) ?? value;
}
