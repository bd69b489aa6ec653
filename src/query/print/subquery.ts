/** Subqueries in expressions. */
import { quoteName } from "../../base/quote.ts";
import type { Expression } from "../analyze/tree.ts";
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
      return `ARRAY(${printer.query(query)})`;
    case "row":
      return printRound(
        subquery,
        subquery.tests.map((test) => printer.expression(test)).join(" AND "),
        printer,
      );
    default:
      return printComparison(subquery, printer);
  }
}

const engineSymbols: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

function printComparison(subquery: Subquery, printer: Printer): string {
  const { form, left, operator, query, tests } = subquery;
  if (!engineSymbols.has(operator))
    throw printer.analysis.error(
      "0A000",
      `operator ${operator} with ANY or ALL of a subquery is not supported`,
      subquery.location,
    );
  const right = tests.map((test) => (test.kind === "operator" ? test.right : undefined));
  const isBare = right.every((one) => one?.kind === "column");
  const inner = isBare ? printer.query(query) : castQuery(subquery, right, printer);
  const values = left.map((one) => printer.expression(one));
  const value = values.length === 1 ? values[0] : `(${list(values)})`;
  if (operator === "=" && form === "any") return `(${value} IN (${inner}))`;
  if (operator === "<>" && form === "all") return `(${value} NOT IN (${inner}))`;
  if (values.length > 1)
    throw printer.analysis.error(
      "0A000",
      `rows compared by ${operator} with ${form.toUpperCase()} of a subquery are not supported`,
      subquery.location,
    );
  return `(${value} ${operator} ${form.toUpperCase()} (${inner}))`;
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
