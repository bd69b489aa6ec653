import { compactDataset } from "../jobs/upkeep.ts";
import { bool, int8, text } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";
import { paced } from "./progress.ts";

export const compact = defineProcedure({
  oid: 90_033,
  name: "compact",
  summary:
    "Merges the small files of a dataset and writes files anew that have lost many rows. Who reads or writes meanwhile is not disturbed.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
    complete: bool(
      "Every file that could be larger, and every deleted row; as VACUUM FULL.",
    ).default(false),
  },
  returns: {
    bucket: text("Bucket of the dataset."),
    dataset: text("Its name."),
    version: int8("Version of the dataset after it."),
    files_removed: int8("Files that were merged."),
    files_added: int8("Files they came to."),
    bytes_removed: int8("Size of those merged."),
    bytes_added: int8("Size of those they came to."),
    groups_lost: int8("Groups of files left as they are, because others wrote to them meanwhile."),
  },
  examples: [{ title: "Merge small files", sql: "CALL compact('primary.animals')" }],
  requires: ({ dataset }) => [{ kind: "owner", name: dataset }],

  async *run({ dataset, complete }, context) {
    const { tables, options } = context.rooms;
    const { relation, bucket, location } = await findOwnDataset(context, dataset);
    const tell = paced(context);
    const done = await compactDataset(tables.get(bucket, location), options.upkeep, {
      full: complete,
      bytesMax: undefined,
      actor: context.role.name,
      signal: context.signal,
      onProgress: (groups, all) => tell(`${groups} of ${all} groups of files are merged`),
    });
    yield {
      bucket: relation.schema,
      dataset: relation.name,
      version: BigInt(done.version),
      files_removed: BigInt(done.filesRemoved),
      files_added: BigInt(done.filesAdded),
      bytes_removed: BigInt(done.bytesRemoved),
      bytes_added: BigInt(done.bytesAdded),
      groups_lost: BigInt(done.groupsLost),
    };
  },
});
