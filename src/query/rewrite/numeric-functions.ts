/** round, trunc, ceil and floor of numerics, and what PostgreSQL computes exactly where the engine has doubles. */
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import type { Printer } from "../print/printer.ts";
import { isOfFewRows, isReadNumeric, shapeOf } from "./numeric-shape.ts";
import { exactText } from "./numeric-text.ts";

type Printing = (call: FunctionCall, printer: Printer) => string | undefined;

export const numericFunctions: Readonly<Record<string, Printing>> = {
  round: (call, printer) => printCut("round", call, printer),
  trunc: (call, printer) => printCut("trunc", call, printer),
  ceil: (call, printer) => printWhole("ceil", call, printer),
  ceiling: (call, printer) => printWhole("ceil", call, printer),
  floor: (call, printer) => printWhole("floor", call, printer),
  div: asDouble,
  gcd: asDouble,
  lcm: asDouble,
  trim_scale: asDouble,
  scale: (call, printer) => places(call, printer, (text) => text),
  min_scale: (call, printer) => places(call, printer, (text) => `shim_numeric_trim(${text})`),
};

/** Digits behind the point that are cut off, or that a value is rounded to. */
function printCut(
  name: "round" | "trunc",
  call: FunctionCall,
  printer: Printer,
): string | undefined {
  const [value, digits] = call.arguments;
  if (value === undefined || call.type !== oid.numeric) return undefined;
  const isKnown = digits === undefined || (digits.kind === "constant" && digits.text !== null);
  const count = digits === undefined ? 0 : isKnown ? Number(textOfConstant(digits)) : undefined;
  if (count === undefined || digits === undefined || shapeOf(value) === "by value")
    return count === undefined
      ? roundedByRow(name, value, digits, printer)
      : roundedExactly(name, value, count, printer);
  const scale = Math.min(Math.max(count, 0), 30);
  const given = shapeOf(value);
  const isWide = count < 0 && typeof given === "number";
  // Rounded in its own few digits, 9999.99 would be 0 of ten thousands.
  const printed = isWide
    ? `CAST(${printer.expression(value)} AS DECIMAL(38,${given}))`
    : printer.expression(value);
  return name === "round"
    ? `CAST(round(${printed}, ${count}) AS DECIMAL(38,${scale}))`
    : `CAST(${truncated(printed, count)} AS DECIMAL(38,${scale}))`;
}

const textOfConstant = (one: Expression | undefined) =>
  one?.kind === "constant" ? (one.text ?? "0") : "0";

function truncated(value: string, count: number): string {
  return `trunc(${value}, ${count})`;
}

/** Doubles that are halves in decimal may lie on either side: a mean is rounded by its digits, a quotient of rows nearly so. */
function roundedExactly(
  name: "round" | "trunc",
  value: Expression,
  count: number,
  printer: Printer,
): string {
  const scale = Math.min(Math.max(count, 0), 30);
  if (shapeOf(value) !== "by value")
    return `CAST(${name}(${printer.expression(value)}, ${count}) AS DECIMAL(38,${scale}))`;
  const text = isOfFewRows(value) || isReadNumeric(value) ? exactText(value, printer) : undefined;
  if (text !== undefined)
    return `CAST(shim_numeric_${name}(${text}, ${count}) AS DECIMAL(38,${scale}))`;
  const near = `CAST(${printer.expression(value)} AS DECIMAL(38,${Math.min(scale + 8, 37)}))`;
  return `CAST(${name}(${near}, ${count}) AS DECIMAL(38,${scale}))`;
}

function roundedByRow(
  name: "round" | "trunc",
  value: Expression,
  digits: Expression | undefined,
  printer: Printer,
): string {
  const count = digits === undefined ? "0" : printer.expression(digits);
  return `CAST(shim_numeric_${name}(pg_shim.numeric_text(${printer.expression(value)}), ${count}) AS DOUBLE)`;
}

function printWhole(
  name: "ceil" | "floor",
  call: FunctionCall,
  printer: Printer,
): string | undefined {
  const [value] = call.arguments;
  if (value === undefined || call.type !== oid.numeric) return undefined;
  const text = isOfFewRows(value) ? exactText(value, printer) : undefined;
  if (text === undefined) return undefined;
  return `${name}(CAST(${text} AS DECIMAL(38,16)))`;
}

function asDouble(call: FunctionCall, printer: Printer): string | undefined {
  if (call.type !== oid.numeric) return undefined;
  const text = exactText(call, printer);
  return text === undefined ? undefined : `CAST(${text} AS DOUBLE)`;
}

function places(
  call: FunctionCall,
  printer: Printer,
  change: (text: string) => string,
): string | undefined {
  const [value] = call.arguments;
  if (value === undefined) return undefined;
  const text = exactText(value, printer) ?? `CAST(${printer.expression(value)} AS VARCHAR)`;
  return `CAST(length(split_part(${change(text)}, '.', 2)) AS INTEGER)`;
}
