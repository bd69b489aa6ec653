import { migrationPrompt, migrationSteps } from "../ingest/migration.ts";
import { schemaDiff } from "../ingest/schema-diff.ts";
import { int4, text } from "./columns.ts";
import { defineFunction, type RoutineContext } from "./define.ts";
import { type SchemaSource, schemaSources } from "./schema-source.ts";

export const migration_prompt = defineFunction({
  oid: 90_044,
  name: "migration_prompt",
  summary:
    "A prompt for a language model, for a migration that rules alone do not settle. It holds columns and types, and no values unless asked for.",
  arguments: {
    a: text("Dataset to change; or a version of it, or a file."),
    b: text("Dataset, version (name@3) or file whose columns it shall have."),
    samples: int4("Rows of a to show, as the caller sees them; 100 at most.").default(0),
  },
  returns: { prompt: text("The prompt.") },
  examples: [
    {
      title: "Ask about columns that no rule pairs",
      before: [
        "CREATE TABLE staff (id int, boss text)",
        "CREATE TABLE staff_wanted (id int, manager text)",
      ],
      sql: "SELECT * FROM migration_prompt('staff', 'staff_wanted')",
    },
  ],

  async *run({ a, b, samples }, context) {
    const sources = await schemaSources(a, b, context);
    const { name, columns } = sources.a;
    const steps = migrationSteps(name, schemaDiff(columns, sources.b.columns));
    const rows = samples > 0 ? await rowsOf(sources.a, Math.min(samples, samplesMax), context) : [];
    yield { prompt: migrationPrompt(name, columns, sources.b.columns, steps, rows) };
  },
});

const samplesMax = 100;

/** By way of SQL, so that what the caller may not see is not sent. */
async function rowsOf(
  { name, relation }: SchemaSource,
  count: number,
  { sql }: RoutineContext,
): Promise<readonly string[]> {
  if (relation === undefined) return [];
  const rows: string[] = [];
  const query = `SELECT to_jsonb(sample)::text FROM (SELECT * FROM ${name} LIMIT ${count}) AS sample`;
  for await (const batch of sql.query(query)) rows.push(...batch.map(([row]) => row ?? "null"));
  return rows;
}
