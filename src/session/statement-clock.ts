/** One running statement's ways to be stopped: cancel request, timeout, shutdown, the client going away. */
import { PgError } from "../base/error.ts";

export class StatementClock {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #gone: AbortSignal;
  readonly #onGone = () =>
    this.#controller.abort(
      new PgError("08006", "connection to client lost", { severity: "FATAL" }),
    );

  /** `timeoutMs` 0 = none. */
  constructor(timeoutMs: number, gone: AbortSignal) {
    this.#gone = gone;
    if (gone.aborted) this.#onGone();
    else gone.addEventListener("abort", this.#onGone, { once: true });
    if (timeoutMs > 0) {
      this.#timer = setTimeout(
        () => this.#stop("57014", "canceling statement due to statement timeout"),
        timeoutMs,
      );
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.#stop("57014", "canceling statement due to user request");
  }

  terminate(): void {
    this.#controller.abort(terminated());
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#gone.removeEventListener("abort", this.#onGone);
  }

  #stop(sqlstate: string, message: string): void {
    this.#controller.abort(new PgError(sqlstate, message));
  }
}

export function terminated(): PgError {
  return new PgError("57P01", "terminating connection due to administrator command", {
    severity: "FATAL",
  });
}
