/**
 * One session's run-time parameters: SET, RESET, SHOW, their transactions, and what the client is told of them.
 * The parameters themselves are declared in run-time.ts and inert.ts. Knows no statements and no catalog: what only
 * those can check (a role, a bucket) is handed in as `checks`.
 */
import { PgError } from "../base/error.ts";
import { checkCustomName, checkServed, checks, splitNames } from "./check.ts";
import type { Parameter } from "./declare.ts";
import { type KeptValues, type Layers, none, only, type Values, without } from "./layers.ts";
import { listValue } from "./list-value.ts";
import { parameters } from "./run-time.ts";
import type { SettingRow, ShownParameter } from "./setting-row.ts";
import { canonicalTimeZone } from "./time-zone.ts";
import { canonicalValue, shownValue } from "./value.ts";

export interface ParametersOptions {
  /** Name and standing of the role that logged in. */
  readonly sessionAuthorization: string;
  readonly isSuperuser: boolean;
  /** The server's own values (port, timeouts, …), in any form SET takes: `parameterDefaults(config)`. */
  readonly defaults?: Readonly<Record<string, string>>;
  /**
   * ALTER ROLE … SET's and ALTER DATABASE … SET's, checked when they were set, the stronger after the weaker. What cannot be
   * used any more is passed over, as PostgreSQL does.
   */
  readonly kept?: readonly KeptValues[];
  /** The start-up message's, checked as SET checks; RESET goes back to them. */
  readonly startup?: ReadonlyMap<string, string>;
  /** Told of those passed over. */
  readonly warn?: (fault: PgError) => void;
  /** ParameterStatus. Called by `report` alone. */
  readonly onReport: (name: string, value: string) => void;
  /** Further checks by lower-case name, such as `lakehouse.bucket`: give the canonical value or throw. */
  readonly checks?: Readonly<Record<string, (value: string) => string>>;
  /**
   * SET ROLE and kin, also by set_config('role', …): checks, changes and calls `authorizationChanged`. Undefined value =
   * DEFAULT. Called again when the end of a transaction, or a savepoint, brings another role back.
   */
  readonly setAuthorization?: (
    name: "role" | "session_authorization",
    value: string | undefined,
  ) => void;
}

interface Kept {
  readonly value: string;
  readonly source: KeptValues["source"];
}

const declared = new Map(parameters.map((parameter) => [parameter.name.toLowerCase(), parameter]));
/** The current transaction's, and where a new transaction takes them from. */
const ofTransaction: Readonly<Record<string, string>> = {
  transaction_isolation: "default_transaction_isolation",
  transaction_read_only: "default_transaction_read_only",
  transaction_deferrable: "default_transaction_deferrable",
};
/** GUC_NO_RESET_ALL. */
const keptByResetAll = ["role", "session_authorization", ...Object.keys(ofTransaction)];
/** The declaration of a parameter, by its name in any case. */
export function findParameter(name: string): Parameter | undefined {
  return declared.get(name.toLowerCase());
}

/** What several values of one SET come to: `SET name TO a, b`. */
export function valueOfList(name: string, values: readonly string[]): string {
  return listValue(findParameter(name), name, values);
}

export class Parameters {
  readonly #checks: Readonly<Record<string, (value: string) => string>>;
  readonly #setAuthorization: ParametersOptions["setAuthorization"];
  readonly #onReport: ParametersOptions["onReport"];
  /** The server's, under the client's own from its start-up message. */
  readonly #server = new Map<string, string>();
  readonly #kept = new Map<string, Kept>();
  readonly #client = new Map<string, string>();
  /** Spelling of parameters nobody declared: `my.name`. Once set they stay known, as in PostgreSQL. */
  readonly #custom = new Map<string, string>();
  readonly #reported = new Map<string, string>();
  /** What the client was told of last. */
  #told: readonly Values[] = [];
  readonly #login: string;
  /** As it is now; what the layers say is what it was SET to. */
  #authorization: ReadonlyMap<string, string> = none;
  #isSuperuser: boolean;
  #layers: Layers = { session: none, local: none };
  /** As they were when the last transaction ended. */
  #begun: Layers = this.#layers;
  #savepoints: { readonly name: string; readonly layers: Layers }[] = [];
  #hasQueried = false;
  /** What `get` has found, as long as everything it looks at is the same. */
  readonly #found = new Map<string, string>();
  #foundIn: readonly [Layers, Layers, Values] | undefined;

