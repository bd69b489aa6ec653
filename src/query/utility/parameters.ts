/** SET, RESET, SHOW and their many spellings. */
import type { Node, SelectStmt, VariableSetStmt, VariableShowStmt } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import { type Draft, type Scope, textColumn } from "../draft.ts";
import type { ParameterPlan } from "../plan.ts";
import { settledArguments } from "./arguments.ts";
import { strings } from "./names.ts";
import { constantText } from "./options.ts";
import { setTransaction } from "./transactions.ts";

/** Those whose value is a list: https://www.postgresql.org/docs/15/sql-set.html */
const lists = new Set([
  "datestyle",
  "search_path",
  "temp_tablespaces",
  "session_preload_libraries",
  "local_preload_libraries",
  "shared_preload_libraries",
  "log_destination",
  "listen_addresses",
  "unix_socket_directories",
  "synchronous_standby_names",
  "wal_consistency_checking",
  "debug_io_direct",
]);
/** Of these, lists of names: quoted where a name needs it. */
const nameLists = new Set([
  "search_path",
  "temp_tablespaces",
  "session_preload_libraries",
  "local_preload_libraries",
  "shared_preload_libraries",
]);

export function setParameter(node: VariableSetStmt): Draft {
  if (node.kind === "VAR_SET_MULTI") return setTransaction(node);
  if (node.kind === "VAR_RESET_ALL") return { plan: { kind: "reset all" }, isReadOnly: true };
  if (node.kind === "VAR_SET_CURRENT") throw unsupported("SET … FROM CURRENT");
  const isReset = node.kind === "VAR_RESET";
  const name = (node.name ?? "").toLowerCase();
  const isLocal = node.is_local ?? false;
  const value = node.kind === "VAR_SET_VALUE" ? setting(name, node.args ?? []) : undefined;
  const tag = isReset ? "RESET" : "SET";
  return { plan: assignment(name, value, isLocal, tag), isReadOnly: true };
}

function assignment(
  name: string,
  value: string | undefined,
  isLocal: boolean,
  tag: "SET" | "RESET",
): ParameterPlan {
  if (name === "role")
    return { kind: "set role", name: value === "none" ? undefined : value, isLocal, tag };
  if (name !== "session_authorization") return { kind: "set", name, value, isLocal, tag };
  if (isLocal)
    throw unsupported("SET LOCAL SESSION AUTHORIZATION", { hint: "Use SET LOCAL ROLE." });
  return { kind: "set session authorization", name: value, tag };
}

function setting(name: string, args: readonly Node[]): string {
  if (args.length > 1 && !lists.has(name))
    throw new PgError("22023", `SET ${name} takes only one argument`);
  const isNames = nameLists.has(name);
  return args.map((arg) => argumentText(name, arg, isNames)).join(", ");
}

function argumentText(name: string, node: Node, isName: boolean): string {
  if ("TypeCast" in node) return intervalZone(node.TypeCast.arg);
  const constant = "A_Const" in node ? node.A_Const : {};
  const text = constantText(constant);
  if (text === undefined) throw new PgError("22023", `invalid value for parameter "${name}"`);
  if (name === "timezone" && constant.sval === undefined) return fixedZone(Number(text) * 60);
  return isName && !/^[a-z_][a-z0-9_$]*$/.test(text) ? quoteName(text) : text;
}

/** SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE. */
function intervalZone(node: Node | undefined): string {
  const text = node !== undefined && "A_Const" in node ? (constantText(node.A_Const) ?? "") : "";
  const match = /^\s*([+-]?)(\d{1,2})(?::?(\d{2}))?\s*$/.exec(text);
  if (match === null)
    throw new PgError("22023", `invalid value for parameter "TimeZone": "INTERVAL '${text}'"`);
  const [, sign, hours, minutes] = match;
  return fixedZone((Number(hours) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1));
}

/** The POSIX spelling, whose second sign is the other way round, as PostgreSQL shows a fixed offset. */
function fixedZone(minutesEast: number): string {
  const minutes = Math.round(Math.abs(minutesEast));
  const two = (part: number) => String(part).padStart(2, "0");
  const tail = minutes % 60 === 0 ? "" : `:${two(minutes % 60)}`;
  const shown = `${two(Math.floor(minutes / 60))}${tail}`;
  return minutesEast < 0 ? `<-${shown}>+${shown}` : `<+${shown}>-${shown}`;
}

/** The names that pg_settings spells with capitals. */
const spelled: ReadonlyMap<string, string> = new Map([
  ["datestyle", "DateStyle"],
  ["intervalstyle", "IntervalStyle"],
  ["timezone", "TimeZone"],
]);

export function showParameter(node: VariableShowStmt): Draft {
  const name = (node.name ?? "").toLowerCase();
  if (name === "all")
    return {
      plan: { kind: "show all" },
      columns: ["name", "setting", "description"].map(textColumn),
      isReadOnly: true,
    };
  return {
    plan: { kind: "show", name },
    columns: [textColumn(spelled.get(name) ?? name)],
    isReadOnly: true,
  };
}

/** SELECT set_config(…) alone: the session does it. Undefined when the query is anything more. */
export function setConfig(node: SelectStmt, scope: Scope): Draft | undefined {
  const { targetList, limitOption, op, ...rest } = node;
  const [target] = targetList ?? [];
  if (target === undefined || !("ResTarget" in target) || targetList?.length !== 1)
    return undefined;
  if (Object.keys(rest).length > 0 || op !== "SETOP_NONE") return undefined;
  if (limitOption !== "LIMIT_OPTION_DEFAULT") return undefined;
  const { val, name = "set_config" } = target.ResTarget;
  if (val === undefined || !("FuncCall" in val)) return undefined;
  const { funcname, args } = val.FuncCall;
  const path = strings(funcname);
  if (path.at(-1) !== "set_config" || (path.length > 1 && path[0] !== "pg_catalog"))
    return undefined;
  if (args?.length !== 3) return undefined;
  const settled = settledArguments(args, [25, 25, 16], scope);
  const [first, second, third] = settled.arguments;
  if (first === undefined || second === undefined || third === undefined) return undefined;
  return {
    plan: {
      kind: "set config",
      name: first,
      value: second,
      isLocal: third,
    },
    columns: [textColumn(name)],
    parameterTypes: settled.parameterTypes,
    isReadOnly: true,
  };
}
