/** Iceberg's manifests and manifest lists: https://iceberg.apache.org/spec/#manifests */
import { type AvroField, type AvroRecord, type AvroSchema, readAvro, writeAvro } from "./avro.ts";
import { type IcebergSchema, type PartitionSpec, partitionRecord } from "./iceberg-schema.ts";

/** 0: carried over; 1: added by the snapshot; 2: gone with it. */
export type EntryStatus = 0 | 1 | 2;

export interface DataFile {
  /** 0: rows; 1: positions of deleted rows. */
  readonly content: 0 | 1;
  readonly file_path: string;
  readonly file_format: string;
  readonly partition: AvroRecord;
  readonly record_count: number;
  readonly file_size_in_bytes: number;
  readonly value_counts: readonly AvroRecord[] | null;
  readonly null_value_counts: readonly AvroRecord[] | null;
  readonly lower_bounds: readonly AvroRecord[] | null;
  readonly upper_bounds: readonly AvroRecord[] | null;
  readonly sort_order_id: number | null;
  readonly referenced_data_file: string | null;
}

/** A sequence number that is null is its manifest's. */
export interface ManifestEntry {
  readonly status: EntryStatus;
  readonly snapshot_id: number;
  readonly sequence_number: number | null;
  readonly file_sequence_number: number | null;
  readonly data_file: DataFile;
}

export interface ManifestFile {
  readonly manifest_path: string;
  readonly manifest_length: number;
  readonly partition_spec_id: number;
  readonly content: 0 | 1;
  readonly sequence_number: number;
  readonly min_sequence_number: number;
  readonly added_snapshot_id: number;
  readonly added_files_count: number;
  readonly existing_files_count: number;
  readonly deleted_files_count: number;
  readonly added_rows_count: number;
  readonly existing_rows_count: number;
  readonly deleted_rows_count: number;
}

export function manifestBytes(
  entries: readonly ManifestEntry[],
  content: 0 | 1,
  schema: IcebergSchema,
  spec: PartitionSpec,
): Buffer {
  return writeAvro(entrySchema(spec, schema), entries.map(plain), {
    schema: JSON.stringify(schema),
    "schema-id": String(schema["schema-id"]),
    "partition-spec": JSON.stringify(spec.fields),
    "partition-spec-id": String(spec["spec-id"]),
    "format-version": "2",
    content: content === 0 ? "data" : "deletes",
  });
}

/** Entries still alive, their sequence numbers filled in from the manifest's line in its list. */
export function liveEntries(
  bytes: Buffer,
  manifest: ManifestFile,
  schema: IcebergSchema,
  spec: PartitionSpec,
): readonly ManifestEntry[] {
  const rows = readAvro(bytes, entrySchema(spec, schema)) as unknown as readonly ManifestEntry[];
  return rows
    .filter(({ status }) => status !== 2)
    .map((entry) => ({
      ...entry,
      sequence_number: entry.sequence_number ?? manifest.sequence_number,
      file_sequence_number: entry.file_sequence_number ?? manifest.sequence_number,
    }));
}

export function manifestListBytes(
  manifests: readonly ManifestFile[],
  snapshot: { readonly id: number; readonly parent: number | undefined; readonly sequence: number },
): Buffer {
  return writeAvro(listSchema, manifests.map(plain), {
    "snapshot-id": String(snapshot.id),
    "parent-snapshot-id": String(snapshot.parent ?? "null"),
    "sequence-number": String(snapshot.sequence),
    "format-version": "2",
  });
}

export function readManifestList(bytes: Buffer): readonly ManifestFile[] {
  return readAvro(bytes, listSchema) as unknown as readonly ManifestFile[];
}

/** An interface's object as a record of Avro values, which all its members are. */
function plain(value: object): AvroRecord {
  return value as AvroRecord;
}

function field(name: string, id: number, type: AvroSchema): AvroField {
  return { name, type, "field-id": id };
}

function optional(name: string, id: number, type: AvroSchema): AvroField {
  return { name, type: ["null", type], default: null, "field-id": id };
}

/** Avro's maps have text keys only, so a map by field id is an array of pairs. */
function byFieldId(name: string, id: number, key: number, value: number, type: "long" | "bytes") {
  const pair: AvroSchema = {
    type: "record",
    name: `k${key}_v${value}`,
    fields: [field("key", key, "int"), field("value", value, type)],
  };
  return optional(name, id, { type: "array", logicalType: "map", items: pair });
}

function entrySchema(spec: PartitionSpec, schema: IcebergSchema): AvroSchema {
  const dataFile: AvroSchema = {
    type: "record",
    name: "r2",
    fields: [
      field("content", 134, "int"),
      field("file_path", 100, "string"),
      field("file_format", 101, "string"),
      field("partition", 102, partitionRecord(spec, schema)),
      field("record_count", 103, "long"),
      field("file_size_in_bytes", 104, "long"),
      byFieldId("value_counts", 109, 119, 120, "long"),
      byFieldId("null_value_counts", 110, 121, 122, "long"),
      byFieldId("lower_bounds", 125, 126, 127, "bytes"),
      byFieldId("upper_bounds", 128, 129, 130, "bytes"),
      optional("sort_order_id", 140, "int"),
      optional("referenced_data_file", 143, "string"),
    ],
  };
  return {
    type: "record",
    name: "manifest_entry",
    fields: [
      field("status", 0, "int"),
      optional("snapshot_id", 1, "long"),
      optional("sequence_number", 3, "long"),
      optional("file_sequence_number", 4, "long"),
      field("data_file", 2, dataFile),
    ],
  };
}

const listSchema: AvroSchema = {
  type: "record",
  name: "manifest_file",
  fields: [
    field("manifest_path", 500, "string"),
    field("manifest_length", 501, "long"),
    field("partition_spec_id", 502, "int"),
    field("content", 517, "int"),
    field("sequence_number", 515, "long"),
    field("min_sequence_number", 516, "long"),
    field("added_snapshot_id", 503, "long"),
    field("added_files_count", 504, "int"),
    field("existing_files_count", 505, "int"),
    field("deleted_files_count", 506, "int"),
    field("added_rows_count", 512, "long"),
    field("existing_rows_count", 513, "long"),
    field("deleted_rows_count", 514, "long"),
  ],
};
