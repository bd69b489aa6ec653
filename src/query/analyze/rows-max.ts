/** How many rows a query can give at most, where its text alone tells. */
import { fold } from "./fold.ts";
import type { Query } from "./tree.ts";
import { walk } from "./walk.ts";

/** Undefined: no bound is known. */
export function rowsMax({ body, limit, withTies }: Query): number | undefined {
  if (body.kind === "values") return body.rows.length;
  if (body.kind === "select" && body.isAggregated && body.groups === undefined)
    return givesSets(body.targets.map(({ expression }) => expression)) ? undefined : 1;
  const count = limit === undefined || withTies ? undefined : fold(limit);
  if (count?.kind !== "constant" || count.text === null) return undefined;
  const rows = Number(count.text);
  return Number.isSafeInteger(rows) ? rows : undefined;
}

function givesSets(expressions: readonly Parameters<typeof walk>[0][]): boolean {
  let found = false;
  for (const expression of expressions)
    walk(expression, (part) => {
      found ||= part.kind === "function" && part.proc.proretset;
    });
  return found;
}
