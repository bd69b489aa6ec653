/** Functions whose value is known, or at least settled, before the engine is asked: who, where, when, which type. */
import type { SQLValueFunction } from "@pgsql/types";
import { PgError } from "../../base/error.ts";
import type { BuiltinProc } from "../../catalog/builtins.ts";
import { coerce, coerceLength, typeOf } from "./coerce.ts";
import { collationFor } from "./collation.ts";
import { make, nullConstant } from "./constant.ts";
import { oid } from "./oids.ts";
import { resolveRegistered } from "./registered.ts";
import type { Scope } from "./scope.ts";
import type { Expression, SessionValue } from "./tree.ts";

/** current_date, current_user and the others that are written without parentheses. */
export function sessionFunction(node: SQLValueFunction, scope: Scope): Expression {
  const words = (node.op ?? "").replace(/^SVFOP_|_N$/g, "");
  const precision = node.typmod !== undefined && node.typmod >= 0 ? `(${node.typmod})` : "";
  const value = sessionFunctionValue(node, scope);
  return { ...value, written: { kind: "key word", text: `${words}${precision}` } };
}

function sessionFunctionValue(node: SQLValueFunction, scope: Scope): Expression {
  const { location } = node;
  // A 0 is not written in the tree.
  const typmod = node.typmod ?? (node.op?.endsWith("_N") ? 0 : -1);
  const moment = transactionTime(location);
  const { analysis } = scope;
  const as = (type: number) =>
    coerceLength(coerce(moment, type, analysis, "explicit"), type, typmod, "explicit");
  switch (node.op) {
    case "SVFOP_CURRENT_DATE":
      return as(oid.date);
    case "SVFOP_CURRENT_TIME":
    case "SVFOP_CURRENT_TIME_N":
      return as(oid.timetz);
    case "SVFOP_LOCALTIME":
    case "SVFOP_LOCALTIME_N":
      return as(oid.time);
    case "SVFOP_LOCALTIMESTAMP":
    case "SVFOP_LOCALTIMESTAMP_N":
      return as(oid.timestamp);
    case "SVFOP_CURRENT_TIMESTAMP":
    case "SVFOP_CURRENT_TIMESTAMP_N":
      return as(oid.timestamptz);
    case "SVFOP_SESSION_USER":
      return make(oid.name, analysis.context.sessionRole.name, location);
    case "SVFOP_CURRENT_CATALOG":
      return make(oid.name, analysis.context.database, location);
    case "SVFOP_CURRENT_SCHEMA":
      return make(oid.name, currentSchema(scope), location);
    default:
      return make(oid.name, analysis.context.role.name, location);
  }
}

function transactionTime(location: number | undefined): SessionValue {
  return {
    kind: "session",
    value: "transaction timestamp",
    type: oid.timestamptz,
    typmod: -1,
    location,
  };
}

/** The schemas of the search path that exist. */
function existingPath(scope: Scope): readonly string[] {
  const { catalog, searchPath } = scope.analysis.asker;
  return searchPath.filter((name) => catalog.schemas.has(name));
}

function currentSchema(scope: Scope): string | null {
  return existingPath(scope)[0] ?? null;
}

interface KnownCall {
  readonly proc: BuiltinProc;
  readonly arguments: readonly Expression[];
  /** Before casting: pg_typeof says `unknown` of a bare literal. */
  readonly asWritten: readonly Expression[];
  readonly scope: Scope;
  readonly location: number | undefined;
}

