/**
 * A statement that writes and is a transaction of its own: committed before anything of it is answered, and run again on what
 * is there now when others were faster. https://www.postgresql.org/docs/15/mvcc-serialization-failure-handling.html
 */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Plan, PlannedStatement } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import type { Outcome, Portal } from "./portal.ts";
import { sendPortalRows } from "./portal-rows.ts";
import { isLostRace } from "./refusals.ts";
import type { Request } from "./request.ts";
import type { Services } from "./services.ts";

/** Staged in the transaction and nothing else, so that going back takes all of it back. */
const repeatable: ReadonlySet<Plan["kind"]> = new Set<Plan["kind"]>([
  "insert",
  "modify",
  "truncate",
  "with",
  "call procedure",
  "create table",
  "create view",
  "refresh",
  "put function",
  "drop function",
  "alter table",
  "rename table",
  "create sequence",
  "alter sequence",
  "drop table",
  "comment",
  "create schema",
  "drop schema",
  "alter schema",
  "create type",
  "alter type",
  "drop type",
  "alter tables",
  "several",
]);

/** True for a statement about to run that nothing but itself shares a transaction with, as far as one knows. */
export function isLoneWrite({ plan }: PlannedStatement, backend: Backend): boolean {
  return repeatable.has(plan.kind) && !backend.isInBlock && backend.transaction.mark === 0;
}

/** Runs and commits it; its outcome is whole, and stands whatever happens to the transaction's tables. */
export async function runLoneWrite(backend: Backend, request: Request): Promise<Outcome> {
  const { services } = backend;
  const small = await services.runSmall(backend, request);
  if (small !== undefined && !(small instanceof PgError)) return small;
  return commitLoneWrite(backend, request, small ?? (await attempt(backend, services, request)));
}

/** The same when it has run already. */
async function commitLoneWrite(
  backend: Backend,
  request: Request,
  outcome: Outcome | PgError,
): Promise<Outcome> {
  const { services, signal } = backend;
  let result = outcome;
  let leave: (() => void) | undefined;
  try {
    for (let tries = 1; ; tries++) {
      const fault = result instanceof PgError ? result : await commitFault(backend, result);
      if (fault === undefined && !(result instanceof PgError)) return result;
      const lost = must(fault, "what has not committed has a fault");
      if (tries >= services.limits.writeAttemptsMax) throw lost;
      // Those that lost go one after the other: racing each other again, all but one would lose again.
      leave ??= await turnFor(request, services)?.(signal);
      await sleep(randomInt(1 + Math.min(tries * 4, 50)), undefined, { signal });
      result = await attempt(backend, services, await replanned(backend, request));
    }
  } finally {
    leave?.();
  }
}

/** A portal's answer to Execute, kept until the next message tells whether its statement is alone: Sync, or another. */
export class Withheld {
  readonly #backend: Backend;
  readonly #portal: Portal;
  readonly #request: Request;
  readonly #channel: Channel;

  constructor(backend: Backend, portal: Portal, request: Request, channel: Channel) {
    this.#backend = backend;
    this.#portal = portal;
    this.#request = request;
    this.#channel = channel;
  }

  async commit(): Promise<void> {
    const executed = this.#portal.outcome;
    // The portal ends with its transaction; what it has to say does not.
    this.#portal.outcome = undefined;
    const outcome = await (executed === undefined
      ? runLoneWrite(this.#backend, this.#request)
      : commitLoneWrite(this.#backend, this.#request, executed));
    await sendPortalRows(this.#backend, { ...this.#portal, outcome }, 0, this.#channel);
  }

  /** Its statement is not alone after all. One that waited to be run has its turn now. */
  async send(): Promise<void> {
    this.#portal.outcome ??= await this.#backend.services.execute(this.#backend, this.#request);
    await sendPortalRows(this.#backend, this.#portal, 0, this.#channel);
  }
}

async function attempt(
  backend: Backend,
  services: Services,
  request: Request,
): Promise<Outcome | PgError> {
  try {
    backend.ensureTransaction();
    return await services.execute(backend, request);
  } catch (error) {
    if (!isLostRace(error)) throw error;
    await backend.rollback();
    return error;
  }
}

/** The lost race, when that is what keeps it from committing. */
async function commitFault(backend: Backend, outcome: Outcome): Promise<PgError | undefined> {
  try {
    await backend.commit();
    return undefined;
  } catch (error) {
    if (outcome.kind === "rows") await outcome.rows.close();
    if (isLostRace(error)) return error;
    throw error;
  }
}

/** Tables may have changed with the rows. */
async function replanned(backend: Backend, request: Request): Promise<Request> {
  const { statement } = request;
  const [text] = backend.services.parse(statement.sql);
  const planned = await backend.plan(must(text, "a statement"), statement.parameterTypes);
  return { ...request, statement: planned };
}

function turnFor({ statement }: Request, { turns }: Services) {
  const { plan } = statement;
  if (plan.kind !== "insert" && plan.kind !== "modify") return undefined;
  return (signal: AbortSignal) => turns.take(plan.target.oid, signal);
}
