import { type DatasetPlace, isPublished, publishDataset, publishProperty } from "../jobs/upkeep.ts";
import { bool, int8, text } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure, type RoutineContext } from "./define.ts";

export const publish_iceberg = defineProcedure({
  oid: 90_030,
  name: "publish_iceberg",
  summary:
    "Publishes Iceberg metadata over the files of a dataset as it is now, for engines that read Iceberg; the Delta log stays the truth.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
    automatic: bool(
      "Whether every later version is to be published too, in the background; NULL: as it is.",
    ).orNull(),
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

  async *run({ dataset, automatic }, context) {
    const { relation, ...place } = await findOwnDataset(context, dataset);
    if (automatic !== null) await setAutomatic(place, automatic, context);
    const publication = await publishDataset(context.rooms, place, context.rooms.options.upkeep);
    yield {
      bucket: relation.schema,
      dataset: relation.name,
      version: BigInt(publication.version),
      metadata: publication.metadataKey,
      published: publication.isNew,
    };
  },
});

/** Part of the dataset itself, so that every server that writes to it knows. */
async function setAutomatic(
  { bucket, location }: DatasetPlace,
  isAutomatic: boolean,
  { rooms, role }: RoutineContext,
): Promise<void> {
  const table = rooms.tables.get(bucket, location);
  const version = await table.current();
  if (isPublished(version) === isAutomatic) return;
  const configuration = { [publishProperty]: isAutomatic ? "true" : null };
  await table.commit(
    version,
    { metaData: { configuration } },
    { operation: isAutomatic ? "SET TBLPROPERTIES" : "UNSET TBLPROPERTIES", actor: role.name },
  );
}
