/** The files Iceberg metadata names: a version's data files as they are, its deletion vectors as files of positions. */
import { createHash } from "node:crypto";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { missingObject } from "../storage/faults.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add } from "./actions.ts";
import type { AvroRecord, AvroValue } from "./avro.ts";
import { deletedBits } from "./deleted-bits.ts";
import type { DataFile } from "./iceberg-manifest.ts";
import type { Shape } from "./iceberg-metadata.ts";
import { avroName, partitionSource } from "./iceberg-schema.ts";
import { boundsOf, partitionValue } from "./iceberg-values.ts";
import { dataFileKey, pathList } from "./paths.ts";
import { rowCountOf } from "./row-count.ts";
import { physicalName } from "./schema.ts";
import { statisticsOf } from "./statistics.ts";
import type { TableVersion } from "./table.ts";

export interface IcebergPlace {
  readonly bucket: Bucket;
  readonly location: string;
  readonly engine: Engine;
  /** Snapshots older than this are no longer told: their files may be gone. */
  readonly retainMs: number;
}

/** Iceberg's reserved ids of a positional delete file's columns. */
const filePathId = 2_147_483_546;
const positionId = 2_147_483_545;
/** By path. */
export async function dataFiles(
  place: IcebergPlace,
  version: TableVersion,
  shape: Shape,
): Promise<ReadonlyMap<string, DataFile>> {
  const names = version.fields.map(physicalName);
  const files = new Map<string, DataFile>();
  for (const add of version.files.values()) {
    const statistics = statisticsOf(add);
    const path = uriOf(place, dataFileKey(place.location, add));
    const bounds = boundsOf(statistics, shape.schema.fields, names);
    files.set(path, {
      ...bare(path, partitionOf(add, version, shape)),
      record_count: statistics.numRecords ?? (await rowsIn(place, add)),
      file_size_in_bytes: add.size,
      value_counts: pairs(bounds.valueCounts),
      null_value_counts: pairs(bounds.nullCounts),
      lower_bounds: pairs(bounds.lower),
      upper_bounds: pairs(bounds.upper),
    });
  }
  return files;
}

/** Each deletion vector as a file of positions, named after what it is made of: a vector published before is not written again. */
export async function deleteFiles(
  place: IcebergPlace,
  version: TableVersion,
  shape: Shape,
  known: ReadonlyMap<string, DataFile>,
): Promise<ReadonlyMap<string, DataFile>> {
  const files = new Map<string, DataFile>();
  for (const add of version.files.values()) {
    if (!add.deletionVector) continue;
    const digest = createHash("sha256").update(JSON.stringify([add.path, add.deletionVector]));
    const key = `${place.location}/metadata/deletes-${digest.digest("hex").slice(0, 32)}.parquet`;
    const path = uriOf(place, key);
    const partition = partitionOf(add, version, shape);
    files.set(path, known.get(path) ?? (await writeDeletes(place, add, key, partition)));
  }
  return files;
}

async function writeDeletes(
  place: IcebergPlace,
  add: Add,
  key: string,
  partition: AvroRecord,
): Promise<DataFile> {
  const { bucket, location, engine } = place;
  const target = uriOf(place, dataFileKey(location, add));
  const vector = must(add.deletionVector, "a file with deleted rows");
  const rows = await rowCountOf(engine, bucket, location, add);
  const bits = await deletedBits(bucket, location, [{ vector, rows }]);
  const stage = await bucket.stage();
  try {
    await engine.system(
      `COPY (SELECT ${quoteText(target)} AS file_path, row AS pos FROM range(${rows}) AS t(row) ` +
        `WHERE get_bit(${bits}, CAST(row AS INTEGER)) = 1 ORDER BY pos) ` +
        `TO ${quoteText(`${stage.folder}/deletes`)} ` +
        `(FORMAT parquet, COMPRESSION zstd, FIELD_IDS {file_path: ${filePathId}, pos: ${positionId}})`,
    );
    await stage.adopt("deletes", key);
  } finally {
    await stage.discard();
  }
  const bound = pairs(new Map([[filePathId, Buffer.from(target)]]));
  return {
    ...bare(uriOf(place, key), partition),
    content: 1,
    record_count: vector.cardinality,
    file_size_in_bytes: await sizeOf(bucket, key),
    lower_bounds: bound,
    upper_bounds: bound,
    referenced_data_file: target,
  };
}

function bare(path: string, partition: AvroRecord) {
  return {
    content: 0 as const,
    file_path: path,
    file_format: "PARQUET",
    partition,
    value_counts: null,
    null_value_counts: null,
    lower_bounds: null,
    upper_bounds: null,
    sort_order_id: null,
    referenced_data_file: null,
  };
}

function partitionOf(add: Add, version: TableVersion, { schema, spec }: Shape): AvroRecord {
  return Object.fromEntries(
    spec.fields.map(({ name }, at) => {
      const source = partitionSource(name, schema);
      const field = version.fields.find((one) => one.name === name);
      const text = field && add.partitionValues[physicalName(field)];
      return [avroName(name, at), partitionValue(source.type, text)];
    }),
  );
}

function pairs(values: ReadonlyMap<number, AvroValue>): readonly AvroRecord[] {
  return [...values].map(([key, value]) => ({ key, value }));
}

/** A file whose statistics lack the count: its footer has it. */
async function rowsIn({ bucket, location, engine }: IcebergPlace, add: Add): Promise<number> {
  const path = await bucket.pathFor(dataFileKey(location, add));
  const [row] = await engine.system(
    `SELECT sum(num_rows)::BIGINT AS rows FROM parquet_file_metadata(${pathList([path])})`,
  );
  return Number(row?.["rows"] ?? 0);
}

async function sizeOf(bucket: Bucket, key: string): Promise<number> {
  const [object] = await bucket.list(key);
  if (!object) throw missingObject(bucket.name, key);
  return object.bytes;
}

/** Readers take these as they are written: nothing in them is percent-encoded. */
export function uriOf({ bucket }: Pick<IcebergPlace, "bucket">, key: string): string {
  return `${rootUri(bucket)}/${key}`;
}

export function keyOf({ bucket }: Pick<IcebergPlace, "bucket">, uri: string): string {
  const root = `${rootUri(bucket)}/`;
  if (uri.startsWith(root)) return uri.slice(root.length);
  throw new PgError("XX001", `Iceberg metadata names ${uri}, which is not in this bucket`);
}

function rootUri({ backend, location }: Bucket): string {
  return backend === "local" ? `file://${location}` : location;
}

export async function readUri(place: Pick<IcebergPlace, "bucket">, uri: string): Promise<Buffer> {
  const key = keyOf(place, uri);
  const bytes = await place.bucket.read(key);
  if (!bytes) throw missingObject(place.bucket.name, key);
  return bytes;
}
