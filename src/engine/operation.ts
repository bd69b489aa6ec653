/** One statement under way, from the queue to its last row: what cancelling it means at each moment. */
import { setTimeout } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { PgError } from "../base/error.ts";
import type { StopSignal } from "./engine.ts";
import { pgError } from "./errors.ts";

/** How many statements run at once is somebody else's decision. Both give what gives the slot back. */
export interface Admission {
  acquire(signal: AbortSignal): Promise<() => void>;
  /** Undefined when one must wait. */
  take(): (() => void) | undefined;
}

/** Of a statement that got no memory: whether one that began before it has taken it, and gives it back soon. */
export type Spared = (sql: string, startedAt: number) => boolean;

/** How long a statement waits for memory that another is about to give back, and how often. */
const spared = { waitMs: 100, times: 20 };

/** The engine forgets an interrupt that comes before a call has really begun, so it is repeated while one runs. */
const repeatMs = 10;

export class Operation {
  readonly #connection: DuckDBConnection;
  readonly #sql: string;
  readonly #signal: StopSignal;
  readonly #isSpared: Spared;
  /** Made for a statement that waits: most do not. */
  #queue: AbortController | undefined;
  readonly #aborted = () => this.interrupt();
  #reason: PgError | undefined;
  readonly startedAt = performance.now();
  #isRunning = false;
  #repeat: NodeJS.Timeout | undefined;

  constructor(connection: DuckDBConnection, sql: string, signal: StopSignal, isSpared: Spared) {
    this.#connection = connection;
    this.#sql = sql;
    this.#signal = signal;
    this.#isSpared = isSpared;
    if (signal.aborted) this.interrupt();
    else signal.addEventListener("abort", this.#aborted, { once: true });
  }

  /**
   * Waits for a slot, then works; rejects with the cancellation's reason when there was one. Work that leaves nothing behind
   * when it fails is done again when another statement was the one for which memory did not do.
   */
  async run<T>(
    slots: Admission | undefined,
    work: () => Promise<T>,
    repeats = spared.times,
  ): Promise<T> {
    this.check();
    const leave = slots && (slots.take() ?? (await slots.acquire(this.#waiting())));
    try {
      this.check();
      this.#isRunning = true;
      return await work();
    } catch (error) {
      const fault = this.#reason ?? pgError(error, this.#sql);
      if (repeats === 0 || fault === this.#reason || fault.sqlstate !== "53200") throw fault;
      if (!this.#isSpared(this.#sql, this.startedAt)) throw fault;
    } finally {
      this.#isRunning = false;
      clearInterval(this.#repeat);
      leave?.();
    }
    await setTimeout(spared.waitMs);
    return this.run(slots, work, repeats - 1);
  }

  /** Throws when the statement was cancelled, whether or not the engine noticed. */
  check(): void {
    if (this.#reason) throw this.#reason;
  }

  get isStoppable(): boolean {
    return this.#isRunning && this.#reason === undefined;
  }

  interrupt(given?: PgError): void {
    if (this.#reason) return;
    const reason = given ?? this.#signal.reason;
    this.#reason =
      reason instanceof PgError
        ? reason
        : new PgError("57014", "canceling statement due to user request");
    this.#queue?.abort(this.#reason);
    if (!this.#isRunning) return;
    this.#connection.interrupt();
    this.#repeat = setInterval(() => this.#connection.interrupt(), repeatMs);
  }

  #waiting(): AbortSignal {
    this.#queue = new AbortController();
    return this.#queue.signal;
  }

  end(): void {
    this.#signal.removeEventListener("abort", this.#aborted);
  }
}
