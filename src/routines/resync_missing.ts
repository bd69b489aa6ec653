import { text } from "./columns.ts";
import { defineProcedure } from "./define.ts";

export const resync_missing = defineProcedure({
  oid: 90_045,
  name: "resync_missing",
  summary:
    "Restores row counts and columns of entries that lack them, from what the Parquet files tell of themselves. Run again, it finds nothing.",
  arguments: {},
  returns: {
    dataset: text("Dataset, as bucket.dataset."),
    restored: text("row count, columns; or unreadable, where nothing could be done."),
    object: text("Key of the file it is of; NULL for the dataset.").orNull(),
    detail: text("What it is now, or why it cannot be read."),
  },
  examples: [
    {
      title: "What was restored",
      sql: "SELECT restored, count(*) FROM resync_missing() GROUP BY restored",
    },
  ],
  requires: () => [{ kind: "superuser" }],

  async *run(_, { rooms, role, notice }) {
    const restored = await rooms.catalog.resync(role.name);
    const done = restored.filter(({ what }) => what !== "unreadable").length;
    notice({
      severity: "NOTICE",
      sqlstate: "00000",
      message: `${done} entries restored, ${restored.length - done} datasets cannot be read`,
    });
    for (const { schema, dataset, what, object, detail } of restored) {
      yield { dataset: `${schema}.${dataset}`, restored: what, object, detail };
    }
  },
});
