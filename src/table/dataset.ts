/** One dataset's log as this server knows it: the newest version it has seen, and everything done with it. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Batch } from "../pgtypes/vector.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Action, Add, DeltaField } from "./actions.ts";
import { hintedCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { compensation, creation, entryOf, isSameCommit } from "./commit.ts";
import { checkConflicts, lostRace } from "./conflict.ts";
import { deletedRows, vectorKey } from "./deletion-vectors.ts";
import { Deletions } from "./deletions.ts";
import { type Expiry, type ExpiryOptions, expire } from "./expire.ts";
import { type HistoryEntry, historyUpon } from "./history.ts";
import type { HotCache } from "./hot-cache.ts";
import type { KeyedRows } from "./hot-rows.ts";
import { publishedFiles } from "./iceberg.ts";
import type { Intents } from "./intent.ts";
import { Loader } from "./load.ts";
import { NumberedLog } from "./log.ts";
import { dataFileKey } from "./paths.ts";
import { checkReadable, checkWritable } from "./protocol.ts";
import { rowCountOf } from "./row-count.ts";
import { firstBlocks } from "./row-places.ts";
import { scanText } from "./scan.ts";
import { smallFile } from "./small-append.ts";
import type {
  Change,
  CommitInfo,
  MetaDataChange,
  ScanOptions,
  SmallChange,
  Table,
  TableVersion,
} from "./table.ts";
import { fold, Version, withFields } from "./version.ts";
import { type FileTarget, writeFiles } from "./write.ts";

const checkpointEvery = 20;
/** Each lost race is another server's commit, so this is far beyond what happens. */
const attemptsMax = 1_000;
/** Versions other than the newest that are kept, for transactions that have pinned one. */
const olderKept = 4;

export interface Surroundings {
  readonly engine: Engine;
  readonly intents: Intents;
  /** A file that has become this large is followed by another. */
  readonly fileBytes: number;
  readonly partitionsMax: number;
  /** Takes work nobody waits for: its faults are the taker's to tell. */
  readonly background: (work: Promise<void>) => void;
  readonly hotCache: HotCache | undefined;
  /** Told of new versions of datasets this server writes to. */
  readonly onVersion: ((table: Table, version: TableVersion) => void) | undefined;
  /** Told of every version that is new to this server. */
  readonly onAdvance: () => void;
}

export class Dataset implements Table {
  readonly bucket: string;
  readonly location: string;
  readonly #bucket: Bucket;
  readonly #engine: Engine;
  readonly #surroundings: Surroundings;
  readonly #log: NumberedLog<Action>;
  readonly #loader: Loader;
  readonly #older = new Map<number, Version>();
  #newest: Version | undefined;
  /** The version of the newest checkpoint, as far as known. */
  #checkpointed = 0;
  /** This server writes to it, so it also writes its checkpoints. */
  #isWriter = false;
  #refreshing: Promise<Version> | undefined;
  /** Commits of this server, one after the other: racing oneself only loses. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bucket: Bucket, location: string, surroundings: Surroundings) {
    this.bucket = bucket.name;
    this.location = location;
    this.#bucket = bucket;
    this.#engine = surroundings.engine;
    this.#surroundings = surroundings;
    this.#log = new NumberedLog(bucket, `${location}/_delta_log`, surroundings.intents);
    this.#loader = new Loader(this.#log, this.#engine, this.#where);
  }

  /** What was last seen, without looking. */
  get known(): TableVersion | undefined {
    return this.#newest;
  }

