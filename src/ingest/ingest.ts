/**
 * A file to rows of a dataset, all or nothing: staged, hashed, its columns found, written as data files, one commit.
 * Knows no roles: whoever asks has been let in (routines/).
 */
import { randomBytes } from "node:crypto";
import { must } from "../base/assert.ts";
import { type Notice, PgError, unsupported } from "../base/error.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { logicalTypeFor, typeTitle } from "../pgtypes/types.ts";
import type { Buckets } from "../storage/storage.ts";
import type { Add } from "../table/actions.ts";
import { fieldsOf } from "../table/schema.ts";
import { liveRows } from "../table/statistics.ts";
import type { CommitInfo, Table, TableVersion } from "../table/table.ts";
import type { Tables } from "../table/tables.ts";
import { type CsvOptions, readCsv } from "./csv.ts";
import { fileFault } from "./fault.ts";
import { columnName, type Format, formatOf } from "./format.ts";
import { readJson, readParquet } from "./nested.ts";
import type { Pick as Picked, Reading, SourceColumn } from "./reading.ts";
import { withoutRejected } from "./rejected.ts";
import { type IngestSource, type StagedFile, stageFile } from "./staged-file.ts";

export interface IngestRooms {
  readonly engine: Engine;
  readonly buckets: Buckets;
  readonly tables: Tables;
  readonly catalog: Catalog;
}

export interface IngestRequest {
  readonly source: IngestSource;
  readonly bucket: string;
  readonly dataset: string;
  /** The dataset as it is; undefined: it is created. */
  readonly relation: Relation | undefined;
  readonly mode: "append" | "replace";
  /** Undefined: found out. */
  readonly format: Format | undefined;
  readonly csv: CsvOptions;
  readonly onError: "fail" | "skip";
  readonly owner: { readonly oid: number; readonly name: string };
}

export interface IngestResult {
  readonly rows: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly version: number;
  readonly status: "loaded" | "duplicate";
  readonly sha256: string;
  readonly format: Format;
}

export async function ingest(
  request: IngestRequest,
  rooms: IngestRooms,
  signal: AbortSignal,
  notice: (notice: Notice) => void,
): Promise<IngestResult> {
  const bucket = must(rooms.buckets.get(request.bucket), "the caller found the bucket");
  const stage = await bucket.stage();
  try {
    return await load(request, rooms, stage.folder, signal, notice);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await stage.discard();
  }
}

async function load(
  request: IngestRequest,
  rooms: IngestRooms,
  folder: string,
  signal: AbortSignal,
  notice: (notice: Notice) => void,
): Promise<IngestResult> {
  const file = await stageFile(request.source, folder, signal);
  const format = request.format ?? formatOf(file);
  const about = { bytes: file.bytes, sha256: file.sha256, format };
  const known = await loadedBefore(request, file, rooms.tables);
  if (known !== undefined) {
    return { ...about, rows: 0, rejected: 0, version: known, status: "duplicate" };
  }
  const reading = await read(file, format, request, rooms.engine, signal);
  try {
    const one = new Load(request, rooms, file, reading, signal);
    return { ...about, ...(await one.run(format, notice)) };
  } catch (error) {
    throw fileFault(error, file, format, reading.columns);
  }
}

/** What a file's columns are, by its own rules: nothing is loaded. */
export async function columnsOfFile(
  source: IngestSource,
  { buckets, engine }: Pick<IngestRooms, "buckets" | "engine">,
  signal: AbortSignal,
): Promise<readonly SourceColumn[]> {
  const stage = await must(buckets.get("primary"), "there is a primary bucket").stage();
  try {
    const file = await stageFile(source, stage.folder, signal);
    const how = { csv: { delimiter: undefined, header: undefined }, onError: "fail" } as const;
    return (await read(file, formatOf(file), how, engine, signal)).columns;
  } finally {
    await stage.discard();
  }
}

