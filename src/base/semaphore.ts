import { PgError } from "./error.ts";

/** Admission: at most `slots` at once; the rest wait in order, and can stop waiting. */
export class Semaphore {
  #free: number;
  readonly #waitingMax: number;
  readonly #waiting: { readonly admit: () => void }[] = [];

  constructor(slots: number, waitingMax = Number.POSITIVE_INFINITY) {
    this.#free = slots;
    this.#waitingMax = waitingMax;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves to the function that gives the slot back; 57014 when `signal` fires first, 53400 when too many wait. */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) throw canceled(signal);
    const taken = this.take();
    if (taken) return taken;
    if (this.#waiting.length >= this.#waitingMax)
      throw new PgError("53400", "too many statements are waiting for their turn", {
        hint: "Try again later.",
      });
    await this.#wait(signal);
    return this.#holding();
  }

  /** The same at once; undefined when no slot is free. */
  take(): (() => void) | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#holding();
  }

  #holding(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next.admit();
      else this.#free++;
    };
  }

  #wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = {
        admit: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal ? canceled(signal) : undefined);
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#waiting.push(entry);
    });
  }
}

function canceled(signal: AbortSignal): unknown {
  return signal.reason instanceof PgError
    ? signal.reason
    : new PgError("57014", "canceling statement due to user request");
}
