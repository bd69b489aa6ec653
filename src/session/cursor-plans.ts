/** Cursors, prepared statements of SQL, DISCARD, LISTEN and NOTIFY. */
import { PgError } from "../base/error.ts";
import type { EngineParameter } from "../engine/engine.ts";
import { parseText } from "../pgtypes/text-input.ts";
import type { CallArgument, CursorPlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { argumentValue } from "./calls.ts";
import { Cursor } from "./cursor.ts";
import { completeColumns } from "./describe.ts";
import { executionOf } from "./expand.ts";
import { closePortal, newPortal, type Outcome, type Portal } from "./portal.ts";
import { prepare, replanned } from "./prepared.ts";
import type { Request } from "./request.ts";

type Declare = Extract<CursorPlan, { kind: "declare" }>;
type Fetch = Extract<CursorPlan, { kind: "fetch" }>;

const command = (tag: string): Outcome => ({ kind: "command", tag });

export async function runCursorPlan(
  plan: CursorPlan,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  switch (plan.kind) {
    case "declare":
      return declare(plan, backend, request);
    case "fetch":
      return fetch(plan, backend);
    case "close":
      await close(plan.name, backend);
      return command(plan.name === undefined ? "CLOSE CURSOR ALL" : "CLOSE CURSOR");
    case "prepare":
      return prepareSql(plan, backend, request);
    case "execute":
      return executePrepared(plan, backend, request);
    case "deallocate":
      return deallocate(plan.name, backend);
    case "discard":
      return discard(plan.target, backend);
    case "listen":
      backend.subscriber.listen(plan.channel);
      return command("LISTEN");
    case "unlisten":
      backend.subscriber.unlisten(plan.channel);
      return command("UNLISTEN");
    case "notify":
      backend.subscriber.notify(plan.channel, plan.payload);
      return command("NOTIFY");
    default:
      return plan satisfies never;
  }
}

async function declare(plan: Declare, backend: Backend, request: Request): Promise<Outcome> {
  if (!plan.hold && !backend.isInBlock) {
    throw new PgError("25P01", "DECLARE CURSOR can only be used in transaction blocks");
  }
  if (backend.portals.has(plan.name)) {
    throw new PgError("42P03", `cursor "${plan.name}" already exists`);
  }
  if (plan.query.plan.kind !== "select" && plan.query.plan.kind !== "constant") {
    throw new PgError("42601", "DECLARE CURSOR takes a query");
  }
  const text =
    plan.query.plan.kind === "select" ? plan.query.plan.text : constantText(plan.query.plan.rows);
  const columns = await completeColumns(plan.query, backend);
  const cursor = await Cursor.open(
    backend,
    text,
    request.parameters,
    plan.query.parameterTypes,
    plan.scroll !== false,
    plan.placesIn,
  );
  const portal = newPortal(plan.name, {
    statement: plan.query,
    columns,
    formats: plan.binary ? [1] : [0],
    parameters: request.parameters,
  });
  backend.portals.set(plan.name, { ...portal, isHoldable: plan.hold, cursor });
  return command("DECLARE CURSOR");
}

/** Rows known without the engine, put where cursors read theirs. */
function constantText(rows: readonly (readonly (string | null)[])[]) {
  const literal = (value: string | null) =>
    value === null ? "NULL" : `'${value.replaceAll("'", "''")}'`;
  const values = rows.map((row) => `(${row.map(literal).join(", ")})`).join(", ");
  return {
    pieces: [`SELECT * FROM (VALUES ${values})`],
    scans: [],
    calls: [],
    parameters: [],
    readsCatalog: false,
  };
}

async function fetch(plan: Fetch, backend: Backend): Promise<Outcome> {
  const portal = backend.portals.get(plan.name);
  if (portal !== undefined && portal.cursor === undefined && plan.isMove)
    return moveThrough(portal, plan.direction, backend);
  const cursor = cursorNamed(plan.name, backend);
  if (plan.isMove) {
    const { first, last } = cursor.move(plan.direction);
    return command(`MOVE ${Math.max(0, last - first + 1)}`);
  }
  const rows = await cursor.fetch(plan.direction);
  return { kind: "rows", rows, tag: (count) => `FETCH ${count}` };
}

/** MOVE of a portal that Bind has made: it goes forward and no other way. */
async function moveThrough(
  portal: Portal,
  { kind, count }: Fetch["direction"],
  backend: Backend,
): Promise<Outcome> {
  if (kind === "backward" || kind === "absolute" || count < 0)
    throw new PgError("55000", "cursor can only scan forward", {
      hint: "Declare it with SCROLL option to enable backward scan.",
    });
  const { statement, parameters } = portal;
  const request = { statement, parameters, channel: undefined, isBinary: false };
  portal.outcome ??= await backend.services.execute(backend, request);
  const moved = portal.isComplete ? 0 : await skipRows(portal.outcome, count);
  return command(`MOVE ${moved}`);
}

async function skipRows(outcome: Outcome, count: number): Promise<number> {
  if (outcome.kind !== "rows") return 0;
  const { rows } = outcome;
  if (rows.kind === "text") {
    const skipped = Math.min(count, rows.rows.length - rows.sent);
    rows.sent += skipped;
    return skipped;
  }
  let skipped = 0;
  while (skipped < count) {
    const batch = await rows.ready();
    if (batch === undefined) break;
    const some = Math.min(count - skipped, batch.rowCount - rows.sent);
    rows.sent += some;
    skipped += some;
  }
  return skipped;
}

function cursorNamed(name: string, backend: Backend): Cursor {
  const cursor = backend.portals.get(name)?.cursor;
  if (!cursor) throw new PgError("34000", `cursor "${name}" does not exist`);
  return cursor;
}

async function close(name: string | undefined, backend: Backend): Promise<void> {
  if (name === undefined) {
    await backend.closePortals((portal) => portal.cursor !== undefined);
    return;
  }
  const portal = backend.portals.get(name);
  if (!portal) throw new PgError("34000", `cursor "${name}" does not exist`);
  backend.portals.delete(name);
  await closePortal(portal);
}

async function prepareSql(
  plan: Extract<CursorPlan, { kind: "prepare" }>,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  if (backend.prepared.has(plan.name)) {
    throw new PgError("42P05", `prepared statement "${plan.name}" already exists`);
  }
  const [statement] = backend.services.parse(plan.sql);
  const { sql: source } = request.statement;
  const made = await prepare(backend, plan.name, statement, plan.parameterTypes, true, source);
  if (made.planned.plan.kind === "execute" || made.planned.plan.kind === "prepare") {
    const word = made.planned.plan.kind.toUpperCase();
    throw new PgError("42601", `syntax error at or near "${word}"`);
  }
  backend.prepared.set(plan.name, made);
  return command("PREPARE");
}

async function executePrepared(
  plan: Extract<CursorPlan, { kind: "execute" }>,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  return backend.services.execute(backend, await boundExecution(plan, backend, request));
}

/** The statement that EXECUTE names, as of now, with the values it is given. */
export async function boundExecution(
  plan: Extract<CursorPlan, { kind: "execute" }>,
  backend: Backend,
  request: Request,
): Promise<Request> {
  const prepared = backend.prepared.get(plan.name);
  if (!prepared) {
    throw new PgError("26000", `prepared statement "${plan.name}" does not exist`);
  }
  const current = await replanned(backend, prepared);
  const types = current.planned.parameterTypes;
  if (plan.arguments.length !== types.length) {
    throw new PgError("42601", `wrong number of parameters for prepared statement "${plan.name}"`, {
      detail: `Expected ${types.length} parameters but got ${plan.arguments.length}.`,
    });
  }
  const parameters = plan.arguments.map((argument, at) =>
    bound(argument, types[at] ?? 25, backend, request),
  );
  return { ...request, statement: current.planned, parameters };
}

function bound(
  argument: CallArgument,
  typeOid: number,
  backend: Backend,
  request: Request,
): EngineParameter {
  if (argument.kind === "constant") {
    return parseText(typeOid, -1, argument.text, backend.textSettings());
  }
  const value = argumentValue(argument, executionOf(backend, request.parameters));
  return parseText(typeOid, -1, value === null ? null : String(value), backend.textSettings());
}

function deallocate(name: string | undefined, backend: Backend): Outcome {
  if (name === undefined) {
    forgetPrepared(backend);
    return command("DEALLOCATE ALL");
  }
  if (!backend.prepared.delete(name)) {
    throw new PgError("26000", `prepared statement "${name}" does not exist`);
  }
  return command("DEALLOCATE");
}

async function discard(
  target: Extract<CursorPlan, { kind: "discard" }>["target"],
  backend: Backend,
): Promise<Outcome> {
  if (target === "temporary") await dropTemporary(backend);
  if (target === "sequences") backend.sequences.discard();
  if (target !== "all")
    return command(`DISCARD ${target === "temporary" ? "TEMP" : target.toUpperCase()}`);
  if (backend.isInBlock) {
    throw new PgError("25001", "DISCARD ALL cannot run inside a transaction block");
  }
  await backend.closePortals((portal) => portal.name !== "");
  backend.parameters.reset("session_authorization");
  backend.parameters.resetAll();
  forgetPrepared(backend);
  backend.sequences.discard();
  backend.subscriber.unlisten(undefined);
  await dropTemporary(backend);
  return command("DISCARD ALL");
}

async function dropTemporary({ transaction }: Backend): Promise<void> {
  const names = await transaction.catalog();
  const schema = names.temporary?.name;
  if (schema === undefined) return;
  const own = [...names.relations()].filter((relation) => relation.schema === schema);
  for (const { oid } of own) transaction.change({ kind: "drop table", oid });
}

/** All but the unnamed one, which is the protocol's alone. */
function forgetPrepared({ prepared }: Backend): void {
  for (const name of prepared.keys()) if (name !== "") prepared.delete(name);
}
