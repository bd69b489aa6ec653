/** A view's query as PostgreSQL would write it now: pg_get_viewdef. */
import { must } from "../../base/assert.ts";
import type { ViewFacts, ViewStyle } from "../../catalog/facts.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { UserFunction } from "../../catalog/user-function.ts";
import { analyzeFunction } from "../analyze/function-analysis.ts";
import { isRun } from "../analyze/function-body.ts";
import { relationOf } from "../analyze/scope.ts";
import { baseEntry, notUpdatable, writtenColumns } from "../analyze/updatable.ts";
import { analyzeStored } from "../analyze/view-analysis.ts";
import type { QueryContext } from "../query.ts";
import { keptText } from "./kept-text.ts";
import { writerOf } from "./writer-of.ts";

/** For the catalog, which knows views by their facts alone. `engine` is asked nothing. */
export function viewFacts(
  version: Pick<QueryContext, "catalog" | "access">,
  engine: QueryContext["engine"],
): ViewFacts {
  return {
    text: (view, path, style) => viewText(view, style, contextOf(version, path, engine)),
    functionBody: (made, path) => bodyText(made, contextOf(version, path, engine)),
    expression: (kept, path, isPretty) =>
      keptText(kept, isPretty, contextOf(version, path, engine)),
    writtenColumns: (view) => writtenThrough(view, contextOf(version, [], engine)),
  };
}

function contextOf(
  { catalog, access }: Pick<QueryContext, "catalog" | "access">,
  path: readonly string[],
  engine: QueryContext["engine"],
): QueryContext {
  const role = must(access.roles[0], "there is a role");
  return {
    catalog,
    access,
    role,
    sessionRole: role,
    searchPath: path,
    setting: () => undefined,
    database: "lakehouse",
    pid: 0,
    serverVersion: "",
    engine,
    prepared: () => undefined,
    cursor: () => undefined,
    columnsAt: async (relation) => relation.columns,
  };
}

/** Down to the table that is written in the end. */
function writtenThrough(view: Relation, context: QueryContext): readonly number[] | undefined {
  const { query } = analyzeStored(view, context);
  if (notUpdatable(query, false) !== undefined || query.body.kind !== "select") return undefined;
  const base = baseEntry(query.body);
  const relation = base && relationOf(base);
  if (relation === undefined || relation.source.kind === "foreign") return undefined;
  const inner = relation.source.kind === "view" ? writtenThrough(relation, context) : undefined;
  if (relation.source.kind === "view" && inner === undefined) return undefined;
  return writtenColumns(query).flatMap((number, i) =>
    number !== undefined && (inner?.includes(number) ?? true) ? [i + 1] : [],
  );
}

/** Ends with a semicolon. Names are qualified where the context's search path does not find them. */
export function viewText(view: Relation, style: ViewStyle, context: QueryContext): string {
  const { query, calls } = analyzeStored(view, context);
  const writer = writerOf(style, calls, context);
  writer.query(query, {
    columns: view.columns.map(({ name }) => name),
    areNamesVisible: true,
  });
  return `${writer.text};`;
}

/** RETURN …, or BEGIN ATOMIC … END: as it was written where it has several statements, or some that write. */
function bodyText(made: UserFunction, context: QueryContext): string {
  if (made.body.kind === "parsed" && isRun(made, new Set(context.catalog.buckets)))
    return made.body.sql.slice(made.body.sql.search(/\bbegin\s+atomic\b/i)).trim();
  const { query, calls } = analyzeFunction(made, context);
  const isReturn = made.body.kind === "parsed" && !/\bbegin\s+atomic\b/i.test(made.body.sql);
  const writer = writerOf({ isPretty: false, wrapColumn: 0 }, calls, context);
  if (isReturn && query.body.kind === "select") {
    writer.write("RETURN ");
    for (const { expression } of query.body.targets) writer.expression(expression, true);
    return writer.text;
  }
  writer.indent = 1;
  writer.query(query);
  return `BEGIN ATOMIC\n${writer.text};\nEND`;
}
