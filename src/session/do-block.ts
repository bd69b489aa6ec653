/** A DO block's steps, run one after the other in the session's own transaction. */
import { randomUUID } from "node:crypto";
import { must } from "../base/assert.ts";
import { asPgError, type ErrorDetails, PgError } from "../base/error.ts";
import type { BlockStep, RaiseOption, RaiseStep } from "../query/block-plan.ts";
import { sqlstateNamed } from "../query/plpgsql/conditions.ts";
import { handled } from "../query/plpgsql/handled.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";
import { type Execution, executed, textRows } from "./sql-runner.ts";

/** What PL/pgSQL calls each step in the context of an error. */
const titles: Readonly<Record<Exclude<BlockStep["kind"], "block">, string>> = {
  sql: "SQL statement",
  perform: "PERFORM",
  execute: "EXECUTE",
  raise: "RAISE",
  if: "IF",
  return: "RETURN",
};

export async function runBlock(block: BlockStep, backend: Backend): Promise<Outcome> {
  await runStep(block, backend);
  return { kind: "command", tag: "DO" };
}

/** True: RETURN was met. */
async function runSteps(steps: readonly BlockStep[], backend: Backend): Promise<boolean> {
  for (const step of steps) if (await runStep(step, backend)) return true;
  return false;
}

async function runStep(step: BlockStep, backend: Backend): Promise<boolean> {
  switch (step.kind) {
    case "block":
      return guarded(step, backend);
    case "if":
      for (const { condition, steps } of step.branches) {
        const holds = condition === undefined || (await value(condition, step, backend)) === "t";
        if (holds) return runSteps(steps, backend);
      }
      return false;
    case "return":
      return true;
    case "sql":
      await inContext(step, step.sql, () => run(step.sql, false, backend));
      return false;
    case "perform":
      await inContext(step, step.sql, () => run(step.sql, true, backend));
      return false;
    case "execute":
      await execute(step, backend);
      return false;
    case "raise":
      await inContext(step, undefined, () => raise(step, backend));
      return false;
    default:
      return step satisfies never;
  }
}

/** What its steps have done is undone before a handler runs. */
async function guarded(
  { steps, handlers }: Extract<BlockStep, { kind: "block" }>,
  backend: Backend,
): Promise<boolean> {
  if (handlers.length === 0) return runSteps(steps, backend);
  const name = `block ${randomUUID()}`;
  backend.savepoint(name);
  try {
    const isOver = await runSteps(steps, backend);
    backend.release(name);
    return isOver;
  } catch (error) {
    const known = asPgError(error);
    const { sqlstate } = known;
    const handler = handlers.find(({ conditions }) =>
      conditions.some((one) => names(one, sqlstate)),
    );
    if (handler === undefined) throw error;
    await backend.rollbackTo(name);
    backend.release(name);
    return runSteps(handled(handler.steps, known), backend);
  }
}

/** A code that ends in 000 stands for its class; a cancelled statement and a failed assertion are not among the others. */
function names(condition: string, sqlstate: string): boolean {
  if (condition === "others") return sqlstate !== "57014" && sqlstate !== "P0004";
  return condition.endsWith("000")
    ? sqlstate.startsWith(condition.slice(0, 2))
    : sqlstate === condition;
}

async function execute(
  step: Extract<BlockStep, { kind: "execute" }>,
  backend: Backend,
): Promise<void> {
  const sql = await value(step.value, step, backend);
  if (sql === null)
    await inContext(step, undefined, () => {
      throw new PgError("22004", "query string argument of EXECUTE is null");
    });
  else await inContext(step, sql, () => run(sql, true, backend));
}

async function run(sql: string, discardsRows: boolean, backend: Backend): Promise<void> {
  for await (const execution of executed(backend, sql, refuse)) {
    const { outcome } = execution;
    if (outcome.kind === "copy in" || outcome.kind === "copy out")
      throw new PgError("0A000", "cannot COPY to/from client in PL/pgSQL");
    if (outcome.kind !== "rows") continue;
    if (!discardsRows) {
      await closeRows(outcome);
      throw noDestination(execution);
    }
    for await (const _ of textRows(backend, execution.statement, outcome));
  }
}

async function closeRows({ rows }: Extract<Outcome, { kind: "rows" }>): Promise<void> {
  if (rows.kind !== "text") await rows.close();
}

