/**
 * Upkeep the server does by itself: datasets it has written to are looked at, one at a time, when nothing else runs, and for
 * no more than a named share of the time. What it stops in the middle of is done another time: every step is one commit.
 */
import type { Log } from "../base/log.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { compactionGroups } from "../table/compact.ts";
import { newestPublication } from "../table/iceberg.ts";
import type { Table, TableVersion } from "../table/table.ts";
import { sweepDropped } from "./sweep.ts";
import {
  compactDataset,
  compactionLimits,
  type DatasetPlace,
  expireDataset,
  isPublished,
  publishDataset,
  type UpkeepOptions,
  type UpkeepRooms,
} from "./upkeep.ts";

export interface BackgroundRooms extends UpkeepRooms {
  readonly catalog: Catalog;
  readonly log: Log;
}

export type UpkeepJob = "compact" | "expire" | "publish" | "sweep";

/** One thing that was done, or is being done. */
export interface UpkeepRun {
  readonly job: UpkeepJob;
  /** Undefined: of no dataset alone. */
  readonly place: DatasetPlace | undefined;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
  readonly summary: string | undefined;
  readonly error: string | undefined;
}

/** Small files that must have come together before they are worth a run. */
const smallFilesMin = 10;
const expireEveryMs = 24 * 3_600_000;
/** A publication follows its commit as soon as this; a busy server is asked again as often. */
const soonMs = 1_000;
const runsKept = 100;
const actor = "lakewire upkeep";

export class BackgroundUpkeep {
  readonly #rooms: BackgroundRooms;
  readonly #options: UpkeepOptions;
  readonly #isIdle: () => boolean;
  readonly #written = new Map<string, DatasetPlace>();
  readonly #expiredAt = new Map<string, number>();
  readonly #stop = new AbortController();
  #runs: UpkeepRun[] = [];
  #sweptAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #working: Promise<void> | undefined;

  /** @param isIdle Whether nobody waits for the engine now. */
  constructor(rooms: BackgroundRooms, options: UpkeepOptions, isIdle: () => boolean) {
    this.#rooms = rooms;
    this.#options = options;
    this.#isIdle = isIdle;
  }

  /** The newest last. */
  get runs(): readonly UpkeepRun[] {
    return this.#runs;
  }

  /** A dataset has a new version. */
  wrote(place: DatasetPlace, version: TableVersion): void {
    if (this.#options.intervalMs === 0 || this.#stop.signal.aborted) return;
    this.#written.set(keyOf(place), { bucket: place.bucket, location: place.location });
    this.#wake(isPublished(version) ? soonMs : this.#options.intervalMs);
  }

  /** A dataset is dropped: nobody keeps it up. */
  forget(place: DatasetPlace): void {
    this.#written.delete(keyOf(place));
    this.#expiredAt.delete(keyOf(place));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#working;
  }

  #wake(inMs: number): void {
    const at = Date.now() + inMs;
    if (this.#working || at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => this.#begin(), inMs).unref();
  }

  #begin(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (!this.#isIdle()) {
      this.#wake(soonMs);
      return;
    }
    const started = Date.now();
    this.#working = this.#turn().finally(() => {
      this.#working = undefined;
      if (this.#stop.signal.aborted || this.#written.size === 0) return;
      // Its share of the time is this turn; the rest is for others.
      const rest = (Date.now() - started) * (100 / this.#options.percent - 1);
      this.#wake(Math.max(soonMs, rest));
    });
  }

  /** One dataset: what is due for it. It comes again when something was left. */
  async #turn(): Promise<void> {
    const [entry] = this.#written;
    if (!entry) return;
    const [key, place] = entry;
    this.#written.delete(key);
    try {
      const isLeft = await this.#keepUp(place);
      if (isLeft) this.#written.set(key, place);
      if (Date.now() - this.#sweptAt > expireEveryMs) await this.#sweep();
    } catch (err) {
      if (!this.#stop.signal.aborted) this.#rooms.log.warn({ err, ...place }, "upkeep failed");
    }
  }

  async #keepUp(place: DatasetPlace): Promise<boolean> {
    const { tables, buckets } = this.#rooms;
    const bucket = buckets.get(place.bucket);
    if (!bucket || !(await this.#isKnown(place))) return false;
    const table = tables.get(place.bucket, place.location);
    const version = await table.current();
    let isLeft = false;
    if (isWorthIt(version, this.#options)) isLeft = await this.#compact(table, place);
    if (isPublished(version)) {
      const newest = await newestPublication({ bucket, location: place.location });
      const { number } = await table.current();
      if ((newest?.version ?? -1) < number) await this.#publish(place);
    }
    const expired = this.#expiredAt.get(keyOf(place)) ?? Number.NEGATIVE_INFINITY;
    if (Date.now() - expired > expireEveryMs) await this.#expire(table, place);
    return isLeft;
  }

  /** Neither dropped nor a session's own. */
  async #isKnown({ bucket, location }: DatasetPlace): Promise<boolean> {
    for (const { source } of (await this.#rooms.catalog.current()).relations()) {
      if (source.kind !== "dataset" || source.location !== location) continue;
      if (source.bucket === bucket) return true;
    }
    return false;
  }

  async #compact(table: Table, place: DatasetPlace): Promise<boolean> {
    let left = 0;
    await this.#run("compact", place, async () => {
      const done = await compactDataset(table, this.#options, {
        full: false,
        bytesMax: this.#options.runBytes,
        actor,
        signal: this.#stop.signal,
      });
      left = done.groupsLeft;
      return `${done.filesRemoved} files into ${done.filesAdded}`;
    });
    return left > 0;
  }

  #publish(place: DatasetPlace): Promise<void> {
    return this.#run("publish", place, async () => {
      const { version } = await publishDataset(this.#rooms, place, this.#options);
      return `version ${version}`;
    });
  }

  async #expire(table: Table, place: DatasetPlace): Promise<void> {
    this.#expiredAt.set(keyOf(place), Date.now());
    await this.#run("expire", place, async () => {
      const signal = this.#stop.signal;
      const { files, entries } = await expireDataset(table, this.#options, { signal });
      return `${files} files, ${entries} log entries`;
    });
  }

  async #sweep(): Promise<void> {
    this.#sweptAt = Date.now();
    await this.#run("sweep", undefined, async () => {
      const retention = this.#options.fileRetentionMs;
      const { folders, files } = await sweepDropped(this.#rooms, retention, this.#stop.signal);
      return `${folders} dropped datasets, ${files} files`;
    });
  }

  async #run(
    job: UpkeepJob,
    place: DatasetPlace | undefined,
    work: () => Promise<string>,
  ): Promise<void> {
    const started = { job, place, startedAt: new Date() };
    const others = [...this.#runs.slice(1 - runsKept)];
    const told = (rest: Pick<UpkeepRun, "endedAt" | "summary" | "error">) => {
      this.#runs = [...others, { ...started, ...rest }];
    };
    told({ endedAt: undefined, summary: undefined, error: undefined });
    try {
      told({ endedAt: new Date(), summary: await work(), error: undefined });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      told({ endedAt: new Date(), summary: undefined, error: text });
      throw error;
    }
  }
}

/** Many files, many small ones, or one that has lost many rows. */
function isWorthIt(version: TableVersion, options: UpkeepOptions): boolean {
  const groups = compactionGroups(version, compactionLimits(options, false));
  if (groups.length === 0) return false;
  if (version.files.size > options.filesMax) return true;
  return groups.some((group) => group.length === 1 || group.length >= smallFilesMin);
}

function keyOf({ bucket, location }: DatasetPlace): string {
  return `${bucket}\0${location}`;
}
