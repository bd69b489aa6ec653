/** Aggregates and window functions: by signature, with the type PostgreSQL says they have. */
import { builtins } from "../../catalog/builtins.ts";
import { oid } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType, elementType, typeName } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import { list, type Printer } from "../print/printer.ts";
import { filter, order, printSort } from "../print/sort.ts";
import { enumType, labelAt, rankOf } from "./enums.ts";
import { jsonFrom, jsonItem } from "./json.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { textOf } from "./text.ts";

type Aggregate = Extract<Expression, { kind: "aggregate" }>;
type Window = Extract<Expression, { kind: "window" }>;

const names: Readonly<Record<string, string>> = {
  count: "count",
  sum: "sum",
  avg: "avg",
  min: "min",
  max: "max",
  bool_and: "bool_and",
  bool_or: "bool_or",
  every: "bool_and",
  bit_and: "bit_and",
  bit_or: "bit_or",
  bit_xor: "bit_xor",
  stddev: "stddev_samp",
  stddev_samp: "stddev_samp",
  stddev_pop: "stddev_pop",
  variance: "var_samp",
  var_samp: "var_samp",
  var_pop: "var_pop",
  corr: "corr",
  covar_pop: "covar_pop",
  covar_samp: "covar_samp",
  regr_avgx: "regr_avgx",
  regr_avgy: "regr_avgy",
  regr_count: "regr_count",
  regr_intercept: "regr_intercept",
  regr_r2: "regr_r2",
  regr_slope: "regr_slope",
  regr_sxx: "regr_sxx",
  regr_sxy: "regr_sxy",
  regr_syy: "regr_syy",
  string_agg: "string_agg",
  array_agg: "list",
  any_value: "any_value",
};

const windows: Readonly<Record<string, string>> = {
  row_number: "row_number",
  rank: "rank",
  dense_rank: "dense_rank",
  percent_rank: "percent_rank",
  cume_dist: "cume_dist",
  ntile: "ntile",
  lag: "lag",
  lead: "lead",
  first_value: "first_value",
  last_value: "last_value",
  nth_value: "nth_value",
};

export function printAggregate(call: Aggregate, printer: Printer): string {
  const { proc, options, within } = call;
  if (within !== undefined) return printOrderedSet(call, within, printer);
  const json = printJsonAggregate(call, printer);
  if (json !== undefined) return json;
  const ranges = printRangeAggregate(call, printer);
  if (ranges !== undefined) return ranges;
  const name = names[proc.proname];
  if (name === undefined) throw unsupported(call, printer);
  const extreme = printExtreme(call, printer);
  if (extreme !== undefined) return `${extreme}${filter(options.filter, printer)}`;
  const isRanked = isRankedExtremum(name, call);
  const values = call.isStar
    ? ""
    : isRanked
      ? ranked(call, printer)
      : printArguments(call.arguments, options.isDistinct, printer);
  const called = `${name}(${values}${order(options, printer)})${filter(options.filter, printer)}`;
  return isRanked ? (labelAt(called, call.type) ?? called) : declared(called, call);
}

/** min and max of an enum are by place, not by text. */
function isRankedExtremum(name: string, { type }: Aggregate | Window): boolean {
  return (name === "min" || name === "max") && enumType(type) !== undefined;
}

function ranked({ arguments: [argument] }: Aggregate | Window, printer: Printer): string {
  if (argument === undefined) return "";
  const value = printer.expression(argument);
  return rankOf(value, argument.type) ?? value;
}

/** Over the list of all of them. */
function printRangeAggregate(call: Aggregate, printer: Printer): string | undefined {
  const { proname } = call.proc;
  const [value] = call.arguments;
  if (value === undefined || (proname !== "range_agg" && proname !== "range_intersect_agg"))
    return undefined;
  const base = baseType(value.type);
  const range = builtins().multirangeRanges.get(base) ?? base;
  const all = `list(${printer.expression(value)}${order(call.options, printer)})${filter(call.options.filter, printer)}`;
  return printNamedKernel(`${proname}_of(_text)`, String(range), all);
}

/** min and max of a type whose text is not in the order of its values. */
function printExtreme(call: Aggregate | Window, printer: Printer): string | undefined {
  const { proname } = call.proc;
  const [value] = call.arguments;
  if (value === undefined || (proname !== "min" && proname !== "max")) return undefined;
  if (enumType(call.type) !== undefined) return undefined;
  const printed = printer.expression(value);
  const key = rankOf(printed, value.type);
  return key === undefined ? undefined : `arg_${proname}(${printed}, ${key})`;
}

