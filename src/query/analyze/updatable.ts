/** Which views take INSERT, UPDATE and DELETE for the one table they show. PostgreSQL's view_query_is_auto_updatable. */
import type { Query, RangeEntry, SelectBody } from "./tree.ts";
import { walk } from "./walk.ts";

/** Why a view of this query does not, as a hint; undefined when it does. `withColumns`: it must have one that can be written. */
export function notUpdatable(query: Query, withColumns: boolean): string | undefined {
  const what = fault(query);
  if (what !== undefined) return `${what} are not automatically updatable.`;
  const columns = writtenColumns(query);
  return withColumns && columns.every((column) => column === undefined)
    ? "Views that have no updatable columns are not automatically updatable."
    : undefined;
}

function fault({ body, commonTables, limit, offset }: Query): string | undefined {
  if (body.kind === "set") return "Views containing UNION, INTERSECT, or EXCEPT";
  if (body.kind === "values") return "Views that do not select from a single table or view";
  if (body.distinct !== undefined) return "Views containing DISTINCT";
  if (body.groups !== undefined) return "Views containing GROUP BY";
  if (body.having !== undefined) return "Views containing HAVING";
  if (commonTables.length > 0) return "Views containing WITH";
  if (limit !== undefined || offset !== undefined) return "Views containing LIMIT or OFFSET";
  if (has(body, "aggregate")) return "Views that return aggregate functions";
  if (has(body, "window")) return "Views that return window functions";
  if (returnsSets(body)) return "Views that return set-returning functions";
  if (baseEntry(body) === undefined) return "Views that do not select from a single table or view";
  return undefined;
}

function has(body: SelectBody, kind: "aggregate" | "window"): boolean {
  return someTarget(body, (part) => part.kind === kind);
}

function returnsSets(body: SelectBody): boolean {
  return someTarget(body, (part) => part.kind === "function" && part.proc.proretset);
}

function someTarget(
  body: SelectBody,
  is: (part: SelectBody["targets"][number]["expression"]) => boolean,
): boolean {
  let found = false;
  for (const { expression } of body.targets)
    walk(expression, (part) => {
      found ||= is(part);
    });
  return found;
}

/** The table or view that stands alone in FROM. */
export function baseEntry(body: SelectBody): RangeEntry | undefined {
  const [only, second] = body.from;
  if (only?.kind !== "entry" || second !== undefined) return undefined;
  const { source } = only.entry;
  if (source.kind === "view") return only.entry;
  if (source.kind !== "relation" || source.at !== undefined) return undefined;
  const { kind } = source.relation.source;
  const isTable = kind === "dataset" && source.relation.view === undefined;
  return isTable || kind === "foreign" ? only.entry : undefined;
}

/** For each column the number of the base's column that it is; undefined where it is an expression, or the second of its kind. */
export function writtenColumns({ body }: Query): readonly (number | undefined)[] {
  if (body.kind !== "select") return [];
  const seen = new Set<number>();
  return body.targets
    .filter(({ isJunk }) => !isJunk)
    .map(({ expression }) => {
      if (expression.kind !== "column" || expression.entry !== baseEntry(body)) return undefined;
      const { number } = expression.column;
      if (seen.has(number)) return undefined;
      seen.add(number);
      return number;
    });
}
