/** What SET makes of several values: `SET search_path TO a, "B c"` sets `a, "B c"`. */
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { Parameter } from "./declare.ts";

/** PostgreSQL's flatten_set_variable_args: 22023 when the parameter takes one value only. */
export function listValue(
  parameter: Parameter | undefined,
  name: string,
  values: readonly string[],
): string {
  const list = parameter?.list ?? "no";
  if (list === "no" && values.length > 1)
    throw new PgError("22023", `SET ${name} takes only one argument`);
  return values.map((value) => (list === "names" ? quotedIfNeeded(value) : value)).join(", ");
}

/** As quote_ident: quotes only where the bare word would mean something else. */
export function quotedIfNeeded(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name);
  keywords ??= new Set(keywordText.split(/\s+/));
  return isPlain && !keywords.has(name) ? name : quoteName(name);
}

let keywords: ReadonlySet<string> | undefined;

/** pg_get_keywords() where catcode <> 'U'. */
const keywordText = `\
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
boolean both case cast char character check coalesce collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user dec decimal default deferrable desc distinct do else end except
exists extract false fetch float for foreign freeze from full grant greatest group grouping
having ilike in initially inner inout int integer intersect interval into is isnull join
lateral leading least left like limit localtime localtimestamp national natural nchar none
normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
placing position precision primary real references returning right row select session_user
setof similar smallint some substring symmetric table tablesample then time timestamp to
trailing treat trim true union unique user using values varchar variadic verbose when where
window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
xmlroot xmlserialize xmltable`;
