/** A function or procedure of statements: run one after the other in the caller's transaction, the last one's rows kept. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { isInput, type UserFunction } from "../catalog/user-function.ts";
import type { EngineParameter } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { readValue } from "../pgtypes/read-value.ts";
import { parseText } from "../pgtypes/text-input.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { functionStatements } from "../query/analyze/function-body.ts";
import type { FunctionCall, Plan, PlannedStatement } from "../query/plan.ts";
import { plan } from "../query/statement.ts";
import type { Backend } from "./backend.ts";
import { openRows } from "./engine-rows.ts";
import type { Outcome, RowSource } from "./portal.ts";

let serial = 0;

/** Functions that run within each other, for each session. */
const depths = new WeakMap<Backend, number>();
const depthMax = 100;

/** The engine table of what it gives, which the caller drops: columns under their names, of the types declared. */
export async function runFunction(
  call: FunctionCall,
  backend: Backend,
  parameters: readonly EngineParameter[],
): Promise<string> {
  const values = await argumentValues(call, backend, parameters);
  const isSkipped = call.made.isStrict && values.some(({ value }) => value === null);
  const depth = depths.get(backend) ?? 0;
  if (depth >= depthMax) throw new PgError("54001", "stack depth limit exceeded");
  depths.set(backend, depth + 1);
  try {
    const last = isSkipped ? undefined : await runStatements(call.made, values, backend);
    return await resultTable(call, last, backend);
  } finally {
    depths.set(backend, depth);
  }
}

async function argumentValues(
  { arguments: text }: FunctionCall,
  backend: Backend,
  parameters: readonly EngineParameter[],
): Promise<readonly EngineParameter[]> {
  if (text === undefined) return [];
  const rows = await openRows(text, backend, parameters);
  try {
    const batch = must(await rows.ready(), "arguments are one row");
    return batch.vectors.map((vector) => ({ type: vector.type, value: readValue(vector, 0) }));
  } finally {
    await rows.close();
  }
}

interface LastRows {
  readonly types: readonly LogicalType[];
  readonly table: string | undefined;
}

async function runStatements(
  made: UserFunction,
  values: readonly EngineParameter[],
  backend: Backend,
): Promise<LastRows | undefined> {
  const { catalog } = await backend.context();
  const statements = functionStatements(made, new Set(catalog.buckets));
  const types = made.parameters.filter(isInput).map(({ type }) => type);
  let last: LastRows | undefined;
  for (const [at, text] of statements.entries()) {
    try {
      const context = { ...(await backend.context()), running: made };
      const statement = await plan(text, types, context);
      refuseControl(statement.plan, made);
      const request = { statement, parameters: values, channel: undefined, isBinary: false };
      const outcome = await backend.services.execute(backend, request);
      const isLast = at === statements.length - 1;
      last = await finished(outcome, statement, isLast && givesRows(made), backend);
    } catch (error) {
      throw error instanceof PgError ? toldOf(error, made, at) : error;
    }
  }
  return last;
}

const givesRows = ({ isProcedure, parameters, returnType }: UserFunction) =>
  isProcedure
    ? parameters.some(({ mode }) => mode === "o" || mode === "b")
    : returnType !== voidOid;

const voidOid = 2278;

const controls: Partial<Record<Plan["kind"], string>> = {
  begin: "BEGIN",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  savepoint: "SAVEPOINT",
  release: "RELEASE SAVEPOINT",
  "rollback to": "ROLLBACK TO SAVEPOINT",
};

function refuseControl({ kind }: Plan, { name }: UserFunction): void {
  const verb = controls[kind];
  if (verb !== undefined) throw new PgError("0A000", `${verb} is not allowed in an SQL function`);
  if (kind === "copy in" || kind === "copy out")
    throw new PgError("0A000", "cannot COPY to/from client in an SQL function");
  if (kind === "vacuum" || kind === "checkpoint")
    throw new PgError("25001", `${kind.toUpperCase()} cannot be executed from function ${name}`);
}

