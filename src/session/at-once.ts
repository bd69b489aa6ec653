/**
 * Statements that wait for nothing, and whose plan is known: SELECT of constants, SET, BEGIN and kin, sent as a simple query.
 * They are answered in the turn of the event loop that brought them, without a promise or a clock, which takes a third of the
 * time that the long road takes.
 */
import type { Plan, PlannedStatement, ResultColumn } from "../query/plan.ts";
import type { FieldDescription } from "../wire/backend.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import type { ClientEncoding } from "./client-encoding.ts";
import { constantRows } from "./execute.ts";
import { runShow, set } from "./parameter-plans.ts";
import type { Outcome } from "./portal.ts";
import { fieldDescriptions, sendTextRows } from "./reply.ts";
import { begin } from "./transaction-plans.ts";

/** False: nothing has happened, and it is for the long road. Otherwise all has been said but ReadyForQuery. */
export function answeredAtOnce(
  sql: string,
  backend: Backend,
  channel: Channel,
  encoding: ClientEncoding,
): boolean {
  const statements = backend.services.standalone(sql, backend.role.isSuperuser);
  if (statements === undefined || !areAtOnce(statements, backend)) return false;
  const { transaction, prepared } = backend;
  backend.noteStart(sql);
  prepared.delete("");
  backend.isOneOfSeveral = statements.length > 1;
  for (const [at, statement] of statements.entries()) {
    const isLast = at === statements.length - 1;
    backend.ensureTransaction();
    const outcome = outcomeOf(statement.plan as AtOnce, backend);
    encoding.follow();
    const tag = sent(outcome, statement, backend, channel);
    if (isLast && transaction.status === "implicit") backend.commitUnwritten();
    backend.finished(statement.sql, tag);
    channel.send({ type: "CommandComplete", tag });
    if (!isLast) backend.startedAt = performance.now();
  }
  return true;
}

type AtOnce = Extract<
  Plan,
  { kind: "constant" | "set" | "show" | "begin" | "commit" | "rollback" }
>;

/** Nothing is in the way that would have to be waited for, refused or closed. */
function areAtOnce(statements: readonly PlannedStatement[], backend: Backend): boolean {
  const { transaction, services, portals, parameters } = backend;
  if (portals.size > 0 || services.advisoryLocks.tables > 0 || !transaction.isUnwritten)
    return false;
  if (parameters.get("lakehouse.running_statement_limit") !== "0") return false;
  let isInBlock = transaction.status === "block";
  if (!isInBlock && transaction.status !== "idle") return false;
  for (const { plan } of statements) {
    switch (plan.kind) {
      case "constant":
      case "set":
      case "show":
        break;
      case "begin":
        if (isInBlock) return false;
        isInBlock = true;
        break;
      case "commit":
      case "rollback":
        if (!isInBlock || plan.chain) return false;
        isInBlock = false;
        break;
      default:
        return false;
    }
  }
  return true;
}

function outcomeOf(plan: AtOnce, backend: Backend): Outcome {
  switch (plan.kind) {
    case "constant":
      backend.parameters.queryStarted();
      return constantRows(plan);
    case "set":
      return set(plan, backend);
    case "show":
      return runShow(plan.name, backend);
    case "begin":
      return begin(plan.modes, plan.tag, backend);
    case "commit":
      backend.commitUnwritten();
      return { kind: "command", tag: "COMMIT" };
    case "rollback":
      backend.rollbackUnwritten();
      return { kind: "command", tag: "ROLLBACK" };
    default:
      return plan satisfies never;
  }
}

const described = new WeakMap<readonly ResultColumn[], readonly FieldDescription[]>();

/** The tag. */
function sent(
  outcome: Outcome,
  { columns = [] }: PlannedStatement,
  backend: Backend,
  channel: Channel,
): string {
  if (outcome.kind !== "rows" || outcome.rows.kind !== "text")
    return outcome.kind === "command" ? outcome.tag : "";
  let fields = described.get(columns);
  if (fields === undefined) {
    fields = fieldDescriptions(columns, []);
    described.set(columns, fields);
  }
  channel.send({ type: "RowDescription", fields });
  const { rows } = sendTextRows(outcome.rows, columns, [], 0, channel, backend.textSettings());
  return outcome.tag(rows);
}
