/** COPY's conversation: rows from CopyData into the stage, rows of a query out as CopyData. All or nothing. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import { createCopyDecoder } from "../pgtypes/copy-decoder.ts";
import { createCopyEncoder } from "../pgtypes/copy-encoder.ts";
import type { AppendBatch } from "../pgtypes/vector.ts";
import type { Plan } from "../query/plan.ts";
import type { FrontendMessage } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { columnDefaults } from "./column-defaults.ts";
import { completed } from "./describe.ts";
import { checkDomains } from "./domain-values.ts";
import { openRows } from "./engine-rows.ts";
import type { CopyIn, CopyOut } from "./portal.ts";
import type { Request } from "./request.ts";
import { tooManyRows } from "./role-limits.ts";
import type { Stage } from "./stage.ts";
import { staged } from "./writes.ts";

type CopyInPlan = Extract<Plan, { kind: "copy in" }>;
type CopyOutPlan = Extract<Plan, { kind: "copy out" }>;

export function copyIn(plan: CopyInPlan, backend: Backend, channel: Channel): CopyIn {
  return async () => {
    const format = plan.options.format === "binary" ? 1 : 0;
    const { count } = await staged(backend, plan.target, "INSERT", async (stage, mark) => {
      channel.send({
        type: "CopyInResponse",
        format,
        columnFormats: plan.columns.map(() => format),
      });
      await channel.flush();
      const batches = copiedBatches(plan, backend, channel);
      const defaults = columnDefaults(plan, backend);
      const copied = await (defaults
        ? defaults.insert(batches, stage, mark)
        : appendBatches(plan, batches, stage, mark, backend));
      const { target } = plan;
      const written = `(SELECT * FROM (${stage.written(target, mark)}) AS changes)`;
      await checkDomains(target, written, backend);
      return copied;
    });
    return count;
  };
}

export function copyOut(
  plan: CopyOutPlan,
  backend: Backend,
  request: Request,
  channel: Channel,
): CopyOut {
  return async () => {
    const rows = await openRows(plan.text, backend, request.parameters);
    const columns = completed(plan.columns, rows.stream.columns);
    try {
      const encoder = createCopyEncoder(
        columns.map(({ name, typeOid, typmod }, at) => ({
          name,
          typeOid,
          typmod,
          type: must(rows.stream.columns[at], "the engine gives every column").type,
        })),
        plan.options,
        backend.textSettings(),
      );
      const format = plan.options.format === "binary" ? 1 : 0;
      channel.send({ type: "CopyOutResponse", format, columnFormats: columns.map(() => format) });
      channel.sendBytes(encoder.start());
      let count = 0;
      const rowLimit = Number(backend.parameters.get("lakehouse.row_limit"));
      for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
        backend.signal.throwIfAborted();
        if (rowLimit > 0 && count + batch.rowCount > rowLimit) throw tooManyRows(rowLimit);
        encoder.encode(batch, 0, batch.rowCount, (bytes) => channel.sendBytes(bytes));
        rows.sent = batch.rowCount;
        count += batch.rowCount;
        await channel.drained(backend.signal);
      }
      channel.sendBytes(encoder.end());
      channel.send({ type: "CopyDone" });
      return count;
    } finally {
      await rows.close();
    }
  };
}

/** The statement's columns of every row the client sends, a batch at a time. */
async function* copiedBatches(
  plan: CopyInPlan,
  backend: Backend,
  channel: Channel,
): AsyncGenerator<AppendBatch> {
  await backend.knowTypes(plan.columns.map(({ typeOid }) => typeOid));
  const decoder = createCopyDecoder(
    plan.columns,
    {
      ...plan.options,
      table: plan.target.name,
      nullFault: (column, row, where) => nullFault(plan, column, row, where),
    },
    backend.textSettings(),
  );
  for (;;) {
    const message = await channel.next(backend.signal);
    backend.signal.throwIfAborted();
    switch (message?.type) {
      case "CopyData":
        yield* decoder.push(message.data);
        break;
      case "CopyDone":
        yield* decoder.end();
        return;
      case "Flush":
      case "Sync":
        break; // As PostgreSQL: a client may have sent them before it knew that COPY began.
      default:
        throw copyEnded(message);
    }
  }
}

/** `given` are the statement's columns as text; the others have no value. */
function nullFault(
  { target, columns }: CopyInPlan,
  at: number,
  given: readonly (string | null)[],
  where: string,
): PgError {
  const column = columns[at]?.name ?? "";
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

function copyEnded(message: FrontendMessage | undefined): PgError {
  if (message === undefined) {
    return new PgError("08006", "unexpected EOF on client connection with an open transaction", {
      severity: "FATAL",
    });
  }
  if (message.type === "CopyFail") {
    return new PgError("57014", `COPY from stdin failed: ${message.message}`);
  }
  return new PgError("08P01", `unexpected message ${message.type} during COPY from stdin`, {
    severity: "FATAL",
  });
}

/** Straight into the stage: every column of the target is given, or has no default. */
async function appendBatches(
  { target, columns }: CopyInPlan,
  batches: AsyncIterable<AppendBatch>,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<number> {
  const missing = target.columns.find(
    ({ name, notNull }) => notNull && !columns.some((column) => column.name === name),
  );
  const { table, types, whole } = stage.appending(columns, mark);
  async function* marked(): AsyncGenerator<AppendBatch> {
    for await (const batch of batches) {
      if (missing) throw absentColumn(target, missing);
      yield whole(batch);
    }
  }
  const connection = await backend.services.engine.connect();
  try {
    return await connection.appendColumns(table, types, marked());
  } finally {
    connection.release();
  }
}

function absentColumn({ schema, name }: Relation, { name: column }: RelationColumn): PgError {
  const message = `null value in column "${column}" of relation "${name}" violates not-null constraint`;
  return new PgError("23502", message, {
    schema,
    table: name,
    column,
    where: `COPY ${name}, line 1`,
  });
}
