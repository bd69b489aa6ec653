/** The sequences this server gives numbers of, by where their logs lie. */
import { must } from "../base/assert.ts";
import type { Buckets } from "../storage/storage.ts";
import type { SequenceSource } from "./sequence.ts";
import { SequenceCounter } from "./sequence-counter.ts";

export interface SequencesOptions {
  readonly buckets: Buckets;
  /** Numbers set aside at once; a sequence's own CACHE when that is more. */
  readonly block: number;
}

/** Those made first go first; what comes back later looks into its log again. */
const countersMax = 10_000;

export class Sequences {
  readonly #options: SequencesOptions;
  readonly #counters = new Map<string, SequenceCounter>();

  constructor(options: SequencesOptions) {
    this.#options = options;
  }

  /** It has not looked into its log yet. */
  counter({ bucket, location, from }: SequenceSource): SequenceCounter {
    const key = `${bucket}\0${location}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      const place = must(this.#options.buckets.get(bucket), "a sequence lies in a bucket");
      const { last, isCalled } = from;
      counter = new SequenceCounter(place, location, { last: BigInt(last), isCalled });
      this.#counters.set(key, counter);
      this.#forgetFirst();
    }
    return counter;
  }

  block({ cache }: SequenceSource): number {
    return Math.max(this.#options.block, Math.min(Number(cache), Number.MAX_SAFE_INTEGER));
  }

  /** At shutdown: numbers nobody was given are lost only to a crash. */
  async close(): Promise<void> {
    const isThere = (key: string) => this.#options.buckets.get(key.split("\0")[0] ?? "");
    const there = [...this.#counters].filter(([key]) => isThere(key));
    await Promise.all(there.map(([, counter]) => counter.giveBack()));
  }

  #forgetFirst(): void {
    const [first] = this.#counters;
    if (first === undefined || this.#counters.size <= countersMax) return;
    this.#counters.delete(first[0]);
    // What it cannot give back is a gap.
    first[1].giveBack().catch(() => undefined);
  }
}
