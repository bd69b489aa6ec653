/**
 * Every vector index of every bucket: found by name, created, dropped, opened once and kept in memory within a limit.
 * Knows no roles: whoever asks has been let in (routines/).
 */
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Bucket, Buckets } from "../storage/storage.ts";
import { buildIndex, deleteIndexFiles, type IndexSource, type Progress } from "./build-index.ts";
import { IndexLog, type IndexManifest, indexesFolder } from "./index-log.ts";
import { OpenIndex } from "./open-index.ts";

export interface VectorIndexesOptions {
  /** Open indexes take at most this; the one used last stays whatever it takes. */
  readonly bytesMax?: number;
}

const bytesMaxDefault = 2 * 1024 ** 3;
/** Files of no index, older than this, belong to no build that still runs. */
const orphanAgeMs = 24 * 3_600_000;

export class VectorIndexes {
  readonly #buckets: Buckets;
  readonly #engine: Engine;
  readonly #bytesMax: number;
  readonly #logs = new Map<Bucket, IndexLog>();
  /** By folder, which is never used twice; least recently used first. */
  readonly #open = new Map<string, Promise<OpenIndex>>();

  constructor(buckets: Buckets, engine: Engine, options: VectorIndexesOptions = {}) {
    this.#buckets = buckets;
    this.#engine = engine;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
  }

  /** Of every bucket that can be read; `unreadable` is told of the others. */
  async list(unreadable: (error: unknown) => void = () => {}): Promise<readonly IndexManifest[]> {
    const found: IndexManifest[] = [];
    for (const bucket of this.#buckets.list()) {
      try {
        found.push(...(await this.#log(bucket).current()).values());
      } catch (error) {
        unreadable(error);
      }
    }
    return found;
  }

  async get(bucketName: string, name: string): Promise<IndexManifest | undefined> {
    const bucket = this.#buckets.get(bucketName);
    return bucket && (await this.#log(bucket).current()).get(name);
  }

  /** Builds and commits; all or nothing. 42710 before any work when the name is taken. */
  async create(
    source: IndexSource,
    bucketName: string,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<IndexManifest> {
    const bucket = this.#bucket(bucketName);
    const log = this.#log(bucket);
    if ((await log.current()).has(source.name)) {
      throw new PgError("42710", `vector index "${source.name}" already exists`);
    }
    await this.#sweep(bucket);
    const manifest = await buildIndex(source, bucket, this.#engine, signal, progress);
    try {
      await log.create(manifest);
    } catch (error) {
      // Only a name that was taken says for certain that the entry was not written.
      if (error instanceof PgError && error.sqlstate === "42710") {
        await deleteIndexFiles(bucket, manifest.folder).catch(() => undefined);
      }
      throw error;
    }
    return manifest;
  }

  async drop(manifest: IndexManifest): Promise<void> {
    const bucket = this.#bucket(manifest.bucket);
    await this.#log(bucket).drop(manifest);
    this.#open.delete(`${manifest.bucket}/${manifest.folder}`);
    await deleteIndexFiles(bucket, manifest.folder);
  }

  async open(manifest: IndexManifest): Promise<OpenIndex> {
    const key = `${manifest.bucket}/${manifest.folder}`;
    const known = this.#open.get(key);
    const opening = known ?? OpenIndex.open(manifest, this.#bucket(manifest.bucket), this.#engine);
    this.#open.delete(key);
    this.#open.set(key, opening);
    try {
      const index = await opening;
      await this.#closeOthers(key);
      return index;
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
  }

  async #closeOthers(used: string): Promise<void> {
    let bytes = 0;
    const newestFirst = [...this.#open].reverse();
    for (const [key, opening] of newestFirst) {
      const index = await opening.catch(() => undefined);
      bytes += index?.bytes ?? 0;
      if (bytes > this.#bytesMax && key !== used) this.#open.delete(key);
    }
  }

  /** What a build left that was killed before its entry was in the log. */
  async #sweep(bucket: Bucket): Promise<void> {
    const log = await this.#log(bucket).current();
    const folders = new Set([...log.values()].map(({ folder }) => folder));
    for (const { key, modified } of await bucket.list(`${indexesFolder}/`)) {
      const folder = key.slice(0, key.lastIndexOf("/"));
      const isOld = modified.getTime() < Date.now() - orphanAgeMs;
      if (isOld && !folders.has(folder) && !folder.endsWith("/_log")) await bucket.delete(key);
    }
  }

  #log(bucket: Bucket): IndexLog {
    const known = this.#logs.get(bucket);
    if (known) return known;
    const log = new IndexLog(bucket);
    this.#logs.set(bucket, log);
    return log;
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket) return bucket;
    const names = this.#buckets.list().map((one) => one.name);
    throw new PgError("3F000", `bucket "${name}" does not exist`, {
      hint: `Valid buckets are ${names.join(", ")}.`,
    });
  }
}
