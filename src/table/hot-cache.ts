/**
 * Datasets kept in the engine's memory, each as a table of exactly one version. A scan of that version reads the table; a
 * scan of any other reads files, and when it is a newer one the table is made anew behind it. So nothing stale is ever read.
 */
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { HotIndexes } from "./hot-indexes.ts";
import { HotRows, type KeyedRows } from "./hot-rows.ts";
import type { Predicate, ScanOptions, Table, TableVersion } from "./table.ts";

export interface HotCacheOptions {
  readonly engine: Engine;
  /** What all tables together may take; the least recently used go first. */
  readonly bytesMax: number;
  /** When the oldest statement began that runs now, in ms since 1970: it may still name a table made useless since. */
  readonly oldestRunning: () => number | undefined;
  /** Takes work nobody waits for. */
  readonly background: (work: Promise<void>) => void;
}

export interface CachedDataset {
  readonly bucket: string;
  readonly location: string;
  /** Undefined while it is read for the first time. */
  readonly version: number | undefined;
  readonly rows: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly loadMs: number;
  readonly loadedAt: Date | undefined;
  readonly usedAt: Date | undefined;
}

interface Entry {
  readonly table: Table;
  loaded: Loaded | undefined;
  loading: Promise<void> | undefined;
  hits: number;
  misses: number;
  usedAt: number | undefined;
}

interface Loaded {
  readonly version: TableVersion;
  /** Quoted and qualified. */
  readonly engineName: string;
  readonly rows: number;
  /** Of the engine's table; the indexes and the keyed rows come on top. */
  readonly bytes: number;
  readonly indexes: HotIndexes;
  readonly keyed: HotRows;
  readonly loadMs: number;
  readonly at: number;
}

interface Retired {
  readonly engineName: string;
  readonly at: number;
}

/** Making a table anew may take this share of the time at most: a dataset written all the time is read from files. */
const refreshShare = 0.2;
const retirementCheckMs = 1_000;

let serial = 0;

