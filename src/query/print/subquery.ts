/** Subqueries in expressions. */
import { quoteName } from "../../base/quote.ts";
import type { Expression, Query } from "../analyze/tree.ts";
import { list, type Printer } from "./printer.ts";

type Subquery = Extract<Expression, { kind: "subquery" }>;

export function printSubquery(subquery: Subquery, printer: Printer): string {
  const { query, form } = subquery;
  switch (form) {
    case "scalar":
      return `(${printer.query(query)})`;
    case "exists":
      return `EXISTS (${printer.query(query)})`;
    case "array":
      // ARRAY(SELECT …) of no rows is an empty array, not NULL.
      return `ARRAY(${printer.query(query)}${keptOrder(query)})`;
    case "row":
      return printRound(subquery, rowTest(subquery, printer), printer);
    default:
      return printComparison(subquery, printer);
  }
}

/** Rows of one kept relation, which nobody has sorted, in the order in which they lie: what is joined with them may leave another. */
function keptOrder({ body, sort, limit, offset }: Query): string {
  if (body.kind !== "select" || body.isAggregated || body.groups || body.distinct) return "";
  const [item, ...more] = body.from;
  if (sort.length > 0 || limit || offset || more.length > 0 || item?.kind !== "entry") return "";
  const { source, alias } = item.entry;
  if (source.kind !== "relation" || source.relation.source.kind !== "shadow") return "";
  const keys = source.relation.source.stored?.order ?? [];
  if (keys.length === 0) return "";
  return ` ORDER BY ${list(keys.map((key) => `${quoteName(alias)}.${quoteName(key)}`))}`;
}

const engineSymbols: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

function printComparison(subquery: Subquery, printer: Printer): string {
  const { form, left, operator, query, tests } = subquery;
  const isRowOfMany = left.length > 1 && !(operator === "=" && form === "any");
  if (!engineSymbols.has(operator) || isRowOfMany) return printTests(subquery, printer);
  const right = tests.map((test) => (test.kind === "operator" ? test.right : undefined));
  const isBare = right.every((one) => one?.kind === "column");
  const inner = isBare ? printer.query(query) : castQuery(subquery, right, printer);
  const values = left.map((one) => printer.expression(one));
  const value = values.length === 1 ? values[0] : `(${list(values)})`;
  if (operator === "=" && form === "any") return `(${value} IN (${inner}))`;
  if (operator === "<>" && form === "all") return `(${value} NOT IN (${inner}))`;
  return `(${value} ${operator} ${form.toUpperCase()} (${inner}))`;
}

/** Every row is asked; NULL where neither a yes nor a no is certain. */
function printTests(subquery: Subquery, printer: Printer): string {
  const test = rowTest(subquery, printer);
  const verdict =
    subquery.form === "any"
      ? `CASE WHEN bool_or(${test}) THEN true WHEN count(*) > count(${test}) THEN NULL ELSE false END`
      : `CASE WHEN NOT bool_and(${test}) THEN false WHEN count(*) > count(${test}) THEN NULL ELSE true END`;
  return printRound(subquery, verdict, printer);
}

/** Equal in every column, different in one, or before in the first that differs. */
function rowTest({ tests, operator }: Subquery, printer: Printer): string {
  const printed = tests.map((test) => printer.expression(test));
  if (printed.length === 1) return printed[0] ?? "NULL";
  if (operator === "=") return `(${printed.join(" AND ")})`;
  if (operator === "<>") return `(${printed.join(" OR ")})`;
  const strict = operator.slice(0, 1);
  const parts = tests.map((test) =>
    test.kind === "operator" && test.left !== undefined
      ? [printer.expression(test.left), printer.expression(test.right)]
      : [],
  );
  const step = (at: number): string => {
    const [left, right] = parts[at] ?? [];
    if (at === parts.length - 1) return printed[at] ?? "NULL";
    return `(${left} ${strict} ${right} OR (${left} = ${right} AND ${step(at + 1)}))`;
  };
  return step(0);
}

/** The subquery with its columns cast to what the operator takes. */
function castQuery(
  subquery: Subquery,
  right: readonly (Expression | undefined)[],
  printer: Printer,
): string {
  const columns = right.map((one, i) =>
    one === undefined ? "NULL" : `${printer.expression(one)} AS ${quoteName(`column${i + 1}`)}`,
  );
  return round(subquery, list(columns), printer);
}

function printRound(subquery: Subquery, test: string, printer: Printer): string {
  return `(${round(subquery, test, printer)})`;
}

function round(subquery: Subquery, columns: string, printer: Printer): string {
  const alias = subquery.entry?.alias ?? "subquery";
  return `SELECT ${columns} FROM (${printer.query(subquery.query)}) AS ${quoteName(alias)}`;
}
