/**
 * A log whose entries are objects named by number, each written by whoever is first to put it: Delta's log of a dataset,
 * the catalog's log of a bucket. An entry is lines of JSON and never changes.
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { missingObject } from "../storage/faults.ts";
import type { Bucket } from "../storage/storage.ts";
import { type Intents, intentOf } from "./intent.ts";

export interface LogEntry<T> {
  readonly version: number;
  readonly actions: readonly T[];
  /** What an entry said that does not count, its transaction being aborted: then it has no actions. */
  readonly aborted?: readonly T[];
}

/** How many entries a catching-up reader asks for at once. */
const readAhead = 16;

export class NumberedLog<T> {
  readonly bucket: Bucket;
  readonly folder: string;
  readonly #intents: Intents | undefined;

  /** Without intents no entry of it may be marked with one. */
  constructor(bucket: Bucket, folder: string, intents?: Intents) {
    this.bucket = bucket;
    this.folder = folder;
    this.#intents = intents;
  }

  key(version: number): string {
    return `${this.folder}/${versionName(version)}.json`;
  }

  /** The freshness probe: is there an entry of this number? */
  has(version: number): Promise<boolean> {
    return this.bucket.exists(this.key(version));
  }

  /** Undefined: there is none, or its transaction is not decided and so the log ends before it. */
  async read(version: number): Promise<LogEntry<T> | undefined> {
    const entry = await this.#read(version);
    return entry === "undecided" ? undefined : entry;
  }

  /** As it stands, whether it counts or not. */
  async actionsAt(version: number): Promise<readonly T[] | undefined> {
    const bytes = await this.bucket.read(this.key(version));
    return bytes && this.#parse(version, bytes.toString());
  }

  /** Waits until it is decided whether the entry counts. Nothing may be appended behind one that is not. */
  async settle(version: number): Promise<void> {
    const intent = intentOf((await this.actionsAt(version)) ?? []);
    if (intent) await this.#decisions.decided(intent);
  }

  /** `after`: what it names is durable by then. True: the entry is ours and durable. False: another writer has that number; `settle` it before the next try. */
  append(version: number, actions: readonly T[], after?: Promise<unknown>): Promise<boolean> {
    const text = actions.map((action) => `${JSON.stringify(action)}\n`).join("");
    return this.bucket.putIfAbsent(this.key(version), Buffer.from(text), after);
  }

  /** Every entry after `version` that is decided, in order. A number missing among them is damage: XX001. */
  async after(version: number): Promise<readonly LogEntry<T>[]> {
    const found: LogEntry<T>[] = [];
    // Most often there is none, which a look tells sooner than a read.
    if (!(await this.has(version + 1))) return found;
    const first = await this.read(version + 1);
    if (!first) return found;
    found.push(first);
    for (;;) {
      const next = version + found.length + 1;
      const entries = await Promise.all(
        Array.from({ length: readAhead }, (_, i) => this.#read(next + i)),
      );
      const end = entries.findIndex((entry) => entry === undefined || entry === "undecided");
      const whole = end < 0 ? entries : entries.slice(0, end);
      found.push(...whole.filter((entry) => entry !== undefined && entry !== "undecided"));
      if (end < 0) continue;
      if (entries[end] === "undecided") return found;
      if (entries.slice(end).every((entry) => entry === undefined)) return found;
      // Written between two of our reads, or lost: only a second look can tell.
      const late = await this.#read(next + end);
      if (late === "undecided") return found;
      if (!late) throw this.gap(next + end);
      found.push(late);
    }
  }

  gap(version: number): PgError {
    return new PgError(
      "XX001",
      `object "${this.key(version)}" of bucket "${this.bucket.name}" is missing, later ones are there`,
    );
  }

  missing(version: number): PgError {
    return missingObject(this.bucket.name, this.key(version));
  }

  async #read(version: number): Promise<LogEntry<T> | "undecided" | undefined> {
    const actions = await this.actionsAt(version);
    const intent = actions && intentOf(actions);
    if (!actions || !intent) return actions && { version, actions };
    const outcome = await this.#decisions.outcome(intent);
    if (outcome === undefined) return "undecided";
    return outcome === "committed"
      ? { version, actions }
      : { version, actions: [], aborted: actions };
  }

  get #decisions(): Intents {
    return must(this.#intents, `entries of ${this.folder} belong to no intent`);
  }

  #parse(version: number, text: string): readonly T[] {
    try {
      return text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as T);
    } catch (cause) {
      const name = `object "${this.key(version)}" of bucket "${this.bucket.name}"`;
      throw new PgError("XX001", `${name} is not lines of JSON`, {}, { cause });
    }
  }
}

export function versionName(version: number): string {
  return String(version).padStart(20, "0");
}
