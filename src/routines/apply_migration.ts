import { PgError } from "../base/error.ts";
import { type MigrationStep, migrationSteps } from "../ingest/migration.ts";
import { schemaDiff } from "../ingest/schema-diff.ts";
import { bool, float8, int4, text } from "./columns.ts";
import { defineProcedure } from "./define.ts";
import { demandOwner } from "./demand.ts";
import { schemaSources } from "./schema-source.ts";

export const apply_migration = defineProcedure({
  oid: 90_043,
  name: "apply_migration",
  summary:
    "Gives a dataset the columns of another dataset, version or file: all steps of migration_plan in one transaction, or none.",
  arguments: {
    a: text("Dataset to change."),
    b: text("Dataset, version (name@3) or file whose columns it shall have."),
    dry_run: bool("Only tell what would be done.").default(false),
    allow_lossy: bool("Take steps that lose or change values, too.").default(false),
    min_confidence: float8("Refuse when a step is less sure.").default(0.5),
  },
  returns: {
    step: int4("From 1."),
    sql: text("The statement."),
    status: text("done, or would be done."),
  },
  examples: [
    {
      title: "Widen a column and add another",
      before: [
        "CREATE TABLE visits (id int, at date)",
        "CREATE TABLE visits_wanted (id bigint, at date, place text)",
      ],
      sql: "CALL apply_migration('visits', 'visits_wanted')",
    },
  ],

  async *run({ a, b, dry_run, allow_lossy, min_confidence }, context) {
    const sources = await schemaSources(a, b, context);
    const { relation, name, columns, isOlder } = sources.a;
    if (relation?.source.kind !== "dataset" || isOlder) {
      throw new PgError("42809", `"${a}" is not a dataset whose columns can be changed`);
    }
    demandOwner(context, relation);
    const steps = migrationSteps(name, schemaDiff(columns, sources.b.columns));
    const statements = steps.map((step) => allowed(step, name, allow_lossy, min_confidence));
    if (!dry_run && statements.length > 0) await context.sql.transaction(statements);
    for (const [at, sql] of statements.entries()) {
      yield { step: at + 1, sql, status: dry_run ? "would be done" : "done" };
    }
  },
});

/** The step's statement, when the caller wants such a step. */
function allowed(
  { sql, column, action, rule, confidence, isLossy }: MigrationStep,
  name: string,
  allowsLossy: boolean,
  confidenceMin: number,
): string {
  if (sql === undefined) {
    throw new PgError("42804", `cannot migrate column "${column}" of ${name}: ${rule}`, {
      hint: "migration_prompt() asks a language model for what no rule is for.",
    });
  }
  if (isLossy && !allowsLossy) {
    throw new PgError(
      "55000",
      `the migration of ${name} would lose data: ${action} "${column}" (${rule})`,
      {
        hint: "Say allow_lossy => true to do it all the same.",
      },
    );
  }
  if (confidence < confidenceMin) {
    throw new PgError(
      "55000",
      `the migration of ${name} is not sure: ${action} "${column}" (${rule}) has confidence ${confidence}`,
      {
        hint: "Say min_confidence => to do it all the same.",
      },
    );
  }
  return sql;
}