function noDestination({ statement }: Execution): PgError {
  const isSelect = statement.plan.kind === "select" || statement.plan.kind === "constant";
  const hint = "If you want to discard the results of a SELECT, use PERFORM instead.";
  return new PgError("42601", "query has no destination for result data", isSelect ? { hint } : {});
}

/** A block is one statement of its transaction, which it can neither end nor divide. */
function refuse({ statement }: Pick<Execution, "statement">): void {
  switch (statement.plan.kind) {
    case "begin":
    case "commit":
    case "rollback":
    case "savepoint":
    case "release":
    case "rollback to":
    case "prepare transaction":
    case "end prepared":
      throw new PgError("0A000", "EXECUTE of transaction commands is not implemented");
    default:
  }
}

/** The first column of the first row. */
async function value(sql: string, step: BlockStep, backend: Backend): Promise<string | null> {
  return (await inContext(step, undefined, () => row(sql, backend)))[0] ?? null;
}

async function row(sql: string, backend: Backend): Promise<readonly (string | null)[]> {
  let found: readonly (string | null)[] | undefined;
  for await (const { statement, outcome } of executed(backend, sql, refuse)) {
    if (outcome.kind !== "rows") throw new PgError("42601", "an expression is expected");
    for await (const rows of textRows(backend, statement, outcome)) found ??= rows[0];
  }
  return found ?? [];
}

async function raise(step: RaiseStep, backend: Backend): Promise<void> {
  const { level, format, condition, options, again } = step;
  if (again !== undefined) throw again;
  if (format === undefined && condition === undefined && options.length === 0)
    throw new PgError(
      "0Z002",
      "RAISE without parameters cannot be used outside an exception handler",
    );
  const given = new Map<RaiseOption, string>();
  if (format !== undefined) given.set("message", await message(step, format, backend));
  for (const { name, value: sql } of options) {
    if (given.has(name))
      throw new PgError("42601", `RAISE option already specified: ${name.toUpperCase()}`);
    const [text = null] = await row(sql, backend);
    if (text === null) throw new PgError("22004", "RAISE statement option cannot be null");
    given.set(name, text);
  }
  const named = given.get("errcode") ?? condition;
  const sqlstate = named === undefined ? codeOf(level) : sqlstateNamed(named);
  if (sqlstate === undefined)
    throw new PgError("42704", `unrecognized exception condition "${named}"`);
  const text = given.get("message") ?? condition ?? sqlstate;
  const details = detailsOf(given);
  if (level === "EXCEPTION") throw new PgError(sqlstate, text, details);
  backend.notice({ severity: level, sqlstate, message: text, ...details, where: placeOf(step) });
}

/** The same for what nobody has given a code. */
function codeOf(level: RaiseStep["level"]): string {
  if (level === "EXCEPTION") return "P0001";
  return level === "WARNING" ? "01000" : "00000";
}

async function message({ values }: RaiseStep, format: string, backend: Backend): Promise<string> {
  const texts = values === undefined ? [] : await row(values, backend);
  let at = 0;
  return format.replace(/%%|%/g, (mark) => (mark === "%%" ? "%" : (texts[at++] ?? "<NULL>")));
}

function detailsOf(given: ReadonlyMap<RaiseOption, string>): Omit<ErrorDetails, "severity"> {
  return {
    detail: given.get("detail"),
    hint: given.get("hint"),
    schema: given.get("schema"),
    table: given.get("table"),
    column: given.get("column"),
    dataType: given.get("datatype"),
    constraint: given.get("constraint"),
  };
}

/** Errors tell where they come from, as PL/pgSQL's do; a place in the client's text they have not. */
async function inContext<T>(
  step: BlockStep,
  sql: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (caught) {
    const error = asPgError(caught);
    const { position, where, ...details } = error.details;
    const isText = position !== undefined || sql === undefined;
    const lines = [where, isText ? undefined : `SQL statement "${sql}"`, placeOf(step)];
    const context = lines.filter((line) => line !== undefined).join("\n");
    throw new PgError(
      error.sqlstate,
      error.message,
      { ...details, where: context },
      { cause: error },
    );
  }
}

function placeOf({ kind, line }: BlockStep): string {
  const title = must(kind === "block" ? "a block" : titles[kind], "a step has a title");
  return `PL/pgSQL function inline_code_block line ${line} at ${title}`;
}
