/** VALUES (…), (…): columns of the types their values share, called column1, column2 … */
import type { Node, SelectStmt } from "@pgsql/types";
import type { QueryOptions } from "./analysis.ts";
import { coerceToCommon, commonType, commonTypmod, typeOf } from "./coerce.ts";
import { limits } from "./limit.ts";
import { oid } from "./oids.ts";
import { outputSort } from "./output-sort.ts";
import { inClause, type Scope } from "./scope.ts";
import type { CommonTable, Expression, Query } from "./tree.ts";

export function values(
  tree: SelectStmt,
  scope: Scope,
  commonTables: readonly CommonTable[],
  options: QueryOptions,
): Query {
  const { analysis } = scope;
  const lists = tree.valuesLists ?? [];
  const rows = inClause(scope, "VALUES", () => lists.map((list) => valuesRow(list, scope)));
  const [first = []] = rows;
  const uneven = rows.find((row) => row.length !== first.length);
  if (uneven !== undefined)
    throw analysis.error("42601", "VALUES lists must all be the same length", uneven[0]?.location);
  const columns = first.map((_, i) => {
    const column = rows.map((row) => row[i]).filter((one) => one !== undefined);
    const isOpen =
      options.keepUnknown === true && column.every((one) => typeOf(one, analysis) === oid.unknown);
    return { values: column, type: isOpen ? oid.unknown : commonType(column, "VALUES", analysis) };
  });
  const settled = rows.map((row) =>
    row.map((one, i) => {
      const type = columns[i]?.type ?? oid.text;
      return type === oid.unknown ? one : coerceToCommon(one, type, "VALUES", analysis);
    }),
  );
  const described = columns.map(({ type }, i) => ({
    name: `column${i + 1}`,
    engineName: `column${i + 1}`,
    type,
    typmod: commonTypmod(
      settled.flatMap((row) => row[i] ?? []),
      type,
    ),
  }));
  return {
    commonTables,
    body: { kind: "values", rows: settled },
    columns: described,
    sort: outputSort(tree.sortClause ?? [], described, "VALUES", scope),
    ...limits(tree, scope),
  };
}

function valuesRow(node: Node, scope: Scope): readonly Expression[] {
  if (!("List" in node)) return [];
  return (node.List.items ?? []).map((item) => {
    if ("SetToDefault" in item)
      throw scope.analysis.error(
        "42601",
        "DEFAULT is not allowed in this context",
        item.SetToDefault.location,
      );
    return scope.analysis.rules.expression(item, scope);
  });
}
