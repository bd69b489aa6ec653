/** How long a session may wait for its client, and what it is told then. */
import { PgError } from "../base/error.ts";
import type { Parameters } from "../config/parameters.ts";

export interface IdleLimit {
  /** 0 = none. */
  readonly timeoutMs: number;
  readonly fault: () => PgError;
}

export function idleLimit(parameters: Parameters, inTransaction: boolean): IdleLimit {
  const [name, sqlstate, what] = inTransaction
    ? (["idle_in_transaction_session_timeout", "25P03", "idle-in-transaction"] as const)
    : (["idle_session_timeout", "57P05", "idle-session"] as const);
  return {
    timeoutMs: parameters.milliseconds(name),
    fault: () =>
      new PgError(sqlstate, `terminating connection due to ${what} timeout`, { severity: "FATAL" }),
  };
}
