/**
 * Which vector indexes a bucket has: a log of small entries under `_lakehouse/indexes/_log/`, each put if absent. An entry is
 * written last, when every file of its index is durable, so an index is there whole or not at all.
 */
import { PgError } from "../base/error.ts";
import type { Bucket } from "../storage/storage.ts";
import { NumberedLog } from "../table/log.ts";
import type { BuildOptions } from "./build-worker.ts";

export const indexesFolder = "_lakehouse/indexes";

/** Everything about one index but its vectors. */
export interface IndexManifest {
  readonly name: string;
  readonly bucket: string;
  /** The key prefix of its files, without a slash at the end. */
  readonly folder: string;
  /** Its dataset by OID, which outlives a rename; the name is for people. */
  readonly dataset: {
    readonly oid: number;
    readonly name: string;
    /** The version that was read, or an older one: later versions make the index stale. */
    readonly version: number | null;
  };
  readonly textColumn: string;
  readonly keyColumn: string;
  readonly embedder: {
    readonly provider: string;
    readonly model: string;
    readonly version: string;
    readonly dimensions: number;
    readonly isSemantic: boolean;
  };
  readonly options: BuildOptions;
  readonly rows: number;
  readonly chunks: number;
  readonly vectors: number;
  /** Bytes of each file, by name; of the graph also its checksum. */
  readonly files: Readonly<Record<string, number>>;
  readonly graphSha256: string | null;
  /** Measured when it was built; exact search needs no measuring. */
  readonly recall: number;
  readonly createdBy: string;
  readonly createdAt: string;
}

type Entry =
  | { readonly create: IndexManifest }
  | { readonly drop: { readonly name: string; readonly folder: string } };

export class IndexLog {
  readonly #log: NumberedLog<Entry>;
  readonly #indexes = new Map<string, IndexManifest>();
  #version = -1;

  constructor(bucket: Bucket) {
    this.#log = new NumberedLog(bucket, `${indexesFolder}/_log`);
  }

  /** By name; looks whether anybody has written since (one probe). */
  async current(): Promise<ReadonlyMap<string, IndexManifest>> {
    for (const { version, actions } of await this.#log.after(this.#version)) {
      // Another reader may have been here meanwhile.
      if (version !== this.#version + 1) continue;
      for (const entry of actions) this.#apply(entry);
      this.#version = version;
    }
    return this.#indexes;
  }

  /** 42710 when there is one of that name. */
  create(manifest: IndexManifest): Promise<void> {
    return this.#append({ create: manifest }, (known) => {
      if (!known.has(manifest.name)) return;
      throw new PgError("42710", `vector index "${manifest.name}" already exists`);
    });
  }

  /** 42704 when somebody else dropped it before. */
  drop({ name, folder }: IndexManifest): Promise<void> {
    return this.#append({ drop: { name, folder } }, (known) => {
      if (known.get(name)?.folder === folder) return;
      throw new PgError("42704", `vector index "${name}" does not exist`);
    });
  }

  async #append(
    entry: Entry,
    check: (known: ReadonlyMap<string, IndexManifest>) => void,
  ): Promise<void> {
    for (;;) {
      check(await this.current());
      if (await this.#log.append(this.#version + 1, [entry])) return;
    }
  }

  #apply(entry: Entry): void {
    if ("create" in entry) this.#indexes.set(entry.create.name, entry.create);
    else this.#indexes.delete(entry.drop.name);
  }
}
