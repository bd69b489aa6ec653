/** Buckets: named places for objects. The only room that knows a URL scheme. Knows no datasets. */

export interface ObjectInfo {
  /** Relative to the bucket's root, `/`-separated. */
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

export interface Bucket {
  readonly name: string;
  readonly backend: "local" | "s3" | "memory";
  /** For people: a folder, s3://bucket/prefix, memory:. */
  readonly location: string;
  /** Undefined when there is no such object. */
  read(key: string): Promise<Buffer | undefined>;
  exists(key: string): Promise<boolean>;
  /** In key order. */
  list(prefix: string): Promise<readonly ObjectInfo[]>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** True: written, durable (fsynced), and nobody else wrote it. False: it was there already. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** A path the engine can read this object at (a remote bucket fetches it first); never outside the bucket: 42501. */
  pathFor(key: string): Promise<string>;
  /** A path the engine may write a new object at; `publish` makes it durable under its key. */
  pathForWriting(key: string): Promise<string>;
  publish(key: string): Promise<void>;
}

export interface Buckets {
  get(name: string): Bucket | undefined;
  list(): readonly Bucket[];
  /** A bucket made at run time, under the default root. */
  create(name: string): Promise<Bucket>;
  remove(name: string): Promise<void>;
  /** Folders the engine must be able to reach. */
  readonly folders: readonly string[];
}
