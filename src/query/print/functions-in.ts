/** The functions a printed text calls, by the engine's lexical rules; the verifier compares them with the engine's own tree. */

/** Quoted things are stepped over; a word counts when a parenthesis follows. */
const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|([A-Za-z_][A-Za-z0-9_]*)\s*\(/g;

/** Words of SQL that may stand before a parenthesis without being called. */
const keywords: ReadonlySet<string> = new Set(
  `all and any array as by case cast cross cube distinct else end escape except exclude exists filter from full group
   groups having ilike in inner intersect interval is join lambda lateral left like limit materialized not null nulls of
   offset on or order ordinality over partition range recursive right rollup rows select sets then ties union unnest
   using values varchar when where with within decimal grouping`
    .split(/\s+/)
    .concat("bit", "coalesce"),
);

export function functionsIn(sql: string): readonly string[] {
  const found = new Set<string>();
  for (const [, word] of sql.matchAll(token))
    if (word !== undefined && !keywords.has(word.toLowerCase())) found.add(word);
  return [...found];
}
