/** A staged file read as what it is. */
import { must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";
import { type CsvOptions, readCsv } from "./csv.ts";
import { fileFault } from "./fault.ts";
import { type Format, formatOf } from "./format.ts";
import { readJson, readParquet } from "./nested.ts";
import type { Reading, SourceColumn } from "./reading.ts";
import { type IngestSource, type StagedFile, stageFile } from "./staged-file.ts";

export interface ReadOptions {
  readonly csv: CsvOptions;
  readonly onError: "fail" | "skip";
}

/** What a file's columns are, by its own rules: nothing is loaded. */
export async function columnsOfFile(
  source: IngestSource,
  { buckets, engine }: { readonly buckets: Buckets; readonly engine: Engine },
  signal: AbortSignal,
): Promise<readonly SourceColumn[]> {
  const stage = await must(buckets.get("primary"), "there is a primary bucket").stage();
  try {
    const file = await stageFile(source, stage.folder, signal);
    const how = { csv: { delimiter: undefined, header: undefined }, onError: "fail" } as const;
    return (await readFile(file, formatOf(file), how, engine, signal)).columns;
  } finally {
    await stage.discard();
  }
}

export async function readFile(
  file: StagedFile,
  format: Format,
  { csv, onError }: ReadOptions,
  engine: Engine,
  signal: AbortSignal,
): Promise<Reading> {
  if (onError === "skip" && format !== "csv" && format !== "tsv") {
    throw unsupported(`on_error => 'skip' for ${format} files`, {
      hint: "Only lines of CSV and TSV files can be skipped.",
    });
  }
  try {
    switch (format) {
      case "csv":
      case "tsv": {
        const delimiter = csv.delimiter ?? (format === "tsv" ? "\t" : undefined);
        return await readCsv(
          file,
          { ...csv, delimiter, skipsFaults: onError === "skip" },
          engine,
          signal,
        );
      }
      case "json":
      case "ndjson":
        return await readJson(file, format === "ndjson", engine, signal);
      case "parquet":
        return await readParquet(file, engine, signal);
      default:
        return format satisfies never;
    }
  } catch (error) {
    throw fileFault(error, file, format);
  }
}