  async current(): Promise<Version> {
    const known = this.#newest;
    if (known && !(await this.#log.has(known.number + 1))) return this.#newest ?? known;
    return this.#refresh();
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
    const loaded = await this.#loader.at(version);
    this.#keepOlder(loaded);
    return loaded;
  }

  async atTime(instant: Date): Promise<Version> {
    const newest = await this.current();
    if (newest.committedAt <= instant) return newest;
    return this.at(await this.#loader.numberAt(instant, newest.number));
  }

  async scan(
    version: TableVersion,
    columns: readonly string[],
    options: ScanOptions = {},
  ): Promise<string> {
    const cached = this.#surroundings.hotCache?.scan(this, version, columns, options);
    if (cached !== undefined) return cached;
    const place = { bucket: this.#bucket, location: this.location, engine: this.#engine };
    return scanText(place, version, columns, options);
  }

  lookUp(
    version: TableVersion,
    key: string,
    value: number,
    columns: readonly string[],
  ): KeyedRows | undefined {
    return this.#surroundings.hotCache?.lookUp(this, version, key, value, columns);
  }

  firstBlocks(version: TableVersion): Promise<readonly number[]> {
    return firstBlocks(version, () =>
      Promise.all(
        Array.from(version.files.values(), (add) =>
          rowCountOf(this.#engine, this.#bucket, this.location, add),
        ),
      ),
    );
  }

  async write(version: TableVersion, select: string, signal: AbortSignal): Promise<readonly Add[]> {
    checkWritable(asVersion(version), this.#where);
    const { partitionColumns } = version.metaData;
    const layout = { partitionColumns, clusterColumns: clusterColumns(version) };
    return this.#write(version.fields, layout, select, signal);
  }

  async writeRows(
    version: TableVersion,
    columns: readonly string[],
    batches: readonly Batch[],
  ): Promise<readonly Add[] | undefined> {
    checkWritable(asVersion(version), this.#where);
    const file = smallFile(version, columns, batches);
    if (file === undefined) return undefined;
    await this.#bucket.create(dataFileKey(this.location, file.add), file.bytes);
    return [file.add];
  }

  /** For a dataset that does not exist yet. */
  writeFiles(
    fields: readonly DeltaField[],
    partitionColumns: readonly string[],
    select: string,
    signal: AbortSignal,
  ): Promise<readonly Add[]> {
    return this.#write(fields, { partitionColumns, clusterColumns: [] }, select, signal);
  }

  withFields(version: TableVersion, fields: readonly DeltaField[]): Version {
    return withFields(asVersion(version), fields);
  }

  commit(base: TableVersion, change: Change, info: CommitInfo): Promise<Version> {
    const { committed } = asVersion(base);
    const deletions = new Deletions(this.#bucket, this.location, this.#engine, change);
    return this.#inTurn(async () => {
      let checked = base.number;
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const newest = await this.#refresh();
        if (isDone(newest, info)) return newest;
        if (newest.aborted) {
          await this.#put(newest.number + 1, compensation(newest, newest.aborted));
          continue;
        }
        const actions = await this.#actions(committed, newest, checked, change, deletions, info);
        checked = newest.number;
        if (await this.#put(newest.number + 1, actions, change.pending)) {
          const entry = { version: newest.number + 1, actions };
          const next = fold(newest, [entry], this.#where);
          this.#isWriter = true;
          return info.intent ? next : this.#advance(next);
        }
        await sleep(randomInt(1 + Math.min(attempt * 4, 50)));
      }
      throw lostRace(`${this.#where} was committed to ${attemptsMax} times meanwhile.`);
    });
  }

  async append(
    columns: readonly string[],
    batches: readonly Batch[],
    info: CommitInfo,
    upon?: SmallChange,
  ): Promise<boolean> {
    const { base = await this.current(), ...change } = upon ?? { isBlind: true };
    checkWritable(asVersion(base), this.#where);
    if (batches.every(({ rowCount }) => rowCount === 0)) {
      await this.commit(base, change, info);
      return true;
    }
    const file = smallFile(base, columns, batches);
    if (file === undefined) return false;
    const pending = this.#bucket.create(dataFileKey(this.location, file.add), file.bytes);
    const settled = pending.catch(() => undefined);
    try {
      await this.commit(base, { ...change, adds: [file.add], pending }, info);
    } catch (error) {
      await settled;
      if (error instanceof PgError && error.sqlstate === "40001") await this.discard([file.add]);
      throw error;
    }
    return true;
  }

  /** Version 0. 42P07 when the folder has a log. */
  create(
    fields: readonly DeltaField[],
    info: CommitInfo,
    adds: readonly Add[],
    change: MetaDataChange,
  ): Promise<Version> {
    return this.#inTurn(async () => {
      const actions = creation(fields, adds, change, info);
      if (!(await this.#log.append(0, actions))) {
        throw new PgError("42P07", `${this.#where} has a log already`);
      }
      const created = fold(undefined, [{ version: 0, actions }], this.#where);
      return info.intent ? created : this.#advance(created);
    });
  }

  async deletedRows({ deletionVector }: Add): Promise<ArrayLike<number>> {
    return deletionVector ? deletedRows(this.#bucket, this.location, deletionVector) : [];
  }

  async discard(adds: readonly Add[]): Promise<void> {
    for (const add of adds) await this.#bucket.delete(dataFileKey(this.location, add));
  }

  async history(limit: number): Promise<readonly HistoryEntry[]> {
    const newest = await this.current();
    const start = Math.max(await this.#loader.oldest(), newest.number - limit);
    const base = start > 0 ? await this.at(start) : undefined;
    const entries = await this.#log.after(base?.number ?? -1);
    return historyUpon(base, entries).filter(({ version }) => version <= newest.number);
  }

  async missingFiles(files: readonly Add[]): Promise<readonly string[]> {
    const keys = new Set<string>();
    for (const add of files) {
      keys.add(dataFileKey(this.location, add));
      const vector = add.deletionVector && vectorKey(this.location, add.deletionVector);
      if (vector !== undefined) keys.add(vector);
    }
    const found = await Promise.all([...keys].map((key) => this.#bucket.exists(key)));
    return [...keys].filter((_, at) => !found[at]);
  }

  async expire(options: ExpiryOptions): Promise<Expiry> {
    const place = { bucket: this.#bucket, location: this.location };
    const dataset = {
      ...place,
      engine: this.#engine,
      log: this.#log,
      loader: this.#loader,
      kept: () => publishedFiles(place),
    };
    return expire(dataset, () => this.current(), options);
  }

  async checkpoint(): Promise<void> {
    await writeCheckpoint(this.#log, await this.current(), this.#engine);
  }

  #write(
    fields: readonly DeltaField[],
    layout: Pick<FileTarget, "partitionColumns" | "clusterColumns">,
    select: string,
    signal: AbortSignal,
  ): Promise<readonly Add[]> {
    const { fileBytes, partitionsMax } = this.#surroundings;
    const place = { bucket: this.#bucket, location: this.location };
    const target = { ...place, fields, ...layout, fileBytes, partitionsMax };
    return writeFiles(this.#engine, target, select, signal);
  }

  get #where(): string {
    return `dataset "${this.location}" of bucket "${this.bucket}"`;
  }

  /** The entry to put upon `newest`; refused when what was committed since `base` stands against it. */
  async #actions(
    base: TableVersion,
    newest: Version,
    checked: number,
    change: Change,
    deletions: Deletions,
    info: CommitInfo,
  ): Promise<readonly Action[]> {
    try {
      checkWritable(newest, this.#where);
      const takesAway = change.isRearrangement ? undefined : (change.deletes ?? change.removes);
      if (takesAway && newest.metaData.configuration["delta.appendOnly"] === "true") {
        throw new PgError("55000", `${this.#where} only takes appends (delta.appendOnly)`);
      }
      checkConflicts(base, newest, change);
      if (newest.number > checked) await change.recheck?.(newest);
      return entryOf(newest, change, await deletions.upon(newest), info);
    } catch (error) {
      await deletions.discard();
      throw error;
    }
  }

  async #put(
    version: number,
    actions: readonly Action[],
    after?: Promise<unknown>,
  ): Promise<boolean> {
    if (await this.#log.append(version, actions, after)) return true;
    const winner = await this.#log.actionsAt(version);
    if (winner && isSameCommit(winner, actions)) return true;
    await this.#log.settle(version);
    return false;
  }

  /** Asked by many at once, it looks once. */
  #refresh(): Promise<Version> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #look(): Promise<Version> {
    const known = this.#newest;
    if (!known) return this.#advance(await this.#loader.newest());
    const entries = await this.#log.after(known.number);
    if (entries.length === 0) return this.#newest ?? known;
    const newest = fold(known, entries, this.#where);
    checkReadable(newest, this.#where);
    return this.#advance(newest);
  }

  /** Never back: a look that began before a commit may end after it. */
  #advance(version: Version): Version {
    const known = this.#newest;
    if (known && known.number >= version.number) return known;
    if (known) this.#keepOlder(known);
    this.#newest = version;
    this.#surroundings.onAdvance();
    if (this.#isWriter) this.#surroundings.onVersion?.(this, version);
    // The log of what goes with its maker is replayed by nobody.
    const isReplayed = this.#isWriter && this.#bucket.backend !== "private";
    if (isReplayed && version.number - this.#checkpointed >= checkpointInterval(version)) {
      this.#checkpointed = version.number;
      this.#surroundings.background(this.#checkpointOf(version));
    }
    return version;
  }

  /** Unless another server was first. */
  async #checkpointOf(version: Version): Promise<void> {
    const newest = await hintedCheckpoint(this.#log);
    if (newest !== undefined && version.number - newest < checkpointInterval(version)) {
      this.#checkpointed = newest;
      return;
    }
    await writeCheckpoint(this.#log, version, this.#engine);
  }

  #keepOlder(version: Version): void {
    this.#older.set(version.number, version);
    if (this.#older.size > olderKept) {
      this.#older.delete(must(this.#older.keys().next().value, "the oldest"));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** A checkpoint tells of every file: the more there are, the more commits one is for, so that a commit's share stays what it is. */
function checkpointInterval({ files }: Version): number {
  return Math.max(checkpointEvery, files.size >> 2);
}

function isDone(newest: Version, { transaction }: CommitInfo): boolean {
  if (!transaction) return false;
  return (newest.transactions.get(transaction.application) ?? -1) >= transaction.version;
}

function asVersion(version: TableVersion): Version {
  if (version instanceof Version) return version;
  throw new Error("bug: a table version of another room");
}

/** `lakewire.clusterBy`: a list of columns, as JSON. One that is gone sorts nothing. */
function clusterColumns({ fields, metaData }: TableVersion): readonly string[] {
  const names: unknown = JSON.parse(metaData.configuration["lakewire.clusterBy"] ?? "[]");
  if (!Array.isArray(names)) return [];
  return names.map(String).filter((name) => fields.some((field) => field.name === name));
}
