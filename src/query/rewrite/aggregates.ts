/** Aggregates and window functions: by signature, with the type PostgreSQL says they have. */
import { oid } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType, elementType, typeName } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import { columnName, list, type Printer } from "../print/printer.ts";
import { filter, order } from "../print/sort.ts";
import { enumType, labelAt, rankOf } from "./enums.ts";
import { jsonFrom, jsonItem } from "./json.ts";
import { printListAggregate, printListWindow } from "./list-aggregates.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { shapeOf } from "./numeric-shape.ts";
import { printOrderedSet } from "./ordered-sets.ts";
import { textOf } from "./text.ts";
import { printWholeStatistic } from "./whole-statistics.ts";

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
  if (within !== undefined) {
    const ordered = printOrderedSet(call, within, printer);
    if (ordered === undefined) throw unsupported(call, printer);
    return ordered;
  }
  const bytes =
    printBytesAggregate(call, printer) ??
    printBitsAggregate(call, printer) ??
    printIntervalSum(call, "", printer) ??
    printWholeStatistic(call, "", printer);
  if (bytes !== undefined) return bytes;
  const json = printJsonAggregate(call, printer);
  if (json !== undefined) return json;
  const listed = printListAggregate(call, printer);
  if (listed !== undefined) return listed;
  const name = names[proc.proname];
  if (name === undefined) throw unsupported(call, printer);
  const [argument] = call.arguments;
  if (name === "count" && argument?.kind === "whole row" && !options.isDistinct)
    return `count(CASE WHEN ${isThere(argument)} THEN 1 END)${filter(options.filter, printer)}`;
  const extreme = printExtreme(call, printer);
  if (extreme !== undefined) return `${extreme}${filter(options.filter, printer)}`;
  const isRanked = isRankedExtremum(name, call);
  const values = call.isStar
    ? ""
    : isRanked
      ? ranked(call, printer)
      : printArguments(call.arguments, options.isDistinct, printer);
  const called = `${name}(${values}${sorting(call, printer)})${filter(options.filter, printer)}`;
  return isRanked ? (labelAt(called, call.type) ?? called) : declared(called, call);
}

/** The missing side of an outer join is no row; a row of nothing but NULLs cannot be told from it. */
function isThere({ entry }: Extract<Expression, { kind: "whole row" }>): string {
  const tests = entry.columns.map(
    (column) => `${columnName(entry, column.engineName)} IS NOT NULL`,
  );
  return tests.length === 0 ? "true" : `(${tests.join(" OR ")})`;
}

