/**
 * Numbers of transactions, for whoever asks: most never have one. They grow from one start of the server to the next, and
 * say nothing of the transactions of other servers on the same buckets.
 * https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
import { PgError } from "../base/error.ts";

export interface TransactionId {
  readonly id: bigint;
  outcome: "in progress" | "committed" | "aborted";
}

/** What became of older ones is forgotten. */
const rememberedMax = 10_000;

/** Fewer than a thousand of them a second, and they are beyond what an earlier start gave. */
const epoch = Date.UTC(2024, 0, 1);

export class TransactionIds {
  #next = BigInt(Date.now() - epoch);
  readonly #remembered = new Map<bigint, TransactionId>();

  assign(): TransactionId {
    const made: TransactionId = { id: this.#next++, outcome: "in progress" };
    this.#remembered.set(made.id, made);
    if (this.#remembered.size > rememberedMax) this.#forget();
    return made;
  }

  #forget(): void {
    for (const { id, outcome } of this.#remembered.values())
      if (outcome !== "in progress") {
        this.#remembered.delete(id);
        return;
      }
  }

  /** NULL of what is too old; 22023 of what is to come. */
  outcomeOf(id: bigint): string | null {
    if (id >= this.#next || id < 0n)
      throw new PgError("22023", `transaction ID ${id} is in the future`);
    return this.#remembered.get(id)?.outcome ?? null;
  }

  /** xmin:xmax:xip,… as `own` sees it. */
  snapshot(own: TransactionId | undefined): string {
    const all = [...this.#remembered.values()];
    const last = all.findLast(({ outcome }) => outcome !== "in progress");
    const running = all.filter(({ outcome }) => outcome === "in progress").map(({ id }) => id);
    const first = all[0]?.id ?? this.#next;
    const xmax = last === undefined ? first : last.id + 1n;
    const others = running.filter((id) => id < xmax && id !== own?.id);
    return `${running[0] === undefined || running[0] > xmax ? xmax : running[0]}:${xmax}:${others.join(",")}`;
  }
}
