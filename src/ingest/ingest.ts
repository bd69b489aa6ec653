/**
 * A file to rows of a dataset, all or nothing: staged, hashed, its columns found, written as data files, one commit.
 * Knows no roles: whoever asks has been let in (routines/).
 */
import { randomBytes } from "node:crypto";
import { must } from "../base/assert.ts";
import { type Notice, PgError, unsupported } from "../base/error.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { firstMadeOid } from "../pgtypes/made-types.ts";
import { logicalTypeFor, typeTitle } from "../pgtypes/types.ts";
import type { Buckets } from "../storage/storage.ts";
import type { Add } from "../table/actions.ts";
import { lostRace } from "../table/conflict.ts";
import { evolvedFields } from "../table/evolve.ts";
import { fieldsOf } from "../table/schema.ts";
import { liveRows } from "../table/statistics.ts";
import type { Change, CommitInfo, Table, TableVersion } from "../table/table.ts";
import { appended, loadedBefore, replaced } from "./duplicates.ts";
import { type Evolution, evolutionOf, rowsAsEvolved } from "./evolve.ts";
import { fileFault } from "./fault.ts";
import { columnName, type Format, formatOf } from "./format.ts";
import { readFile } from "./read-file.ts";
import type { Pick, Reading } from "./reading.ts";
import { withoutRejected } from "./rejected.ts";
import type { IngestRequest, IngestResult, IngestRooms } from "./request.ts";
import { type StagedFile, stageFile } from "./staged-file.ts";

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
    return { ...about, rows: 0, rejected: 0, version: known, status: "duplicate", changes: [] };
  }
  const reading = await readFile(file, format, request, rooms.engine, signal);
  try {
    const one = new Load(request, rooms, file, reading, signal);
    return { ...about, ...(await one.run(format, notice)) };
  } catch (error) {
    throw fileFault(error, file, format, reading.columns);
  }
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
    this.#refuseGenerated(relation);
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
    if (former?.constraints !== undefined && former.constraints.length > 0) {
      throw unsupported("replacing the columns of a dataset that has constraints", {
        hint: "Drop its constraints first, or the dataset.",
      });
    }
    if (former?.columns.some(({ defaultText }) => defaultText !== null) === true) {
      throw unsupported("replacing the columns of a dataset that has defaults", {
        hint: "Drop them first, or the dataset, or load columns of its own types.",
      });
    }
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
    const { mode, evolve = "strict" } = this.#request;
    const evolution =
      mode === "append"
        ? await evolutionOf(
            relation,
            this.#reading,
            (name) => this.#sourceOf(name),
            evolve,
            this.#rooms.engine,
          )
        : undefined;
    if (evolution) return this.#commitEvolved(table, relation, evolution, info, notice);
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
      const recheck = await this.#guarded(this.#request.relation, table, base, adds, isReplacement);
      const change: Change = {
        adds,
        ...(isReplacement ? { removes: "all" } : {}),
        ...(recheck ? { recheck } : {}),
      };
      const version = await table.commit(base, change, { ...info, transaction });
      // Somebody else loaded the same content meanwhile: this commit was not made.
      const isOurs = adds.every(({ path }) => version.files.has(path));
      if (!isOurs) await table.discard(adds);
      return {
        rows: isOurs ? adds.reduce((sum, add) => sum + (liveRows(add) ?? 0), 0) : 0,
        rejected: isOurs ? this.#rejected : 0,
        version: version.number,
        status: isOurs ? "loaded" : "duplicate",
        changes: [],
      };
    } catch (error) {
      if (isUndone(error)) await table.discard(adds).catch(() => undefined);
      throw error;
    }
  }

  async #guarded(
    relation: Relation | undefined,
    table: Table,
    version: TableVersion,
    adds: readonly Add[],
    isReplacement: boolean,
  ): Promise<Change["recheck"]> {
    if (relation === undefined) return undefined;
    return this.#request.guard({ relation, table, version, adds, isReplacement });
  }

  /** Rows, columns and the catalog's copy of them count together, by an intent. 40001 when others were first. */
  async #commitEvolved(
    table: Table,
    relation: Relation,
    evolution: Evolution,
    info: CommitInfo,
    notice: (notice: Notice) => void,
  ): Promise<Loaded> {
    const { tables, catalog, together } = this.#rooms;
    const { columns, columnsMade, changes, isRewrite } = evolution;
    const base = await table.current();
    const version = table.withFields(base, evolvedFields(base, columns));
    const names = relation.columns.map(({ name }) => name);
    const kept = isRewrite
      ? rowsAsEvolved(await table.scan(base, names), relation, evolution)
      : undefined;
    const rowsBefore = kept === undefined ? 0 : await this.#count(kept);
    const adds = await this.#writeFiles(table, version, columns, notice, kept);
    const intent = await tables.intents.open(table.bucket);
    try {
      await this.#file.assertUnchanged();
      this.#signal.throwIfAborted();
      const recheck = await this.#guarded(
        { ...relation, columns, columnsMade },
        table,
        version,
        adds,
        isRewrite,
      );
      const change: Change = {
        adds,
        metaData: { fields: version.fields },
        ...(isRewrite ? { removes: "all" } : {}),
        ...(recheck ? { recheck } : {}),
      };
      const transaction = {
        application: appended(this.#file.sha256),
        version: base.number + 1,
      };
      const { number, files } = await table.commit(base, change, { ...info, transaction, intent });
      if (!adds.every(({ path }) => files.has(path))) {
        throw lostRace("The same content was loaded meanwhile.");
      }
      const after = { ...relation, columns, columnsMade };
      await catalog.commit([{ kind: "replace table", base: relation, relation: after }], intent);
      await together([{ table, version: number }], () => intent.commit());
      return {
        rows: adds.reduce((sum, add) => sum + (liveRows(add) ?? 0), 0) - rowsBefore,
        rejected: this.#rejected,
        version: number,
        status: "loaded",
        changes,
      };
    } catch (error) {
      await intent.abort();
      if (isUndone(error)) await table.discard(adds).catch(() => undefined);
      throw error;
    }
  }

  async #count(select: string): Promise<number> {
    const [row] = await this.#rooms.engine.system(`SELECT count(*) AS rows FROM (${select})`);
    return Number(row?.["rows"] ?? 0);
  }

  async #writeFiles(
    table: Table,
    base: TableVersion,
    columns: readonly RelationColumn[],
    notice: (notice: Notice) => void,
    kept?: string,
  ): Promise<readonly Add[]> {
    const { relation } = this.#request;
    const given = columns.filter(({ name }) => this.#sourceOf(name) !== undefined);
    const isWhole = columns.every((column) => given.includes(column) || !givesItself(column));
    const write = (rows: string) =>
      table.write(base, kept === undefined ? rows : `${kept} UNION ALL ${rows}`, this.#signal);
    if (relation === undefined || isWhole) return this.#writeRows(columns, write, notice);
    return this.#request.complete({ ...relation, columns }, given, (complete) =>
      this.#writeRows(given, (rows) => write(complete(rows)), notice),
    );
  }

  async #writeRows(
    columns: readonly RelationColumn[],
    write: (rows: string) => Promise<readonly Add[]>,
    notice: (notice: Notice) => void,
  ): Promise<readonly Add[]> {
    const select = this.#reading.select(columns.map((column) => this.#pick(column)));
    if (this.#request.onError === "fail") return write(select);
    return withoutRejected(select, this.#rooms.engine, this.#signal, async (readable, rejected) => {
      this.#rejected = rejected.count;
      for (const message of rejected.first) {
        notice({
          severity: "WARNING",
          sqlstate: "22P04",
          message: `${this.#file.fileName}, ${message}`,
        });
      }
      return write(readable);
    });
  }

  #pick(column: RelationColumn): Pick {
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
    const own = relation.columns.filter(({ isGenerated }) => isGenerated !== true);
    return (
      own.length === columns.length &&
      own.every(({ name, typeOid }) => {
        const at = this.#sourceOf(name);
        return at !== undefined && columns[at]?.typeOid === typeOid;
      })
    );
  }

  /** What COPY says of them. */
  #refuseGenerated(relation: Relation): void {
    for (const { name, isGenerated } of relation.columns)
      if (isGenerated === true && this.#sourceOf(name) !== undefined)
        throw new PgError("42P10", `column "${name}" is a generated column`, {
          detail: "Generated columns cannot be loaded from a file.",
        });
  }

  #refuseUnknownColumns(relation: Relation): void {
    const taken = new Set(relation.columns.map(({ name }) => this.#sourceOf(name)));
    const extra = this.#reading.columns.filter((_, at) => !taken.has(at)).map(({ name }) => name);
    const [first] = extra;
    if (first === undefined) return;
    throw new PgError("42703", `column "${first}" of relation "${relation.name}" does not exist`, {
      detail: `"${this.#file.fileName}" has ${extra.length === 1 ? "a column" : "columns"} that the dataset has not: ${extra.join(", ")}.`,
      hint: "Say evolve => 'add' to add them, load into another dataset, or replace this one with mode => 'replace'.",
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

/** A default, its type's among them, an identity or an expression. */
function givesItself({ typeOid, defaultText, identity }: RelationColumn): boolean {
  return defaultText !== null || identity !== undefined || typeOid >= firstMadeOid;
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
