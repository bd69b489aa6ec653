/** Plan → Outcome: one function branches, the ones it calls do the work. */
import { PgError } from "../base/error.ts";
import type { Call, EngineText, FunctionCall, Plan } from "../query/plan.ts";
import { changeAccess } from "./access-changes.ts";
import { analyze } from "./analyze.ts";
import type { Backend } from "./backend.ts";
import { assertOutsideBlock, routineRows } from "./calls.ts";
import type { Channel } from "./channel.ts";
import { refuseWaiting, setConstraints } from "./check-deferred.ts";
import { copyIn, copyOut } from "./copy.ts";
import { runCursorPlan } from "./cursor-plans.ts";
import { define, isDefinition } from "./definitions.ts";
import { runBlock } from "./do-block.ts";
import { openResult, openRows, rowsTag } from "./engine-rows.ts";
import { executionOf } from "./expand.ts";
import { explain } from "./explain.ts";
import { runParameterPlan } from "./parameter-plans.ts";
import { type Outcome, TextRows } from "./portal.ts";
import type { Request } from "./request.ts";
import { routineContext } from "./routine-context.ts";
import { lockTables, waitForTables } from "./table-locks.ts";
import { runTransactionPlan } from "./transaction-plans.ts";
import { runUpkeepPlan } from "./upkeep-plans.ts";
import { runWrites } from "./with-writes.ts";

export async function execute(backend: Backend, request: Request): Promise<Outcome> {
  const { statement } = request;
  const isReadOnly = backend.parameters.get("transaction_read_only") === "on";
  if (isReadOnly && !statement.isReadOnly) {
    throw new PgError("25006", `cannot execute ${verb(statement.plan)} in a read-only transaction`);
  }
  if (!withoutSnapshot.has(statement.plan.kind)) backend.parameters.queryStarted();
  if (backend.services.advisoryLocks.tables > 0) await waitForTables(statement, backend);
  if (backend.transaction.deferred.waiting.length > 0) await refuseWaiting(statement.plan, backend);
  return run(statement.plan, backend, request);
}

/** Statements that look at nothing: a transaction's modes can be set after them. */
const withoutSnapshot: ReadonlySet<Plan["kind"]> = new Set<Plan["kind"]>([
  ...(["begin", "commit", "rollback", "savepoint", "release", "rollback to"] as const),
  ...(["prepare transaction", "end prepared"] as const),
  ...(["set transaction", "set", "reset all", "show", "show all"] as const),
  ...(["set role", "set session authorization"] as const),
  ...([
    "fetch",
    "close",
    "deallocate",
    "discard",
    "listen",
    "unlisten",
    "notify",
    "empty",
  ] as const),
]);

async function run(plan: Plan, backend: Backend, request: Request): Promise<Outcome> {
  if (isDefinition(plan)) return define(plan, backend, request);
  switch (plan.kind) {
    case "select":
      return selectRows(plan.text, backend, request);
    case "constant":
      return constantRows(plan);
    case "insert":
    case "modify":
    case "truncate":
    case "with":
      return runWrites(plan, backend, request);
    case "copy in":
    case "copy out":
    case "copy returned":
      return copy(plan, backend, request);
    case "create role":
    case "alter role":
    case "alter role set":
    case "drop role":
    case "grant role":
    case "grant":
    case "default privileges":
      return changeAccess(plan, backend);
    case "call":
      return callRoutine(plan.call, backend, request);
    case "call procedure":
      return callProcedure(plan.call, backend, request);
    case "do":
      return runBlock(plan.block, backend);
    case "set":
    case "reset all":
    case "show":
    case "show all":
    case "set role":
    case "set session authorization":
    case "set config":
      return runParameterPlan(plan, backend, request);
    case "begin":
    case "commit":
    case "rollback":
    case "savepoint":
    case "release":
    case "rollback to":
    case "prepare transaction":
    case "end prepared":
    case "set transaction":
      return runTransactionPlan(plan, backend);
    case "declare":
    case "fetch":
    case "close":
    case "prepare":
    case "execute":
    case "deallocate":
    case "discard":
    case "listen":
    case "unlisten":
    case "notify":
      return runCursorPlan(plan, backend, request);
    case "set constraints":
      return setConstraints(plan, backend);
    case "lock table":
      return lockTables(plan, backend);
    case "explain":
      return explain(plan, backend, request);
    case "analyze":
      return analyze(plan, backend);
    case "vacuum":
    case "checkpoint":
      return runUpkeepPlan(plan, backend);
    case "empty":
    case "nothing":
      return nothing(plan, backend);
    default:
      return plan satisfies never;
  }
}

