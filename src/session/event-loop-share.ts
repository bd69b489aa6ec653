/** What one session may do of the event loop's work before others have their turn, and cancel requests too. */
import { setImmediate } from "node:timers/promises";

const shareMs = 10;

export class EventLoopShare {
  #since = performance.now();

  get isUsedUp(): boolean {
    return performance.now() - this.#since >= shareMs;
  }

  async yield(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