/** Places are those of the function's text, which the client has not sent. */
function toldOf(error: PgError, { name }: UserFunction, at: number): PgError {
  const { position, where, ...details } = error.details;
  const own = `SQL function "${name}" statement ${at + 1}`;
  return new PgError(
    error.sqlstate,
    error.message,
    { ...details, where: where === undefined ? own : `${where}\n${own}` },
    { cause: error.cause },
  );
}

/** Every statement is run to its end. */
async function finished(
  outcome: Outcome,
  statement: PlannedStatement,
  isKept: boolean,
  backend: Backend,
): Promise<LastRows | undefined> {
  if (outcome.kind !== "rows") return undefined;
  const { rows } = outcome;
  try {
    if (isKept) return await keptRows(rows, statement, backend);
    if (rows.kind === "stream")
      while ((await rows.ready()) !== undefined) rows.sent = rows.batch?.rowCount ?? 0;
    return undefined;
  } finally {
    await rows.close();
  }
}

async function keptRows(
  rows: RowSource,
  { columns = [] }: PlannedStatement,
  { services: { engine } }: Backend,
): Promise<LastRows> {
  const types =
    rows.kind === "stream"
      ? rows.stream.columns.map(({ type }) => (type.id === "NULL" ? textType : type))
      : columns.map(({ typeOid, typmod }) => logicalTypeFor(typeOid, typmod) ?? textType);
  if (types.length === 0) return { types, table: undefined };
  const name = `g${++serial}`;
  const table = `call.${name}`;
  const definitions = types.map((type, at) => `c${at} ${engineTypeName(type)}`);
  await engine.system(`CREATE TABLE ${table} (${definitions.join(", ")})`);
  const connection = await engine.connect();
  try {
    const given =
      rows.kind === "stream"
        ? streamed(rows)
        : rows.rows.map((row) =>
            row.map((text, at) =>
              text === null ? null : parseText(columns[at]?.typeOid ?? 25, -1, text).value,
            ),
          );
    await connection.append({ schema: "call", name }, types, given);
    return { types, table };
  } catch (error) {
    await engine.system(`DROP TABLE IF EXISTS ${table}`);
    throw error;
  } finally {
    connection.release();
  }
}

const textType: LogicalType = { id: "VARCHAR" };

async function* streamed(
  rows: Extract<RowSource, { kind: "stream" }>,
): AsyncIterable<readonly EngineValue[]> {
  for (let batch = await rows.ready(); batch !== undefined; batch = await rows.ready()) {
    for (let row = 0; row < batch.rowCount; row++)
      yield batch.vectors.map((vector) => readValue(vector, row));
    rows.sent = batch.rowCount;
  }
}

/** What is no set is one row, of NULLs when there was none. */
async function resultTable(
  { made, columns }: FunctionCall,
  last: LastRows | undefined,
  { services: { engine } }: Backend,
): Promise<string> {
  const table = `call.f${++serial}`;
  const list = columns.map(({ name, typeOid }, at) => {
    const value = last?.table === undefined || at >= last.types.length ? "NULL" : `rows.c${at}`;
    const type = logicalTypeFor(typeOid, -1) ?? { id: "INTEGER" as const };
    return `CAST(${value} AS ${engineTypeName(type)}) AS ${quoteName(name)}`;
  });
  const rows = last?.table ?? "(SELECT NULL AS c0 WHERE false)";
  const from = made.returnsSet
    ? `${rows} AS rows`
    : `(SELECT 1) AS one LEFT JOIN (SELECT * FROM ${rows} AS all_rows LIMIT 1) AS rows ON true`;
  try {
    await engine.system(
      `CREATE TABLE ${table} AS SELECT ${list.length === 0 ? "1 AS one" : list.join(", ")} FROM ${from}`,
    );
    return table;
  } finally {
    if (last?.table !== undefined) await engine.system(`DROP TABLE IF EXISTS ${last.table}`);
  }
}
