/**
 * A bucket that nobody but its maker names and that goes with it: small objects stay in memory until the engine asks where they
 * are, for a file takes longer to make than all else a small commit does. Large ones are files from the start.
 */
import { rm } from "node:fs/promises";
import { checkKey } from "./keys.ts";
import { LocalBucket } from "./local.ts";
import type { Bucket, Fault, ObjectInfo, Stage } from "./storage.ts";

/** Objects up to this size, */
const smallBytesMax = 1 << 16;
/** and so many bytes of them; what comes later is a file. */
const heldBytesMax = 1 << 24;

interface Held {
  readonly bytes: Buffer;
  readonly modified: Date;
}

export class PrivateBucket implements Bucket {
  readonly name: string;
  readonly backend = "private";
  readonly location: string;
  readonly #files: LocalBucket;
  readonly #held = new Map<string, Held>();
  /** Objects on their way from memory into a file. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #fault: Fault | undefined;
  #heldBytes = 0;

  constructor(name: string, folder: string, fault?: Fault) {
    this.name = name;
    this.location = folder;
    this.#fault = fault;
    this.#files = new LocalBucket(name, folder, fault, { isDurable: false });
  }

  async read(key: string): Promise<Buffer | undefined> {
    return this.#held.get(key)?.bytes ?? (await this.#files.read(key));
  }

  async exists(key: string): Promise<boolean> {
    return this.#held.has(key) || (await this.#files.exists(key));
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    const held = [...this.#held].filter(([key]) => key.startsWith(prefix));
    const own = held.map(([key, { bytes, modified }]) => ({ key, bytes: bytes.length, modified }));
    const filed = (await this.#files.list(prefix)).filter(({ key }) => !this.#held.has(key));
    const order = (a: ObjectInfo, b: ObjectInfo) =>
      Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
    return [...own, ...filed].sort(order);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#files.put(key, bytes);
    this.#forget(key);
  }

  async create(key: string, bytes: Uint8Array): Promise<void> {
    if (!this.#hold(key, bytes)) await this.#files.create(key, bytes);
  }

  async putIfAbsent(key: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean> {
    await after;
    if (this.#held.has(key)) return false;
    if (await this.#files.exists(key)) return false;
    // Nothing is waited for between the look and the entry.
    if (this.#held.has(key)) return false;
    return this.#hold(key, bytes) || this.#files.putIfAbsent(key, bytes);
  }

  async delete(key: string): Promise<void> {
    await this.#leaving.get(key);
    this.#forget(key);
    await this.#files.delete(key);
  }

  async pathFor(key: string): Promise<string> {
    const held = this.#held.get(key);
    if (held !== undefined) {
      const leaving = this.#leaving.get(key) ?? this.#leave(key, held);
      await leaving;
    }
    return this.#files.pathFor(key);
  }

  pathForWriting(key: string): Promise<string> {
    return this.#files.pathForWriting(key);
  }

  publish(key: string): Promise<void> {
    return this.#files.publish(key);
  }

  stage(): Promise<Stage> {
    return this.#files.stage();
  }

  probe(): Promise<void> {
    return this.#files.probe();
  }

  forget(folder: string): void {
    for (const key of [...this.#held.keys()]) if (key.startsWith(`${folder}/`)) this.#forget(key);
  }

  /** With all that is in it. */
  async remove(): Promise<void> {
    this.#held.clear();
    await rm(this.location, { recursive: true, force: true });
  }

  #hold(key: string, bytes: Uint8Array): boolean {
    if (bytes.length > smallBytesMax || this.#heldBytes + bytes.length > heldBytesMax) return false;
    checkKey(this.name, key);
    this.#fault?.("write", this.name, key);
    this.#forget(key);
    this.#held.set(key, { bytes: Buffer.from(bytes), modified: new Date() });
    this.#heldBytes += bytes.length;
    return true;
  }

  #forget(key: string): void {
    this.#heldBytes -= this.#held.get(key)?.bytes.length ?? 0;
    this.#held.delete(key);
  }

  #leave(key: string, { bytes }: Held): Promise<void> {
    const leaving = this.#files
      .create(key, bytes)
      .then(() => this.#forget(key))
      .finally(() => this.#leaving.delete(key));
    this.#leaving.set(key, leaving);
    return leaving;
  }
}
