/**
 * Engine SQL that reads a version. Columns are found by their physical name, whatever order a file has them in; one a file
 * lacks is NULL. Within read_parquet they are c0, c1, …, so that none hides the engine's `file_index` and `file_row_number`.
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add, DeltaField } from "./actions.ts";
import { deletedPositions, deletedRows } from "./deletion-vectors.ts";
import { dataFileKey, pathList } from "./paths.ts";
import { physicalName, readExpression, storedTypeName } from "./schema.ts";
import { filesThatMatter } from "./statistics.ts";
import type { ScanOptions, TableVersion } from "./table.ts";

interface ScannedFile {
  /** Its place among the version's files. */
  readonly index: number;
  readonly add: Add;
  readonly path: string;
}

export async function scanText(
  bucket: Bucket,
  location: string,
  version: TableVersion,
  columns: readonly string[],
  options: ScanOptions,
): Promise<string> {
  const fields = columns.map((name) => fieldNamed(version, name));
  const { only } = options;
  const matter = filesThatMatter(version, options.where ?? []).filter(
    ([, add]) => only === undefined || only.has(add.path),
  );
  const files = await Promise.all(
    matter.map(async ([index, add]) => ({
      index,
      add,
      path: await bucket.pathFor(dataFileKey(location, add)),
    })),
  );
  const isPartition = new Set(version.metaData.partitionColumns);
  const select = (some: readonly ScannedFile[]) =>
    selectFrom(some, fields, isPartition, options.position === true) +
    withoutRows(some, options.without);
  const whole = files.filter(({ add }) => add.deletionVector === undefined);
  const dirty = files.filter(({ add }) => add.deletionVector !== undefined);
  const parts: string[] = [];
  if (whole.length > 0) parts.push(select(whole));
  if (dirty.length > 0) {
    const deleted = await Promise.all(
      dirty.map(({ add }) =>
        deletedRows(bucket, location, must(add.deletionVector, "a dirty file has a vector")),
      ),
    );
    parts.push(
      `${select(dirty)} ANTI JOIN (${deletedPositions(deleted)}) AS deleted ` +
        "ON deleted.file = scanned.file_index AND deleted.row = scanned.file_row_number",
    );
  }
  return parts.length > 0 ? parts.join(" UNION ALL ") : noRows(fields, options.position === true);
}

function selectFrom(
  files: readonly ScannedFile[],
  fields: readonly DeltaField[],
  isPartition: ReadonlySet<string>,
  position: boolean,
): string {
  const stored = fields.filter((field) => !isPartition.has(field.name));
  const list = fields.map((field) => {
    const value = isPartition.has(field.name)
      ? partitionValue(files, field)
      : `c${stored.indexOf(field)}`;
    return `${readExpression(field, value)} AS ${quoteName(field.name)}`;
  });
  if (position) {
    const places = files.map(({ index }) => index).join(",");
    list.push(`${ofFile(`[${places}]::INTEGER[]`)} AS "@file"`, `file_row_number AS "@row"`);
  }
  const map = stored.map((field, i) => {
    const type = quoteText(storedTypeName(field.type));
    return `${quoteText(physicalName(field))}: {name: 'c${i}', type: ${type}, default_value: NULL}`;
  });
  const schema = map.length > 0 ? `, schema = MAP {${map.join(", ")}}` : "";
  const paths = pathList(files.map(({ path }) => path));
  return `SELECT ${list.join(", ")} FROM read_parquet(${paths}${schema}) AS scanned`;
}

function withoutRows(files: readonly ScannedFile[], without: string | undefined): string {
  if (without === undefined) return "";
  const places = files.map(({ index }) => index).join(",");
  return (
    ` ANTI JOIN (${without}) AS gone ON gone."@row" = scanned.file_row_number ` +
    `AND gone."@file" = ${ofFile(`[${places}]::INTEGER[]`)}`
  );
}

/** The element of a constant list that belongs to a row's file. */
function ofFile(list: string): string {
  return `(${list})[file_index::BIGINT + 1]`;
}

/** A partition column is not in the files: each has one value for all its rows. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization */
function partitionValue(files: readonly ScannedFile[], field: DeltaField): string {
  const values = files.map(({ add }) => {
    const text = add.partitionValues[physicalName(field)];
    if (text === null || text === undefined || text === "") return "NULL";
    const isLocal = field.type === "timestamp" && !/(Z|[+-]\d\d(:\d\d)?)$/.test(text);
    return quoteText(isLocal ? `${text}+00` : text);
  });
  const value = ofFile(`[${values.join(", ")}]::VARCHAR[]`);
  return `CAST(${value} AS ${storedTypeName(field.type)})`;
}

function noRows(fields: readonly DeltaField[], position: boolean): string {
  const list = fields.map((field) => {
    const value = `CAST(NULL AS ${storedTypeName(field.type)})`;
    return `${readExpression(field, value)} AS ${quoteName(field.name)}`;
  });
  if (position) list.push(`NULL::INTEGER AS "@file"`, `NULL::BIGINT AS "@row"`);
  return `SELECT ${list.join(", ")} WHERE false`;
}

function fieldNamed(version: TableVersion, name: string): DeltaField {
  const field = version.fields.find((candidate) => candidate.name === name);
  if (!field) throw new PgError("42703", `column "${name}" does not exist`);
  return field;
}
