/** ORDER BY's items made sort keys, with PostgreSQL's order of nulls. */
import type { SortBy } from "@pgsql/types";
import { PgError } from "../../base/error.ts";
import { coerce, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { makeOperator, operatorName } from "./operator.ts";
import { isRow } from "./pathway.ts";
import type { Scope } from "./scope.ts";
import type { Expression, SortKey } from "./tree.ts";
import { nameParts, typeName } from "./types.ts";

export function sortKey(
  node: SortBy,
  expression: Expression,
  target: number | undefined,
  scope: Scope,
): SortKey {
  const { analysis } = scope;
  const settled =
    typeOf(expression, analysis) === oid.unknown
      ? coerce(expression, oid.text, analysis)
      : expression;
  const isDescending = descends(node, scope);
  refuseUnordered(settled, scope);
  const nulls = node.sortby_nulls ?? "SORTBY_NULLS_DEFAULT";
  return {
    expression: settled,
    target,
    isDescending,
    nullsFirst: nulls === "SORTBY_NULLS_DEFAULT" ? isDescending : nulls === "SORTBY_NULLS_FIRST",
  };
}

function descends(node: SortBy, scope: Scope): boolean {
  if (node.sortby_dir !== "SORTBY_USING") return node.sortby_dir === "SORTBY_DESC";
  const symbol = operatorName(nameParts(node.useOp), scope.analysis, node.location);
  if (symbol === "<" || symbol === ">") return symbol === ">";
  throw scope.analysis.error(
    "42809",
    `operator ${symbol} is not a valid ordering operator`,
    node.location,
    { hint: 'Ordering operators must be "<" or ">" members of btree operator families.' },
  );
}

/** json, xml and points have no order: 42883, as PostgreSQL says it. */
function refuseUnordered(expression: Expression, scope: Scope): void {
  const { type, location } = expression;
  if (isRow(type) || type === oid.engineTyped || type === oid.recordArray) return;
  try {
    makeOperator("<", expression, expression, scope.analysis, location);
  } catch (error) {
    if (!(error instanceof PgError) || error.sqlstate !== "42883") throw error;
    throw scope.analysis.error(
      "42883",
      `could not identify an ordering operator for type ${typeName(type)}`,
      location,
      { hint: "Use an explicit ordering operator or modify the query." },
    );
  }
}
