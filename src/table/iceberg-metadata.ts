/** Iceberg's table metadata, version 2: https://iceberg.apache.org/spec/#table-metadata-fields */
import { randomUUID } from "node:crypto";
import {
  type IcebergSchema,
  icebergSchema,
  lastColumnId,
  nameMapping,
  type PartitionSpec,
  partitionSpec,
} from "./iceberg-schema.ts";
import type { TableVersion } from "./table.ts";

export interface Metadata {
  readonly "format-version": 2;
  readonly "table-uuid": string;
  readonly location: string;
  readonly "last-sequence-number": number;
  readonly "last-updated-ms": number;
  readonly "last-column-id": number;
  readonly "current-schema-id": number;
  readonly schemas: readonly IcebergSchema[];
  readonly "default-spec-id": number;
  readonly "partition-specs": readonly PartitionSpec[];
  readonly "last-partition-id": number;
  readonly "default-sort-order-id": 0;
  readonly "sort-orders": readonly { readonly "order-id": 0; readonly fields: readonly [] }[];
  readonly properties: Readonly<Record<string, string>>;
  readonly "current-snapshot-id": number;
  readonly refs: Readonly<Record<string, { "snapshot-id": number; type: "branch" }>>;
  readonly snapshots: readonly Snapshot[];
  readonly "snapshot-log": readonly { "timestamp-ms": number; "snapshot-id": number }[];
  readonly "metadata-log": readonly { "timestamp-ms": number; "metadata-file": string }[];
}

export interface Snapshot {
  readonly "snapshot-id": number;
  readonly "parent-snapshot-id"?: number;
  readonly "sequence-number": number;
  readonly "timestamp-ms": number;
  readonly "manifest-list": string;
  readonly "schema-id": number;
  readonly summary: Readonly<Record<string, string>>;
}

/** In snapshots' summaries and the table's properties: which version of the Delta log it is. */
export const versionProperty = "lakewire.delta.version";

/** Snapshots told to readers; an older one's files are the first to expire. */
const snapshotsMax = 20;
const previousFilesMax = 20;

/** Schema and partitioning of a version: those published before keep their ids. */
export interface Shape {
  readonly schema: IcebergSchema;
  readonly spec: PartitionSpec;
  readonly schemas: readonly IcebergSchema[];
  readonly specs: readonly PartitionSpec[];
}

export function shapeOf(version: TableVersion, before: Metadata | undefined): Shape {
  const schemas = before?.schemas ?? [];
  const schema = numbered(schemas, "schema-id", (id) => icebergSchema(version.fields, id));
  const specs = before?.["partition-specs"] ?? [];
  const columns = version.metaData.partitionColumns;
  const spec = numbered(specs, "spec-id", (id) => partitionSpec(columns, schema, id));
  return {
    schema,
    spec,
    schemas: schemas.includes(schema) ? schemas : [...schemas, schema],
    specs: specs.includes(spec) ? specs : [...specs, spec],
  };
}

/** Files of the snapshot before that this one can point to: they were written for the same partitioning. */
export function snapshotBefore(before: Metadata | undefined, shape: Shape): Snapshot | undefined {
  if (before?.["default-spec-id"] !== shape.spec["spec-id"]) return undefined;
  return before.snapshots.find((one) => one["snapshot-id"] === before["current-snapshot-id"]);
}

export function metadataOf(
  version: TableVersion,
  shape: Shape,
  snapshot: Snapshot,
  place: { readonly location: string; readonly retainMs: number },
  before: { readonly file: string; readonly metadata: Metadata } | undefined,
): Metadata {
  const old = before?.metadata;
  const youngest = Math.max(snapshot["timestamp-ms"], old?.["last-updated-ms"] ?? 0);
  const kept = (old?.snapshots ?? [])
    .filter((one) => one["timestamp-ms"] > Date.now() - place.retainMs)
    .slice(1 - snapshotsMax);
  const known = new Set(kept.map((one) => one["snapshot-id"]));
  const id = snapshot["snapshot-id"];
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(version.id);
  return {
    "format-version": 2,
    "table-uuid": old?.["table-uuid"] ?? (isUuid ? version.id : randomUUID()),
    location: place.location,
    "last-sequence-number": snapshot["sequence-number"],
    "last-updated-ms": youngest,
    "last-column-id": Math.max(old?.["last-column-id"] ?? 0, lastColumnId(shape.schema)),
    "current-schema-id": shape.schema["schema-id"],
    schemas: shape.schemas,
    "default-spec-id": shape.spec["spec-id"],
    "partition-specs": shape.specs,
    "last-partition-id": Math.max(
      old?.["last-partition-id"] ?? 999,
      ...shape.spec.fields.map((field) => field["field-id"]),
    ),
    "default-sort-order-id": 0,
    "sort-orders": [{ "order-id": 0, fields: [] }],
    properties: {
      [versionProperty]: String(version.number),
      "schema.name-mapping.default": nameMapping(version.fields, shape.schema),
      "write.delete.mode": "merge-on-read",
      ...(version.metaData.description ? { comment: version.metaData.description } : {}),
    },
    "current-snapshot-id": id,
    refs: { main: { "snapshot-id": id, type: "branch" } },
    snapshots: [...kept, snapshot],
    "snapshot-log": [
      ...(old?.["snapshot-log"] ?? []).filter((entry) => known.has(entry["snapshot-id"])),
      { "timestamp-ms": snapshot["timestamp-ms"], "snapshot-id": id },
    ],
    "metadata-log": [
      ...(old?.["metadata-log"] ?? []),
      ...(before
        ? [
            {
              "timestamp-ms": before.metadata["last-updated-ms"],
              "metadata-file": before.file,
            },
          ]
        : []),
    ].slice(-previousFilesMax),
  };
}

/** The one known already that says the same, else a new one with the next number. */
function numbered<Key extends string, T extends { readonly [K in Key]: number }>(
  known: readonly T[],
  key: Key,
  make: (id: number) => T,
): T {
  const same = known.find((one) => JSON.stringify(make(one[key])) === JSON.stringify(one));
  return same ?? make(Math.max(-1, ...known.map((one) => one[key])) + 1);
}
