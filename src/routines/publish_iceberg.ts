import { must } from "../base/assert.ts";
import { publishIceberg } from "../table/iceberg.ts";
import { bool, int8, text } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";

export const publish_iceberg = defineProcedure({
  oid: 90_030,
  name: "publish_iceberg",
  summary:
    "Publishes Iceberg metadata over the files of a dataset as it is now, for engines that read Iceberg; the Delta log stays the truth.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
  },
  returns: {
    bucket: text("Bucket of the dataset."),
    dataset: text("Its name."),
    version: int8("Version of the dataset that is published now."),
    metadata: text("Object with the metadata, in the dataset's bucket."),
    published: bool("False: this version, or a newer one, was published before."),
  },
  examples: [
    {
      title: "Let engines read a dataset as an Iceberg table",
      sql: "CALL publish_iceberg('primary.animals')",
    },
  ],
  requires: ({ dataset }) => [{ kind: "owner", name: dataset }],

  async *run({ dataset }, context) {
    const { buckets, engine, tables, options } = context.rooms;
    const { relation, bucket, location } = await findOwnDataset(context, dataset);
    const place = {
      bucket: must(buckets.get(bucket), "a dataset's bucket is there"),
      location,
      engine,
      retainMs: options.upkeep.fileRetentionMs,
    };
    const version = await tables.get(bucket, location).current();
    const publication = await publishIceberg(place, version);
    yield {
      bucket: relation.schema,
      dataset: relation.name,
      version: BigInt(publication.version),
      metadata: publication.metadataKey,
      published: publication.isNew,
    };
  },
});
