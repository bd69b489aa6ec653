import { PgError, unsupported } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { float8, int4, text } from "./columns.ts";
import { defineFunction, type RoutineContext } from "./define.ts";
import { demandTable } from "./demand.ts";
import { findIndex, type NamedIndex } from "./index-name.ts";

const kMax = 10_000;

export const vector_search = defineFunction({
  oid: 90_003,
  name: "vector_search",
  volatility: "stable",
  summary: "The chunks of an indexed dataset that are nearest to a text, nearest first.",
  arguments: {
    index: text("Index to search, or a dataset that has one."),
    query: text("What to look for, in words."),
    k: int4("How many chunks to give.").default(10),
    ef_search: int4("How far to look; NULL: as the index says.").orNull(),
    filter: text(
      "SQL predicate over the dataset's columns; only rows that meet it are searched, and k of them are found if there are k.",
    ).orNull(),
    min_score: float8("Chunks that score less are left out.").orNull(),
  },
  returns: {
    key: text("Value of the dataset's key column: join with it."),
    chunk: int4("Number of the chunk in the row's text, from 0."),
    text: text("The chunk."),
    distance: float8("From the query, by the index' metric; smaller is nearer."),
    score: float8("The same, larger is nearer; for cosine 1 is the same direction."),
  },
  examples: [
    {
      title: "Animals of the woods",
      before: [
        "CALL create_vector_index('animals_found', dataset => 'primary.animals', text_column => 'habitat', key_column => 'id')",
      ],
      sql: "SELECT a.species, s.score FROM vector_search('animals_found', 'forest', k => 3) s JOIN primary.animals a ON a.id::text = s.key ORDER BY s.distance",
    },
  ],

  async *run({ index: name, query, k, ef_search, filter, min_score }, context) {
    if (k < 0 || k > kMax) throw new PgError("22023", `k must be between 0 and ${kMax}`);
    if (ef_search !== null && (ef_search < 1 || ef_search > kMax)) {
      throw new PgError("22023", `ef_search must be between 1 and ${kMax}`);
    }
    if (/^\s*\[[-+\d.,eE\s]*\]\s*$/.test(query)) throw unsupported("searching with a vector");
    const index = await findIndex(context, name);
    await demandTable(context, "SELECT", index.relation);
    const keys = filter === null ? undefined : await keysWhere(filter, index, context);
    const open = await context.rooms.indexes.open(index.manifest);
    yield* await open.search(
      {
        query,
        k,
        efSearch: ef_search ?? undefined,
        keys,
        minScore: min_score ?? undefined,
      },
      context.signal,
    );
  },
});

/** Keys of the rows the filter leaves. It is a statement of the caller's: whatever the text says, it reads nothing they may not. */
async function keysWhere(
  filter: string,
  { manifest, relation }: NamedIndex,
  context: RoutineContext,
): Promise<ReadonlySet<string>> {
  const table = `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
  const key = quoteName(manifest.keyColumn);
  const keys = new Set<string>();
  const sql = `SELECT DISTINCT CAST(${key} AS text) FROM ${table} WHERE (\n${filter}\n) AND ${key} IS NOT NULL`;
  for await (const rows of context.sql.query(sql)) {
    for (const [value] of rows) if (value !== null && value !== undefined) keys.add(value);
  }
  return keys;
}
