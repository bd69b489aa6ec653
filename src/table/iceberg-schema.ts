/**
 * Delta's fields as an Iceberg schema: https://iceberg.apache.org/spec/#schemas. A top-level field keeps the id its
 * column has in the files; what lies inside it gets ids far above, the same ones every time.
 */
import { must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import type { DeltaField, DeltaType } from "./actions.ts";
import type { AvroSchema } from "./avro.ts";
import { nestedFieldId, physicalName } from "./schema.ts";

export type IcebergType =
  | string
  | {
      readonly type: "list";
      readonly "element-id": number;
      readonly element: IcebergType;
      readonly "element-required": boolean;
    }
  | {
      readonly type: "map";
      readonly "key-id": number;
      readonly key: IcebergType;
      readonly "value-id": number;
      readonly value: IcebergType;
      readonly "value-required": boolean;
    }
  | { readonly type: "struct"; readonly fields: readonly IcebergField[] };

export interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: IcebergType;
  readonly doc?: string;
}

export interface IcebergSchema {
  readonly type: "struct";
  readonly "schema-id": number;
  readonly fields: readonly IcebergField[];
}

export interface PartitionSpec {
  readonly "spec-id": number;
  readonly fields: readonly PartitionField[];
}

export interface PartitionField {
  readonly "source-id": number;
  readonly "field-id": number;
  readonly name: string;
  readonly transform: "identity";
}

/** Of a name mapping: what a field is called in files that carry no ids. */
interface MappedField {
  readonly "field-id": number;
  readonly names: readonly string[];
  readonly fields?: readonly MappedField[];
}

const partitionIdsFrom = 1_000;

export function icebergSchema(fields: readonly DeltaField[], schemaId: number): IcebergSchema {
  return {
    type: "struct",
    "schema-id": schemaId,
    fields: fields.map((field, at) => topField(field, at)),
  };
}

/** Every id of it, so that a later column can take none of them. */
export function lastColumnId(schema: IcebergSchema): number {
  return Math.max(0, ...schema.fields.flatMap(idsOf));
}

export function nameMapping(fields: readonly DeltaField[], schema: IcebergSchema): string {
  const mapped = schema.fields.map((field, at) =>
    mappedField(field, physicalName(must(fields[at], "a field each"))),
  );
  return JSON.stringify(mapped);
}

export function partitionSpec(
  columns: readonly string[],
  schema: IcebergSchema,
  specId: number,
): PartitionSpec {
  return {
    "spec-id": specId,
    fields: columns.map((name, at) => ({
      "source-id": partitionSource(name, schema).id,
      "field-id": partitionIdsFrom + at,
      name,
      transform: "identity",
    })),
  };
}

/** The type of a manifest's `partition`: one nullable value a field of the spec. */
export function partitionRecord(spec: PartitionSpec, schema: IcebergSchema): AvroSchema {
  return {
    type: "record",
    name: "r102",
    fields: spec.fields.map((field, at) => ({
      name: avroName(field.name, at),
      type: ["null", avroType(partitionSource(field.name, schema), at)] as const,
      default: null,
      "field-id": field["field-id"],
    })),
  };
}

/** Avro's names are narrower than ours; readers go by the field id. */
export function avroName(name: string, at: number): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `partition_${at}`;
}

export function partitionSource(name: string, schema: IcebergSchema): IcebergField {
  return must(
    schema.fields.find((field) => field.name === name),
    `partition column ${name} is a column`,
  );
}

export function decimalOf(
  type: IcebergType,
): { readonly precision: number; readonly scale: number } | undefined {
  const [, precision, scale] =
    (typeof type === "string" ? /^decimal\((\d+), (\d+)\)$/.exec(type) : null) ?? [];
  if (precision === undefined || scale === undefined) return undefined;
  return { precision: Number(precision), scale: Number(scale) };
}

/** How many bytes a decimal takes: https://iceberg.apache.org/spec/#avro */
export function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) <= 10n ** BigInt(precision)) bytes++;
  return bytes;
}

