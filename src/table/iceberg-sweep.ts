/** What readers of published Iceberg metadata no longer need. Data files are the Delta log's to delete. */
import { type IcebergPlace, readUri, uriOf } from "./iceberg-files.ts";
import { liveEntries, readManifestList } from "./iceberg-manifest.ts";
import type { Metadata } from "./iceberg-metadata.ts";

/** What no published snapshot needs is kept this long for readers on their way. */
const sweepAfterMs = 24 * 3_600_000;
/** Metadata, manifests and delete files no published snapshot names, when they are old. Data files are not ours to delete. */
export async function sweepIceberg(place: IcebergPlace, metadata: Metadata): Promise<void> {
  const used = new Set(metadata["metadata-log"].map((entry) => entry["metadata-file"]));
  for (const snapshot of metadata.snapshots) {
    used.add(snapshot["manifest-list"]);
    for (const manifest of readManifestList(await readUri(place, snapshot["manifest-list"]))) {
      used.add(manifest.manifest_path);
      if (manifest.content === 0) continue;
      const spec = metadata["partition-specs"].find(
        (one) => one["spec-id"] === manifest.partition_spec_id,
      );
      const schema = metadata.schemas.find(
        (one) => one["schema-id"] === metadata["current-schema-id"],
      );
      if (!spec || !schema) return;
      const file = await readUri(place, manifest.manifest_path);
      for (const entry of liveEntries(file, manifest, schema, spec)) {
        used.add(entry.data_file.file_path);
      }
    }
  }
  const oldest = Date.now() - sweepAfterMs;
  for (const { key, modified } of await place.bucket.list(`${place.location}/metadata/`)) {
    const isOurs = /\.(avro|parquet|metadata\.json)$/.test(key);
    if (!isOurs || modified.getTime() > oldest || used.has(uriOf(place, key))) continue;
    await place.bucket.delete(key);
  }
}
