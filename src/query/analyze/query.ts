/** One query: VALUES, a SELECT or a set operation, each with its WITH, ORDER BY and LIMIT. */
import type { SelectStmt } from "@pgsql/types";
import type { Analysis, QueryOptions } from "./analysis.ts";
import { newScope, type Scope } from "./scope.ts";
import { select } from "./select.ts";
import { setOperation } from "./set-operation.ts";
import type { Query } from "./tree.ts";
import { values } from "./values.ts";
import { withClause } from "./with.ts";

/** `parent`: the scope whose names a lateral or correlated query may use. */
export function query(
  tree: SelectStmt,
  parent: Scope | undefined,
  options: QueryOptions,
  analysis: Analysis,
): Query {
  return analysis.nested(() => {
    const scope = newScope(analysis, parent);
    if (tree.intoClause !== undefined)
      throw analysis.error(
        "42601",
        "SELECT ... INTO is not allowed here",
        tree.intoClause.rel?.location,
      );
    const tables = tree.withClause === undefined ? [] : withClause(tree.withClause, scope);
    if (tree.valuesLists !== undefined) return values(tree, scope, tables, options);
    if (tree.op !== undefined && tree.op !== "SETOP_NONE")
      return setOperation(tree, scope, tables, options);
    return select(tree, scope, tables, options);
  });
}
