/** BEGIN, COMMIT, SAVEPOINT and kin: https://www.postgresql.org/docs/15/sql-commands.html */
import { PgError } from "../base/error.ts";
import type { TransactionModes, TransactionPlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";

const command = (tag: string): Outcome => ({ kind: "command", tag });

export async function runTransactionPlan(
  plan: TransactionPlan,
  backend: Backend,
): Promise<Outcome> {
  switch (plan.kind) {
    case "begin":
      return begin(plan.modes, plan.tag, backend);
    case "commit":
      return commit(plan.chain, backend);
    case "rollback":
      return rollback(plan.chain, backend);
    case "savepoint":
      inBlock("SAVEPOINT", backend);
      backend.savepoint(plan.name);
      return command("SAVEPOINT");
    case "release":
      inBlock("RELEASE SAVEPOINT", backend);
      backend.release(plan.name);
      return command("RELEASE");
    case "rollback to":
      inBlock("ROLLBACK TO SAVEPOINT", backend);
      await backend.rollbackTo(plan.name);
      return command("ROLLBACK");
    case "set transaction":
      return setTransaction(plan, backend);
    case "prepare transaction":
      return prepareTransaction(backend);
    case "end prepared":
      throw noPrepared(plan, backend);
    default:
      return plan satisfies never;
  }
}

export function begin(modes: TransactionModes, tag: string, backend: Backend): Outcome {
  const { transaction } = backend;
  if (transaction.status === "block") {
    warn(backend, "25001", "there is already a transaction in progress");
  } else {
    backend.ensureTransaction();
    transaction.begin();
  }
  setModes(modes, "transaction", backend);
  return command(tag);
}

async function commit(chain: boolean, backend: Backend): Promise<Outcome> {
  if (backend.transaction.status === "implicit") noTransaction(chain, "COMMIT", backend);
  const modes = currentModes(backend);
  const committed = await backend.commit();
  if (chain) begin(modes, "BEGIN", backend);
  return command(committed ? "COMMIT" : "ROLLBACK");
}

async function rollback(chain: boolean, backend: Backend): Promise<Outcome> {
  if (backend.transaction.status === "implicit") noTransaction(chain, "ROLLBACK", backend);
  const modes = currentModes(backend);
  await backend.rollback();
  if (chain) begin(modes, "BEGIN", backend);
  return command("ROLLBACK");
}

/** The transaction is over, as PostgreSQL's is that cannot be prepared. */
async function prepareTransaction(backend: Backend): Promise<Outcome> {
  const { status } = backend.transaction;
  if (status === "implicit") noTransaction(false, "PREPARE TRANSACTION", backend);
  await backend.rollback();
  if (status !== "block") return command("ROLLBACK");
  throw new PgError("55000", "prepared transactions are disabled", {
    hint: "Set max_prepared_transactions to a nonzero value.",
  });
}

function noPrepared(
  { verb, name }: Extract<TransactionPlan, { kind: "end prepared" }>,
  backend: Backend,
): PgError {
  if (backend.isInBlock)
    return new PgError("25001", `${verb} cannot run inside a transaction block`);
  return new PgError("42704", `prepared transaction with identifier "${name}" does not exist`);
}

function setTransaction(
  plan: Extract<TransactionPlan, { kind: "set transaction" }>,
  backend: Backend,
): Outcome {
  if (plan.scope === "transaction" && backend.transaction.status !== "block") {
    warn(backend, "25P01", "SET TRANSACTION can only be used in transaction blocks");
  } else {
    setModes(plan.modes, plan.scope, backend);
  }
  return command("SET");
}

function setModes(
  modes: TransactionModes,
  scope: "transaction" | "session",
  backend: Backend,
): void {
  const prefix = scope === "session" ? "default_" : "";
  const set = (name: string, value: string) =>
    backend.parameters.set(`${prefix}${name}`, value, { isLocal: scope === "transaction" });
  const onOff = (value: boolean) => (value ? "on" : "off");
  if (modes.isolation !== undefined) set("transaction_isolation", modes.isolation);
  if (modes.readOnly !== undefined) set("transaction_read_only", onOff(modes.readOnly));
  if (modes.deferrable !== undefined) set("transaction_deferrable", onOff(modes.deferrable));
}

/** What AND CHAIN hands on. */
function currentModes(backend: Backend): TransactionModes {
  const { parameters } = backend;
  return {
    isolation: parameters.get("transaction_isolation") as NonNullable<
      TransactionModes["isolation"]
    >,
    readOnly: parameters.get("transaction_read_only") === "on",
    deferrable: parameters.get("transaction_deferrable") === "on",
  };
}

function inBlock(verb: string, backend: Backend): void {
  const { status } = backend.transaction;
  if (status === "implicit") {
    throw new PgError("25P01", `${verb} can only be used in transaction blocks`);
  }
}

function noTransaction(chain: boolean, verb: string, backend: Backend): void {
  if (chain) {
    throw new PgError("25P01", `${verb} AND CHAIN can only be used in transaction blocks`);
  }
  warn(backend, "25P01", "there is no transaction in progress");
}

function warn(backend: Backend, sqlstate: string, message: string): void {
  backend.notice({ severity: "WARNING", sqlstate, message });
}
