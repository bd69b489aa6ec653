/** Subqueries in expressions: (SELECT …), EXISTS, IN, op ANY, op ALL, ARRAY(…). */
import type { Node, SubLink } from "@pgsql/types";
import { coerceToBoolean } from "./coerce.ts";
import { oid } from "./oids.ts";
import { makeOperator, operatorName } from "./operator.ts";
import { refuseSubquery } from "./restrictions.ts";
import { columnUse, type Scope } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";
import { arrayType, elementType, nameParts, typeName } from "./types.ts";

/** What stands in the catalog or is evaluated row by row as a table is made anew. */
const withoutSubqueries: Partial<Record<Scope["clause"], string>> = {
  "DEFAULT expressions": "DEFAULT expression",
  "transform expressions": "transform expression",
};

export function subquery(node: SubLink, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  const place = withoutSubqueries[scope.clause];
  if (place !== undefined)
    throw analysis.error("0A000", `cannot use subquery in ${place}`, location);
  const query = queryOf(node, scope);
  const plain = {
    kind: "subquery",
    query,
    left: [],
    tests: [],
    entry: undefined,
    operator: "",
  } as const;
  switch (node.subLinkType) {
    case "EXISTS_SUBLINK":
      return { ...plain, form: "exists", type: oid.bool, typmod: -1, location };
    case "EXPR_SUBLINK": {
      const column = onlyColumn(query, scope, location);
      return { ...plain, form: "scalar", type: column.type, typmod: column.typmod, location };
    }
    case "ARRAY_SUBLINK": {
      const { type } = onlyColumn(query, scope, location);
      const array = elementType(type) === undefined ? arrayType(type) : type;
      if (array === undefined && type !== oid.engineTyped)
        throw analysis.error(
          "42704",
          `could not find array type for data type ${typeName(type)}`,
          location,
        );
      return { ...plain, form: "array", type: array ?? oid.engineTyped, typmod: -1, location };
    }
    case "ANY_SUBLINK":
    case "ALL_SUBLINK": {
      const left =
        node.testexpr !== undefined && "RowExpr" in node.testexpr
          ? (node.testexpr.RowExpr.args ?? [])
          : node.testexpr === undefined
            ? []
            : [node.testexpr];
      const parts = nameParts(node.operName);
      // IN comes without an operator.
      const symbol = parts.length === 0 ? "=" : operatorName(parts, analysis, location);
      const form = node.subLinkType === "ANY_SUBLINK" ? "any" : "all";
      return comparison(left, symbol, form, query, scope, location);
    }
    default:
      throw analysis.error(
        "0A000",
        `subquery of kind ${node.subLinkType} is not supported`,
        location,
      );
  }
}

/** (a, b) = (SELECT c, d …): one row is compared. */
export function rowSubquery(
  left: readonly Node[],
  symbol: string,
  node: SubLink,
  scope: Scope,
  location: number | undefined,
): Expression {
  return comparison(left, symbol, "row", queryOf(node, scope), scope, location);
}

function queryOf(node: SubLink, scope: Scope): Query {
  const { subselect } = node;
  refuseSubquery(scope, node.location);
  if (subselect === undefined || !("SelectStmt" in subselect))
    throw scope.analysis.error("0A000", "a subquery must be a SELECT", node.location);
  return scope.analysis.rules.query(subselect.SelectStmt, scope);
}

function onlyColumn(
  query: Query,
  scope: Scope,
  location: number | undefined,
): Query["columns"][number] {
  const [column, second] = query.columns;
  if (column === undefined)
    throw scope.analysis.error("42601", "subquery must return a column", location);
  if (second !== undefined)
    throw scope.analysis.error("42601", "subquery must return only one column", location);
  return column;
}

/** Each left value is compared with a column of the subquery, under the operator their types choose. */
function comparison(
  nodes: readonly Node[],
  symbol: string,
  form: "any" | "all" | "row",
  query: Query,
  scope: Scope,
  location: number | undefined,
): Expression {
  const { analysis } = scope;
  const values = nodes.map((one) => analysis.rules.expression(one, scope));
  if (values.length !== query.columns.length)
    throw analysis.error(
      "42601",
      `subquery has too ${values.length < query.columns.length ? "many" : "few"} columns`,
      location,
    );
  const entry: RangeEntry = {
    alias: analysis.alias("subquery"),
    name: "",
    depth: scope.depth + 1,
    columns: query.columns.map((column) => ({ ...column, number: 0 })),
    source: { kind: "query", query },
    used: new Set(),
  };
  const tests = values.map((left, i) => {
    const column = entry.columns[i];
    if (column === undefined) return left;
    const right = columnUse(entry, column, location);
    return coerceToBoolean(
      makeOperator(symbol, left, right, analysis, location),
      "row comparison",
      analysis,
    );
  });
  const left = tests.map((test, i) =>
    test.kind === "operator" && test.left !== undefined ? test.left : (values[i] ?? test),
  );
  return {
    kind: "subquery",
    form,
    query,
    left,
    tests,
    entry,
    operator: symbol,
    type: oid.bool,
    typmod: -1,
    location,
  };
}
