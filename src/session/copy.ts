/** COPY's conversation: rows from CopyData into the stage, rows of a query out as CopyData. All or nothing. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { createCopyDecoder } from "../pgtypes/copy-decoder.ts";
import { createCopyEncoder } from "../pgtypes/copy-encoder.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Plan } from "../query/plan.ts";
import type { FrontendMessage } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { columnDefaults } from "./column-defaults.ts";
import { completed } from "./describe.ts";
import { openRows } from "./engine-rows.ts";
import type { CopyIn, CopyOut } from "./portal.ts";
import type { Request } from "./request.ts";
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
      const rows = copiedRows(plan, backend, channel);
      const defaults = await columnDefaults(plan, backend);
      return defaults
        ? defaults.insert(rows, stage, mark)
        : appendRows(plan, rows, stage, mark, backend);
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
      for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
        backend.signal.throwIfAborted();
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

/** The statement's columns of every row the client sends. */
async function* copiedRows(
  plan: CopyInPlan,
  backend: Backend,
  channel: Channel,
): AsyncGenerator<EngineValue[]> {
  await backend.knowTypes(plan.columns.map(({ typeOid }) => typeOid));
  const decoder = createCopyDecoder(
    plan.columns,
    { ...plan.options, table: plan.target.name },
    backend.textSettings(),
  );
  const required = plan.columns.flatMap((column, at) => (column.notNull ? [at] : []));
  let line = 0;
  const checked = (row: EngineValue[]): EngineValue[] => {
    line++;
    for (const at of required) {
      if (row[at] === null) throw nullValue(plan, at, line);
    }
    return row;
  };
  for (;;) {
    const message = await channel.next(backend.signal);
    backend.signal.throwIfAborted();
    switch (message?.type) {
      case "CopyData":
        for (const row of decoder.push(message.data)) yield checked(row);
        break;
      case "CopyDone":
        for (const row of decoder.end()) yield checked(row);
        return;
      case "Flush":
      case "Sync":
        break; // As PostgreSQL: a client may have sent them before it knew that COPY began.
      default:
        throw copyEnded(message);
    }
  }
}

function nullValue(plan: CopyInPlan, at: number, line: number): PgError {
  const column = plan.columns[at]?.name ?? "";
  const message = `null value in column "${column}" of relation "${plan.target.name}" violates not-null constraint`;
  return new PgError("23502", message, {
    schema: plan.target.schema,
    table: plan.target.name,
    column,
    where: `COPY ${plan.target.name}, line ${line}`,
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
async function appendRows(
  plan: CopyInPlan,
  rows: AsyncIterable<EngineValue[]>,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<number> {
  const { target, columns } = plan;
  const missing = target.columns.find(
    (column) => column.notNull && !columns.some(({ name }) => name === column.name),
  );
  const { table, types, whole } = stage.appending(columns, mark);
  async function* marked(): AsyncGenerator<EngineValue[]> {
    for await (const row of rows) {
      if (missing) throw nullValue({ ...plan, columns: [missing] }, 0, 1);
      yield whole(row);
    }
  }
  const connection = await backend.services.engine.connect();
  try {
    return await connection.append(table, types, marked());
  } finally {
    connection.release();
  }
}
