/** EXPLAIN. https://www.postgresql.org/docs/15/sql-explain.html */
import type { ExplainStmt } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { type Draft, positionOf, type Scope, textColumn } from "../draft.ts";
import { preparedStatement } from "./cursors.ts";
import { type Option, options, requiredBoolean, textOf } from "./options.ts";

export async function explainStatement(node: ExplainStmt, scope: Scope): Promise<Draft> {
  const { analyze, format } = explainOptions(node, scope);
  const { query } = node;
  const statement =
    query !== undefined && "ExecuteStmt" in query
      ? preparedStatement(query.ExecuteStmt.name ?? "", scope)
      : await scope.plan(query);
  return {
    plan: { kind: "explain", statement, analyze, format },
    columns: [{ ...textColumn("QUERY PLAN"), typeOid: format === "json" ? 114 : 25 }],
    within: statement.relations,
    parameterTypes: statement.parameterTypes,
    isReadOnly: !analyze || statement.isReadOnly,
    isCacheable: false,
  };
}

/** What they ask to be told is told where we know it; none changes what the statement does but ANALYZE. */
const booleans = new Set(["verbose", "costs", "settings", "buffers", "wal", "timing", "summary"]);

function explainOptions(
  node: ExplainStmt,
  scope: Scope,
): { readonly analyze: boolean; readonly format: "text" | "json" } {
  let analyze = false;
  let format: "text" | "json" = "text";
  const given = options(node.options);
  for (const option of given) {
    if (option.name === "analyze") analyze = requiredBoolean(option);
    else if (option.name === "format") format = formatOf(option, scope);
    else if (booleans.has(option.name)) requiredBoolean(option);
    else
      throw new PgError(
        "42601",
        `unrecognized EXPLAIN option "${option.name}"`,
        positionOf(scope, option.location),
      );
  }
  for (const { name, value } of given)
    if ((name === "timing" || name === "wal") && !analyze && textOf(value) !== "false")
      throw new PgError("22023", `EXPLAIN option ${name.toUpperCase()} requires ANALYZE`);
  return { analyze, format };
}

function formatOf(option: Option, scope: Scope): "text" | "json" {
  const format = textOf(option.value);
  if (format === undefined) throw new PgError("42601", "format requires a parameter");
  if (format === "text" || format === "json") return format;
  if (format === "xml" || format === "yaml")
    throw unsupported(`EXPLAIN with FORMAT ${format}`, { hint: "Use text or json." });
  throw new PgError(
    "22023",
    `unrecognized value for EXPLAIN option "format": "${format}"`,
    positionOf(scope, option.location),
  );
}
