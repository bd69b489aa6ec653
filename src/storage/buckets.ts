/** Opens the configured buckets, and finds those made at run time under the default root. */
import { statSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, realpath, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { assert } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { bucketOfFolder, folderOfBucket } from "./keys.ts";
import { LocalBucket } from "./local.ts";
import { MemoryBucket } from "./memory.ts";
import type { Bucket, BucketOptions, Buckets, Fault, FolderPlace } from "./storage.ts";

export interface BucketsOptions {
  /** The data folder: buckets without a path of their own and buckets made at run time lie in it. */
  readonly root: string;
  readonly buckets: readonly BucketOptions[];
  readonly fault?: Fault;
}

/** In every bucket made at run time; a folder of the root without it is no bucket. */
const marker = "_lakehouse/bucket.json";

/** A bucket that cannot be reached now is opened all the same: its own operations say so until it can be. */
export async function openBuckets(options: BucketsOptions): Promise<Buckets> {
  await mkdir(options.root, { recursive: true });
  const buckets = new OpenBuckets(await realpath(options.root), options.fault);
  for (const bucket of options.buckets) await buckets.open(bucket);
  await buckets.refresh();
  return buckets;
}

class OpenBuckets implements Buckets {
  readonly #root: string;
  readonly #fault: Fault | undefined;
  readonly #configured = new Map<string, Bucket>();
  readonly #made = new Map<string, Bucket>();
  /** The root's time of change when it was last listed for good. */
  #listed: number | undefined;
  readonly #hidden = new Set<string>();
  readonly #temporary: string[] = [];

  constructor(root: string, fault: Fault | undefined) {
    this.#root = root;
    this.#fault = fault;
  }

  async open(options: BucketOptions): Promise<void> {
    if (this.#configured.has(options.name)) {
      throw new PgError("42P06", `bucket "${options.name}" is configured twice`);
    }
    this.#configured.set(options.name, await this.#openBackend(options));
  }

  get(name: string): Bucket | undefined {
    return (
      this.#configured.get(name) ?? (this.#hidden.has(name) ? undefined : this.#made.get(name))
    );
  }

  list(): readonly Bucket[] {
    const made = [...this.#made.values()].filter(({ name }) => !this.#hidden.has(name));
    return [...this.#configured.values(), ...made];
  }

  get folders(): readonly string[] {
    const local = [...this.#configured.values()].filter((bucket) => bucket.backend === "local");
    const outside = local.map((bucket) => bucket.location).filter((path) => !this.#holds(path));
    return [this.#root, ...outside, ...this.#temporary];
  }

  async create(name: string): Promise<Bucket> {
    this.#hidden.delete(name);
    const known = this.get(name);
    if (known) return known;
    const bucket = this.#local(name);
    await bucket.putIfAbsent(marker, Buffer.from(`${JSON.stringify({ name, format: 1 })}\n`));
    this.#made.set(name, bucket);
    // The folder may have been seen without its marker.
    await utimes(this.#root, new Date(), new Date());
    return bucket;
  }

  remove(name: string): void {
    assert(!this.#configured.has(name), "a configured bucket stays");
    this.#hidden.add(name);
  }

  isConfigured(name: string): boolean {
    return this.#configured.has(name);
  }

  /** A folder's time of change is a stat; until it is a second old, another change may have had the same. */
  async refresh(): Promise<void> {
    const changed = statSync(this.#root).mtimeMs;
    if (changed === this.#listed) return;
    await this.#listRoot();
    this.#listed = Date.now() - changed > 1_000 ? changed : undefined;
  }

  async #listRoot(): Promise<void> {
    const entries = await readdir(this.#root, { withFileTypes: true });
    for (const entry of entries) {
      const name = entry.isDirectory() ? bucketOfFolder(entry.name) : undefined;
      if (name === undefined || this.#configured.has(name) || this.#made.has(name)) continue;
      if (this.#isConfiguredFolder(join(this.#root, entry.name))) continue;
      const folder = join(this.#root, entry.name);
      if (await hasMarker(folder)) this.#made.set(name, new LocalBucket(name, folder, this.#fault));
    }
  }

  async folder(path: string): Promise<Bucket> {
    const found = await this.#realFolder(path);
    if (!this.#holds(found) || found === this.#root) throw outside(path);
    return new LocalBucket(relative(this.#root, found), found, this.#fault);
  }

  async locate(path: string): Promise<FolderPlace> {
    const found = await this.#realFolder(path);
    for (const bucket of this.list()) {
      if (bucket.backend !== "local") continue;
      const inside = relative(await realpath(bucket.location).catch(() => ""), found);
      if (inside === "") return { bucket: bucket.name, prefix: "" };
      if (isInside(inside)) return { bucket: bucket.name, prefix: `${inside}/` };
    }
    if (!this.#holds(found) || found === this.#root) throw outside(path);
    return { folder: relative(this.#root, found) };
  }

  async close(): Promise<void> {
    for (const folder of this.#temporary) await rm(folder, { recursive: true, force: true });
  }

  async #openBackend(options: BucketOptions): Promise<Bucket> {
    switch (options.backend) {
      case "local": {
        const bucket = this.#local(options.name, options.path);
        await bucket.probe().catch(() => undefined);
        return bucket;
      }
      case "memory": {
        const folder = await realpath(await mkdtemp(join(tmpdir(), "lakewire-")));
        this.#temporary.push(folder);
        return new MemoryBucket(options.name, folder, this.#fault);
      }
      case "s3":
        throw new PgError("0A000", `bucket "${options.name}": backend s3 is not supported yet`, {
          hint: "S3 buckets come with release 0.2; use a local folder until then.",
        });
      default:
        return options.backend satisfies never;
    }
  }

  #local(name: string, path = folderOfBucket(name)): LocalBucket {
    return new LocalBucket(name, isAbsolute(path) ? path : join(this.#root, path), this.#fault);
  }

  #isConfiguredFolder(path: string): boolean {
    return [...this.#configured.values()].some((bucket) => bucket.location === path);
  }

  async #realFolder(path: string): Promise<string> {
    const found = await realpath(resolve(this.#root, path)).catch(() => undefined);
    if (found === undefined) throw new PgError("58P01", `folder "${path}" does not exist`);
    return found;
  }

  #holds(path: string): boolean {
    return isInside(relative(this.#root, path));
  }
}

function isInside(path: string): boolean {
  return path !== ".." && !path.startsWith("../") && !isAbsolute(path);
}

function outside(path: string): PgError {
  return new PgError("42501", `folder "${path}" is in no bucket and not under the data folder`, {
    hint: "Configure it as a bucket, or copy it into the data folder.",
  });
}

async function hasMarker(folder: string): Promise<boolean> {
  const found = await lstat(join(folder, marker)).catch(() => undefined);
  return found?.isFile() === true;
}
