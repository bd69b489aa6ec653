import { text } from "./columns.ts";
import { findBucket } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";

export const import_legacy_catalog = defineProcedure({
  oid: 90_006,
  name: "import_legacy_catalog",
  summary:
    "Takes the datasets of a reference system's catalog over, as tables served from where their objects lie.",
  arguments: {
    path: text(
      "Folder that holds _catalog/manifests: of a configured bucket, or under the data folder.",
    ),
    bucket: text("Bucket whose tables they become; NULL: lakehouse.bucket, else primary.").orNull(),
  },
  returns: {
    dataset: text("Name of a dataset."),
    status: text("imported, damaged (imported, though objects are missing) or skipped."),
    detail: text("Why it was skipped, or which objects are missing.").orNull(),
  },
  examples: [
    {
      title: "Take over a catalog that was copied into the data folder",
      needs: "a catalog of the reference system in the folder old-lake of the data folder",
      sql: "CALL import_legacy_catalog('old-lake')",
    },
  ],
  requires: () => [{ kind: "superuser" }],

  async *run({ path, bucket }, context) {
    const { role, rooms, notice } = context;
    const schema = await findBucket(context, bucket);
    const { imported, skipped, damaged } = await rooms.catalog.importLegacy(
      path,
      schema.name,
      role.oid,
    );
    const missing = new Map(damaged.map(({ dataset, objects }) => [dataset, objects]));
    for (const dataset of imported) {
      const objects = missing.get(dataset);
      if (objects === undefined) yield { dataset, status: "imported", detail: null };
      else {
        const detail = `missing: ${objects.join(", ")}`;
        notice({
          severity: "WARNING",
          sqlstate: "01000",
          message: `dataset "${dataset}": ${detail}`,
        });
        yield { dataset, status: "damaged", detail };
      }
    }
    for (const { dataset, reason } of skipped) {
      notice({
        severity: "NOTICE",
        sqlstate: "00000",
        message: `dataset "${dataset}" is skipped: ${reason}`,
      });
      yield { dataset, status: "skipped", detail: reason };
    }
  },
});
