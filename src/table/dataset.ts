/** One dataset's log as this server knows it: the newest version it has seen, and everything done with it. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Action, Add, DeltaField } from "./actions.ts";
import {
  hintedCheckpoint,
  listCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import {
  append,
  checkAppend,
  checkReplacement,
  creation,
  isSameCommit,
  lostRace,
  replacement,
} from "./commit.ts";
import { NumberedLog } from "./log.ts";
import { dataFileKey } from "./paths.ts";
import { type ScanOptions, scanText } from "./scan.ts";
import type { CommitInfo, Table, TableVersion } from "./table.ts";
import { checkReadable, checkWritable, fold, Version } from "./version.ts";
import { writeFiles } from "./write.ts";

const checkpointEvery = 20;
/** Each lost race is another server's commit, so this is far beyond what happens. */
const attemptsMax = 1_000;
/** Versions other than the newest that are kept, for transactions that have pinned one. */
const olderKept = 4;

export interface Surroundings {
  readonly engine: Engine;
  /** A file that has become this large is followed by another. */
  readonly fileBytes: number;
  /** Takes work nobody waits for: its faults are the taker's to tell. */
  readonly background: (work: Promise<void>) => void;
}

export class Dataset implements Table {
  readonly bucket: string;
  readonly location: string;
  readonly #bucket: Bucket;
  readonly #engine: Engine;
  readonly #surroundings: Surroundings;
  readonly #log: NumberedLog<Action>;
  readonly #older = new Map<number, Version>();
  #newest: Version | undefined;
  /** Loads and commits of this server, one after the other: racing oneself only loses. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bucket: Bucket, location: string, surroundings: Surroundings) {
    this.bucket = bucket.name;
    this.location = location;
    this.#bucket = bucket;
    this.#engine = surroundings.engine;
    this.#surroundings = surroundings;
    this.#log = new NumberedLog(bucket, `${location}/_delta_log`);
  }

  /** What was last seen, without looking. */
  get known(): TableVersion | undefined {
    return this.#newest;
  }

