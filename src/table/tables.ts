/** Every dataset this server has touched, by bucket and folder. What the rooms above are handed. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Buckets } from "../storage/storage.ts";
import type { Add, DeltaField } from "./actions.ts";
import { Dataset, type Surroundings } from "./dataset.ts";
import { registerDeletedRows } from "./deleted-bits.ts";
import { type ForeignPlace, type ForeignTable, openForeign } from "./foreign.ts";
import type { HotCache } from "./hot-cache.ts";
import { Intents, type IntentsOptions } from "./intent.ts";
import { LegacyFiles, type LegacyRelation } from "./legacy.ts";
import type { CommitInfo, MetaDataChange, Table, TableVersion } from "./table.ts";

export interface Tables {
  get(bucket: string, location: string): Table;
  /** It is dropped: what is known of it goes, and is loaded anew for whoever still sees it. */
  forget(bucket: string, location: string): void;
  /** The version last seen, without looking: for estimates. */
  known(bucket: string, location: string): TableVersion | undefined;
  /** Some dataset is pinned in memory. */
  readonly isAnyPinned: boolean;
  /** Counts the versions that were new here: as long as it stays, so does everything `known`. */
  readonly advances: number;
  /** Files for a dataset that does not exist yet; `create` makes it of them. */
  writeFiles(
    bucket: string,
    location: string,
    fields: readonly DeltaField[],
    select: string,
    signal: AbortSignal,
    partitionColumns?: readonly string[],
  ): Promise<readonly Add[]>;
  /** Version 0: schema and first files in one commit. Invisible until the catalog names it. */
  create(
    bucket: string,
    location: string,
    fields: readonly DeltaField[],
    info: CommitInfo,
    adds?: readonly Add[],
    metaData?: Omit<MetaDataChange, "fields">,
  ): Promise<TableVersion>;
  /** Engine SQL over the objects of an imported dataset, in order. */
  legacyScan(relation: LegacyRelation, columns: readonly string[]): Promise<string>;
  readonly legacy: LegacyFiles;
  /** Transactions over several logs. */
  readonly intents: Intents;
  /** Somebody else's table. 3F000 when its bucket is gone. */
  foreign(place: ForeignPlace): Promise<ForeignTable>;
  /** Waits for checkpoints under way. */
  settle(): Promise<void>;
}

export interface TablesOptions {
  /** Datasets whose newest version is kept; the least recently used goes first. */
  readonly cachedMax?: number;
  /** Where a large load starts another file; `dataFileBytes` when not given. */
  readonly fileBytes?: number;
  /** How many partitions one write may have; 1 000 when not given. */
  readonly partitionsMax?: number;
  readonly intents?: IntentsOptions;
  /** Told of what went wrong where nobody waited: a checkpoint that could not be written. */
  readonly onFault?: (error: unknown) => void;
  /** Datasets in memory: their scans read there. */
  readonly hotCache?: HotCache;
  /** Told of new versions of datasets this server writes to. */
  readonly onVersion?: ((table: Table, version: TableVersion) => void) | undefined;
  /** Told of those that are forgotten. */
  readonly onForgotten?: ((bucket: string, location: string) => void) | undefined;
}

/** Small enough to fetch whole, large enough that opening it (50 µs) is nothing. */
export const dataFileBytes = 128 * 1024 * 1024;

export function openTables(buckets: Buckets, engine: Engine, options: TablesOptions = {}): Tables {
  return new OpenTables(buckets, engine, options);
}

class OpenTables implements Tables {
  readonly legacy: LegacyFiles;
  readonly intents: Intents;
  readonly #buckets: Buckets;
  readonly #surroundings: Surroundings;
  readonly #cachedMax: number;
  readonly #onFault: (error: unknown) => void;
  readonly #onForgotten: TablesOptions["onForgotten"];
  /** By format and place. */
  readonly #foreign = new Map<string, Promise<ForeignTable>>();
  /** In order of use, oldest first. */
  readonly #datasets = new Map<string, Dataset>();
  readonly #working = new Set<Promise<void>>();
  #advances = 0;

