import { bool, text } from "./columns.ts";
import { defineProcedure } from "./define.ts";

export const migrate_buckets = defineProcedure({
  oid: 90_007,
  name: "migrate_buckets",
  summary:
    "Corrects the bucket recorded in object references: none, data and local become primary. Run again, it changes nothing.",
  arguments: {
    dry_run: bool("Only tell what would change.").default(false),
  },
  returns: {
    dataset: text("Dataset, as bucket.dataset."),
    object: text("Key of the object."),
    old: text("Bucket that was recorded; '' for none."),
    new: text("Bucket that is recorded now, or would be."),
  },
  examples: [
    {
      title: "See what would change",
      sql: "SELECT count(*) AS changes FROM migrate_buckets(dry_run => true)",
    },
  ],
  requires: () => [{ kind: "superuser" }],

  async *run({ dry_run }, { rooms, notice }) {
    const { catalog } = rooms;
    const { length: all } = await catalog.objectReferences();
    const { changes, unknown } = await catalog.migrateBuckets(dry_run);
    for (const { schema, dataset, object, from } of unknown) {
      notice({
        severity: "WARNING",
        sqlstate: "3F000",
        message: `object "${object}" of dataset "${schema}.${dataset}" is recorded in bucket "${from}", which does not exist: left as it is`,
      });
    }
    const verb = dry_run ? "would change" : "changed";
    notice({
      severity: "NOTICE",
      sqlstate: "00000",
      message: `${changes.length} of ${all} object references ${verb}, ${unknown.length} are in no bucket`,
    });
    for (const { schema, dataset, object, from, to } of changes) {
      yield { dataset: `${schema}.${dataset}`, object, old: from, new: to };
    }
  },
});
