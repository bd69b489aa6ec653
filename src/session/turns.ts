/** Whoever wants the same thing gets it one after the other, in order. */
import { must } from "../base/assert.ts";
import { Semaphore } from "../base/semaphore.ts";

interface Turn {
  readonly semaphore: Semaphore;
  users: number;
}

export class Turns {
  readonly #turns = new Map<number, Turn>();

  /** Resolves to what gives the turn back; 57014 when `signal` fires first. */
  async take(key: number, signal: AbortSignal): Promise<() => void> {
    if (!this.#turns.has(key)) this.#turns.set(key, { semaphore: new Semaphore(1), users: 0 });
    const turn = must(this.#turns.get(key), "just put there");
    turn.users++;
    const left = () => {
      if (--turn.users === 0) this.#turns.delete(key);
    };
    try {
      const leave = await turn.semaphore.acquire(signal);
      return () => {
        leave();
        left();
      };
    } catch (error) {
      left();
      throw error;
    }
  }
}
