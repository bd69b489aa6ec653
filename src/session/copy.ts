/** COPY's conversation: rows from CopyData into the stage, rows of a query out as CopyData. All or nothing. */
import { assert, must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { RelationColumn } from "../catalog/relation.ts";
import type { EngineConnection } from "../engine/engine.ts";
import { openArrow } from "../pgtypes/arrow-input.ts";
import {
  type CopyInColumn,
  type CopyInFormat,
  createCopyDecoder,
} from "../pgtypes/copy-decoder.ts";
import { type CopyFormat, createCopyEncoder } from "../pgtypes/copy-encoder.ts";
import type { AppendBatch } from "../pgtypes/vector.ts";
import type { CopyOptions, Plan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { receiving, sending } from "./copy-encoding.ts";
import { copiedBytes } from "./copy-messages.ts";
import { copyParquetIn, copyParquetOut, refuseUnknown } from "./copy-parquet.ts";
import { completed } from "./describe.ts";
import { checkDomains } from "./domain-values.ts";
import { openRows } from "./engine-rows.ts";
import type { CopyIn, CopyOut, StreamedRows } from "./portal.ts";
import type { Request } from "./request.ts";
import { tooManyRows } from "./role-limits.ts";
import type { Stage } from "./stage.ts";
import { givesItself, mustWait, throughWaiting, type WaitingTable } from "./waiting-rows.ts";
import { runWrites } from "./with-writes.ts";
import { staged } from "./writes.ts";

type CopyInPlan = Extract<Plan, { kind: "copy in" }>;
type CopyOutPlan = Extract<Plan, { kind: "copy out" }>;
type CopyReturnedPlan = Extract<Plan, { kind: "copy returned" }>;

export function copyIn(plan: CopyInPlan, backend: Backend, channel: Channel): CopyIn {
  return async () => {
    if (plan.isFrozen) await assertFresh(plan, backend);
    const { options } = plan;
    const format = isBinary(options) ? 1 : 0;
    const { count } = await staged(backend, plan.target, "INSERT", async (stage, mark) => {
      channel.send({
        type: "CopyInResponse",
        format,
        columnFormats: plan.columns.map(() => format),
      });
      await channel.flush();
      const copied = await load(plan, stage, mark, backend, channel);
      const written = `(SELECT * FROM (${stage.written(plan.target, mark)}) AS changes)`;
      await checkDomains(plan.target, written, backend);
      return copied;
    });
    return count;
  };
}

async function load(
  plan: CopyInPlan,
  stage: Stage,
  mark: number,
  backend: Backend,
  channel: Channel,
): Promise<number> {
  const { format } = plan.options;
  if (format === "parquet") return copyParquetIn(plan, stage, mark, backend, channel);
  if (format === "arrow") return copyArrowIn(plan, stage, mark, backend, channel);
  const batches = copiedBatches(plan, { ...plan.options, format }, backend, channel);
  return stageBatches(plan, batches, stage, mark, backend);
}

/** The columns that are sent go to those of their name; the others get their defaults. */
async function copyArrowIn(
  plan: CopyInPlan,
  stage: Stage,
  mark: number,
  backend: Backend,
  channel: Channel,
): Promise<number> {
  const { arrowBatchBytesMax } = backend.services.limits;
  const input = await openArrow(copiedBytes(backend, channel), arrowBatchBytesMax);
  const columns = plan.columns.filter(({ name }) => input.names.includes(name));
  refuseUnknown(plan, input.names);
  const given = { ...plan, columns };
  await backend.knowTypes(columns.map(({ typeOid }) => typeOid));
  const batches = input.batches(decoded(given), faults(given), backend.textSettings());
  return stageBatches(given, batches, stage, mark, backend);
}

function stageBatches(
  plan: CopyInPlan,
  batches: AsyncIterable<AppendBatch>,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<number> {
  if (!mustWait(plan)) return appendBatches(plan, batches, stage, mark, backend);
  const fill = (table: WaitingTable, connection: EngineConnection) =>
    connection.appendColumns(table, table.types, batches);
  return throughWaiting(plan, fill, stage, mark, backend);
}

function isBinary({ format }: CopyOptions): boolean {
  return format === "binary" || format === "parquet" || format === "arrow";
}

/** https://www.postgresql.org/docs/15/sql-copy.html: FREEZE. Here it changes nothing: nobody sees rows before they are committed. */
async function assertFresh({ target }: CopyInPlan, { transaction }: Backend): Promise<void> {
  if (transaction.isCreatedHere(target)) return;
  const staged = await transaction.stagedRows(target);
  if (staged?.isTruncated(transaction.mark)) return;
  throw new PgError(
    "55000",
    "cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction",
  );
}

export function copyOut(
  plan: CopyOutPlan | CopyReturnedPlan,
  backend: Backend,
  request: Request,
  channel: Channel,
): CopyOut {
  return async () => {
    const { format } = plan.options;
    if (format !== "parquet") {
      const options = { ...plan.options, format };
      return copyRows(plan, options, await rowsOf(plan, backend, request), backend, channel);
    }
    if (plan.kind === "copy out") return copyParquetOut(plan, backend, request, channel);
    throw unsupported("COPY of a statement's RETURNING with FORMAT parquet");
  };
}

async function rowsOf(
  plan: CopyOutPlan | CopyReturnedPlan,
  backend: Backend,
  request: Request,
): Promise<StreamedRows> {
  if (plan.kind === "copy out") return openRows(plan.text, backend, request.parameters);
  const written = plan.statement.plan;
  assert(
    written.kind === "insert" || written.kind === "modify" || written.kind === "with",
    "rows are returned by what writes",
  );
  const outcome = await runWrites(written, backend, { ...request, statement: plan.statement });
  assert(
    outcome.kind === "rows" && outcome.rows.kind === "stream",
    "what is returned is read from the engine",
  );
  return outcome.rows;
}

async function copyRows(
  plan: CopyOutPlan | CopyReturnedPlan,
  options: CopyFormat,
  rows: StreamedRows,
  backend: Backend,
  channel: Channel,
): Promise<number> {
  const columns = completed(plan.columns, rows.stream.columns);
  try {
    const encoder = createCopyEncoder(
      columns.map(({ name, typeOid, typmod }, at) => ({
        name,
        typeOid,
        typmod,
        type: must(rows.stream.columns[at], "the engine gives every column").type,
      })),
      options,
      backend.textSettings(),
    );
    const format = isBinary(plan.options) ? 1 : 0;
    channel.send({ type: "CopyOutResponse", format, columnFormats: columns.map(() => format) });
    const sendAsIs = (bytes: Uint8Array) => channel.sendBytes(bytes);
    const send = sending(plan.options, backend, sendAsIs);
    const rooms = send === sendAsIs ? channel : undefined;
    send(encoder.start());
    let count = 0;
    const rowLimit = Number(backend.parameters.get("lakehouse.row_limit"));
    for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
      backend.signal.throwIfAborted();
      if (rowLimit > 0 && count + batch.rowCount > rowLimit) throw tooManyRows(rowLimit);
      encoder.encode(batch, 0, batch.rowCount, send, rooms);
      rows.sent = batch.rowCount;
      count += batch.rowCount;
      await channel.drained(() => backend.signal);
    }
    send(encoder.end());
    channel.send({ type: "CopyDone" });
    return count;
  } finally {
    await rows.close();
  }
}

/** The statement's columns of every row the client sends, a batch at a time. */
async function* copiedBatches(
  plan: CopyInPlan,
  options: CopyFormat,
  backend: Backend,
  channel: Channel,
): AsyncGenerator<AppendBatch> {
  await backend.knowTypes(plan.columns.map(({ typeOid }) => typeOid));
  const settings = backend.textSettings();
  const decoder = createCopyDecoder(decoded(plan), { ...options, ...faults(plan) }, settings);
  const read = receiving(plan.options, backend);
  for await (const bytes of copiedBytes(backend, channel)) yield* decoder.push(read(bytes));
  yield* decoder.push(read(new Uint8Array(0), true));
  yield* decoder.end();
}

/** WHERE is asked before NOT NULL. */
function decoded(plan: CopyInPlan): readonly CopyInColumn[] {
  return plan.where === undefined ? plan.columns : plan.columns.map(nullable);
}

function faults(plan: CopyInPlan): Pick<CopyInFormat, "table" | "lacksRequired" | "nullFault"> {
  return {
    table: plan.target.name,
    lacksRequired: plan.where === undefined && absentRequired(plan) !== undefined,
    nullFault: (column, row, where) => nullFault(plan, column, row, where),
  };
}

function nullable({ name, typeOid, typmod }: RelationColumn): CopyInColumn {
  return { name, typeOid, typmod };
}

/** A column that is left out, has no default and may not be null. */
function absentRequired({
  target,
  columns,
}: Pick<CopyInPlan, "target" | "columns">): RelationColumn | undefined {
  const given = new Set(columns.map(({ name }) => name));
  return target.columns.find(
    (column) => column.notNull && !given.has(column.name) && !givesItself(column),
  );
}

/** `given` are the statement's columns as text; the others have no value. */
function nullFault(
  { target, columns }: CopyInPlan,
  at: number,
  given: readonly (string | null)[],
  where: string,
): PgError {
  const column = (at < 0 ? absentRequired({ target, columns }) : columns[at])?.name ?? "";
  const row = target.columns.map(({ name }) => {
    const text = given[columns.findIndex((each) => each.name === name)] ?? null;
    if (text === null) return "null";
    const characters = [...text];
    return characters.length <= 64 ? text : `${characters.slice(0, 64).join("")}...`;
  });
  const message = `null value in column "${column}" of relation "${target.name}" violates not-null constraint`;
  return new PgError("23502", message, {
    detail: `Failing row contains (${row.join(", ")}).`,
    schema: target.schema,
    table: target.name,
    column,
    where,
  });
}

/** Straight into the stage: every column of the target is given, or has no default. */
async function appendBatches(
  { columns }: CopyInPlan,
  batches: AsyncIterable<AppendBatch>,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<number> {
  const { table, types, whole } = stage.appending(columns, mark);
  async function* marked(): AsyncGenerator<AppendBatch> {
    for await (const batch of batches) yield whole(batch);
  }
  const connection = await backend.services.engine.connect();
  try {
    return await connection.appendColumns(table, types, marked());
  } finally {
    connection.release();
  }
}
