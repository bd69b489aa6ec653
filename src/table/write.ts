/** Rows → Parquet files and what a commit says of them. Nobody sees a file before its commit. */
import { basename, relative } from "node:path";
import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add, DeltaField, DeltaType } from "./actions.ts";
import { partitionFields, partitionFolder, partitionText } from "./partitions.ts";
import { nestedFieldId, physicalName, writeExpression } from "./schema.ts";
import { type ColumnCounts, statisticsText } from "./statistics.ts";

export interface FileTarget {
  readonly bucket: Bucket;
  readonly location: string;
  readonly fields: readonly DeltaField[];
  readonly partitionColumns: readonly string[];
  /** Columns that rows of a file are sorted by. */
  readonly clusterColumns: readonly string[];
  /** A file that has become this large is followed by another; not so where there are partitions. */
  readonly fileBytes: number;
  /** How many partitions one write may have. */
  readonly partitionsMax: number;
}

/** Runs `select`, columns named as the fields are. No rows, no file. 23502 for a null where none may be. */
export async function writeFiles(
  engine: Engine,
  target: FileTarget,
  select: string,
  signal: AbortSignal,
): Promise<readonly Add[]> {
  const { bucket, location, fields, partitionColumns } = target;
  const partitions = partitionFields(fields, partitionColumns);
  if (partitions.length > 0) await refuseTooMany(engine, target, partitions, select, signal);
  const stage = await bucket.stage();
  try {
    const written = await copy(engine, copyText(target, partitions, select, stage.folder), signal);
    const kept = written.filter(({ rows }) => rows > 0);
    const stored = fields.filter((field) => !partitions.includes(field));
    return await Promise.all(
      kept.map(async ({ name, rows, bytes, counts, partitionValues }) => {
        const folder = partitionFolder(partitions, partitionValues);
        const inFolder = (of: string) => (of === "" ? basename(name) : `${of}/${basename(name)}`);
        await stage.adopt(relative(stage.folder, name), `${location}/${inFolder(folder.key)}`);
        return {
          path: inFolder(folder.path),
          partitionValues,
          size: bytes,
          modificationTime: Date.now(),
          dataChange: true,
          stats: statisticsText(rows, stored, counts),
        };
      }),
    );
  } finally {
    await stage.discard();
  }
}

/** Each partition is a file at least: a column of a million values would be a million files. Asked before any is there. */
async function refuseTooMany(
  engine: Engine,
  { partitionsMax }: FileTarget,
  partitions: readonly DeltaField[],
  select: string,
  signal: AbortSignal,
): Promise<void> {
  const names = partitions.map(({ name }) => quoteName(name)).join(", ");
  const several = `SELECT DISTINCT ${names} FROM (${select}) LIMIT ${partitionsMax + 1}`;
  const connection = await engine.connect();
  try {
    const stream = await connection.stream(`SELECT count(*) AS n FROM (${several})`, [], signal);
    const batch = await stream.next();
    const vector = batch?.vectors[0];
    stream.close();
    if (vector && Number(readValue(vector, 0)) <= partitionsMax) return;
  } finally {
    connection.release();
  }
  throw new PgError("54000", `a write of more than ${partitionsMax} partitions`, {
    hint: "Write fewer values of the partition columns at a time.",
  });
}

function copyText(
  { fields, fileBytes, clusterColumns }: FileTarget,
  partitions: readonly DeltaField[],
  select: string,
  folder: string,
): string {
  const list = fields.map((field) => {
    const name = quoteName(field.name);
    const value = partitions.includes(field)
      ? partitionText(field, name)
      : writeExpression(field, name);
    const checked = field.nullable
      ? value
      : `CASE WHEN ${name} IS NULL THEN ${nullFault(field)} ELSE ${value} END`;
    return `${checked} AS ${quoteName(physicalName(field))}`;
  });
  const ids = fields.flatMap((field) => {
    const id = field.metadata["delta.columnMapping.id"] ?? field.metadata["lakewire.fieldId"];
    if (typeof id !== "number" || partitions.includes(field)) return [];
    return [`${quoteName(physicalName(field))}: ${fieldIdText(id, field.type)}`];
  });
  const by = partitions.map((field) => quoteName(physicalName(field))).join(", ");
  const options = [
    "FORMAT parquet",
    "COMPRESSION zstd",
    `DICTIONARY_SIZE_LIMIT ${dictionaryEntriesMax}`,
    // The engine takes one or the other.
    partitions.length > 0 ? `PARTITION_BY (${by})` : `FILE_SIZE_BYTES ${fileBytes}`,
    "FILENAME_PATTERN 'part-{uuid}'",
    ...(fields.some(hashesAmiss) ? ["WRITE_BLOOM_FILTER false"] : []),
    ...(ids.length > 0 ? [`FIELD_IDS {${ids.join(", ")}}`] : []),
    "RETURN_STATS",
  ];
  const order =
    clusterColumns.length > 0 ? ` ORDER BY ${clusterColumns.map(quoteName).join(", ")}` : "";
  return `COPY (SELECT ${list.join(", ")} FROM (${select})${order}) TO ${quoteText(folder)} (${options.join(", ")})`;
}

