/**
 * Several logs changed as one. A transaction over several logs writes an intent first, marks every entry with it, and decides
 * last: `<id>.json` says that it began, `<id>.done`, put by whoever is first, whether its entries count. Until then readers
 * end before such an entry, and writers wait; a writer that has waited for longer than the lease puts "aborted" itself. So a
 * server may be killed at any point: what it had not decided is aborted by the next one that writes.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Bucket, Buckets } from "../storage/storage.ts";

export interface IntentReference {
  readonly bucket: string;
  readonly id: string;
}

export interface Intent extends IntentReference {
  /** From here on all its entries count. 40001 when another server has aborted it: then none does. */
  commit(): Promise<void>;
  /** None of its entries counts. Harmless when that is decided already. */
  abort(): Promise<void>;
}

export type Outcome = "committed" | "aborted";

export interface IntentsOptions {
  /** How long a writer leaves an intent of another server undecided. */
  readonly leaseMs?: number;
}

const folder = "_lakehouse/txn";
/** Far beyond what is put between two commits of an intent and the reading of its entries. */
const leaseMsDefault = 10_000;
const pollMs = 10;
const owner = { host: hostname(), pid: process.pid, run: randomUUID() };
/** Outcomes kept, the oldest go first. */
const knownMax = 10_000;

export class Intents {
  readonly #buckets: Buckets;
  readonly #leaseMs: number;
  readonly #known = new Map<string, Outcome>();

  constructor(buckets: Buckets, options: IntentsOptions = {}) {
    this.#buckets = buckets;
    this.#leaseMs = options.leaseMs ?? leaseMsDefault;
  }

  /** Written into one of the buckets it concerns, before any entry is marked with it. */
  async open(bucketName: string): Promise<Intent> {
    const id = randomUUID();
    const reference = { bucket: bucketName, id };
    const begun = { id, begun: Date.now(), leaseMs: this.#leaseMs, owner };
    await this.#bucket(reference).putIfAbsent(
      `${folder}/${id}.json`,
      Buffer.from(JSON.stringify(begun)),
    );
    return {
      ...reference,
      commit: async () => {
        if ((await this.#decide(reference, "committed")) === "committed") return;
        throw new PgError("40001", "could not serialize access due to concurrent update", {
          detail: "Another server has aborted the transaction, which took too long to commit.",
        });
      },
      abort: async () => {
        await this.#decide(reference, "aborted");
      },
    };
  }

  /** Undefined: not decided yet. */
  async outcome(reference: IntentReference): Promise<Outcome | undefined> {
    const known = this.#known.get(reference.id);
    if (known) return known;
    const bucket = this.#bucket(reference);
    const told = await bucket.read(`${folder}/${reference.id}.done`);
    if (told) return this.#remember(reference, outcomeIn(told, reference));
    if (await bucket.exists(`${folder}/${reference.id}.json`)) return undefined;
    // Neither is there: it was committed so long ago that it has been swept. Or just now, between the two looks.
    const late = await bucket.read(`${folder}/${reference.id}.done`);
    return this.#remember(reference, late ? outcomeIn(late, reference) : "committed");
  }

  /** Waits for the decision; aborts the intent itself once its lease is over, or its server is seen to be dead. */
  async decided(reference: IntentReference): Promise<Outcome> {
    for (;;) {
      const outcome = await this.outcome(reference);
      if (outcome) return outcome;
      if (await this.#isExpired(reference)) return this.#decide(reference, "aborted");
      await sleep(pollMs);
    }
  }

  /**
   * Forgets intents decided before that instant. One that was aborted is told for ever: without it its entries would count.
   * Returns how many objects went.
   */
  async sweep(bucketName: string, before: Date): Promise<number> {
    const bucket = this.#bucket({ bucket: bucketName, id: "" });
    const objects = await bucket.list(`${folder}/`);
    const names = new Set(objects.map(({ key }) => key));
    let swept = 0;
    for (const { key, modified } of objects) {
      if (!key.endsWith(".done") || modified >= before) continue;
      const json = key.replace(/\.done$/, ".json");
      const id = key.slice(folder.length + 1, -".done".length);
      const outcome = await this.outcome({ bucket: bucketName, id });
      // In this order: an entry whose intent has only the second is still decided.
      const gone = [...(names.has(json) ? [json] : []), ...(outcome === "committed" ? [key] : [])];
      for (const each of gone) await bucket.delete(each);
      swept += gone.length;
    }
    return swept;
  }

  async #decide(reference: IntentReference, wanted: Outcome): Promise<Outcome> {
    const bucket = this.#bucket(reference);
    const key = `${folder}/${reference.id}.done`;
    if (await bucket.putIfAbsent(key, Buffer.from(wanted))) {
      return this.#remember(reference, wanted);
    }
    const told = await bucket.read(key);
    return this.#remember(reference, told ? outcomeIn(told, reference) : "committed");
  }

  async #isExpired(reference: IntentReference): Promise<boolean> {
    const bytes = await this.#bucket(reference).read(`${folder}/${reference.id}.json`);
    if (!bytes) return false;
    const intent = JSON.parse(bytes.toString()) as Begun;
    return Date.now() > intent.begun + intent.leaseMs || isGone(intent.owner);
  }

  #remember({ id }: IntentReference, outcome: Outcome): Outcome {
    if (this.#known.size >= knownMax) {
      this.#known.delete(must(this.#known.keys().next().value, "the oldest"));
    }
    this.#known.set(id, outcome);
    return outcome;
  }

  #bucket({ bucket }: IntentReference): Bucket {
    const found = this.#buckets.get(bucket);
    if (found) return found;
    throw new PgError(
      "58030",
      `a transaction was decided in bucket "${bucket}", which is not here`,
    );
  }
}

interface Begun {
  readonly begun: number;
  readonly leaseMs: number;
  /** Not there: written by a server of before. */
  readonly owner?: typeof owner;
}

/**
 * True for a process of this machine that is no more: after a crash nobody waits out its lease. Where two machines go by one
 * name this may be wrong, and costs a living server's transaction a 40001, no more.
 */
function isGone(other: Begun["owner"]): boolean {
  if (other === undefined || other.host !== owner.host || other.run === owner.run) return false;
  // In a container every run of a server has the same number.
  if (other.pid === owner.pid) return true;
  try {
    process.kill(other.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** The intent an entry is marked with. */
export function intentOf(actions: readonly unknown[]): IntentReference | undefined {
  for (const action of actions) {
    if (typeof action !== "object" || action === null || !("commitInfo" in action)) continue;
    const info = action.commitInfo as { readonly lakewireIntent?: IntentReference } | null;
    return info?.lakewireIntent;
  }
  return undefined;
}

/** What marks an entry: a member of its commitInfo. */
export function intentMark(
  intent: IntentReference | undefined,
): { readonly lakewireIntent: IntentReference } | Record<string, never> {
  return intent ? { lakewireIntent: { bucket: intent.bucket, id: intent.id } } : {};
}

function outcomeIn(bytes: Buffer, { bucket, id }: IntentReference): Outcome {
  const text = bytes.toString();
  if (text === "committed" || text === "aborted") return text;
  throw new PgError("XX001", `object "${folder}/${id}.done" of bucket "${bucket}" decides nothing`);
}