const known: Readonly<Record<string, (call: KnownCall) => Expression | undefined>> = {
  now: ({ location }) => transactionTime(location),
  transaction_timestamp: ({ location }) => transactionTime(location),
  statement_timestamp: ({ location }) => ({
    ...transactionTime(location),
    value: "statement timestamp",
  }),
  clock_timestamp: ({ location }) => ({ ...transactionTime(location), value: "clock timestamp" }),
  pg_backend_pid: ({ location }) => ({
    kind: "session",
    value: "backend pid",
    type: oid.int4,
    typmod: -1,
    location,
  }),
  current_user: ({ scope, location }) => make(oid.name, scope.analysis.context.role.name, location),
  session_user: ({ scope, location }) =>
    make(oid.name, scope.analysis.context.sessionRole.name, location),
  current_database: ({ scope, location }) =>
    make(oid.name, scope.analysis.context.database, location),
  current_schema: ({ scope, location }) => make(oid.name, currentSchema(scope), location),
  current_schemas: currentSchemas,
  pg_my_temp_schema: ({ scope, location }) =>
    make(oid.oid, String(scope.analysis.context.catalog.temporary?.oid ?? 0), location),
  version: ({ scope, location }) =>
    make(oid.text, `PostgreSQL ${scope.analysis.context.serverVersion}`, location),
  current_setting: currentSetting,
  pg_typeof: ({ asWritten: [argument], scope, location }) =>
    argument && make(oid.regtype, String(typeOf(argument, scope.analysis)), location),
  pg_collation_for: ({ asWritten: [argument], scope, location }) =>
    argument && collationFor(argument, scope, location),
  to_regclass: (call) => registeredOrNull(call, oid.regclass),
  to_regtype: (call) => registeredOrNull(call, oid.regtype),
  to_regproc: (call) => registeredOrNull(call, oid.regproc),
  to_regprocedure: (call) => registeredOrNull(call, oid.regprocedure),
  to_regoper: (call) => registeredOrNull(call, oid.regoper),
  to_regoperator: (call) => registeredOrNull(call, oid.regoperator),
  to_regnamespace: (call) => registeredOrNull(call, oid.regnamespace),
  to_regcollation: (call) => registeredOrNull(call, oid.regcollation),
  to_regrole: (call) => registeredOrNull(call, oid.regrole),
  pg_is_in_recovery: ({ location }) => make(oid.bool, "f", location),
  ...actsOnSessions(
    "pg_cancel_backend",
    "pg_terminate_backend",
    "pg_blocking_pids",
    "pg_notify",
    "set_config",
    "pg_listening_channels",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
    "pg_current_xact_id",
    "pg_current_xact_id_if_assigned",
    "pg_current_snapshot",
    "pg_xact_status",
    "txid_current",
    "txid_current_if_assigned",
    "txid_current_snapshot",
    "txid_status",
    "pg_stat_reset",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_unlock_shared",
    "pg_advisory_unlock_all",
  ),
  getdatabaseencoding: ({ location }) => make(oid.name, "UTF8", location),
  pg_client_encoding: ({ scope, location }) =>
    make(oid.name, scope.analysis.context.setting("client_encoding") ?? "UTF8", location),
};

export function knownCall(
  proc: BuiltinProc,
  settled: readonly Expression[],
  asWritten: readonly Expression[],
  scope: Scope,
  location: number | undefined,
): Expression | undefined {
  const call = { proc, arguments: settled, asWritten, scope, location };
  return known[proc.proname]?.(call);
}

/** Their macros take the pid of the session that asks as one argument more. */
function actsOnSessions(...names: readonly string[]): typeof known {
  return Object.fromEntries(
    names.map((name) => [
      name,
      ({ proc, arguments: given, location }: KnownCall): Expression => {
        const pid = { kind: "session", value: "backend pid", type: oid.int4, typmod: -1 } as const;
        const type = proc.prorettype;
        const own = { kind: "function", proc, isVariadicArray: false, type, typmod: -1 } as const;
        return { ...own, arguments: [...given, { ...pid, location }], location };
      },
    ]),
  );
}

function currentSchemas({
  arguments: [implicit],
  scope,
  location,
}: KnownCall): Expression | undefined {
  if (implicit?.kind !== "constant" || implicit.text === null) return undefined;
  const path = existingPath(scope);
  const temporary = scope.analysis.context.catalog.temporary?.name;
  const isImplicit = (name: string) => implicit.text === "t" && !path.includes(name);
  const names = [
    ...(temporary !== undefined && isImplicit(temporary) ? [temporary] : []),
    ...(isImplicit("pg_catalog") ? ["pg_catalog"] : []),
    ...path,
  ];
  const quoted = names.map((name) =>
    /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replace(/["\\]/g, "\\$&")}"`,
  );
  return make(oid.nameArray, `{${quoted.join(",")}}`, location);
}

function currentSetting({
  proc,
  arguments: [name, missingOk],
  scope,
  location,
}: KnownCall): Expression | undefined {
  if (name === undefined) return undefined;
  if (name.kind !== "constant") {
    const settings = { kind: "session", value: "settings", type: oid.text, typmod: -1 } as const;
    const given = [name, missingOk ?? make(oid.bool, "f", location), { ...settings, location }];
    const own = { kind: "function", proc, isVariadicArray: false } as const;
    return { ...own, arguments: given, type: oid.text, typmod: -1, location };
  }
  if (name.text === null) return nullConstant(oid.text, location);
  const { analysis } = scope;
  analysis.readsSettings = true;
  const value = analysis.context.setting(name.text);
  if (value !== undefined) return make(oid.text, value, location);
  if (missingOk?.kind === "constant" && missingOk.text === "t")
    return nullConstant(oid.text, location);
  throw new PgError("42704", `unrecognized configuration parameter "${name.text}"`);
}

/** The same look-up as a cast, with NULL instead of "does not exist". */
function registeredOrNull(
  { arguments: [argument], scope, location }: KnownCall,
  type: number,
): Expression | undefined {
  if (argument?.kind !== "constant") return undefined;
  if (argument.text === null) return nullConstant(type, location);
  try {
    return make(
      type,
      String(resolveRegistered(argument.text, type, scope.analysis.asker)),
      location,
    );
  } catch (error) {
    if (error instanceof PgError && absent.has(error.sqlstate)) return nullConstant(type, location);
    throw error;
  }
}

const absent: ReadonlySet<string> = new Set(["42P01", "42704", "42883", "42725", "3F000"]);