/**
 * A column with more values than this in a row group has no dictionary there: the attempt at one was two thirds of what writing
 * took (480 ms for 1 M rows × 6 columns, 180 with this limit), and the files are no larger for it.
 */
const dictionaryEntriesMax = 2048;

/** By the engine's Bloom filters 0 does not equal -0, nor a byte string with zeros itself: a filter would lose rows. */
function hashesAmiss({ type }: DeltaField): boolean {
  return /"(float|double|binary)"/.test(JSON.stringify(type));
}

/** An array's elements have ids too: some of Iceberg's readers find them by nothing else. */
function fieldIdText(id: number, type: DeltaType, top = id, depth = 0): string {
  if (typeof type === "string" || type.type !== "array") return String(id);
  const element = fieldIdText(nestedFieldId(top, depth), type.elementType, top, depth + 1);
  return `{__duckdb_field_id: ${id}, element: ${element}}`;
}

/** The last line of defence: whoever stages rows checks them first, and knows the relation's name. */
function nullFault(field: DeltaField): string {
  return `error(${quoteText(`PGERR:23502:null value in column "${field.name}" violates not-null constraint`)})`;
}

interface WrittenFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly counts: ReadonlyMap<string, ColumnCounts>;
  /** By physical name. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
}

/** RETURN_STATS gives a row a file: filename, count, file_size_bytes, footer_size_bytes, column_statistics, partition_keys. */
async function copy(engine: Engine, sql: string, signal: AbortSignal): Promise<WrittenFile[]> {
  const connection = await engine.connect();
  try {
    const stream = await connection.stream(sql, [], signal);
    const place = (name: string) => stream.columns.findIndex((column) => column.name === name);
    const files: WrittenFile[] = [];
    for (let batch = await stream.next(); batch; batch = await stream.next()) {
      const { vectors } = batch;
      for (let row = 0; row < batch.rowCount; row++) {
        const cell = (name: string): EngineValue => {
          const vector = vectors[place(name)];
          return vector ? readValue(vector, row) : null;
        };
        files.push({
          name: String(cell("filename")),
          rows: Number(cell("count")),
          bytes: Number(cell("file_size_bytes")),
          counts: new Map(
            pairs(cell("column_statistics")).map(([k, v]) => [unquoted(k), counts(v)]),
          ),
          partitionValues: Object.fromEntries(
            pairs(cell("partition_keys")).map(([k, v]) => [k, v === null ? null : String(v)]),
          ),
        });
      }
    }
    return files;
  } finally {
    connection.release();
  }
}

function counts(value: EngineValue): ColumnCounts {
  const told = new Map(pairs(value).map(([key, text]) => [key, String(text)]));
  const isBounded = told.get("has_nan") !== "true";
  return {
    nullCount: Number(told.get("null_count") ?? 0),
    min: isBounded ? told.get("min") : undefined,
    max: isBounded ? told.get("max") : undefined,
  };
}

/** `"a ""b"""` → `a "b"`; the path of a nested column stays quoted, so no flat column is taken for it. */
function unquoted(name: string): string {
  const [, inner] = /^"((?:[^"]|"")*)"$/.exec(name) ?? [];
  return inner === undefined ? name : inner.replaceAll('""', '"');
}

/** A MAP's entries. */
function pairs(value: EngineValue): (readonly [string, EngineValue])[] {
  if (!Array.isArray(value)) return [];
  return value.map((pair: EngineValue) => {
    const [key = null, item = null] = Array.isArray(pair) ? pair : [];
    return [String(key), item] as const;
  });
}
