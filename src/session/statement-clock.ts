/** One running statement's ways to be stopped: cancel request, timeout, shutdown, the client going away. */
import { PgError } from "../base/error.ts";
import type { StopSignal } from "../engine/engine.ts";
import type { IdleLimit } from "./idle-limit.ts";

export class StatementClock implements StopSignal {
  readonly #timer: NodeJS.Timeout | undefined;
  #listeners: Set<() => void> | undefined;
  /** Made when first asked for: most statements are over before anybody could stop them. */
  #controller: AbortController | undefined;
  #reason: PgError | undefined;

  /** `timeoutMs` 0 = none. `isGone`: the client has gone before it began. */
  constructor(timeoutMs: number, isGone: boolean) {
    if (isGone) this.#reason = lost();
    if (timeoutMs > 0) {
      const fault = statementTimeout();
      this.#timer = setTimeout(() => this.#stop(fault), timeoutMs);
    }
  }

  get reason(): PgError | undefined {
    return this.#reason;
  }

  /** Of a statement that ended with `error`: one that had failed by itself before it could be stopped says so. */
  causeOf(error: unknown): unknown {
    if (this.#reason === undefined) return error;
    const isOwn = error instanceof PgError && !/^(?:57|XX)/.test(error.sqlstate);
    return isOwn && this.#reason.severity === "ERROR" ? error : this.#reason;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  /** Cheaper than an AbortSignal, for statements that are over in microseconds. */
  addEventListener(_: "abort", listener: () => void): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  cancel(): void {
    this.#stop(new PgError("57014", "canceling statement due to user request"));
  }

  terminate(): void {
    this.#stop(terminated());
  }

  /** Nobody waits for the answer any more. */
  connectionLost(): void {
    this.#stop(lost());
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#listeners = undefined;
  }

  #stop(reason: PgError): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
    for (const listener of this.#listeners ?? []) listener();
    this.#listeners = undefined;
  }
}

/**
 * statement_timeout over a statement that comes in several messages: from the first Parse, Bind, Describe or Execute to the end
 * of an Execute, or to Sync. https://www.postgresql.org/docs/15/runtime-config-client.html
 */
export class PipelineClock {
  /** As the parameter is now; 0 = no limit. */
  readonly timeoutMs: () => number;
  #since: number | undefined;

  constructor(timeoutMs: () => number) {
    this.timeoutMs = timeoutMs;
  }

  /** What is left for the message that begins now, in milliseconds; 0 = no limit. */
  left(): number {
    const timeoutMs = this.timeoutMs();
    if (timeoutMs === 0) return 0;
    this.#since ??= performance.now();
    return Math.max(1, timeoutMs - (performance.now() - this.#since));
  }

  /** How long the client may take for the next one. */
  limit(): IdleLimit {
    return { timeoutMs: this.#since === undefined ? 0 : this.left(), fault: statementTimeout };
  }

  over(): void {
    this.#since = undefined;
  }
}

function statementTimeout(): PgError {
  return new PgError("57014", "canceling statement due to statement timeout");
}

function lost(): PgError {
  return new PgError("08006", "connection to client lost", { severity: "FATAL" });
}

export function terminated(): PgError {
  return new PgError("57P01", "terminating connection due to administrator command", {
    severity: "FATAL",
  });
}
