/** Opens the configured buckets, and finds those made at run time under the default root. */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, realpath, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { assert } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { bucketOfFolder, folderOfBucket } from "./keys.ts";
import { LinkedFolder } from "./linked-folder.ts";
import { LocalBucket } from "./local.ts";
import { MemoryBucket } from "./memory.ts";
import { PrivateBuckets } from "./private-buckets.ts";
import type {
  Bucket,
  BucketOptions,
  Buckets,
  Fault,
  FolderPlace,
  OutsidePlace,
} from "./storage.ts";

export interface BucketsOptions {
  /** The data folder: buckets without a path of their own and buckets made at run time lie in it. */
  readonly root: string;
  readonly buckets: readonly BucketOptions[];
  readonly fault?: Fault;
  /** What may be copied of folders outside the data that cannot be linked. */
  readonly copiedBytesMax?: number;
}

/** In the root: a folder a process, for links to what lies outside. */
const linksFolder = ".attached";

/** In every bucket made at run time; a folder of the root without it is no bucket. */
const marker = "_lakehouse/bucket.json";

/** A bucket that cannot be reached now is opened all the same: its own operations say so until it can be. */
export async function openBuckets(options: BucketsOptions): Promise<Buckets> {
  await mkdir(options.root, { recursive: true });
  const root = await realpath(options.root);
  await sweepLinks(join(root, linksFolder));
  const own = new PrivateBuckets(root, options.fault);
  await own.sweep();
  const buckets = new OpenBuckets(root, own, options);
  for (const bucket of options.buckets) await buckets.open(bucket);
  await buckets.refresh();
  return buckets;
}

class OpenBuckets implements Buckets {
  readonly #root: string;
  readonly #fault: Fault | undefined;
  readonly #copiedBytesMax: number;
  readonly #links: string;
  readonly #attached = new Map<string, LinkedFolder>();
  readonly #private: PrivateBuckets;
  readonly #configured = new Map<string, Bucket>();
  readonly #made = new Map<string, Bucket>();
  /** The root's time of change when it was last listed for good. */
  #listed: number | undefined;
  readonly #hidden = new Set<string>();
  readonly #temporary: string[] = [];

  constructor(root: string, own: PrivateBuckets, { fault, copiedBytesMax = 10e9 }: BucketsOptions) {
    this.#root = root;
    this.#private = own;
    this.#fault = fault;
    this.#copiedBytesMax = copiedBytesMax;
    this.#links = join(root, linksFolder, `${process.pid}-${randomUUID()}`);
  }

  async open(options: BucketOptions): Promise<void> {
    if (this.#configured.has(options.name)) {
      throw new PgError("42P06", `bucket "${options.name}" is configured twice`);
    }
    this.#configured.set(options.name, await this.#openBackend(options));
  }

  get(name: string): Bucket | undefined {
    return (
      this.#configured.get(name) ??
      (this.#hidden.has(name) ? undefined : this.#made.get(name)) ??
      this.#private.get(name)
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

  removed(): readonly Bucket[] {
    return [...this.#made.values()].filter(({ name }) => this.#hidden.has(name));
  }

  createPrivate(name: string): Promise<Bucket> {
    return this.#private.create(name);
  }

  removePrivate(name: string): Promise<void> {
    return this.#private.remove(name);
  }

  forgetPrivate(name: string, folder: string): void {
    this.#private.forget(name, folder);
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
    const place = await this.find(path);
    if ("outside" in place) throw outside(path);
    return place;
  }

  async find(path: string): Promise<FolderPlace | OutsidePlace> {
    const found = await this.#realFolder(path);
    if (!(await stat(found)).isDirectory()) {
      throw new PgError("42809", `"${path}" is not a folder`);
    }
    for (const bucket of this.list()) {
      if (bucket.backend !== "local") continue;
      const inside = relative(await realpath(bucket.location).catch(() => ""), found);
      if (inside === "") return { bucket: bucket.name, prefix: "" };
      if (isInside(inside)) return { bucket: bucket.name, prefix: `${inside}/` };
    }
    if (!this.#holds(found) || found === this.#root) return { outside: found };
    return { folder: relative(this.#root, found) };
  }

  async attach(
    place: FolderPlace | OutsidePlace,
    isMutable: boolean,
  ): Promise<{ readonly bucket: Bucket; readonly location: string }> {
    if ("outside" in place) return this.#linked(place.outside, place.outside);
    if ("folder" in place) return this.#linked(join(this.#root, place.folder), place.folder);
    const bucket = this.get(place.bucket);
    if (!bucket) throw new PgError("3F000", `bucket "${place.bucket}" does not exist`);
    const location = place.prefix.replace(/\/$/, "");
    if (location === "") {
      throw new PgError("22023", `"${place.bucket}" is a bucket, not a folder of one`);
    }
    if (!isMutable || bucket.backend !== "local") return { bucket, location };
    return this.#linked(join(await realpath(bucket.location), location), bucket.name);
  }

  /** A key is never empty: the folder is read by way of the one it lies in. */
  #linked(path: string, name: string): { readonly bucket: Bucket; readonly location: string } {
    const folder = dirname(path);
    const options = { links: this.#links, copiedBytesMax: this.#copiedBytesMax };
    const bucket = this.#attached.get(folder) ?? new LinkedFolder(name, folder, options);
    this.#attached.set(folder, bucket);
    return { bucket, location: basename(path) };
  }

  async close(): Promise<void> {
    await rm(this.#links, { recursive: true, force: true });
    await this.#private.close();
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

/** Those of processes that are gone. */
async function sweepLinks(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!isAlive(Number.parseInt(name, 10))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
