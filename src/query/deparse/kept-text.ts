/** Defaults, checks, generated values and expressions of indexes as PostgreSQL would write them: its own casts shown, names as of now. */
import { PgError } from "../../base/error.ts";
import type { CatalogVersion } from "../../catalog/catalog.ts";
import type { KeptExpression } from "../../catalog/facts.ts";
import { analyzeKept } from "../analyze/kept.ts";
import type { QueryContext } from "../query.ts";
import { writerOf } from "./writer-of.ts";

/** Undefined when it cannot be analyzed or printed: something it stands on has gone. */
export function keptText(
  kept: KeptExpression,
  isPretty: boolean,
  context: QueryContext,
): string | undefined {
  const { catalog } = context;
  const known = textsOf(catalog);
  const owner = "domain" in kept ? kept.domain : kept.relation;
  const key = `${owner.oid} ${isPretty} ${kept.text} ${context.searchPath.join("\0")}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  // Its names were found when it was declared, wherever that was.
  const searchPath = [...new Set([owner.schema, ...catalog.buckets])];
  try {
    const { value, row, calls } = analyzeKept(kept, { ...context, searchPath });
    const shown = { entry: row, isDomain: "domain" in kept };
    const writer = writerOf({ isPretty, wrapColumn: 0 }, calls, context, shown);
    writer.expression(value, false);
    known.set(key, writer.text);
    return writer.text;
  } catch (error) {
    if (error instanceof PgError) return undefined;
    throw error;
  }
}

const texts = new WeakMap<CatalogVersion, Map<string, string>>();

function textsOf(catalog: CatalogVersion): Map<string, string> {
  const known = texts.get(catalog) ?? new Map<string, string>();
  texts.set(catalog, known);
  return known;
}
