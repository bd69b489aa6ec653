/** WITHIN GROUP: percentiles, and what rank a row would have. https://www.postgresql.org/docs/15/functions-aggregate.html#FUNCTIONS-ORDEREDSET-TABLE */
import { oid } from "../analyze/oids.ts";
import type { Expression, SortKey } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import { list, type Printer } from "../print/printer.ts";
import { filter, printSort } from "../print/sort.ts";
import { enumType, rankOf } from "./enums.ts";
import { printNamedKernel } from "./named-kernel.ts";

type Aggregate = Extract<Expression, { kind: "aggregate" }>;

/** undefined: not here. */
export function printOrderedSet(
  call: Aggregate,
  within: readonly SortKey[],
  printer: Printer,
): string | undefined {
  const { proname } = call.proc;
  const [key] = within;
  if (key === undefined) return undefined;
  switch (proname) {
    case "mode":
      return `mode(${printer.expression(key.expression)} ORDER BY ${printSort(within, printer)})${filter(call.options.filter, printer)}`;
    case "percentile_cont":
    case "percentile_disc":
      return printPercentile(call, key, printer);
    case "rank":
    case "dense_rank":
    case "percent_rank":
    case "cume_dist":
      return printHypothetical(call, within, printer);
    default:
      return undefined;
  }
}

function printPercentile(call: Aggregate, key: SortKey, printer: Printer): string | undefined {
  const [direct] = call.arguments;
  if (direct === undefined || enumType(key.expression.type) !== undefined) return undefined;
  const quick = quickPercentile(call, direct, key, printer);
  if (quick !== undefined) return quick;
  const value = printer.expression(key.expression);
  const where = conditions(`${value} IS NOT NULL`, call, printer);
  const sorted = `list(${value} ORDER BY ${printSort([key], printer)}) FILTER (WHERE ${where})`;
  const isMany = elementType(direct.type) !== undefined;
  const fraction = printer.expression(direct);
  if (call.proc.proname === "percentile_cont") {
    const type = baseType(key.expression.type) === oid.interval ? "_interval" : "_float8";
    return printNamedKernel(
      `percentile_cont_of(${type},${isMany ? "_float8" : "float8"})`,
      sorted,
      fraction,
    );
  }
  const count = `CAST(len(${sorted}) AS BIGINT)`;
  return isMany
    ? `list_select(${sorted}, ${printNamedKernel("percentile_places(_float8,int8)", fraction, count)})`
    : `list_extract(${sorted}, ${printNamedKernel("percentile_place(float8,int8)", fraction, count)})`;
}

/** The engine's own, which keeps no list: for a number between 0 and 1 that is known. */
function quickPercentile(
  call: Aggregate,
  direct: Expression,
  key: SortKey,
  printer: Printer,
): string | undefined {
  const constant = direct.kind === "cast" ? direct.argument : direct;
  const fraction = constant.kind === "constant" ? Number(constant.text ?? Number.NaN) : Number.NaN;
  const isPlain = elementType(direct.type) === undefined && fraction >= 0 && fraction <= 1;
  const { type } = key.expression;
  if (!isPlain || baseType(type) === oid.interval || rankOf("", type) !== undefined)
    return undefined;
  const name = call.proc.proname === "percentile_cont" ? "quantile_cont" : "quantile_disc";
  const value = printer.expression(key.expression);
  // From the other end a discrete one may be another value.
  if (key.isDescending && name === "quantile_disc") return undefined;
  return `${name}(${value}, ${key.isDescending ? 1 - fraction : fraction})${filter(call.options.filter, printer)}`;
}

function conditions(own: string, call: Aggregate, printer: Printer): string {
  const { filter: given } = call.options;
  return given === undefined ? own : `(${printer.expression(given)}) AND (${own})`;
}

/** Rows are counted that would stand before it. */
function printHypothetical(call: Aggregate, within: readonly SortKey[], printer: Printer): string {
  const pairs = within.map((key, i) => pairOf(key, call.arguments[i], printer));
  const before = precedes(pairs, 0);
  const counted = (what: string, where: string) =>
    `count(${what}) FILTER (WHERE ${conditions(where, call, printer)})`;
  switch (call.proc.proname) {
    case "rank":
      return `(${counted("*", before)} + 1)`;
    case "dense_rank": {
      const row = `struct_pack(${list(pairs.map(({ value }, i) => `f${i + 1} := ${value}`))})`;
      return `(${counted(`DISTINCT ${row}`, before)} + 1)`;
    }
    case "percent_rank": {
      const all = `nullif(${counted("*", "true")}, 0)`;
      return `coalesce(CAST(${counted("*", before)} AS DOUBLE) / ${all}, 0)`;
    }
    default: {
      const same = pairs.map(({ value, given }) => `${value} IS NOT DISTINCT FROM ${given}`);
      const upTo = `${before} OR (${same.join(" AND ")})`;
      return `(CAST(${counted("*", upTo)} + 1 AS DOUBLE) / (${counted("*", "true")} + 1))`;
    }
  }
}

interface Pair {
  readonly value: string;
  readonly given: string;
  readonly key: SortKey;
}

function pairOf(key: SortKey, direct: Expression | undefined, printer: Printer): Pair {
  const { expression } = key;
  const given = direct === undefined ? "NULL" : printer.expression(direct);
  const typed = `CAST(${given} AS ${engineType(expression.type)})`;
  const value = printer.expression(expression);
  return {
    value: rankOf(value, expression.type) ?? value,
    given: rankOf(typed, expression.type) ?? typed,
    key,
  };
}

/** In the order of the keys, NULLs where they say. */
function precedes(pairs: readonly Pair[], at: number): string {
  const pair = pairs[at];
  if (pair === undefined) return "false";
  const { value, given, key } = pair;
  const nulls = key.nullsFirst
    ? `(${value} IS NULL AND ${given} IS NOT NULL)`
    : `(${value} IS NOT NULL AND ${given} IS NULL)`;
  const own = `(${nulls} OR coalesce(${value} ${key.isDescending ? ">" : "<"} ${given}, false))`;
  if (at === pairs.length - 1) return own;
  return `(${own} OR (${value} IS NOT DISTINCT FROM ${given} AND ${precedes(pairs, at + 1)}))`;
}