  constructor(options: ParametersOptions) {
    this.#isSuperuser = options.isSuperuser;
    this.#checks = options.checks ?? {};
    this.#setAuthorization = options.setAuthorization;
    this.#onReport = options.onReport;
    this.#login = options.sessionAuthorization;
    this.authorizationChanged(options.sessionAuthorization, options.isSuperuser);
    for (const [name, value] of Object.entries(options.defaults ?? {}))
      this.#server.set(name.toLowerCase(), this.#canonical(name, value));
    for (const { source, values } of options.kept ?? [])
      for (const [name, value] of Object.entries(values))
        this.#keep(name, { value, source }, options.warn);
    for (const [name, value] of options.startup ?? []) this.#start(name, value);
  }

  /** In base units and canonical form; for the server's own use: `Number(get("statement_timeout"))` is milliseconds. */
  get(name: string): string {
    const [layers, begun, authorization] = this.#foundIn ?? [];
    if (layers !== this.#layers || begun !== this.#begun || authorization !== this.#authorization) {
      this.#foundIn = [this.#layers, this.#begun, this.#authorization];
      this.#found.clear();
    }
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const value = this.#find(name);
    if (value === undefined) throw unrecognized(name);
    this.#found.set(name, value);
    return value;
  }

  /** The canonical form of a value that one could SET now; throws as SET does. */
  checked(name: string, value: string): string {
    this.#assertChangeable(name);
    this.#know(name);
    return this.#canonical(name, value);
  }

  maySet(name: string): boolean {
    return this.#isSuperuser || findParameter(name)?.context !== "superuser";
  }

  /** A parameter that is a number of milliseconds; 0 = no limit. */
  milliseconds(name: string): number {
    return Number(this.get(name));
  }

  /** As SHOW gives it; undefined when there is none of that name. 42501 for what only a superuser may read. */
  show(name: string): string | undefined {
    const value = this.#find(name);
    const parameter = findParameter(name);
    if (value === undefined || !parameter) return value;
    if (!this.#mayRead(parameter)) {
      const message = `must be superuser or have privileges of pg_read_all_settings to examine "${parameter.name}"`;
      throw new PgError("42501", message);
    }
    return shownValue(parameter, value);
  }

