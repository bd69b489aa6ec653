/**
 * Buckets of one process that nobody else names: what is in them is gone with whoever made them, so nothing waits for the
 * disk. Each process has a folder of its own; those of processes that are gone are removed at the next start.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { errorCode } from "./faults.ts";
import { PrivateBucket } from "./private-bucket.ts";
import type { Bucket, Fault } from "./storage.ts";

/** A process of another machine says so often that it lives; one that has not for far longer does not. */
const heartbeatMs = 3_600_000;
const silenceMaxMs = 24 * heartbeatMs;

export class PrivateBuckets {
  readonly #root: string;
  readonly #folder: string;
  readonly #fault: Fault | undefined;
  readonly #buckets = new Map<string, PrivateBucket>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(dataFolder: string, fault?: Fault) {
    this.#root = join(dataFolder, ".temporary");
    const own = `${encodeURIComponent(hostname())}~${process.pid}~${randomBytes(4).toString("hex")}`;
    this.#folder = join(this.#root, own);
    this.#fault = fault;
  }

  get(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  async create(name: string): Promise<Bucket> {
    await mkdir(join(this.#folder, name), { recursive: true, mode: 0o700 });
    this.#heartbeat ??= setInterval(() => {
      utimes(this.#folder, new Date(), new Date()).catch(() => undefined);
    }, heartbeatMs).unref();
    const bucket = new PrivateBucket(name, join(this.#folder, name), this.#fault);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  forget(name: string, folder: string): void {
    this.#buckets.get(name)?.forget(folder);
  }

  async remove(name: string): Promise<void> {
    const bucket = this.#buckets.get(name);
    this.#buckets.delete(name);
    await bucket?.remove();
  }

  /** What processes that have ended left behind. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#root).catch(() => [])) {
      const folder = join(this.#root, name);
      if (await isLeft(name, folder)) await rm(folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#buckets.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function isLeft(name: string, folder: string): Promise<boolean> {
  const [host, pid] = name.split("~");
  if (host === encodeURIComponent(hostname()) && !isAlive(Number(pid))) return true;
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > silenceMaxMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== "ESRCH";
  }
}
