/**
 * Deviations, correlations and regressions of whole numbers: their sums are exact, and so the last digit is PostgreSQL's, which
 * adds numbers up in another way than the engine. https://www.postgresql.org/docs/15/functions-aggregate.html
 */
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { filter } from "../print/sort.ts";

type Aggregate = Extract<Expression, { kind: "aggregate" | "window" }>;

const ofOne: ReadonlySet<string> = new Set(
  "stddev stddev_samp stddev_pop variance var_samp var_pop".split(" "),
);
const ofPairs: ReadonlySet<string> = new Set(
  "corr covar_pop covar_samp regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy".split(
    " ",
  ),
);

/** `over`: ` OVER (…)` of a window call. Undefined: the engine's own function is called. */
export function printWholeStatistic(
  call: Aggregate,
  over: string,
  printer: Printer,
): string | undefined {
  const { proname } = call.proc;
  if (call.type !== oid.float8 || (call.kind === "aggregate" && call.options.isDistinct))
    return undefined;
  const [first, second] = call.arguments.map(wholeOf);
  if (first === undefined) return undefined;
  const condition = call.kind === "aggregate" ? call.options.filter : call.filter;
  const rows = `${filter(condition, printer)}${over}`;
  const y = `CAST(${printer.expression(first)} AS HUGEINT)`;
  if (ofOne.has(proname)) {
    const [count, sum, squares] = [
      `count(${y})${rows}`,
      total(y, rows),
      total(`${y} * ${y}`, rows),
    ];
    const isSample = !proname.endsWith("_pop");
    const spread = `pg_shim.whole_variance(${count}, ${sum}, ${squares}, ${isSample ? 1 : 0})`;
    return proname.startsWith("stddev") ? `sqrt(${spread})` : spread;
  }
  if (!ofPairs.has(proname) || second === undefined) return undefined;
  const x = `CAST(${printer.expression(second)} AS HUGEINT)`;
  const sums = [
    `count(${x} * ${y})${rows}`,
    total(`CASE WHEN ${y} IS NOT NULL THEN ${x} END`, rows),
    total(`CASE WHEN ${x} IS NOT NULL THEN ${y} END`, rows),
    total(`CASE WHEN ${y} IS NOT NULL THEN ${x} * ${x} END`, rows),
    total(`CASE WHEN ${x} IS NOT NULL THEN ${y} * ${y} END`, rows),
    total(`${x} * ${y}`, rows),
  ];
  return `pg_shim.whole_${proname}(${sums.join(", ")})`;
}

const total = (value: string, rows: string) => `sum(${value})${rows}`;

/** int2 and int4 alone: sums of squares of larger ones might not fit. */
function wholeOf(argument: Expression): Expression | undefined {
  if (argument.kind !== "cast" || argument.type !== oid.float8) return undefined;
  const from = baseType(argument.argument.type);
  return from === oid.int4 || from === oid.int2 ? argument.argument : undefined;
}

const pair = "n, x, y, xx, yy, xy";
const sxx = "(CAST(n * xx - x * x AS DOUBLE) / n)";
const syy = "(CAST(n * yy - y * y AS DOUBLE) / n)";
const sxy = "(CAST(n * xy - x * y AS DOUBLE) / n)";

const macro = (name: string, condition: string, value: string, parameters = pair) =>
  `CREATE OR REPLACE MACRO pg_shim.whole_${name}(${parameters}) AS
  CASE WHEN ${condition} THEN ${value} END`;

export const wholeStatisticMacros: readonly string[] = [
  macro(
    "variance",
    "n > less",
    "CAST(n * squares - total * total AS DOUBLE) / (n * (n - less))",
    "n, total, squares, less",
  ),
  macro("regr_sxx", "n > 0", sxx),
  macro("regr_syy", "n > 0", syy),
  macro("regr_sxy", "n > 0", sxy),
  macro("covar_pop", "n > 0", `${sxy} / n`),
  macro("covar_samp", "n > 1", `${sxy} / (n - 1)`),
  macro("corr", `n > 0 AND ${sxx} <> 0 AND ${syy} <> 0`, `${sxy} / sqrt(${sxx} * ${syy})`),
  macro("regr_slope", `n > 0 AND ${sxx} <> 0`, `${sxy} / ${sxx}`),
  macro("regr_intercept", `n > 0 AND ${sxx} <> 0`, `(y - x * ${sxy} / ${sxx}) / n`),
  macro(
    "regr_r2",
    `n > 0 AND ${sxx} <> 0`,
    `CASE WHEN ${syy} = 0 THEN 1 ELSE (${sxy} * ${sxy}) / (${sxx} * ${syy}) END`,
  ),
];
