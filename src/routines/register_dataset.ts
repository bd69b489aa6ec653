import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import { foreignServer } from "../catalog/relation.ts";
import { int4, int8, oneOf, text } from "./columns.ts";
import { findBucket, splitDatasetName } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";

export const register_dataset = defineProcedure({
  oid: 90_040,
  name: "register_dataset",
  summary:
    "Attaches a Delta table or a folder of Parquet files that somebody else writes, as a foreign table: read where it is, never written.",
  arguments: {
    dataset: text("Name it gets, as name or bucket.name."),
    location: text(
      "Folder: of a bucket or under the data folder (relative to it or absolute), or any other of this machine. A role that is no superuser may name one under ingest.folders.",
    ),
    format: oneOf(["delta", "parquet"], "NULL: delta when the folder has a log").orNull(),
  },
  returns: {
    dataset: text("Name of the foreign table."),
    bucket: text("Its bucket."),
    format: text("delta or parquet."),
    columns: int4("How many it has."),
    rows: int8("As its files tell; NULL where they do not.").orNull(),
  },
  examples: [
    {
      title: "Attach a Delta table that another engine writes",
      needs: "a Delta table of another engine in the folder shared/people of the data folder",
      sql: "CALL register_dataset('colleagues', location => 'shared/people')",
    },
  ],

  async *run({ dataset, location, format }, context) {
    const { bucket: written, name } = splitDatasetName(dataset);
    const schema = await findBucket(context, written ?? null);
    const options = [
      `location ${quoteText(location)}`,
      ...(format === null ? [] : [`format ${quoteText(format)}`]),
    ];
    await context.sql.execute(
      `CREATE FOREIGN TABLE ${quoteName(schema.name)}.${quoteName(name)} () ` +
        `SERVER ${foreignServer} OPTIONS (${options.join(", ")})`,
    );
    const { catalog, tables } = context.rooms;
    const relation = (await catalog.current()).relation(schema.name, name);
    if (relation?.source.kind !== "foreign") {
      throw new PgError("40001", `"${dataset}" was dropped at once by somebody else`);
    }
    const version = await (await tables.foreign(relation.source)).current();
    yield {
      dataset: name,
      bucket: schema.name,
      format: relation.source.format,
      columns: relation.columns.length,
      rows: version.rowCount === undefined ? null : BigInt(version.rowCount),
    };
  },
});
