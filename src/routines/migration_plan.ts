import { migrationSteps } from "../ingest/migration.ts";
import { schemaDiff } from "../ingest/schema-diff.ts";
import { bool, float8, int4, text } from "./columns.ts";
import { defineFunction } from "./define.ts";
import { schemaSources } from "./schema-source.ts";

export const migration_plan = defineFunction({
  oid: 90_042,
  name: "migration_plan",
  summary:
    "The statements that give a dataset the columns of another dataset, version or file, each with its rule and confidence.",
  arguments: {
    a: text("Dataset to change; a version of it or a file is only compared."),
    b: text("Dataset, version (name@3) or file whose columns it shall have."),
  },
  returns: {
    step: int4("In the order in which they are run, from 1."),
    action: text("rename column, change type, add column, drop column; ask where no rule leads."),
    column_name: text("Column it is about."),
    rule: text("Why this step."),
    confidence: float8("0 to 1."),
    lossy: bool("Whether values may be lost or changed."),
    sql: text("The statement; NULL where there is none.").orNull(),
  },
  examples: [
    {
      title: "How a table would get another's columns",
      before: [
        "CREATE TABLE orders_2024 (order_no int, customer_name text)",
        "CREATE TABLE orders_2025 (order_no bigint, customer text, paid boolean)",
      ],
      sql: "SELECT * FROM migration_plan('orders_2024', 'orders_2025')",
    },
  ],

  async *run({ a, b }, context) {
    const sources = await schemaSources(a, b, context);
    const changes = schemaDiff(sources.a.columns, sources.b.columns);
    const steps = migrationSteps(sources.a.name, changes);
    for (const [at, { action, column, rule, confidence, isLossy, sql }] of steps.entries()) {
      yield {
        step: at + 1,
        action,
        column_name: column,
        rule,
        confidence,
        lossy: isLossy,
        sql: sql ?? null,
      };
    }
  },
});
