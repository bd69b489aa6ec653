/** Routines and live relations standing in FROM: they run first, and their rows wait in engine tables. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { Asker } from "../catalog/relation.ts";
import type { SequenceSource } from "../catalog/sequence.ts";
import type { Sequences } from "../catalog/sequences.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { parseText } from "../pgtypes/text-input.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Call, CallArgument, RoutineCall } from "../query/plan.ts";
import type { Routine, RoutineContext } from "../routines/define.ts";
import type { Execution } from "./expand.ts";
import type { Services } from "./services.ts";
import type { Transaction } from "./transaction.ts";

let serial = 0;

/** How many rows a routine may give before the rest must be asked for in parts. */
const callRowsMax = 10_000_000;

/** What takes the whole session to know. */
export type RunCall = Extract<Call, { kind: "function" | "current row" }>;

type CallServices = Pick<Services, "engine" | "sequences">;

export interface MaterializedCalls {
  readonly names: readonly string[];
  drop(): Promise<void>;
}

export async function materializeCalls(
  calls: readonly Call[],
  execution: Execution,
  asker: Asker,
  /** Undefined when there are no calls. */
  context: RoutineContext | undefined,
  services: CallServices,
  run: (call: RunCall) => Promise<string>,
): Promise<MaterializedCalls> {
  const { engine } = services;
  const names: string[] = [];
  const drop = async () => {
    for (const name of names) await engine.system(`DROP TABLE IF EXISTS ${name}`);
  };
  try {
    for (const call of calls)
      names.push(
        call.kind === "function" || call.kind === "current row"
          ? await run(call)
          : await materialize(call, execution, asker, context, services),
      );
  } catch (error) {
    await drop();
    throw error;
  }
  return { names, drop };
}

async function materialize(
  call: Exclude<Call, RunCall>,
  execution: Execution,
  asker: Asker,
  context: RoutineContext | undefined,
  { engine, sequences }: CallServices,
): Promise<string> {
  if (call.kind === "live") {
    const { source, columns } = call.relation;
    if (source.kind === "sequence")
      return rowsTable(columns, [await sequenceRow(source, sequences)], engine);
    if (source.kind !== "live") throw new PgError("XX000", "a live relation has a live source");
    return rowsTable(source.live.columns, await source.live.rows(asker), engine);
  }
  const { routine } = call.call;
  const columns = Object.entries(routine.returns).map(([name, column]) => ({
    name,
    typeOid: column.typeOid,
  }));
  return rowsTable(
    columns,
    routineRows(call.call, execution, must(context, "a call has its context")),
    engine,
  );
}

async function sequenceRow(
  source: SequenceSource,
  sequences: Sequences,
): Promise<readonly EngineValue[]> {
  const counter = sequences.counter(source);
  await counter.refresh();
  const { last, isCalled } = counter.position;
  return [last, BigInt(counter.left), isCalled];
}

/** What commits by itself can be part of no other transaction: neither would it see what that has written, nor go back with it. */
export function assertOutsideBlock(routine: Routine, { status, mark }: Transaction): void {
  if (!routine.ownTransaction || (status !== "block" && mark === 0)) return;
  throw new PgError("25001", `${routine.name} cannot run inside a transaction block`, {
    hint: "It commits by itself: run it in autocommit mode, as a statement of its own.",
  });
}

/** The rows of a routine in its declaration's column order. */
export async function* routineRows(
  call: RoutineCall,
  execution: Execution,
  context: RoutineContext,
): AsyncIterable<readonly EngineValue[]> {
  const { routine } = call;
  const names = Object.keys(routine.returns);
  let rows = 0;
  for await (const row of routine.run(argumentValues(call, execution), context)) {
    context.signal.throwIfAborted();
    if (++rows > callRowsMax) {
      throw new PgError("54000", `${routine.name} gives more than ${callRowsMax} rows`);
    }
    yield names.map((name) => row[name] ?? null);
  }
}

export function argumentValues(
  call: RoutineCall,
  execution: Execution,
): Readonly<Record<string, EngineValue>> {
  const names = Object.keys(call.routine.arguments);
  return Object.fromEntries(
    call.arguments.map((argument, at) => [
      must(names[at], "an argument has its declaration"),
      argumentValue(argument, execution),
    ]),
  );
}

export function argumentValue(argument: CallArgument, execution: Execution): EngineValue {
  if (argument.kind === "parameter") {
    return must(execution.parameters[argument.index], "an argument's parameter is bound").value;
  }
  return argument.text === null ? null : parseText(argument.typeOid, -1, argument.text).value;
}

async function rowsTable(
  columns: readonly { readonly name: string; readonly typeOid: number }[],
  rows: Iterable<readonly EngineValue[]> | AsyncIterable<readonly EngineValue[]>,
  engine: Engine,
): Promise<string> {
  const table = { schema: "call", name: `c${++serial}` };
  const types = columns.map(({ typeOid }) =>
    must(logicalTypeFor(typeOid, -1), `type ${typeOid} has an engine type`),
  );
  const definitions = columns.map(
    ({ name }, at) => `${quoteName(name)} ${engineTypeName(must(types[at], "a type a column"))}`,
  );
  const engineName = `${table.schema}.${table.name}`;
  await engine.system(`CREATE TABLE ${engineName} (${definitions.join(", ")})`);
  const connection = await engine.connect();
  try {
    await connection.append(table, types, rows);
  } catch (error) {
    await engine.system(`DROP TABLE IF EXISTS ${engineName}`);
    throw error;
  } finally {
    connection.release();
  }
  return engineName;
}