  constructor(buckets: Buckets, engine: Engine, options: TablesOptions) {
    registerDeletedRows(engine);
    this.legacy = new LegacyFiles(buckets, engine);
    this.intents = new Intents(buckets, options.intents);
    this.#buckets = buckets;
    this.#surroundings = {
      engine,
      intents: this.intents,
      fileBytes: options.fileBytes ?? dataFileBytes,
      partitionsMax: options.partitionsMax ?? 1_000,
      background: (work) => this.#track(work),
      hotCache: options.hotCache,
      onVersion: options.onVersion,
      onAdvance: () => {
        this.#advances++;
      },
    };
    this.#cachedMax = options.cachedMax ?? 2_000;
    this.#onFault = options.onFault ?? (() => {});
    this.#onForgotten = options.onForgotten;
  }

  get(bucket: string, location: string): Dataset {
    const name = `${bucket}\0${location}`;
    const dataset = this.#datasets.get(name) ?? this.#open(bucket, location);
    this.#datasets.delete(name);
    this.#datasets.set(name, dataset);
    if (this.#datasets.size > this.#cachedMax) {
      this.#datasets.delete(must(this.#datasets.keys().next().value, "the least recently used"));
    }
    return dataset;
  }

  forget(bucket: string, location: string): void {
    this.#datasets.delete(`${bucket}\0${location}`);
    this.#onForgotten?.(bucket, location);
  }

  get isAnyPinned(): boolean {
    return this.#surroundings.hotCache?.isEmpty === false;
  }

  get advances(): number {
    return this.#advances;
  }

  known(bucket: string, location: string): TableVersion | undefined {
    return this.#datasets.get(`${bucket}\0${location}`)?.known;
  }

  async writeFiles(
    bucket: string,
    location: string,
    fields: readonly DeltaField[],
    select: string,
    signal: AbortSignal,
    partitionColumns: readonly string[] = [],
  ): Promise<readonly Add[]> {
    return this.get(bucket, location).writeFiles(fields, partitionColumns, select, signal);
  }

  async create(
    bucket: string,
    location: string,
    fields: readonly DeltaField[],
    info: CommitInfo,
    adds: readonly Add[] = [],
    metaData: Omit<MetaDataChange, "fields"> = {},
  ): Promise<TableVersion> {
    return this.get(bucket, location).create(fields, info, adds, metaData);
  }

  legacyScan(relation: LegacyRelation, columns: readonly string[]): Promise<string> {
    return this.legacy.scan(relation, columns);
  }

  async foreign(place: ForeignPlace): Promise<ForeignTable> {
    if ("bucket" in place.place && !this.#buckets.get(place.place.bucket)) {
      throw new PgError("3F000", `bucket "${place.place.bucket}" does not exist`);
    }
    const name = JSON.stringify([place.format, place.place]);
    const known =
      this.#foreign.get(name) ??
      openForeign(place, this.#buckets, this.#surroundings.engine, (folder) =>
        folder.bucket === this.#buckets.get(folder.bucket.name)
          ? this.get(folder.bucket.name, folder.location)
          : new Dataset(folder.bucket, folder.location, this.#surroundings),
      );
    this.#foreign.delete(name);
    this.#foreign.set(name, known);
    known.catch(() => this.#foreign.delete(name));
    if (this.#foreign.size > this.#cachedMax) {
      this.#foreign.delete(must(this.#foreign.keys().next().value, "the least recently used"));
    }
    return known;
  }

  async settle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  #open(bucket: string, location: string): Dataset {
    const found = this.#buckets.get(bucket);
    if (!found) throw new PgError("3F000", `bucket "${bucket}" does not exist`);
    return new Dataset(found, location, this.#surroundings);
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch(this.#onFault).finally(() => this.#working.delete(tracked));
    this.#working.add(tracked);
  }
}