async function read(
  file: StagedFile,
  format: Format,
  { csv, onError }: Pick<IngestRequest, "csv" | "onError">,
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

/** Which content a dataset has is in its log: one application id a content and mode, its version that of the commit. */
const appended = (sha256: string) => `ingest:${sha256}`;
const replaced = (sha256: string) => `${replacedPrefix}${sha256}`;
const replacedPrefix = "ingest-replace:";

/** The dataset's version, when it has this content already: appended and not replaced since, or the very last replacement. */
async function loadedBefore(
  { relation, mode }: IngestRequest,
  { sha256 }: StagedFile,
  tables: Tables,
): Promise<number | undefined> {
  if (relation?.source.kind !== "dataset") return undefined;
  const { source } = relation;
  const { transactions, number } = await tables.get(source.bucket, source.location).current();
  const replacedAt = transactions.get(replaced(sha256)) ?? -1;
  if (mode === "replace") return replacedAt === number ? number : undefined;
  const loadedAt = Math.max(transactions.get(appended(sha256)) ?? -1, replacedAt);
  const lastReplaced = [...transactions]
    .filter(([application]) => application.startsWith(replacedPrefix))
    .reduce((last, [, version]) => Math.max(last, version), -1);
  return loadedAt >= 0 && loadedAt >= lastReplaced ? number : undefined;
}

type Loaded = Omit<IngestResult, "bytes" | "sha256" | "format">;

/** One load of one file into one dataset. */
class Load {
  readonly #request: IngestRequest;
  readonly #rooms: IngestRooms;
  readonly #file: StagedFile;
  readonly #reading: Reading;
  readonly #signal: AbortSignal;
  #rejected = 0;

  constructor(
    request: IngestRequest,
    rooms: IngestRooms,
    file: StagedFile,
    reading: Reading,
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#rooms = rooms;
    this.#file = file;
    this.#reading = reading;
    this.#signal = signal;
  }

  async run(format: Format, notice: (notice: Notice) => void): Promise<Loaded> {
    const info = this.#info(format);
    const { relation, mode } = this.#request;
    if (relation === undefined) return this.#create(info, notice, undefined);
    if (relation.source.kind !== "dataset") {
      throw unsupported(`loading into "${relation.name}", which is not a dataset of this server,`);
    }
    const table = this.#rooms.tables.get(relation.source.bucket, relation.source.location);
    if (mode === "replace" && !this.#fits(relation)) return this.#create(info, notice, relation);
    return this.#write(table, relation, info, notice);
  }

  /** A new dataset, visible by its catalog entry, which is written last; in place of an older one when that is given. */
  async #create(
    info: CommitInfo,
    notice: (notice: Notice) => void,
    former: Relation | undefined,
  ): Promise<Loaded> {
    const { bucket, dataset } = this.#request;
    const location = locationOf(dataset);
    const columns = this.#reading.columns.map(
      (column, at): RelationColumn => ({
        ...column,
        number: at + 1,
        notNull: false,
        defaultText: null,
        comment: null,
      }),
    );
    try {
      const loaded = await this.#fill(location, columns, info, notice);
      const relation = await this.#relation(location, columns, former);
      this.#signal.throwIfAborted();
      await this.#rooms.catalog.commit([
        ...(former ? [{ kind: "drop table", oid: former.oid } as const] : []),
        { kind: "create table", relation },
      ]);
      return loaded;
    } catch (error) {
      if (isUndone(error)) await deleteFolder(this.#rooms.buckets, bucket, location);
      throw error;
    }
  }

  /** Two commits, for only an append can say which content it is. Nobody sees the first. */
  async #fill(
    location: string,
    columns: readonly RelationColumn[],
    info: CommitInfo,
    notice: (notice: Notice) => void,
  ): Promise<Loaded> {
    const { bucket, owner } = this.#request;
    const { tables } = this.#rooms;
    const empty = await tables.create(bucket, location, fieldsOf(columns), {
      operation: "CREATE TABLE",
      actor: owner.name,
    });
    return this.#commit(tables.get(bucket, location), empty, columns, info, notice);
  }

  async #relation(
    location: string,
    columns: readonly RelationColumn[],
    former: Relation | undefined,
  ): Promise<Relation> {
    const { bucket, dataset, owner } = this.#request;
    const { catalog } = this.#rooms;
    const { schemas } = await catalog.current();
    return {
      oid: await catalog.allotOid(bucket),
      schema: bucket,
      schemaOid: must(schemas.get(bucket), "a bucket is a schema").oid,
      name: dataset,
      owner: former?.owner ?? owner.oid,
      comment: former?.comment ?? null,
      columns,
      source: { kind: "dataset", bucket, location },
    };
  }

  async #write(
    table: Table,
    relation: Relation,
    info: CommitInfo,
    notice: (notice: Notice) => void,
  ): Promise<Loaded> {
    this.#refuseUnknownColumns(relation);
    return this.#commit(table, await table.current(), relation.columns, info, notice);
  }

  async #commit(
    table: Table,
    base: TableVersion,
    columns: readonly RelationColumn[],
    info: CommitInfo,
    notice: (notice: Notice) => void,
  ): Promise<Loaded> {
    const adds = await this.#writeFiles(table, base, columns, notice);
    try {
      await this.#file.assertUnchanged();
      this.#signal.throwIfAborted();
      const isReplacement =
        this.#request.mode === "replace" && this.#request.relation !== undefined;
      const transaction = {
        application: isReplacement ? replaced(this.#file.sha256) : appended(this.#file.sha256),
        version: base.number + 1,
      };
      const stamped = { ...info, transaction };
      const version = isReplacement
        ? await table.replace(base, adds, stamped)
        : await table.append(base, adds, stamped);
      // Somebody else loaded the same content meanwhile: this commit was not made.
      const isOurs = adds.every(({ path }) => version.files.has(path));
      if (!isOurs) await table.discard(adds);
      return {
        rows: isOurs ? adds.reduce((sum, add) => sum + (liveRows(add) ?? 0), 0) : 0,
        rejected: isOurs ? this.#rejected : 0,
        version: version.number,
        status: isOurs ? "loaded" : "duplicate",
      };
    } catch (error) {
      if (isUndone(error)) await table.discard(adds).catch(() => undefined);
      throw error;
    }
  }

  async #writeFiles(
    table: Table,
    base: TableVersion,
    columns: readonly RelationColumn[],
    notice: (notice: Notice) => void,
  ): Promise<readonly Add[]> {
    const select = this.#reading.select(columns.map((column) => this.#pick(column)));
    if (this.#request.onError === "fail") return table.write(base, select, this.#signal);
    return withoutRejected(select, this.#rooms.engine, this.#signal, async (kept, rejected) => {
      this.#rejected = rejected.count;
      for (const message of rejected.first) {
        notice({
          severity: "WARNING",
          sqlstate: "22P04",
          message: `${this.#file.fileName}, ${message}`,
        });
      }
      return table.write(base, kept, this.#signal);
    });
  }

  #pick(column: RelationColumn): Picked {
    const type: LogicalType | undefined = logicalTypeFor(column.typeOid, column.typmod);
    if (type === undefined) {
      throw unsupported(`loading a column of type ${typeTitle(column.typeOid)}`);
    }
    return { name: column.name, type, source: this.#sourceOf(column.name) };
  }

  #sourceOf(name: string): number | undefined {
    const { columns } = this.#reading;
    const exact = columns.findIndex((column) => column.name === name);
    const at = exact >= 0 ? exact : columns.findIndex((column) => column.name === columnName(name));
    return at < 0 ? undefined : at;
  }

  /** A replacement keeps the dataset, its grants and its comments, when every column and type stays. */
  #fits(relation: Relation): boolean {
    const { columns } = this.#reading;
    return (
      relation.columns.length === columns.length &&
      relation.columns.every(({ name, typeOid }) => {
        const at = this.#sourceOf(name);
        return at !== undefined && columns[at]?.typeOid === typeOid;
      })
    );
  }

  #refuseUnknownColumns(relation: Relation): void {
    const taken = new Set(relation.columns.map(({ name }) => this.#sourceOf(name)));
    const extra = this.#reading.columns.filter((_, at) => !taken.has(at)).map(({ name }) => name);
    const [first] = extra;
    if (first === undefined) return;
    throw new PgError("42703", `column "${first}" of relation "${relation.name}" does not exist`, {
      detail: `"${this.#file.fileName}" has ${extra.length === 1 ? "a column" : "columns"} that the dataset has not: ${extra.join(", ")}.`,
      hint: "Load into another dataset, or replace this one with mode => 'replace'.",
    });
  }

  #info(format: Format): CommitInfo {
    return {
      operation: "WRITE",
      actor: this.#request.owner.name,
      parameters: {
        source: this.#file.fileName,
        sha256: this.#file.sha256,
        format,
        ...this.#reading.decisions,
      },
    };
  }
}

/** A store that fails in mid-commit may have done it: what was written then stays, to be swept or to be true. */
function isUndone(error: unknown): boolean {
  if (error instanceof PgError) return !/^(58|XX|08)/.test(error.sqlstate);
  return error instanceof Error && error.name === "AbortError";
}

async function deleteFolder(buckets: Buckets, name: string, location: string): Promise<void> {
  const bucket = buckets.get(name);
  const objects = await bucket?.list(`${location}/`).catch(() => []);
  for (const { key } of objects ?? []) await bucket?.delete(key).catch(() => undefined);
}

/** A dataset's folder never moves, so its name carries what no other dataset's does. */
function locationOf(name: string): string {
  const plain =
    name
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, "_")
      .slice(0, 63) || "dataset";
  return `${plain}-${randomBytes(4).toString("hex")}`;
}
