/**
 * Functions of SQL that act on sessions: pg_terminate_backend, pg_notify, advisory locks. The engine calls them in the middle
 * of a statement, synchronously, with the pid of the session that asks as their last argument but one.
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Activity } from "./activity.ts";
import type { AdvisoryLocks, LockMode, LockScope } from "./advisory-locks.ts";
import type { Backend } from "./backend.ts";
import type { ServerStatistics } from "./server-statistics.ts";
import { TransactionIds } from "./transaction-ids.ts";

const text: LogicalType = { id: "VARCHAR" };
const oid: LogicalType = { id: "UINTEGER" };
const int4: LogicalType = { id: "INTEGER" };
/** What txid_current() gives; it is not looked at. */
const txid: LogicalType = { id: "UBIGINT" };
const bool: LogicalType = { id: "BOOLEAN" };

export function registerSessionFunctions(
  engine: Engine,
  activity: Activity,
  locks: AdvisoryLocks,
  statistics: ServerStatistics,
): void {
  const asker = (pid: EngineValue) =>
    must(activity.get(Number(pid)), "the session that asks is there").backend();
  /** Strict, as PostgreSQL's are: a NULL makes it NULL. */
  const register = (
    name: string,
    parameters: readonly LogicalType[],
    result: LogicalType,
    call: (...values: EngineValue[]) => EngineValue,
  ) =>
    engine.registerScalar({
      name,
      parameters: [...parameters, txid],
      result,
      call: (...values) => (values.includes(null) ? null : call(...values)),
    });

  register("session_signal", [text, int4, int4], bool, (what, pid, self) =>
    signal(String(what), Number(pid), asker(self), activity),
  );
  register("session_notify", [text, text, int4], text, (channel, payload, self) => {
    notify(String(channel), String(payload), asker(self));
    return "";
  });
  register("session_advisory", [text, text, int4], bool, (what, key, self) =>
    advisory(String(what), String(key), asker(self), locks),
  );
  engine.registerScalar({
    name: "session_set_config",
    parameters: [text, text, bool, int4, txid],
    result: text,
    isVolatile: true,
    call: (name, value, isLocal, self) =>
      setConfig(name ?? null, value ?? null, isLocal === true, asker(self ?? null)),
  });
  register("session_channels", [int4], { id: "LIST", child: text }, (self) => [
    ...asker(self).subscriber.channels,
  ]);
  register("session_table_statistic", [oid, text], { id: "BIGINT" }, (table, counter) => {
    const value = statistics.table(Number(table), String(counter));
    return value === null ? null : BigInt(value);
  });
  register("session_reset_statistics", [int4], text, (self) => {
    if (!asker(self).role.isSuperuser)
      throw new PgError("42501", "permission denied for function pg_stat_reset");
    statistics.reset();
    return "";
  });
  registerTransactionFunctions(register, asker);
  register("session_address", [text, int4], text, (what, self) => {
    const entry = activity.get(Number(self));
    return (what === "client" ? entry?.clientAddress : entry?.serverAddress) ?? null;
  });
  register("session_port", [text, int4], int4, (what, self) => {
    const entry = activity.get(Number(self));
    return (what === "client" ? entry?.clientPort : entry?.serverPort) ?? null;
  });
  register("session_blockers", [int4, int4], { id: "LIST", child: int4 }, (pid) => [
    ...locks.blockersOf(Number(pid)),
  ]);
}

type Register = (
  name: string,
  parameters: readonly LogicalType[],
  result: LogicalType,
  call: (...values: EngineValue[]) => EngineValue,
) => void;

function registerTransactionFunctions(
  register: Register,
  asker: (pid: EngineValue) => Backend,
): void {
  const ids = new TransactionIds();
  const ubigint: LogicalType = { id: "UBIGINT" };
  register("session_transaction", [int4], ubigint, (self) => {
    const { transaction } = asker(self);
    transaction.id ??= ids.assign();
    return transaction.id.id;
  });
  register(
    "session_transaction_if_assigned",
    [int4],
    ubigint,
    (self) => asker(self).transaction.id?.id ?? null,
  );
  register("session_snapshot", [int4], text, (self) => ids.snapshot(asker(self).transaction.id));
  register("session_transaction_outcome", [ubigint, int4], text, (id) =>
    ids.outcomeOf(BigInt(String(id))),
  );
}

/** The value as it is now: https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADMIN-SET */
function setConfig(
  name: EngineValue,
  value: EngineValue,
  isLocal: boolean,
  { parameters }: Backend,
): string {
  if (name === null) throw new PgError("22004", "SET requires parameter name");
  if (value === null) parameters.reset(String(name));
  else parameters.set(String(name), String(value), { isLocal });
  return parameters.show(String(name)) ?? "";
}

/** True when there was such a session. https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL */
function signal(what: string, pid: number, self: Backend, activity: Activity): boolean {
  const entry = activity.get(pid);
  if (entry === undefined) {
    const message = `PID ${pid} is not a PostgreSQL backend process`;
    self.notice({ severity: "WARNING", sqlstate: "01000", message });
    return false;
  }
  const { role, access } = self;
  const owner = access.roleByOid(entry.roleOid());
  if (owner?.isSuperuser && !role.isSuperuser)
    throw new PgError(
      "42501",
      `must be a superuser to ${what === "cancel" ? "cancel superuser query" : "terminate superuser process"}`,
    );
  const signaller = access.role("pg_signal_backend");
  const may =
    role.isSuperuser ||
    access.inherits(role.oid, entry.roleOid()) ||
    (signaller !== undefined && access.inherits(role.oid, signaller.oid));
  if (!may)
    throw new PgError(
      "42501",
      `must be a member of the role whose ${what === "cancel" ? "query is being canceled" : "process is being terminated"} or member of pg_signal_backend`,
    );
  if (what === "cancel") entry.cancel("user request");
  else entry.terminate();
  return true;
}

/** https://www.postgresql.org/docs/15/sql-notify.html: names are shorter than 64 bytes, payloads than 8000. */
const channelBytesMax = 63;
const payloadBytesMax = 7999;

function notify(channel: string, payload: string, self: Backend): void {
  if (channel === "") throw new PgError("22023", "channel name cannot be empty");
  if (Buffer.byteLength(channel) > channelBytesMax)
    throw new PgError("22023", "channel name too long");
  if (Buffer.byteLength(payload) > payloadBytesMax)
    throw new PgError("22023", "payload string too long");
  self.subscriber.notify(channel, payload);
}

/** `what`: "wait session exclusive", "try transaction shared", "unlock session shared", "unlock all". */
function advisory(what: string, key: string, self: Backend, locks: AdvisoryLocks): boolean {
  const [verb, scope, mode] = what.split(" ") as [string, LockScope, LockMode];
  const { pid } = self;
  if (what === "unlock all") {
    locks.releaseAll(pid, "session");
    return true;
  }
  if (verb === "unlock") {
    if (locks.release(pid, key, mode)) return true;
    const name = mode === "exclusive" ? "ExclusiveLock" : "ShareLock";
    const message = `you don't own a lock of type ${name}`;
    self.notice({ severity: "WARNING", sqlstate: "01000", message });
    return false;
  }
  if (locks.take(pid, key, mode, scope)) return true;
  if (verb === "try") return false;
  self.wantedLock = { key, mode };
  throw new PgError(
    "55P03",
    "could not obtain an advisory lock in a statement that gives rows already",
  );
}
