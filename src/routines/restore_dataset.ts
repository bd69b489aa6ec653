import { PgError } from "../base/error.ts";
import { restore } from "../table/restore.ts";
import { int8, text, timestamptz } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";
import { demandConstraints } from "./restored-constraints.ts";

export const restore_dataset = defineProcedure({
  oid: 90_036,
  name: "restore_dataset",
  summary:
    "Makes an older version of a dataset the newest one: its rows and its columns. What was between stays in the history.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
    version: int8("Version to go back to.").orNull(),
    at: timestamptz("Or the version that was newest at that time.").orNull(),
  },
  returns: {
    bucket: text("Bucket of the dataset."),
    dataset: text("Its name."),
    restored: int8("Version whose rows and columns it has again."),
    version: int8("Version it has now."),
    rows: int8("Rows it has now; NULL: another engine does not tell.").orNull(),
  },
  examples: [
    {
      title: "Go back to how it was first",
      before: [
        "CREATE TABLE IF NOT EXISTS primary.regretted AS SELECT 1 AS id",
        "INSERT INTO primary.regretted VALUES (2)",
      ],
      sql: "CALL restore_dataset('primary.regretted', version => 0)",
    },
  ],
  requires: ({ dataset }) => [{ kind: "owner", name: dataset }],

  async *run({ dataset, version, at }, context) {
    if ((version === null) === (at === null)) {
      throw new PgError("22023", "restore_dataset takes a version or a time", {
        hint: "Say version => 3, or at => '2026-01-31 12:00'. dataset_history() lists both.",
      });
    }
    const { catalog, tables } = context.rooms;
    const { relation, bucket, location } = await findOwnDataset(context, dataset);
    const table = tables.get(bucket, location);
    const target =
      version === null
        ? await table.atTime(new Date(Number((at ?? 0n) / 1000n)))
        : await table.at(Number(version));
    const required = await demandConstraints(relation, table, target, context);
    const restored = await restore(table, target, context.role.name, required);
    await catalog.reconcile(relation.oid);
    yield {
      bucket: relation.schema,
      dataset: relation.name,
      restored: BigInt(target.number),
      version: BigInt(restored.number),
      rows: restored.rowCount === undefined ? null : BigInt(restored.rowCount),
    };
  },
});
