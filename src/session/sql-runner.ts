/** SQL run from inside a routine: a backend of its own, as the caller, with nobody to talk to. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { decodeParameter } from "../pgtypes/parameter.ts";
import type { PlannedStatement } from "../query/plan.ts";
import type { SqlRunner } from "../routines/define.ts";
import { Backend } from "./backend.ts";
import { completeColumns } from "./describe.ts";
import { isLoneWrite, runLoneWrite } from "./lone-write.ts";
import type { Outcome } from "./portal.ts";
import { createTextReader } from "./text-rows.ts";

type Values = readonly (string | null)[];

export function sqlRunner(caller: Backend): SqlRunner {
  return {
    query: (sql, parameters = []) => rowsOf(caller, sql, parameters),
    async execute(sql, parameters = []) {
      return withBackend(caller, async (backend) => {
        const { statement, outcome } = await start(backend, sql, parameters);
        if (outcome.kind === "command") return outcome.tag;
        if (outcome.kind !== "rows")
          throw new PgError("0A000", `${statement.plan.kind} needs a client`);
        let count = 0;
        for await (const rows of textRows(backend, statement, outcome)) count += rows.length;
        return outcome.tag(count);
      });
    },
    transaction: (statements) =>
      withBackend(caller, async (backend) => {
        backend.transaction.ensure();
        backend.transaction.begin();
        for (const sql of statements) {
          const { statement, outcome } = await start(backend, sql, []);
          if (outcome.kind !== "command") {
            throw new PgError("0A000", `${statement.plan.kind} in a transaction of a routine's`);
          }
        }
      }),
  };
}

async function* rowsOf(
  caller: Backend,
  sql: string,
  parameters: Values,
): AsyncIterable<readonly Values[]> {
  const backend = background(caller);
  try {
    const { statement, outcome } = await start(backend, sql, parameters);
    if (outcome.kind !== "rows") return;
    yield* textRows(backend, statement, outcome);
    await backend.commit();
  } finally {
    await backend.end();
  }
}

async function withBackend<T>(caller: Backend, work: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = background(caller);
  try {
    const result = await work(backend);
    await backend.commit();
    return result;
  } finally {
    await backend.end();
  }
}

function background(caller: Backend): Backend {
  return new Backend(caller.services, {
    pid: caller.pid,
    secretKey: 0,
    role: caller.role,
    access: caller.access,
    database: caller.services.database,
    startupParameters: new Map([["TimeZone", caller.parameters.get("TimeZone")]]),
    clientAddress: null,
    clientPort: null,
    serverAddress: null,
    serverPort: null,
    gone: caller.signal,
    notice: caller.notice,
    parameterStatus: () => {},
    notification: () => {},
  });
}

export interface Execution {
  readonly statement: PlannedStatement;
  readonly outcome: Outcome;
}

/** The text's statements, each planned when those before it have run, in the backend's own transaction. */
export async function* executed(
  backend: Backend,
  sql: string,
  check: (planned: Pick<Execution, "statement">) => void,
): AsyncIterable<Execution> {
  for (const text of backend.services.parse(sql)) {
    const statement = await backend.plan(text, []);
    check({ statement });
    if (statement.parameterTypes.length > 0) throw new PgError("42P02", "there is no parameter $1");
    const request = { statement, parameters: [], channel: undefined, isBinary: false };
    yield { statement, outcome: await backend.services.execute(backend, request) };
  }
}

async function start(backend: Backend, sql: string, parameters: Values): Promise<Execution> {
  const [text, another] = backend.services.parse(sql);
  if (text === undefined || another !== undefined) {
    throw new PgError("42601", "exactly one statement is expected");
  }
  const statement = await backend.plan(text, []);
  const settings = backend.textSettings();
  await backend.knowTypes(statement.parameterTypes);
  const bound = statement.parameterTypes.map((typeOid, at) => {
    const value = parameters[at] ?? null;
    return decodeParameter(typeOid, 0, value === null ? null : Buffer.from(value), settings);
  });
  const request = { statement, parameters: bound, channel: undefined, isBinary: false };
  const outcome = isLoneWrite(statement, backend)
    ? await runLoneWrite(backend, request)
    : await backend.services.execute(backend, request);
  return { statement, outcome };
}

export async function* textRows(
  backend: Backend,
  statement: PlannedStatement,
  outcome: Extract<Outcome, { kind: "rows" }>,
): AsyncIterable<readonly Values[]> {
  const { rows } = outcome;
  if (rows.kind === "text") {
    yield rows.rows;
    return;
  }
  try {
    const columns = must(await completeColumns(statement, backend), "rows have columns");
    const read = createTextReader(
      columns.map((column, at) => ({
        type: must(rows.stream.columns[at], "the engine gives every column").type,
        typeOid: column.typeOid,
        typmod: column.typmod,
      })),
      backend.textSettings(),
    );
    for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
      yield read(batch);
      rows.sent = batch.rowCount;
    }
  } finally {
    await rows.close();
  }
}