  /** SHOW ALL. */
  showAll(): readonly ShownParameter[] {
    const visible = parameters.filter((each) => !each.isHidden && this.#mayRead(each));
    const own = [...this.#custom.values()].map((name) => ({ name, summary: "" }));
    return [...visible, ...own]
      .map(({ name, summary }) => ({
        name,
        setting: this.show(name) ?? "",
        description: summary,
      }))
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  /** pg_settings. */
  settings(): readonly SettingRow[] {
    return parameters
      .filter((each) => !each.isHidden && this.#mayRead(each))
      .map((parameter) => {
        const key = parameter.name.toLowerCase();
        const setting = this.get(key);
        return {
          parameter,
          setting,
          boot: parameter.boot,
          reset: this.#resetValue(key) ?? parameter.boot,
          source: this.#source(key),
        };
      });
  }

  /** SET [LOCAL]; an undefined value is DEFAULT. */
  set(name: string, value: string | undefined, scope: { readonly isLocal: boolean }): void {
    this.#assertChangeable(name);
    this.#know(name);
    const key = name.toLowerCase();
    if (key === "role" || key === "session_authorization") {
      this.#authorize(key, value);
      this.#assign(key, this.get(key), scope.isLocal);
      // SET SESSION AUTHORIZATION ends SET ROLE.
      if (key === "session_authorization") this.#assign("role", "none", scope.isLocal);
    } else if (key in ofTransaction) {
      this.#setOfTransaction(key, name, value);
    } else if (value === undefined && !scope.isLocal) {
      this.reset(name);
    } else {
      const canonical = value === undefined ? this.#resetValue(key) : this.#canonical(name, value);
      this.#assign(key, canonical ?? "", scope.isLocal);
    }
  }

  reset(name: string): void {
    this.#assertChangeable(name);
    const key = name.toLowerCase();
    if (!declared.has(key) && !this.#custom.has(key) && !key.includes("."))
      throw unrecognized(name);
    if (key === "role" || key === "session_authorization") this.#authorize(key, undefined);
    const keys = key === "session_authorization" ? [key, "role"] : [key];
    const { session, local } = this.#layers;
    this.#layers = { session: without(session, keys), local: without(local, keys) };
  }

  resetAll(): void {
    this.#layers = {
      session: only(this.#layers.session, keptByResetAll),
      local: only(this.#layers.local, keptByResetAll),
    };
  }

  /** A statement has read or written something: from here on the transaction's modes are fixed (25001). */
  queryStarted(): void {
    this.#hasQueried = true;
  }

  commit(): void {
    if (this.#layers.local.size > 0) {
      this.#layers = { session: this.#layers.session, local: none };
    }
    this.#end();
  }

  rollback(): void {
    this.#layers = this.#begun;
    this.#end();
  }

  /** The transaction has failed: what was SET in it is undone at once, back to the savepoint that is left. */
  fail(): void {
    this.#layers = this.#savepoints.at(-1)?.layers ?? this.#begun;
    this.#restoreAuthorization();
  }

  savepoint(name: string): void {
    this.#savepoints.push({ name, layers: this.#layers });
  }

  /** The savepoint and those after it are forgotten; what was SET since stays. */
  release(name: string): void {
    const index = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (index >= 0) this.#savepoints.splice(index);
  }

  rollbackTo(name: string): void {
    const index = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    const savepoint = this.#savepoints[index];
    if (!savepoint) return;
    this.#layers = savepoint.layers;
    this.#savepoints.splice(index + 1);
    this.#restoreAuthorization();
  }

  /**
   * Tells of every reported parameter whose value the client does not know yet: all of them the first time, then those
   * that changed. To be called after authentication and, as PostgreSQL 14 and later do, just before ReadyForQuery.
   */
  report(): void {
    const { session, local } = this.#layers;
    const now = [session, local, this.#authorization] as const;
    if (now.every((values, at) => values === this.#told[at])) return; // Values are never changed in place.
    this.#told = now;
    for (const parameter of reportedParameters) {
      const value = shownValue(parameter, this.get(parameter.name));
      if (this.#reported.get(parameter.name) === value) continue;
      this.#reported.set(parameter.name, value);
      this.#onReport(parameter.name, value);
    }
  }

  /** SET ROLE or SET SESSION AUTHORIZATION has happened (or was undone): `isSuperuser` is the current role's. */
  authorizationChanged(sessionAuthorization: string, isSuperuser: boolean, role = "none"): void {
    this.#isSuperuser = isSuperuser;
    this.#authorization = new Map([
      ["is_superuser", isSuperuser ? "on" : "off"],
      ["role", role],
      ["session_authorization", sessionAuthorization],
    ]);
  }

  /** search_path split and unquoted, `$user` replaced; whether the schemas exist is not known here. */
  searchPath(currentRole: string): readonly string[] {
    const names = splitNames(this.get("search_path")) ?? [];
    return names.map((name) => (name === "$user" ? currentRole : name));
  }

  /** What the engine calls the session's time zone. */
  get engineTimeZone(): string {
    return canonicalTimeZone(this.get("TimeZone"))?.engineName ?? "UTC";
  }

  #find(name: string): string | undefined {
    const key = name.toLowerCase();
    const standard = ofTransaction[key];
    if (standard !== undefined) {
      const { session } = this.#begun;
      return this.#layers.local.get(key) ?? session.get(standard) ?? this.#resetValue(standard);
    }
    const authorization = this.#authorization.get(key);
    if (authorization !== undefined) return authorization;
    return this.#layers.local.get(key) ?? this.#layers.session.get(key) ?? this.#resetValue(key);
  }

  #resetValue(key: string): string | undefined {
    const known = declared.get(key)?.boot ?? (this.#custom.has(key) ? "" : undefined);
    return this.#client.get(key) ?? this.#kept.get(key)?.value ?? this.#server.get(key) ?? known;
  }

  #source(key: string): SettingRow["source"] {
    if (this.#layers.local.has(key) || this.#layers.session.has(key)) return "session";
    if (this.#client.has(key)) return "client";
    const otherwise = this.#server.has(key) ? "configuration file" : "default";
    return this.#kept.get(key)?.source ?? otherwise;
  }

  #keep(name: string, { value, source }: Kept, warn: ParametersOptions["warn"]): void {
    try {
      this.#know(name);
      this.#kept.set(name.toLowerCase(), { value: this.#canonical(name, value), source });
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      warn?.(error);
    }
  }

  #start(name: string, value: string): void {
    this.#assertChangeable(name);
    this.#know(name);
    this.#client.set(name.toLowerCase(), this.#canonical(name, value));
    this.#found.clear();
  }

  #authorize(name: "role" | "session_authorization", value: string | undefined): void {
    if (this.#setAuthorization) this.#setAuthorization(name, value);
    else throw new PgError("0A000", `setting "${name}" in this way is not supported`);
  }

  #canonical(name: string, text: string): string {
    const parameter = findParameter(name);
    if (!parameter) return text;
    const key = parameter.name.toLowerCase();
    const typed = canonicalValue(parameter, name, text);
    const checked =
      checks[key]?.(parameter.name, typed, this.#find(key) ?? parameter.boot) ?? typed;
    checkServed(parameter, checked);
    return this.#checks[key]?.(checked) ?? checked;
  }

  /** Isolation, read-only and deferrable are of the transaction alone: https://www.postgresql.org/docs/15/sql-set-transaction.html */
  #setOfTransaction(key: string, name: string, value: string | undefined): void {
    const standard = this.get(ofTransaction[key] ?? key);
    const wanted = value === undefined ? standard : this.#canonical(name, value);
    const isChange = wanted !== this.get(key);
    if (key === "transaction_read_only") {
      if (isChange && wanted === "off") this.#assertMayWrite();
    } else if (isChange) {
      const what = key === "transaction_isolation" ? "ISOLATION LEVEL" : "[NOT] DEFERRABLE";
      this.#assertFresh(`SET TRANSACTION ${what}`);
    }
    this.#assign(key, wanted, true);
  }

  #assertMayWrite(): void {
    if (this.#savepoints.length > 0) {
      const message = "cannot set transaction read-write mode inside a read-only transaction";
      throw new PgError("25001", message);
    }
    if (this.#hasQueried)
      throw new PgError("25001", "transaction read-write mode must be set before any query");
  }

  #assertFresh(statement: string): void {
    if (this.#hasQueried)
      throw new PgError("25001", `${statement} must be called before any query`);
    if (this.#savepoints.length > 0)
      throw new PgError("25001", `${statement} must not be called in a subtransaction`);
  }

  #assertChangeable(name: string): void {
    const parameter = findParameter(name);
    if (!parameter) return;
    const fault = unchangeable[parameter.context];
    if (fault !== undefined) throw new PgError("55P02", `parameter "${name}" ${fault}`);
    if (parameter.context === "superuser" && !this.#isSuperuser)
      throw new PgError("42501", `permission denied to set parameter "${name}"`);
  }

  /** A name that nobody declared is the user's own when it has a dot: https://www.postgresql.org/docs/15/runtime-config-custom.html */
  #know(name: string): void {
    const key = name.toLowerCase();
    if (declared.has(key) || this.#custom.has(key)) return;
    if (!name.includes(".")) throw unrecognized(name);
    checkCustomName(name);
    this.#custom.set(key, name);
  }

  #mayRead(parameter: Parameter): boolean {
    return !parameter.isPrivate || this.#isSuperuser;
  }

  #assign(key: string, value: string, isLocal: boolean): void {
    const { session, local } = this.#layers;
    // What is so already leaves everything as it is, and all that has been found.
    if (!isLocal && local.size === 0 && session.get(key) === value) return;
    this.#layers = isLocal
      ? { session, local: new Map(local).set(key, value) }
      : { session: new Map(session).set(key, value), local: without(local, [key]) };
  }

  #end(): void {
    this.#begun = this.#layers;
    this.#savepoints = [];
    this.#hasQueried = false;
    this.#restoreAuthorization();
  }

  /** A role that was SET LOCAL, or in what is rolled back, gives way to the one before it. */
  #restoreAuthorization(): void {
    const { session, local } = this.#layers;
    const wanted = (key: string, otherwise: string) =>
      local.get(key) ?? session.get(key) ?? otherwise;
    const [user, role] = [wanted("session_authorization", this.#login), wanted("role", "none")];
    if (user !== this.get("session_authorization")) this.#authorize("session_authorization", user);
    if (role !== this.get("role")) this.#authorize("role", role);
  }
}

const reportedParameters = parameters.filter((parameter) => parameter.isReported);

const unchangeable: Readonly<Partial<Record<Parameter["context"], string>>> = {
  internal: "cannot be changed",
  postmaster: "cannot be changed without restarting the server",
  sighup: "cannot be changed now",
};

function unrecognized(name: string): PgError {
  return new PgError("42704", `unrecognized configuration parameter "${name}"`);
}
