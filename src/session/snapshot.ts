/**
 * One instant for every dataset a transaction looks at. Of this server's commits to several datasets it is known when they
 * were decided; of everything else the log tells when it was committed, as exactly as the servers' clocks agree.
 */
import type { Table, TableVersion } from "../table/table.ts";

/** By which clock: ours alone, which never goes back, and everybody's. */
interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** A dataset that is written without pause is looked at again so often before an older version of it is asked for. */
const looksMax = 5;

export class Snapshot {
  readonly #together: CommitsTogether;
  #instant: Instant | undefined;
  /** A version has been given: the instant stays. */
  #isFixed = false;

  constructor(together: CommitsTogether) {
    this.#together = together;
  }

  /** The version that was newest at the transaction's instant, which is taken when this is first asked. */
  async versionOf(table: Table): Promise<TableVersion> {
    for (let looks = 1; ; looks++) {
      this.#instant ??= now();
      const instant = this.#instant;
      const newest = await table.current();
      if (instant !== this.#instant) continue; // Another dataset's look has moved it.
      if (this.#isFixed || looks > looksMax || this.#sees(table, newest, instant)) {
        this.#isFixed = true;
        return this.#asOf(table, newest, instant);
      }
      this.#instant = now();
    }
  }

  async #asOf(table: Table, newest: TableVersion, instant: Instant): Promise<TableVersion> {
    let version = newest;
    while (version.number > 0 && !this.#sees(table, version, instant)) {
      version = await table.at(version.number - 1);
    }
    return version;
  }

  #sees(table: Table, version: TableVersion, instant: Instant): boolean {
    const decidedMs = this.#together.decidedMs(table, version.number);
    if (decidedMs !== undefined) return decidedMs <= instant.monotonicMs;
    const committedMs = version.committedAt.getTime();
    // What seems to be of the future was committed by a clock that is ahead.
    return committedMs <= instant.wallMs || committedMs > Date.now();
  }
}

/** When versions of several datasets, committed as one by this server, became visible: all at the same instant. */
export class CommitsTogether {
  /** By dataset and version; Infinity until it is decided. The oldest go first. */
  readonly #decided = new Map<string, number>();

  /** Undefined for a version that was committed otherwise, or long ago. */
  decidedMs(table: Table, version: number): number | undefined {
    return this.#decided.get(nameOf(table, version));
  }

  /** Around the decision: nobody sees one of them without the others. */
  async decide(
    versions: readonly { readonly table: Table; readonly version: number }[],
    decision: () => Promise<void>,
  ): Promise<void> {
    const names = versions.map(({ table, version }) => nameOf(table, version));
    for (const name of names) this.#put(name, Number.POSITIVE_INFINITY);
    try {
      await decision();
    } catch (error) {
      for (const name of names) this.#decided.delete(name);
      throw error;
    }
    const decidedMs = performance.now();
    for (const name of names) this.#put(name, decidedMs);
  }

  #put(name: string, decidedMs: number): void {
    this.#decided.delete(name);
    this.#decided.set(name, decidedMs);
    if (this.#decided.size <= keptMax) return;
    const [oldest = ""] = this.#decided.keys();
    this.#decided.delete(oldest);
  }
}

/** A transaction that lasts while more commits than these are made sees them by their timestamps. */
const keptMax = 10_000;

function nameOf({ bucket, location }: Table, version: number): string {
  return `${bucket}\0${location}\0${version}`;
}

function now(): Instant {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}
