/**
 * A transaction's end: data files first, then each dataset's log entry, the catalog last. A new dataset is visible only by
 * its entry in the catalog. Whatever fails on the way, nothing of the transaction stays visible.
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { CatalogChange } from "../catalog/catalog.ts";
import { isConstrained } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";
import type { Add } from "../table/actions.ts";
import { lostRace } from "../table/conflict.ts";
import { fieldsOf } from "../table/schema.ts";
import type { Change, CommitInfo, Operation, Table, TableVersion } from "../table/table.ts";
import type { Services } from "./services.ts";
import type { Stage } from "./stage.ts";

/** What there is to commit. */
export interface Work {
  /** Datasets this transaction has made, and not dropped again. */
  readonly created: readonly { readonly relation: Relation; readonly stage: Stage | undefined }[];
  readonly written: readonly WrittenDataset[];
  readonly changes: readonly CatalogChange[];
  /** Where names change. */
  readonly buckets: readonly string[];
  /** What is committed was staged under marks up to this one. */
  readonly mark: number;
  readonly actor: string;
  /** What is to be asked when others have committed to a dataset meanwhile. */
  readonly recheckOf: (written: WrittenDataset) => Promise<Change["recheck"]>;
}

export interface WrittenDataset {
  readonly relation: Relation;
  readonly stage: Stage | undefined;
  readonly table: Table;
  /** As committed, and as this transaction sees it: another object when its columns have changed. */
  readonly base: TableVersion;
  readonly version: TableVersion;
  /** Keys are gone that its rows refer to: its log is to have an entry, so that whoever adds such a row comes to know. */
  readonly isReferredTo: boolean;
  /** A new constraint stands on its rows: none may have come or gone. */
  readonly isStoodOn: boolean;
  /** Nothing of it may have changed, were it only read: an entry in its log tells others who ask the same. */
  readonly isSerializable: boolean;
}

/** A dataset's part, with its files written. */
interface Prepared {
  readonly table: Table;
  readonly base: TableVersion;
  readonly change: Change;
  readonly operation: Operation;
}

/**
 * One log entry alone needs nothing else. Several count together by an intent, decided last: a server may be killed at any
 * moment before, and nothing has happened.
 */
export async function commitWork(
  work: Work,
  services: Services,
  signal: AbortSignal,
): Promise<void> {
  const prepared: Prepared[] = [];
  await services.catalog.prepare(work.changes);
  try {
    for (const written of work.written) {
      const part = await prepare(written, work, services.engine, signal);
      if (part) prepared.push(part);
    }
    for (const { relation, stage } of work.created) {
      await create(relation, stage, work, services, signal);
    }
    signal.throwIfAborted();
  } catch (error) {
    await discard(prepared);
    throw error;
  }
  const { changes } = work;
  if (needsIntent(prepared.length, work)) await commitTogether(prepared, work, services);
  else if (changes.length > 0) await services.catalog.commit(changes);
  else for (const part of prepared) await commitAlone(part, work);
}

/** Under which names the rest of the world will look for the changes of names is the catalog's own log of each bucket. */
function needsIntent(datasets: number, { changes, buckets }: Work): boolean {
  const logs = datasets + (changes.length > 0 ? Math.max(1, buckets.length) : 0);
  return logs > 1;
}

async function commitAlone(part: Prepared, work: Work): Promise<void> {
  try {
    await part.table.commit(part.base, part.change, info(part.operation, work));
  } catch (error) {
    if (isUndone(error)) await discard([part]);
    throw error;
  }
}

async function commitTogether(
  prepared: readonly Prepared[],
  work: Work,
  services: Services,
): Promise<void> {
  const { tables, catalog, together } = services;
  // In one order for everybody: whoever waits for another's decision is waited for by nobody before it.
  const parts = [...prepared].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const bucket = must(parts[0]?.table.bucket ?? work.buckets[0], "something is committed");
  const intent = await tables.intents.open(bucket);
  const committed: { readonly table: Table; readonly version: number }[] = [];
  try {
    for (const { table, base, change, operation } of parts) {
      const { number } = await table.commit(base, change, { ...info(operation, work), intent });
      committed.push({ table, version: number });
    }
    if (work.changes.length > 0) await catalog.commit(work.changes, intent);
    await together.decide(committed, () => intent.commit());
  } catch (error) {
    await intent.abort();
    // Entries that do not count still name the files of theirs, for engines that know nothing of intents.
    if (isUndone(error)) await discard(parts.slice(committed.length));
    throw error;
  }
}

function placeOf({ table }: Prepared): string {
  return `${table.bucket}\0${table.location}`;
}

async function discard(prepared: readonly Prepared[]): Promise<void> {
  await Promise.allSettled(prepared.map(({ table, change }) => table.discard(change.adds ?? [])));
}