export class HotCache {
  readonly #options: HotCacheOptions;
  readonly #entries = new Map<string, Entry>();
  #retired: Retired[] = [];
  #asking: Entry | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HotCacheOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { loaded }) => sum + bytesOf(loaded), 0);
  }

  /** As Table.scan, from memory; undefined when exactly this version is not in it. */
  scan(
    table: Table,
    version: TableVersion,
    columns: readonly string[],
    { position = false, without, only, where = [] }: ScanOptions,
  ): string | undefined {
    if (this.#entries.size === 0 || only) return undefined;
    const entry = this.#entries.get(keyOf(table));
    if (!entry || entry === this.#asking) return undefined;
    const { loaded } = entry;
    if (!loaded || !isSame(loaded.version, version)) {
      entry.misses++;
      this.#refreshLater(entry, version);
      return undefined;
    }
    entry.hits++;
    entry.usedAt = Date.now();
    this.#index(loaded, where);
    const list = columns.map(quoteName);
    if (position) list.push('"@file"', '"@row"');
    const left =
      without === undefined
        ? ""
        : ` ANTI JOIN (${without}) AS gone ON gone."@row" = cached."@row" AND gone."@file" = cached."@file"`;
    return `SELECT ${list.join(", ")} FROM ${loaded.engineName} AS cached${left}`;
  }

  /** Rows of exactly this version by a whole number; undefined when they have to be asked of the engine. */
  lookUp(
    table: Table,
    version: TableVersion,
    key: string,
    value: number,
    columns: readonly string[],
  ): KeyedRows | undefined {
    const entry = this.#entries.get(keyOf(table));
    const loaded = entry?.loaded;
    if (entry === undefined || loaded === undefined || !isSame(loaded.version, version))
      return undefined;
    const found = loaded.keyed.find(key, value, columns);
    if (found === undefined) {
      this.#readKeyed(loaded, key, columns);
    } else {
      entry.hits++;
      entry.usedAt = Date.now();
    }
    return found;
  }

  /** Reads the newest version into memory. 53200 when it does not fit, whatever else goes. */
  async pin(table: Table, signal: AbortSignal): Promise<CachedDataset> {
    const known = this.#entries.get(keyOf(table));
    const entry = known ?? {
      table,
      loaded: undefined,
      loading: undefined,
      hits: 0,
      misses: 0,
      usedAt: undefined,
    };
    this.#entries.set(keyOf(table), entry);
    try {
      await entry.loading;
      await this.#load(entry, signal);
    } catch (error) {
      if (!known) this.#drop(entry);
      throw error;
    }
    return told(entry);
  }

  /** False when it was not there. */
  evict(table: Pick<Table, "bucket" | "location">): boolean {
    const entry = this.#entries.get(keyOf(table));
    if (entry) this.#drop(entry);
    return entry !== undefined;
  }

  datasets(): readonly CachedDataset[] {
    return [...this.#entries.values()].map(told);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Nothing else has to go for an index. */
  #index({ indexes, keyed }: Loaded, where: readonly Predicate[]): void {
    if (keyed.making.current !== undefined || indexes.making.current !== undefined) return;
    if (!indexes.isWorthOne(where)) return;
    const bytes = this.bytes - indexes.bytes + indexes.bytesWithOneMore;
    if (bytes <= this.#options.bytesMax) this.#options.background(indexes.make(where));
  }

  #readKeyed({ keyed }: Loaded, key: string, columns: readonly string[]): void {
    if (!keyed.isWorthReading(key, columns)) return;
    const bytesMax = this.#options.bytesMax - this.bytes;
    this.#options.background(keyed.read(key, bytesMax));
  }

  #refreshLater(entry: Entry, seen: TableVersion): void {
    const { loaded } = entry;
    if (entry.loading || !loaded || seen.number < loaded.version.number) return;
    if (Date.now() - loaded.at < loaded.loadMs / refreshShare) return;
    entry.loading = this.#load(entry, new AbortController().signal)
      .catch((error: unknown) => {
        // What no longer fits or was dropped is not asked for again and again.
        this.#drop(entry);
        throw error;
      })
      .finally(() => {
        entry.loading = undefined;
      });
    this.#options.background(entry.loading);
  }

  async #load(entry: Entry, signal: AbortSignal): Promise<void> {
    const { table } = entry;
    const version = await table.current();
    if (entry.loaded && isSame(entry.loaded.version, version)) return;
    this.#refuseOverLimit(table, version.byteCount);
    const started = Date.now();
    const engineName = `cache.${quoteName(`c${++serial}`)}`;
    const names = version.fields.map(({ name }) => name);
    const select = await this.#filesOf(entry, version, names);
    const connection = await this.#options.engine.connect();
    try {
      await connection.run(`CREATE TABLE ${engineName} AS ${select}`, [], signal);
    } finally {
      connection.release();
    }
    try {
      const { rows, bytes } = await this.#measure(engineName);
      this.#refuseOverLimit(table, bytes);
      // It may have been evicted meanwhile.
      if (this.#entries.get(keyOf(table)) !== entry) return this.#retire(engineName);
      if (entry.loaded) this.#retireLoaded(entry.loaded);
      const at = Date.now();
      const indexes = new HotIndexes(this.#options.engine, engineName, version, rows);
      const keyed = new HotRows(this.#options.engine, engineName, rows);
      const loadMs = at - started;
      entry.loaded = { version, engineName, rows, bytes, indexes, keyed, loadMs, at };
      this.#makeRoom(entry);
    } catch (error) {
      this.#retire(engineName);
      throw error;
    }
  }

  /** The scan that fills a table is no miss. */
  #filesOf({ table }: Entry, version: TableVersion, names: readonly string[]): Promise<string> {
    this.#asking = this.#entries.get(keyOf(table));
    const scan = table.scan(version, names, { position: true });
    this.#asking = undefined;
    return scan;
  }

  #refuseOverLimit(table: Table, bytes: number): void {
    const { bytesMax } = this.#options;
    if (bytes <= bytesMax) return;
    throw new PgError("53200", `dataset "${table.location}" does not fit the hot cache`, {
      detail: `It takes ${bytes} bytes, all of the cache may take ${bytesMax}.`,
      hint: "Raise cache.bytes in the configuration.",
    });
  }

  /** Fixed widths as they are, texts and the like by their length. */
  async #measure(engineName: string): Promise<{ rows: number; bytes: number }> {
    const { engine } = this.#options;
    const columns = await engine.system(`DESCRIBE ${engineName}`);
    const widths = columns.map((column) => {
      const [name, type] = [
        quoteName(String(column["column_name"])),
        String(column["column_type"]),
      ];
      const fixed = fixedBytes(type);
      return fixed === undefined
        ? `coalesce(sum(16 + strlen(CAST(${name} AS VARCHAR))), 0)`
        : `count(*) * ${fixed}`;
    });
    const [row] = await engine.system(
      `SELECT count(*)::BIGINT AS rows, (${widths.join(" + ")})::DOUBLE AS bytes FROM ${engineName}`,
    );
    return { rows: Number(row?.["rows"]), bytes: Number(row?.["bytes"]) };
  }

  #makeRoom(keep: Entry): void {
    const byUse = [...this.#entries.values()]
      .filter((entry) => entry !== keep && entry.loaded)
      .sort((a, b) => (a.usedAt ?? a.loaded?.at ?? 0) - (b.usedAt ?? b.loaded?.at ?? 0));
    for (const entry of byUse) {
      if (this.bytes <= this.#options.bytesMax) return;
      this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    this.#entries.delete(keyOf(entry.table));
    if (entry.loaded) this.#retireLoaded(entry.loaded);
    entry.loaded = undefined;
  }

  #retireLoaded({ engineName, indexes, keyed }: Loaded): void {
    const making = [indexes.making.current, keyed.making.current].filter(
      (work) => work !== undefined,
    );
    if (making.length === 0) this.#retire(engineName);
    else void Promise.all(making).then(() => this.#retire(engineName));
  }

  /** A statement that was told the name may not have come to use it yet. */
  #retire(engineName: string): void {
    this.#retired.push({ engineName, at: Date.now() });
    this.#timer ??= setInterval(() => this.#dropRetired(), retirementCheckMs).unref();
  }

  #dropRetired(): void {
    const oldest = this.#options.oldestRunning() ?? Date.now();
    const gone = this.#retired.filter(({ at }) => at < oldest);
    this.#retired = this.#retired.filter(({ at }) => at >= oldest);
    if (this.#retired.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (gone.length === 0) return;
    const drop = async () => {
      for (const { engineName } of gone) {
        await this.#options.engine.system(`DROP TABLE IF EXISTS ${engineName}`);
      }
    };
    this.#options.background(drop());
  }
}

function bytesOf(loaded: Loaded | undefined): number {
  return loaded === undefined ? 0 : loaded.bytes + loaded.indexes.bytes + loaded.keyed.bytes;
}

function told({ table, loaded, hits, misses, usedAt }: Entry): CachedDataset {
  return {
    bucket: table.bucket,
    location: table.location,
    version: loaded?.version.number,
    rows: loaded?.rows ?? 0,
    bytes: bytesOf(loaded),
    hits,
    misses,
    loadMs: loaded?.loadMs ?? 0,
    loadedAt: loaded && new Date(loaded.at),
    usedAt: usedAt === undefined ? undefined : new Date(usedAt),
  };
}

/** The same rows in the same columns; a version whose fields a transaction has changed is another one. */
function isSame(a: TableVersion, b: TableVersion): boolean {
  return a.files === b.files && a.metaData === b.metaData;
}

function fixedBytes(type: string): number | undefined {
  const [, digits] = /^DECIMAL\((\d+),/.exec(type) ?? [];
  if (digits !== undefined) return Number(digits) > 18 ? 16 : 8;
  return widths[type];
}

const widths: Readonly<Record<string, number>> = {
  BOOLEAN: 1,
  TINYINT: 1,
  SMALLINT: 2,
  INTEGER: 4,
  FLOAT: 4,
  DATE: 4,
  BIGINT: 8,
  DOUBLE: 8,
  TIME: 8,
  TIMESTAMP: 8,
  "TIMESTAMP WITH TIME ZONE": 8,
  UUID: 16,
  INTERVAL: 16,
  HUGEINT: 16,
};

function keyOf({ bucket, location }: Pick<Table, "bucket" | "location">): string {
  return `${bucket}\0${location}`;
}
