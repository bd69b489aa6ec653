/**
 * Partition columns: their values are in the log, not in the files, and each value has a folder as Hive names it.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
 */
import { PgError, unsupported } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { DeltaField, MetaData } from "./actions.ts";
import { physicalName, writeExpression } from "./schema.ts";

/** A folder is named after a column and a value, escaped: file systems take 255 bytes. */
const folderNameMax = 250;

/** The fields that partition, in the order of the partition columns. */
export function partitionFields(
  fields: readonly DeltaField[],
  partitionColumns: readonly string[],
): readonly DeltaField[] {
  return partitionColumns.map((name) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (!field)
      throw new PgError("42703", `column "${name}" named in partition key does not exist`);
    return field;
  });
}

/** 0A000 for a column of a type whose values are no name of a folder, or when no other column is left. */
export function checkPartitions(
  fields: readonly DeltaField[],
  partitionColumns: readonly string[],
): void {
  for (const { name, type } of partitionFields(fields, partitionColumns)) {
    if (!isPartitionType(type)) throw unsupported(`partitioning by column "${name}" of its type`);
  }
  if (partitionColumns.length > 0 && partitionColumns.length >= fields.length) {
    throw unsupported("partitioning a dataset by all of its columns");
  }
}

/** The partition columns when fields have other names than before. */
export function renamedPartitions(
  before: readonly DeltaField[],
  { partitionColumns }: MetaData,
  fields: readonly DeltaField[],
): readonly string[] {
  if (partitionColumns.length === 0) return partitionColumns;
  const names = new Map(fields.map((field) => [physicalName(field), field.name]));
  return partitionFields(before, partitionColumns).map((field) => {
    const name = names.get(physicalName(field));
    if (name !== undefined) return name;
    throw new PgError(
      "42P16",
      `cannot drop column "${field.name}" because it is part of the partition key`,
    );
  });
}

/** Engine text of a field's value as Delta's log has it. */
export function partitionText(field: DeltaField, value: string): string {
  const stored = writeExpression(field, value);
  switch (field.type) {
    case "string":
      return textOrFault(field, stored);
    case "timestamp":
      return timeOrFault(
        field,
        stored,
        `make_timestamp(epoch_us(${stored}))`,
        "%Y-%m-%dT%H:%M:%S.%fZ",
      );
    case "timestamp_ntz":
      return timeOrFault(field, stored, stored, "%Y-%m-%d %H:%M:%S.%f");
    case "date":
      return timeOrFault(field, stored, stored, "%Y-%m-%d");
    default:
      return `CAST(${stored} AS VARCHAR)`;
  }
}

/** `values` by physical name. The folder's name as it is on the disk, and as a path of the log writes it. */
export function partitionFolder(
  fields: readonly DeltaField[],
  values: Readonly<Record<string, string | null>>,
): { readonly key: string; readonly path: string } {
  const folders = fields.map((field) => {
    const name = physicalName(field);
    const value = values[name] ?? null;
    return `${hiveName(name)}=${value === null ? "__HIVE_DEFAULT_PARTITION__" : hiveName(value)}`;
  });
  const path = folders.map((folder) => encodeURIComponent(folder).replaceAll("%3D", "="));
  return { key: folders.join("/"), path: path.join("/") };
}

/** As Hive escapes: https://github.com/apache/hive/blob/master/common/src/java/org/apache/hadoop/hive/common/FileUtils.java */
function hiveName(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return text.replace(/[\x00-\x1f"#%'*/:=?\\\x7f{[\]^]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
    return `%${code}`;
  });
}

/** Delta has no word for an empty string: every reader takes it for NULL. */
function textOrFault(field: DeltaField, value: string): string {
  const column = `partition column "${field.name}"`;
  const bytesMax = folderNameMax - encodeURIComponent(physicalName(field)).length - 1;
  return (
    `CASE WHEN ${value} = '' THEN ${fault(`0A000:an empty string in ${column} is not supported`)} ` +
    `WHEN strlen(url_encode(${value})) > ${bytesMax} ` +
    `THEN ${fault(`54000:value too long for ${column}: its folder's name takes ${bytesMax} bytes at most`)} ` +
    `ELSE ${value} END`
  );
}

/** The log's text has four digits for a year, and no word for infinity. `local`: the value without a zone. */
function timeOrFault(field: DeltaField, value: string, local: string, format: string): string {
  const text = `0A000:a date in partition column "${field.name}" that is infinite or not of the years 1 to 9999 is not supported`;
  return (
    `CASE WHEN ${value} IS NULL THEN NULL WHEN NOT isfinite(${value}) THEN ${fault(text)} ` +
    `WHEN year(${local}) NOT BETWEEN 1 AND 9999 THEN ${fault(text)} ` +
    `ELSE strftime(${local}, ${quoteText(format)}) END`
  );
}

function fault(text: string): string {
  return `error(${quoteText(`PGERR:${text}`)})`;
}

function isPartitionType(type: DeltaField["type"]): boolean {
  if (typeof type !== "string") return false;
  return type.startsWith("decimal") || simpleTypes.has(type);
}

const simpleTypes: ReadonlySet<string> = new Set([
  "string",
  "long",
  "integer",
  "short",
  "byte",
  "boolean",
  "date",
  "timestamp",
  "timestamp_ntz",
]);