/** Values that are told apart are sorted for it, and come as they were sorted. */
function sorting(call: Aggregate, printer: Printer): string {
  const { options } = call;
  const [value] = call.arguments;
  const isOrdered = call.proc.proname === "array_agg" || call.proc.proname === "string_agg";
  if (!options.isDistinct || options.order.length > 0 || value === undefined || !isOrdered)
    return order(options, printer);
  const printed = printer.expression(value);
  return ` ORDER BY ${rankOf(printed, value.type) ?? printed} NULLS LAST`;
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

/** The engine joins texts alone. */
function printBytesAggregate({ proc, options, ...call }: Aggregate, printer: Printer) {
  const [value, separator] = call.arguments;
  if (proc.proname !== "string_agg" || value === undefined || separator === undefined)
    return undefined;
  if (baseType(value.type) !== oid.bytea) return undefined;
  const distinct = options.isDistinct ? "DISTINCT " : "";
  return `unhex(string_agg(${distinct}hex(${printer.expression(value)}), hex(${printer.expression(separator)})${order(options, printer)})${filter(options.filter, printer)})`;
}

/** Bit strings are texts to us, and to the engine where it joins them bits. */
function printBitsAggregate({ proc, options, ...call }: Aggregate, printer: Printer) {
  const [value] = call.arguments;
  if (!/^bit_(?:and|or|xor)$/.test(proc.proname) || value === undefined) return undefined;
  if (baseType(value.type) !== oid.bit) return undefined;
  const distinct = options.isDistinct ? "DISTINCT " : "";
  return `CAST(${proc.proname}(${distinct}CAST(${printer.expression(value)} AS BIT))${filter(options.filter, printer)} AS VARCHAR)`;
}

/** The engine adds no intervals up. */
function printIntervalSum(call: Aggregate | Window, over: string, printer: Printer) {
  const [value] = call.arguments;
  const { proname } = call.proc;
  if (!/^(?:sum|avg)$/.test(proname) || value === undefined) return undefined;
  if (baseType(value.type) !== oid.interval) return undefined;
  const printed = printer.expression(value);
  const distinct = call.kind === "aggregate" && call.options.isDistinct ? "DISTINCT " : "";
  const condition = call.kind === "aggregate" ? call.options.filter : call.filter;
  const rows = `${filter(condition, printer)}${over}`;
  const total = (part: string, type: string) =>
    `CAST(sum(${distinct}pg_shim.interval_${part}(${printed}))${rows} AS ${type})`;
  const sum = `(to_months(${total("months", "INTEGER")}) + to_days(${total("days", "INTEGER")}) + to_microseconds(${total("micros", "BIGINT")}))`;
  if (proname === "sum") return sum;
  const count = `count(${distinct}${printed})${rows}`;
  return `CASE WHEN ${count} > 0 THEN ${printNamedKernel("average(interval,int8)", sum, count)} END`;
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
  // Of one pair there is no line.
  if (
    called.startsWith("corr(") ||
    called.startsWith("regr_slope(") ||
    called.startsWith("regr_intercept(")
  )
    return `CASE WHEN NOT isnan(${called}) THEN ${called} END`;
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
    const key = textOf(first, printer);
    const named = `CASE WHEN ${key} IS NULL THEN error('PGERR:22023:field name must not be null') ELSE ${key} END`;
    const pair = `CAST(to_json(${named}) AS VARCHAR) || ' : ' || ${jsonItem(second, printer)}`;
    return jsonFrom(`'{ ' || ${joined(pair, "', '")} || ' }'`, call.type);
  }
  return undefined;
}

/** json_agg(…) OVER (…). */
function printJsonWindow(call: Window, over: string, printer: Printer): string | undefined {
  const [value] = call.arguments;
  const { proname } = call.proc;
  if (value === undefined || (proname !== "json_agg" && proname !== "jsonb_agg")) return undefined;
  const joined = `string_agg(${jsonItem(value, printer)}, ', ')${filter(call.filter, printer)} OVER (${over})`;
  return jsonFrom(`'[' || ${joined} || ']'`, call.type);
}

/** lag(x, 1, 0.5): the default may have digits that x has not. */
function alike(call: Window, values: string, printer: Printer): string {
  const [value, offset, other] = call.arguments;
  if (value === undefined || offset === undefined || other === undefined) return values;
  if (baseType(call.type) !== oid.numeric) return values;
  const shape = shapeOf(call);
  const type = typeof shape === "number" ? `DECIMAL(38,${shape})` : engineType(oid.numeric);
  const cast = (one: Expression) => `CAST(${printer.expression(one)} AS ${type})`;
  return list([cast(value), printer.expression(offset), cast(other)]);
}

/** ntile and nth_value count from one. */
function refuseCount(call: Window, printer: Printer): void {
  const { proname } = call.proc;
  const count = call.arguments[proname === "ntile" ? 0 : 1];
  const state = { ntile: "22014", nth_value: "22016" }[proname];
  if (state === undefined || count?.kind !== "constant" || Number(count.text ?? 1) > 0) return;
  throw printer.analysis.error(
    state,
    `argument of ${proname} must be greater than zero`,
    undefined,
  );
}

export function printWindowFunction(call: Window, over: string, printer: Printer): string {
  const { proc } = call;
  const isAggregate = proc.prokind === "a";
  const json = printJsonWindow(call, over, printer);
  if (json !== undefined) return json;
  const summed =
    printIntervalSum(call, ` OVER (${over})`, printer) ??
    printWholeStatistic(call, ` OVER (${over})`, printer) ??
    printListWindow(call, over, printer);
  if (summed !== undefined) return summed;
  refuseCount(call, printer);
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
  const called = `${name}(${alike(call, values, printer)})${filter(call.filter, printer)} OVER (${over})`;
  if (proc.proname === "ntile") return `CAST(${called} AS INTEGER)`;
  return isRanked ? (labelAt(called, call.type) ?? called) : declared(called, call);
}
