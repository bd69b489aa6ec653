/** LIMIT, OFFSET and FETCH FIRST: counts that no row decides. */
import type { Node, SelectStmt } from "@pgsql/types";
import { coerceToSpecific } from "./coerce.ts";
import { fold } from "./fold.ts";
import { oid } from "./oids.ts";
import { inClause, type Scope } from "./scope.ts";
import type { Expression, Query } from "./tree.ts";
import { walk } from "./walk.ts";

export function limits(
  tree: SelectStmt,
  scope: Scope,
): Pick<Query, "limit" | "offset" | "withTies"> {
  const withTies = tree.limitOption === "LIMIT_OPTION_WITH_TIES";
  if (withTies && tree.sortClause === undefined)
    throw scope.analysis.error(
      "42601",
      "WITH TIES cannot be specified without ORDER BY clause",
      undefined,
    );
  return {
    limit: count(tree.limitCount, "LIMIT", scope),
    offset: count(tree.limitOffset, "OFFSET", scope),
    withTies,
  };
}

function count(
  node: Node | undefined,
  clause: "LIMIT" | "OFFSET",
  scope: Scope,
): Expression | undefined {
  if (node === undefined) return undefined;
  const { analysis } = scope;
  const given = inClause(scope, clause, () => analysis.rules.expression(node, scope));
  const settled = coerceToSpecific(given, oid.int8, clause, analysis);
  walk(settled, (part) => {
    if (part.kind === "column" && part.entry.depth === scope.depth)
      throw analysis.error(
        "42P10",
        `argument of ${clause} must not contain variables`,
        part.location,
      );
  });
  const value = fold(settled);
  if (value?.kind === "constant" && value.text?.startsWith("-"))
    throw analysis.error(
      clause === "LIMIT" ? "2201W" : "2201X",
      `${clause} must not be negative`,
      undefined,
    );
  // LIMIT ALL and LIMIT NULL are no limit.
  return settled.kind === "constant" && settled.text === null ? undefined : settled;
}