function printArguments(
  values: readonly Expression[],
  isDistinct: boolean,
  printer: Printer,
): string {
  const printed = list(values.map((one) => printer.expression(one)));
  return isDistinct ? `DISTINCT ${printed}` : printed;
}

const wider: ReadonlySet<string> = new Set(["sum", "regr_count"]);

/** sum of integers is a HUGEINT to the engine, bigint to PostgreSQL. */
function declared(
  called: string,
  call: { readonly proc: { readonly proname: string }; readonly type: number },
): string {
  if (!wider.has(call.proc.proname)) return called;
  if (call.type === oid.int8 || call.type === oid.float4)
    return `CAST(${called} AS ${engineType(call.type)})`;
  return called;
}

function unsupported(call: Aggregate | Window, printer: Printer) {
  const types = call.proc.proargtypes.map(typeName).join(", ");
  return printer.analysis.error(
    "0A000",
    `aggregate function ${call.proc.proname}(${types}) is not supported yet`,
    call.location,
  );
}

function printOrderedSet(
  call: Aggregate,
  within: NonNullable<Aggregate["within"]>,
  printer: Printer,
): string {
  const { proname } = call.proc;
  const [direct] = call.arguments;
  const [key] = within;
  if (key === undefined || within.length > 1) throw unsupported(call, printer);
  const filtered = filter(call.options.filter, printer);
  const value = printer.expression(key.expression);
  if (proname === "mode") return `mode(${value} ORDER BY ${printSort(within, printer)})${filtered}`;
  if ((proname !== "percentile_cont" && proname !== "percentile_disc") || direct === undefined)
    throw unsupported(call, printer);
  if (
    elementType(direct.type) !== undefined &&
    direct.kind !== "array" &&
    direct.kind !== "constant"
  )
    throw unsupported(call, printer);
  if (enumType(key.expression.type) !== undefined) throw unsupported(call, printer);
  const name = proname === "percentile_cont" ? "quantile_cont" : "quantile_disc";
  const fraction = key.isDescending
    ? `1 - ${printer.expression(direct)}`
    : printer.expression(direct);
  return `${name}(${value}, ${fraction})${filtered}`;
}

function printJsonAggregate(call: Aggregate, printer: Printer): string | undefined {
  const { proname } = call.proc;
  const { options } = call;
  const [first, second] = call.arguments;
  if (first === undefined) return undefined;
  const distinct = options.isDistinct ? "DISTINCT " : "";
  const joined = (item: string, separator: string) =>
    `string_agg(${distinct}${item}, ${separator}${order(options, printer)})${filter(options.filter, printer)}`;
  if (proname === "json_agg" || proname === "jsonb_agg") {
    const base = baseType(first.type);
    const separator = isRow(base) || elementType(base) !== undefined ? "E', \\n '" : "', '";
    return jsonFrom(`'[' || ${joined(jsonItem(first, printer), separator)} || ']'`, call.type);
  }
  if ((proname === "json_object_agg" || proname === "jsonb_object_agg") && second !== undefined) {
    const pair = `CAST(to_json(${textOf(first, printer)}) AS VARCHAR) || ' : ' || ${jsonItem(second, printer)}`;
    return jsonFrom(`'{ ' || ${joined(pair, "', '")} || ' }'`, call.type);
  }
  return undefined;
}

export function printWindowFunction(call: Window, over: string, printer: Printer): string {
  const { proc } = call;
  const isAggregate = proc.prokind === "a";
  const name = (isAggregate ? names : windows)[proc.proname];
  if (name === undefined) throw unsupported(call, printer);
  const isRanked = isAggregate && isRankedExtremum(name, call);
  const values = call.isStar
    ? ""
    : isRanked
      ? ranked(call, printer)
      : list(call.arguments.map((one) => printer.expression(one)));
  const extreme = printExtreme(call, printer);
  if (extreme !== undefined) return `${extreme}${filter(call.filter, printer)} OVER (${over})`;
  const called = `${name}(${values})${filter(call.filter, printer)} OVER (${over})`;
  if (proc.proname === "ntile") return `CAST(${called} AS INTEGER)`;
  return isRanked ? (labelAt(called, call.type) ?? called) : declared(called, call);
}
