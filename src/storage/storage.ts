/**
 * Buckets: named places for objects. The only room that knows a URL scheme. Knows no datasets.
 * Every fault is a PgError that names bucket and object: 58P01 for what is not there, 58030 for what the store refuses,
 * 42501 for what would leave the bucket.
 */

export interface ObjectInfo {
  /** Relative to the bucket's root, `/`-separated. */
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

export interface Bucket {
  readonly name: string;
  /**
   * linked: somebody else's folder, whose objects are linked or fetched for the engine. private: nobody else ever names it, and
   * it goes with its maker.
   */
  readonly backend: "local" | "s3" | "memory" | "linked" | "private";
  /** For people: a folder, s3://bucket/prefix, memory:. */
  readonly location: string;
  /** Undefined when there is no such object. */
  read(key: string): Promise<Buffer | undefined>;
  exists(key: string): Promise<boolean>;
  /** In key order. */
  list(prefix: string): Promise<readonly ObjectInfo[]>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** An object under a name that nobody knows before it has resolved: a crash may leave a part of it. */
  create(key: string, bytes: Uint8Array): Promise<void>;
  /** True: written, durable (fsynced), and nobody else wrote it. False: it was there already. It appears `after` that has resolved. */
  putIfAbsent(key: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** A path the engine can read this object at (a remote bucket fetches it first); never outside the bucket: 42501. */
  pathFor(key: string): Promise<string>;
  /** A path the engine may write a new object at; `publish` makes it durable under its key. */
  pathForWriting(key: string): Promise<string>;
  publish(key: string): Promise<void>;
  /** A private folder the engine may write any number of files into. */
  stage(): Promise<Stage>;
  /** Whether it can be reached and keeps putIfAbsent's promise; the fault is thrown. */
  probe(): Promise<void>;
}

/** Nothing in it is an object until it is adopted; a crash leaves it to be swept. */
export interface Stage {
  readonly folder: string;
  files(): Promise<readonly string[]>;
  /** Makes a file of the folder durable under a new key. */
  adopt(file: string, key: string): Promise<void>;
  discard(): Promise<void>;
}

export interface Buckets {
  get(name: string): Bucket | undefined;
  list(): readonly Bucket[];
  /** A bucket made at run time, under the default root. One that is there already is given as it is. */
  create(name: string): Promise<Bucket>;
  /** Hides a bucket made at run time until it is created again. Its objects stay: whether it exists is its catalog's to say. */
  remove(name: string): void;
  /** Those hidden. */
  removed(): readonly Bucket[];
  /**
   * A bucket of this process alone, never listed and not durable; its name must be no other bucket's. What is in it goes with
   * `removePrivate`, or with the process.
   */
  createPrivate(name: string): Promise<Bucket>;
  removePrivate(name: string): Promise<void>;
  /** Of such a bucket: the objects under a folder that are still in memory. What the engine was told the path of stays. */
  forgetPrivate(name: string, folder: string): void;
  /** In the configuration, so not to be dropped. */
  isConfigured(name: string): boolean;
  /** Looks for buckets other servers have made under the default root. */
  refresh(): Promise<void>;
  /** A folder under the default root that is no bucket (a legacy catalog), to be read: 42501 for any other. */
  folder(path: string): Promise<Bucket>;
  /** Where a folder of this machine is: in a bucket, or else under the default root. 42501 for any other, 58P01 for none. */
  locate(path: string): Promise<FolderPlace>;
  /** Where any folder of this machine is, for whoever has been let name any: 58P01 for none. */
  find(path: string): Promise<FolderPlace | OutsidePlace>;
  /**
   * Such a folder, to be read. What is `mutable` may be replaced under its name, and every replacement has a path of its own.
   * 3F000 when its bucket is gone.
   */
  attach(
    place: FolderPlace | OutsidePlace,
    isMutable: boolean,
  ): Promise<{ readonly bucket: Bucket; readonly location: string }>;
  /** Folders the engine must be able to reach. */
  readonly folders: readonly string[];
  close(): Promise<void>;
}

export type FolderPlace =
  /** Empty, or ends in a slash. */
  | { readonly bucket: string; readonly prefix: string }
  /** Relative to the default root. */
  | { readonly folder: string };

/** Absolute, and neither in a bucket nor under the default root. */
export interface OutsidePlace {
  readonly outside: string;
}

export interface BucketOptions {
  readonly name: string;
  readonly backend: Exclude<Bucket["backend"], "linked" | "private">;
  /** Of a local bucket: absolute, or relative to the root; the bucket's name, encoded, when not given. */
  readonly path?: string;
}

export type StorageOperation = "read" | "list" | "write" | "delete";

/** For tests: throws to make an operation fail as if the store had. */
export type Fault = (operation: StorageOperation, bucket: string, key: string) => void;