/** Undefined: it comes to nothing. */
async function prepare(
  written: WrittenDataset,
  { mark, recheckOf }: Work,
  engine: Engine,
  signal: AbortSignal,
): Promise<Prepared | undefined> {
  const { relation, stage, table, base, version } = written;
  checkColumns(relation, version);
  const recheck = await recheckOf(written);
  const gone = stage?.gone(mark);
  const isTruncated = stage?.isTruncated(mark) === true;
  const deletes =
    gone === undefined || isTruncated ? undefined : await placesOf(gone, version, engine, signal);
  const adds = stage?.mayGain === true ? await gained(stage, written, mark, signal) : [];
  const change: Change = {
    adds,
    ...(isTruncated ? { removes: "all" } : {}),
    ...(deletes && deletes.size > 0 ? { deletes } : {}),
    ...(version === base ? {} : { metaData: { fields: version.fields } }),
    ...(recheck ? { recheck } : {}),
    isBlind: !isConstrained(relation),
  };
  const comesToNothing =
    adds.length === 0 && !change.removes && !change.deletes && !change.metaData;
  if (comesToNothing && !written.isReferredTo && !written.isSerializable) return undefined;
  return { table, base, change, operation: operationOf(stage, change) };
}

/** A few rows that are known here are written without the engine. */
async function gained(
  stage: Stage,
  { relation, table, version }: WrittenDataset,
  mark: number,
  signal: AbortSignal,
): Promise<readonly Add[]> {
  const known = stage.keptAlone;
  const names = relation.columns.map(({ name }) => name);
  const written = known && (await table.writeRows(version, names, [known]));
  return written ?? table.write(version, await rowsOf(stage, relation, mark), signal);
}

/** The statement was planned by the catalog's columns; another server may have changed them before the version was looked at. */
function checkColumns({ columns }: Relation, { fields, number }: TableVersion): void {
  const names = new Set(columns.map(({ name }) => name));
  if (fields.length !== names.size || !fields.every(({ name }) => names.has(name)))
    throw lostRace(`Version ${number} has other columns.`);
}

async function create(
  relation: Relation,
  stage: Stage | undefined,
  work: Work,
  { tables }: Services,
  signal: AbortSignal,
): Promise<void> {
  if (relation.source.kind !== "dataset") return;
  const { bucket, location } = relation.source;
  const fields = fieldsOf(relation.columns);
  const adds: readonly Add[] =
    stage && !stage.isEmpty
      ? await tables.writeFiles(
          bucket,
          location,
          fields,
          await rowsOf(stage, relation, work.mark),
          signal,
          relation.partitionedBy,
        )
      : [];
  const operation = adds.length > 0 ? "CREATE TABLE AS SELECT" : "CREATE TABLE";
  const layout = relation.partitionedBy ? { partitionColumns: relation.partitionedBy } : {};
  await tables.create(bucket, location, fields, info(operation, work), adds, layout);
}

/** Engine SQL of the rows that a dataset gains. */
async function rowsOf(stage: Stage, relation: Relation, mark: number): Promise<string> {
  await stage.settle();
  const columns = relation.columns.map(({ name }) => name);
  return stage.rows(relation, columns, mark);
}

/** By file path, ascending row numbers. Read as columns: there may be as many as the dataset has rows. */
async function placesOf(
  gone: string,
  version: TableVersion,
  engine: Engine,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Float64Array>> {
  const paths = [...version.files.keys()];
  const runs = new Map<number, Float64Array[]>();
  const connection = await engine.connect();
  try {
    const sql = `SELECT "@file", CAST("@row" AS DOUBLE) FROM (${gone}) AS gone ORDER BY "@file", "@row"`;
    const stream = await connection.stream(sql, [], signal);
    for (let batch = await stream.next(); batch; batch = await stream.next()) {
      const [fileVector, rowVector] = batch.vectors;
      const files = new Int32Array(copied(must(fileVector, "a file").data, 4 * batch.rowCount));
      const rows = new Float64Array(copied(must(rowVector, "a row").data, 8 * batch.rowCount));
      for (let start = 0; start < batch.rowCount; ) {
        const file = files[start] ?? 0;
        let end = start + 1;
        while (end < batch.rowCount && files[end] === file) end++;
        const known = runs.get(file) ?? [];
        known.push(rows.subarray(start, end));
        runs.set(file, known);
        start = end;
      }
    }
  } finally {
    connection.release();
  }
  return new Map(
    [...runs].map(([file, parts]) => [
      must(paths[file], "a row's file is one of its version"),
      joined(parts),
    ]),
  );
}

/** Memory of its own, so that it is aligned and stays when the engine goes on. */
function copied(bytes: Uint8Array, length: number): ArrayBuffer {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  return copy.buffer;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function operationOf(stage: Stage | undefined, change: Change): Operation {
  if (change.metaData?.fields) return "CHANGE COLUMN";
  if (change.removes === "all") return change.adds?.length ? "WRITE" : "TRUNCATE";
  if (change.deletes === undefined || stage === undefined) return "WRITE";
  return stage.changedBy;
}

function info(operation: Operation, { actor }: Work): CommitInfo {
  return { operation, actor };
}

/** A store that fails in mid-commit may have done it: what was written then stays, to be swept or to be true. */
function isUndone(error: unknown): boolean {
  if (error instanceof PgError) return !/^(58|XX|08)/.test(error.sqlstate);
  return error instanceof Error && error.name === "AbortError";
}