function copy(
  plan: Extract<Plan, { kind: "copy in" | "copy out" | "copy returned" }>,
  backend: Backend,
  request: Request,
): Outcome {
  const channel = channelOf(request);
  return plan.kind === "copy in"
    ? { kind: "copy in", run: copyIn(plan, backend, channel) }
    : { kind: "copy out", run: copyOut(plan, backend, request, channel) };
}

export function constantRows({ rows, tag }: Extract<Plan, { kind: "constant" }>): Outcome {
  return { kind: "rows", rows: new TextRows(rows), tag: rowsTag(tag.split(" ", 1)[0] ?? "") };
}

function nothing(plan: Extract<Plan, { kind: "empty" | "nothing" }>, backend: Backend): Outcome {
  if (plan.kind === "empty") return { kind: "empty" };
  const { tag, notice, sqlstate = "00000" } = plan;
  if (notice !== undefined) {
    backend.notice({ severity: "NOTICE", sqlstate, message: notice });
  }
  return { kind: "command", tag };
}

async function selectRows(text: EngineText, backend: Backend, request: Request): Promise<Outcome> {
  const rows = await openRows(text, backend, request.parameters);
  return { kind: "rows", rows, tag: rowsTag("SELECT") };
}

async function callRoutine(
  call: Extract<Plan, { kind: "call" }>["call"],
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  const { routine } = call;
  const text = rowsOfCall({ kind: "routine", call });
  if (Object.keys(routine.returns).length === 0) {
    assertOutsideBlock(routine, backend.transaction);
    const execution = executionOf(backend, request.parameters);
    for await (const _ of routineRows(call, execution, await routineContext(backend)));
    return { kind: "command", tag: "CALL" };
  }
  const rows = await openRows(text, backend, request.parameters);
  return { kind: "rows", rows, tag: () => "CALL" };
}

function rowsOfCall(call: Call): EngineText {
  return {
    pieces: ["SELECT * FROM ", { call: 0 }],
    scans: [],
    calls: [call],
    parameters: [],
    readsCatalog: false,
  };
}

async function callProcedure(
  call: FunctionCall,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  const text = rowsOfCall({ kind: "function", call });
  const rows = await openResult(text, backend, request.parameters, {});
  if (call.columns.length > 0) return { kind: "rows", rows, tag: () => "CALL" };
  await rows.close();
  return { kind: "command", tag: "CALL" };
}

function channelOf(request: Request): Channel {
  if (request.channel === undefined) {
    throw new PgError("0A000", "COPY FROM STDIN and TO STDOUT need a client to talk to");
  }
  return request.channel;
}

function verb(plan: Plan): string {
  switch (plan.kind) {
    case "insert":
      return "INSERT";
    case "modify":
      return plan.verb;
    case "with":
      return plan.main.kind === "select" ? "SELECT" : verb(plan.main);
    case "copy in":
      return "COPY FROM";
    case "copy returned":
      return verb(plan.statement.plan);
    case "call":
    case "call procedure":
      return "CALL";
    case "truncate":
      return "TRUNCATE TABLE";
    default:
      return plan.kind.toUpperCase();
  }
}