function topField(field: DeltaField, at: number): IcebergField {
  const own =
    field.metadata["delta.columnMapping.id"] ?? field.metadata["lakewire.fieldId"] ?? at + 1;
  const id = Number(own);
  let nested = 0;
  const doc = field.metadata["comment"];
  return {
    id,
    name: field.name,
    required: !field.nullable,
    type: icebergType(field.type, () => nestedFieldId(id, nested++)),
    ...(typeof doc === "string" ? { doc } : {}),
  };
}

function icebergType(type: DeltaType, nextId: () => number): IcebergType {
  if (typeof type === "string") return primitive(type);
  switch (type.type) {
    case "array": {
      const id = nextId();
      return {
        type: "list",
        "element-id": id,
        element: icebergType(type.elementType, nextId),
        "element-required": !type.containsNull,
      };
    }
    case "map": {
      const [key, value] = [nextId(), nextId()];
      return {
        type: "map",
        "key-id": key,
        key: icebergType(type.keyType, nextId),
        "value-id": value,
        value: icebergType(type.valueType, nextId),
        "value-required": !type.valueContainsNull,
      };
    }
    case "struct":
      return {
        type: "struct",
        fields: type.fields.map((field) => ({
          id: Number(field.metadata["delta.columnMapping.id"] ?? nextId()),
          name: field.name,
          required: !field.nullable,
          type: icebergType(field.type, nextId),
        })),
      };
    default:
      return type satisfies never;
  }
}

const primitives: Readonly<Record<string, string>> = {
  string: "string",
  long: "long",
  integer: "int",
  short: "int",
  byte: "int",
  float: "float",
  double: "double",
  boolean: "boolean",
  binary: "binary",
  date: "date",
  timestamp: "timestamptz",
  timestamp_ntz: "timestamp",
};

function primitive(type: string): string {
  const [, precision, scale] = /^decimal\((\d+), ?(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined) return `decimal(${precision}, ${scale})`;
  const name = primitives[type];
  if (name === undefined) throw unsupported(`publishing a column of Delta's type ${type}`);
  return name;
}

function idsOf(field: IcebergField): number[] {
  return [field.id, ...idsIn(field.type)];
}

function idsIn(type: IcebergType): number[] {
  if (typeof type === "string") return [];
  switch (type.type) {
    case "list":
      return [type["element-id"], ...idsIn(type.element)];
    case "map":
      return [type["key-id"], type["value-id"], ...idsIn(type.key), ...idsIn(type.value)];
    case "struct":
      return type.fields.flatMap(idsOf);
    default:
      return type satisfies never;
  }
}

function mappedField(field: IcebergField, name: string): MappedField {
  return mapped(field.id, name, field.type);
}

function mapped(id: number, name: string, type: IcebergType): MappedField {
  const inner = mappedWithin(type);
  return { "field-id": id, names: [name], ...(inner.length > 0 ? { fields: inner } : {}) };
}

function mappedWithin(type: IcebergType): MappedField[] {
  if (typeof type === "string") return [];
  switch (type.type) {
    case "list":
      return [mapped(type["element-id"], "element", type.element)];
    case "map":
      return [
        mapped(type["key-id"], "key", type.key),
        mapped(type["value-id"], "value", type.value),
      ];
    case "struct":
      return type.fields.map((field) => mappedField(field, field.name));
    default:
      return type satisfies never;
  }
}

function avroType({ name, type }: IcebergField, at: number): AvroSchema {
  const decimal = decimalOf(type);
  if (decimal) {
    const size = decimalBytes(decimal.precision);
    const fixed = {
      type: "fixed",
      name: `decimal_${at}`,
      size,
      logicalType: "decimal",
      ...decimal,
    };
    return fixed as AvroSchema;
  }
  switch (type) {
    case "boolean":
    case "int":
    case "long":
    case "float":
    case "double":
    case "string":
      return type;
    case "date":
      return { type: "int", logicalType: "date" };
    case "timestamp":
    case "timestamptz":
      return {
        type: "long",
        logicalType: "timestamp-micros",
        "adjust-to-utc": type === "timestamptz",
      };
    default:
      throw unsupported(`publishing a dataset partitioned by "${name}", of this type,`);
  }
}
