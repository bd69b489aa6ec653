/** EXPLAIN. https://www.postgresql.org/docs/15/sql-explain.html */
import type { ExplainStmt } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { type Draft, positionOf, type Scope, textColumn } from "../draft.ts";
import type { ExplainOptions } from "../plan.ts";
import { executeStatement, preparedStatement } from "./cursors.ts";
import { type Option, options, requiredBoolean, textOf } from "./options.ts";

export async function explainStatement(node: ExplainStmt, scope: Scope): Promise<Draft> {
  const given = explainOptions(node, scope);
  const { query } = node;
  const execution =
    query !== undefined && "ExecuteStmt" in query
      ? executeStatement(query.ExecuteStmt, scope)
      : undefined;
  const statement =
    query !== undefined && "ExecuteStmt" in query
      ? preparedStatement(query.ExecuteStmt.name ?? "", scope)
      : await scope.plan(query);
  const execute = execution?.plan.kind === "execute" ? { execute: execution.plan } : {};
  return {
    plan: { kind: "explain", statement, ...execute, options: given },
    columns: [{ ...textColumn("QUERY PLAN"), typeOid: types[given.format] }],
    within: statement.relations,
    parameterTypes: (execution ?? statement).parameterTypes ?? [],
    isReadOnly: !given.analyze || statement.isReadOnly,
    isCacheable: false,
  };
}

const types = { text: 25, yaml: 25, json: 114, xml: 142 } as const;

/** Told where we know it. VERBOSE, SETTINGS, BUFFERS and WAL ask for what is not there: pages and columns' places. */
const booleans = new Set(["verbose", "costs", "settings", "buffers", "wal", "timing", "summary"]);

function explainOptions(node: ExplainStmt, scope: Scope): ExplainOptions {
  const said = new Map<string, boolean>();
  let format: ExplainOptions["format"] = "text";
  for (const option of options(node.options)) {
    if (option.name === "format") format = formatOf(option, scope);
    else if (option.name === "analyze" || booleans.has(option.name))
      said.set(option.name, requiredBoolean(option));
    else
      throw new PgError(
        "42601",
        `unrecognized EXPLAIN option "${option.name}"`,
        positionOf(scope, option.location),
      );
  }
  const analyze = said.get("analyze") ?? false;
  for (const name of ["wal", "timing"])
    if (said.get(name) === true && !analyze)
      throw new PgError("22023", `EXPLAIN option ${name.toUpperCase()} requires ANALYZE`);
  return {
    analyze,
    format,
    costs: said.get("costs") ?? true,
    timing: said.get("timing") ?? analyze,
    summary: said.get("summary") ?? analyze,
  };
}

const formats: readonly ExplainOptions["format"][] = ["text", "xml", "json", "yaml"];

function formatOf(option: Option, scope: Scope): ExplainOptions["format"] {
  const text = textOf(option.value);
  if (text === undefined) throw new PgError("42601", "format requires a parameter");
  const format = formats.find((each) => each === text);
  if (format !== undefined) return format;
  throw new PgError(
    "22023",
    `unrecognized value for EXPLAIN option "format": "${text}"`,
    positionOf(scope, option.location),
  );
}