  async current(): Promise<Version> {
    const known = this.#newest;
    if (known && !(await this.#log.has(known.number + 1))) return this.#newest ?? known;
    return this.#inTurn(() => this.#refresh());
  }

  async at(version: number): Promise<Version> {
    const newest = await this.current();
    if (version === newest.number) return newest;
    const known = this.#older.get(version);
    if (known) return known;
    if (version > newest.number || version < 0) {
      throw new PgError(
        "22023",
        `version ${version} of dataset "${this.location}" does not exist`,
        {
          detail: `The newest version is ${newest.number}.`,
        },
      );
    }
    const loaded = await this.#loadAt(version);
    this.#keepOlder(loaded);
    return loaded;
  }

  async atTime(instant: Date): Promise<Version> {
    const newest = await this.current();
    if (newest.committedAt <= instant) return newest;
    let [low, high] = [await this.#oldestEntry(), newest.number];
    if ((await this.#committedAt(low)) > instant.getTime()) {
      throw new PgError(
        "22023",
        `dataset "${this.location}" has no version as old as ${instant.toISOString()}`,
      );
    }
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((await this.#committedAt(middle)) <= instant.getTime()) low = middle;
      else high = middle;
    }
    return this.at(low);
  }

  scan(
    version: TableVersion,
    columns: readonly string[],
    options: ScanOptions = {},
  ): Promise<string> {
    return scanText(this.#bucket, this.location, version, columns, options);
  }

  async write(version: TableVersion, select: string, signal: AbortSignal): Promise<readonly Add[]> {
    checkWritable(asVersion(version), this.#where);
    return this.writeFiles(version.fields, select, signal);
  }

  writeFiles(
    fields: readonly DeltaField[],
    select: string,
    signal: AbortSignal,
  ): Promise<readonly Add[]> {
    const { fileBytes } = this.#surroundings;
    const target = { bucket: this.#bucket, location: this.location, fields, fileBytes };
    return writeFiles(this.#engine, target, select, signal);
  }

  append(base: TableVersion, adds: readonly Add[], info: CommitInfo): Promise<Version> {
    return this.#commit(info, (newest) => {
      checkAppend(base, newest);
      return append(newest, adds, info);
    });
  }

  replace(base: TableVersion, adds: readonly Add[], info: CommitInfo): Promise<Version> {
    return this.#commit(info, (newest) => {
      checkReplacement(base, newest);
      if (newest.metaData.configuration["delta.appendOnly"] === "true") {
        throw new PgError("55000", `${this.#where} only takes appends (delta.appendOnly)`);
      }
      return replacement(newest, adds, info);
    });
  }

  /** Version 0. 42P07 when the folder has a log. */
  create(fields: readonly DeltaField[], info: CommitInfo, adds: readonly Add[]): Promise<Version> {
    return this.#inTurn(async () => {
      const actions = creation(fields, adds, info);
      if (!(await this.#log.append(0, actions))) {
        throw new PgError("42P07", `${this.#where} has a log already`);
      }
      this.#newest = fold(undefined, [{ version: 0, actions }], this.#where);
      return this.#newest;
    });
  }

  async discard(adds: readonly Add[]): Promise<void> {
    for (const add of adds) await this.#bucket.delete(dataFileKey(this.location, add));
  }

  async checkpoint(): Promise<void> {
    await writeCheckpoint(this.#log, await this.current(), this.#engine);
  }

  get #where(): string {
    return `dataset "${this.location}" of bucket "${this.bucket}"`;
  }

  /** `actions` are made anew for every version they are to follow, and may refuse it. */
  #commit(info: CommitInfo, actions: (newest: Version) => readonly Action[]): Promise<Version> {
    return this.#inTurn(async () => {
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const newest = await this.#refresh();
        if (isDone(newest, info)) return newest;
        checkWritable(newest, this.#where);
        const version = newest.number + 1;
        const entry = { version, actions: actions(newest) };
        if (!(await this.#log.append(version, entry.actions))) {
          const winner = await this.#log.read(version);
          if (!winner || !isSameCommit(winner.actions, entry.actions)) {
            await sleep(randomInt(1 + Math.min(attempt * 4, 50)));
            continue;
          }
        }
        const committed = this.#advance(fold(newest, [entry], this.#where));
        if (version % checkpointEvery === 0) {
          this.#surroundings.background(writeCheckpoint(this.#log, committed, this.#engine));
        }
        return committed;
      }
      throw lostRace(`${this.#where} was committed to ${attemptsMax} times meanwhile.`);
    });
  }

  async #refresh(): Promise<Version> {
    const known = this.#newest;
    if (!known) return this.#advance(await this.#load());
    const entries = await this.#log.after(known.number);
    if (entries.length === 0) return known;
    const newest = fold(known, entries, this.#where);
    checkReadable(newest, this.#where);
    return this.#advance(newest);
  }

  #advance(version: Version): Version {
    if (this.#newest) this.#keepOlder(this.#newest);
    this.#newest = version;
    return version;
  }

  #keepOlder(version: Version): void {
    this.#older.set(version.number, version);
    if (this.#older.size > olderKept) {
      this.#older.delete(must([...this.#older.keys()][0], "the oldest"));
    }
  }

  /** From the checkpoint the hint names, else from the first entry, else from the newest checkpoint there is. */
  async #load(): Promise<Version> {
    const hint = await hintedCheckpoint(this.#log);
    let base = hint === undefined ? undefined : await this.#checkpointAt(hint);
    let entries = await this.#log.after(base?.number ?? -1);
    if (!base && entries.length === 0) {
      const checkpoints = [...(await listCheckpoints(this.#log)).keys()];
      if (checkpoints.length === 0) throw this.#log.missing(0);
      base = await readCheckpoint(this.#log, Math.max(...checkpoints), this.#engine);
      entries = await this.#log.after(base.number);
    }
    const next = (base?.number ?? -1) + 1;
    if (entries.length === 0 && (await this.#log.has(next + 1))) throw this.#log.gap(next);
    const version = fold(base, entries, this.#where);
    checkReadable(version, this.#where);
    return version;
  }

  /** A hint may be older than a clean-up, or a crash may have left it alone: then the log itself decides. */
  async #checkpointAt(version: number): Promise<Version | undefined> {
    try {
      return await readCheckpoint(this.#log, version, this.#engine);
    } catch (error) {
      if (error instanceof PgError && error.sqlstate === "58P01") return undefined;
      throw error;
    }
  }

  async #loadAt(version: number): Promise<Version> {
    const checkpoints = [...(await listCheckpoints(this.#log)).keys()];
    const from = Math.max(-1, ...checkpoints.filter((number) => number <= version));
    const base = from < 0 ? undefined : await readCheckpoint(this.#log, from, this.#engine);
    const numbers = Array.from({ length: version - from }, (_, i) => from + 1 + i);
    const entries = await Promise.all(
      numbers.map(async (number) => {
        const entry = await this.#log.read(number);
        if (!entry) throw this.#log.missing(number);
        return entry;
      }),
    );
    const loaded = fold(base, entries, this.#where);
    checkReadable(loaded, this.#where);
    return loaded;
  }

  /** Older entries may have been cleaned up behind a checkpoint. */
  async #oldestEntry(): Promise<number> {
    if (await this.#log.has(0)) return 0;
    const checkpoints = [...(await listCheckpoints(this.#log)).keys()];
    return Math.min(...checkpoints);
  }

  async #committedAt(version: number): Promise<number> {
    const entry = await this.#log.read(version);
    for (const action of entry?.actions ?? []) {
      if ("commitInfo" in action) return Number(action.commitInfo["timestamp"] ?? 0);
    }
    return 0;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function isDone(newest: Version, { transaction }: CommitInfo): boolean {
  if (!transaction) return false;
  return (newest.transactions.get(transaction.application) ?? -1) >= transaction.version;
}

function asVersion(version: TableVersion): Version {
  if (version instanceof Version) return version;
  throw new Error("bug: a table version of another room");
}
