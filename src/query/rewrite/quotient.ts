/**
 * How many digits PostgreSQL shows of a quotient: at least sixteen significant ones. The engine divides as DOUBLE, which is
 * right for going on with and wrong to look at, so avg(x) and a / b of the outermost query are divided again as whole numbers.
 * A few microseconds each: only where aggregation, or no FROM at all, keeps the rows few.
 * https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/numeric.c: select_div_scale
 */
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { filter } from "../print/sort.ts";

export function isQuotient(expression: Expression): boolean {
  if (baseType(expression.type) !== oid.numeric) return false;
  return (
    (expression.kind === "operator" && expression.operator.oprname === "/") ||
    (expression.kind === "aggregate" && expression.proc.proname === "avg")
  );
}

/** The quotient as text; undefined for any other expression. */
export function printQuotient(expression: Expression, printer: Printer): string | undefined {
  if (!isQuotient(expression)) return undefined;
  if (expression.kind === "operator" && expression.left)
    return `pg_shim.numeric_quotient(${printer.expression(expression.left)}, ${printer.expression(expression.right)})`;
  if (expression.kind !== "aggregate") return undefined;
  const [value] = expression.arguments;
  if (value === undefined) return undefined;
  const { isDistinct, filter: condition } = expression.options;
  const rest = `(${isDistinct ? "DISTINCT " : ""}${printer.expression(value)})${filter(condition, printer)}`;
  return `CASE WHEN count${rest} > 0 THEN pg_shim.numeric_quotient(sum${rest}, count${rest}) END`;
}

/**
 * A macro writes its arguments out wherever they stand, so each step binds what it needs again and again to a name of its
 * own, by a lambda over a list of one: without that a quotient takes half a second to plan.
 */
const bound = (fields: string, name: string, body: string) =>
  `list_extract(list_transform([{${fields}}], lambda ${name}: ${body}), 1)`;

export const quotientMacros: readonly string[] = [
  // The place of the first digit of four, counted from the point, of a number's text.
  `CREATE OR REPLACE MACRO pg_shim.numeric_weight(value) AS
  CASE
    WHEN regexp_full_match(value, '-?0*(\\.0*)?') THEN 0
    WHEN regexp_matches(value, '^-?0*[1-9]') THEN (length(split_part(ltrim(value, '-0'), '.', 1)) - 1) // 4
    ELSE -(length(regexp_extract(value, '\\.(0*)', 1)) // 4 + 1)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.numeric_leading(value, weight) AS
  floor(abs(CAST(value AS DOUBLE)) / pow(10000, weight))`,
  `CREATE OR REPLACE MACRO pg_shim.quotient_scale(a, b, a_weight, b_weight) AS
  CAST(greatest(
    16 - 4 * (a_weight - b_weight - CASE WHEN pg_shim.numeric_leading(a, a_weight) <= pg_shim.numeric_leading(b, b_weight) THEN 1 ELSE 0 END),
    length(split_part(a, '.', 2)),
    length(split_part(b, '.', 2)),
    0) AS INTEGER)`,
  // 38 digits are what the engine's whole numbers have: NULL where they do not do.
  `CREATE OR REPLACE MACRO pg_shim.whole_quotient(a, b, power) AS
  CASE WHEN power >= 0 AND length(a) + power <= 37
    THEN (abs(CAST(a AS HUGEINT)) * CAST('1' || repeat('0', power) AS HUGEINT) * 2 + abs(CAST(b AS HUGEINT))) // (abs(CAST(b AS HUGEINT)) * 2)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.point_digits(digits, scale) AS
  CASE WHEN scale = 0 THEN digits ELSE left(digits, -scale) || '.' || right(digits, scale) END`,
  `CREATE OR REPLACE MACRO pg_shim.quotient_sign(a, b) AS
  CASE WHEN starts_with(a, '-') <> starts_with(b, '-') AND NOT regexp_full_match(a, '-?0*(\\.0*)?') THEN '-' ELSE '' END`,
  `CREATE OR REPLACE MACRO pg_shim.scaled_quotient(a, b, scale) AS
  ${bound(
    `whole: CAST(pg_shim.whole_quotient(replace(a, '.', ''), replace(b, '.', ''), scale + length(split_part(b, '.', 2)) - length(split_part(a, '.', 2))) AS VARCHAR)`,
    "quotient",
    "pg_shim.quotient_sign(a, b) || pg_shim.point_digits(lpad(quotient.whole, CAST(greatest(length(quotient.whole), scale + 1) AS INTEGER), '0'), scale)",
  )}`,
  `CREATE OR REPLACE MACRO pg_shim.weighed_quotient(a, b, a_weight, b_weight) AS
  ${bound("scale: pg_shim.quotient_scale(a, b, a_weight, b_weight)", "chosen", "pg_shim.scaled_quotient(a, b, chosen.scale)")}`,
  `CREATE OR REPLACE MACRO pg_shim.text_quotient(a, b) AS
  ${bound("a: pg_shim.numeric_weight(a), b: pg_shim.numeric_weight(b)", "weight", "pg_shim.weighed_quotient(a, b, weight.a, weight.b)")}`,
  `CREATE OR REPLACE MACRO pg_shim.exact_quotient(a, b) AS
  CASE
    WHEN b = 0 THEN error('PGERR:22012:division by zero')
    ELSE coalesce(
      CASE WHEN typeof(a) NOT IN ('DOUBLE', 'FLOAT') AND typeof(b) NOT IN ('DOUBLE', 'FLOAT')
        THEN ${bound("a: pg_shim.numeric_text(a), b: pg_shim.numeric_text(b)", "pair", "pg_shim.text_quotient(pair.a, pair.b)")} END,
      regexp_replace(CAST(system.main."/"(CAST(a AS DOUBLE), CAST(b AS DOUBLE)) AS VARCHAR), '\\.0$', ''))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.numeric_quotient(a, b) AS
  ${bound("a: a, b: b", "given", "pg_shim.exact_quotient(given.a, given.b)")}`,
];
