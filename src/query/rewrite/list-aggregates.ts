/** Aggregates that the engine lacks, computed over the list of all values. */
import { builtins } from "../../catalog/builtins.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType, typeRow } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { filter, order } from "../print/sort.ts";
import { printNamedKernel } from "./named-kernel.ts";

type Window = Extract<Expression, { kind: "window" }>;
type Aggregate = Extract<Expression, { kind: "aggregate" }>;

/** undefined: the engine has it. */
export function printListAggregate(call: Aggregate, printer: Printer): string | undefined {
  const { proname } = call.proc;
  const [value, second] = call.arguments;
  if (value === undefined) return undefined;
  switch (proname) {
    case "range_agg":
    case "range_intersect_agg":
      return printRangeAggregate(call, value, printer);
    case "sum":
    case "avg": {
      const name = typeRow(baseType(value.type))?.typname ?? "";
      return printNamedKernel(`${proname}_of(_${name})`, listOf(call, value, printer));
    }
    case "xmlagg":
      return printNamedKernel("xmlconcat_of(_xml)", listOf(call, value, printer));
    case "string_agg":
      return second && printStrings(call, value, second, printer);
    default:
      return undefined;
  }
}

/** Over the list of a row's frame. */
export function printListWindow(call: Window, over: string, printer: Printer): string | undefined {
  const [value] = call.arguments;
  if (value === undefined || call.proc.prokind !== "a") return undefined;
  const name = `${call.proc.proname}_of(_${typeRow(baseType(value.type))?.typname ?? ""})`;
  return printNamedKernel(
    name,
    `list(${printer.expression(value)})${filter(call.filter, printer)} OVER (${over})`,
  );
}

function listOf(call: Aggregate, value: Expression, printer: Printer): string {
  const distinct = call.options.isDistinct ? "DISTINCT " : "";
  return `list(${distinct}${printer.expression(value)}${order(call.options, printer)})${filter(call.options.filter, printer)}`;
}

/** Over the list of all of them. */
function printRangeAggregate(call: Aggregate, value: Expression, printer: Printer) {
  const base = baseType(value.type);
  const range = builtins().multirangeRanges.get(base) ?? base;
  return printNamedKernel(
    `${call.proc.proname}_of(_text)`,
    String(range),
    listOf(call, value, printer),
  );
}

/** The engine wants one separator for all, and texts. */
function printStrings(
  call: Aggregate,
  value: Expression,
  separator: Expression,
  printer: Printer,
): string | undefined {
  const isText = baseType(value.type) !== oid.bytea;
  if (isText && separator.kind === "constant" && separator.text !== null) return undefined;
  if (call.options.isDistinct) return undefined;
  const name = isText ? "_text" : "_bytea";
  return printNamedKernel(
    `string_agg_of(${name},${name})`,
    listOf(call, value, printer),
    listOf(call, separator, printer),
  );
}
