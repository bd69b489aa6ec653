import { int8, jsonb, micros, text, timestamptz } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineFunction } from "./define.ts";

export const dataset_history = defineFunction({
  oid: 90_035,
  name: "dataset_history",
  volatility: "stable",
  summary:
    "Versions of a dataset, the newest first: when, by whom, what was done, how many rows came and went.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
    limit_to: int8("How many versions at most.").default(1000n),
  },
  returns: {
    version: int8("As AT (VERSION => …) and restore_dataset take it."),
    timestamp: timestamptz("When it was committed.").orNull(),
    operation: text("Delta's name of what was done."),
    parameters: jsonb("What was said with it."),
    actor: text("Role that did it; NULL: another engine does not tell.").orNull(),
    engine: text("Program that did it.").orNull(),
    rows_added: int8("NULL: another engine does not tell.").orNull(),
    rows_removed: int8("NULL: another engine does not tell.").orNull(),
    files_added: int8("Data files."),
    files_removed: int8("Data files; one that only lost rows is still there."),
    bytes_added: int8("Size of the files added."),
  },
  examples: [
    {
      title: "What was done to a dataset",
      sql: "SELECT version, operation, rows_added FROM dataset_history('primary.animals')",
    },
  ],
  requires: ({ dataset }) => [{ kind: "table", name: dataset, privilege: "SELECT" }],

  async *run({ dataset, limit_to }, context) {
    const { bucket, location } = await findOwnDataset(context, dataset);
    const table = context.rooms.tables.get(bucket, location);
    const entries = await table.history(Math.max(0, Number(limit_to)));
    for (const entry of entries.toReversed()) {
      yield {
        version: BigInt(entry.version),
        timestamp: entry.committedAt ? micros(entry.committedAt) : null,
        operation: entry.operation,
        parameters: JSON.stringify(entry.parameters),
        actor: entry.actor ?? null,
        engine: entry.engine ?? null,
        rows_added: count(entry.rowsAdded),
        rows_removed: count(entry.rowsRemoved),
        files_added: BigInt(entry.filesAdded),
        files_removed: BigInt(entry.filesRemoved),
        bytes_added: BigInt(entry.bytesAdded),
      };
    }
  },
});

function count(rows: number | undefined): bigint | null {
  return rows === undefined ? null : BigInt(rows);
}
