/** Who is connected and what they do: pg_stat_activity's rows, and the way from a pid to a running statement. */
import type { LiveRelation } from "../catalog/relation.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { normalForm } from "../query/normal-form.ts";
import type { Backend } from "./backend.ts";

export type ActivityState =
  | "active"
  | "idle"
  | "idle in transaction"
  | "idle in transaction (aborted)";

/** One session as others see it. The session itself keeps it true. */
export interface ActivityEntry {
  readonly pid: number;
  readonly secretKey: number;
  readonly database: string;
  readonly roleName: () => string;
  readonly roleOid: () => number;
  readonly applicationName: () => string;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
  readonly serverAddress: string | null;
  readonly serverPort: number | null;
  readonly backendStart: Date;
  queryStart: Date | null;
  stateChange: Date;
  state: ActivityState;
  query: string;
  /** The kind of lock that its statement waits for. */
  waitsFor?: "relation" | "advisory" | undefined;
  /** The session itself, for what only it knows. */
  readonly backend: () => Backend;
  /** Stops the statement that runs now; harmless when none does. */
  readonly cancel: (reason: "user request" | "shutdown") => void;
  /** Ends the session: 57P01. */
  readonly terminate: () => void;
}

export class Activity {
  readonly #entries = new Map<number, ActivityEntry>();

  add(entry: ActivityEntry): void {
    this.#entries.set(entry.pid, entry);
  }

  remove(pid: number): void {
    this.#entries.delete(pid);
  }

  get(pid: number): ActivityEntry | undefined {
    return this.#entries.get(pid);
  }

  get count(): number {
    return this.#entries.size;
  }

  entries(): Iterable<ActivityEntry> {
    return this.#entries.values();
  }

  /** When the oldest statement began that runs now. */
  oldestRunning(): Date | undefined {
    let oldest: Date | undefined;
    for (const { state, queryStart } of this.#entries.values()) {
      if (state !== "active" || queryStart === null) continue;
      if (oldest === undefined || queryStart < oldest) oldest = queryStart;
    }
    return oldest;
  }

  /** A cancel request: silently nothing when the key is wrong, as PostgreSQL. */
  cancel(pid: number, secretKey: number): void {
    const entry = this.#entries.get(pid);
    if (entry?.secretKey === secretKey) entry.cancel("user request");
  }
}

/** An open transaction's, or of a statement that is one by itself. */
function transactionStart({ backend }: ActivityEntry): Date | null {
  const { status, startedAt } = backend().transaction;
  return status === "idle" ? null : startedAt;
}

/** Microseconds since 1970, as the engine's TIMESTAMPTZ takes it. */
const micros = (date: Date | null): bigint | null =>
  date === null ? null : BigInt(date.getTime()) * 1000n;

export function statActivity(activity: Activity, databaseOid: number): LiveRelation {
  return {
    oid: 12_222,
    schema: "pg_catalog",
    name: "pg_stat_activity",
    comment: "One row per session: what it is doing.",
    columns: [
      { name: "datid", typeOid: 26 },
      { name: "datname", typeOid: 19 },
      { name: "pid", typeOid: 23 },
      { name: "leader_pid", typeOid: 23 },
      { name: "usesysid", typeOid: 26 },
      { name: "usename", typeOid: 19 },
      { name: "application_name", typeOid: 25 },
      { name: "client_addr", typeOid: 869 },
      { name: "client_hostname", typeOid: 25 },
      { name: "client_port", typeOid: 23 },
      { name: "backend_start", typeOid: 1184 },
      { name: "xact_start", typeOid: 1184 },
      { name: "query_start", typeOid: 1184 },
      { name: "state_change", typeOid: 1184 },
      { name: "wait_event_type", typeOid: 25 },
      { name: "wait_event", typeOid: 25 },
      { name: "state", typeOid: 25 },
      { name: "backend_xid", typeOid: 28 },
      { name: "backend_xmin", typeOid: 28 },
      { name: "query_id", typeOid: 20 },
      { name: "query", typeOid: 25 },
      { name: "backend_type", typeOid: 25 },
    ],
    async rows(asker): Promise<readonly (readonly EngineValue[])[]> {
      return [...activity.entries()].map((entry) => {
        const visible = asker.isSuperuser || asker.roleOid === entry.roleOid();
        const mine = <T extends EngineValue>(value: T) => (visible ? value : null);
        const idle = entry.state !== "active";
        return [
          databaseOid,
          entry.database,
          entry.pid,
          null,
          entry.roleOid(),
          entry.roleName(),
          mine(entry.applicationName()),
          mine(entry.clientAddress),
          null,
          mine(entry.clientPort),
          mine(micros(entry.backendStart)),
          mine(micros(transactionStart(entry))),
          mine(micros(entry.queryStart)),
          mine(micros(entry.stateChange)),
          mine(entry.waitsFor ? "Lock" : idle ? "Client" : null),
          mine(entry.waitsFor ?? (idle ? "ClientRead" : null)),
          mine(entry.state),
          null,
          null,
          visible && entry.query !== "" ? normalForm(entry.query).id : null,
          visible ? entry.query : "<insufficient privilege>",
          "client backend",
        ];
      });
    },
  };
}
