/** Rows → Parquet files and what a commit says of them. Nobody sees a file before its commit. */
import { basename } from "node:path";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add, DeltaField, DeltaType } from "./actions.ts";
import { nestedFieldId, physicalName, writeExpression } from "./schema.ts";
import { type ColumnCounts, statisticsText } from "./statistics.ts";

export interface FileTarget {
  readonly bucket: Bucket;
  readonly location: string;
  readonly fields: readonly DeltaField[];
  /** A file that has become this large is followed by another. */
  readonly fileBytes: number;
}

/** Runs `select`, columns named as the fields are. No rows, no file. 23502 for a null where none may be. */
export async function writeFiles(
  engine: Engine,
  { bucket, location, fields, fileBytes }: FileTarget,
  select: string,
  signal: AbortSignal,
): Promise<readonly Add[]> {
  const stage = await bucket.stage();
  try {
    const written = await copy(engine, copyText(fields, select, stage.folder, fileBytes), signal);
    const kept = written.filter(({ rows }) => rows > 0);
    await Promise.all(kept.map(({ name }) => stage.adopt(name, `${location}/${name}`)));
    return kept.map(({ name, rows, bytes, counts }) => ({
      path: name,
      partitionValues: {},
      size: bytes,
      modificationTime: Date.now(),
      dataChange: true,
      stats: statisticsText(rows, fields, counts),
    }));
  } finally {
    await stage.discard();
  }
}

function copyText(
  fields: readonly DeltaField[],
  select: string,
  folder: string,
  fileBytes: number,
): string {
  const list = fields.map((field) => {
    const name = quoteName(field.name);
    const value = writeExpression(field, name);
    const checked = field.nullable
      ? value
      : `CASE WHEN ${name} IS NULL THEN ${nullFault(field)} ELSE ${value} END`;
    return `${checked} AS ${quoteName(physicalName(field))}`;
  });
  const ids = fields.flatMap((field) => {
    const id = field.metadata["delta.columnMapping.id"] ?? field.metadata["lakewire.fieldId"];
    if (typeof id !== "number") return [];
    return [`${quoteName(physicalName(field))}: ${fieldIdText(id, field.type)}`];
  });
  const options = [
    "FORMAT parquet",
    "COMPRESSION zstd",
    `FILE_SIZE_BYTES ${fileBytes}`,
    "FILENAME_PATTERN 'part-{uuid}'",
    ...(ids.length > 0 ? [`FIELD_IDS {${ids.join(", ")}}`] : []),
    "RETURN_STATS",
  ];
  return `COPY (SELECT ${list.join(", ")} FROM (${select})) TO ${quoteText(folder)} (${options.join(", ")})`;
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
          name: basename(String(cell("filename"))),
          rows: Number(cell("count")),
          bytes: Number(cell("file_size_bytes")),
          counts: new Map(
            pairs(cell("column_statistics")).map(([k, v]) => [unquoted(k), counts(v)]),
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
