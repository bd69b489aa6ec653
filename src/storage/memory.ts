/** A bucket in memory, for tests and temporary things. What the engine reads or writes passes through a temporary folder. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { missingObject, storageError } from "./faults.ts";
import { checkKey } from "./keys.ts";
import type { Bucket, Fault, ObjectInfo, Stage, StorageOperation } from "./storage.ts";

interface MemoryObject {
  readonly bytes: Buffer;
  readonly modified: Date;
  /** Where the engine reads it, once it has asked. */
  readonly path?: string;
}

export class MemoryBucket implements Bucket {
  readonly name: string;
  readonly backend = "memory";
  readonly location = "memory:";
  readonly #folder: string;
  readonly #fault: Fault | undefined;
  readonly #objects = new Map<string, MemoryObject>();
  readonly #writing = new Map<string, string>();

  /** `folder` exists, is private and is removed by its owner. */
  constructor(name: string, folder: string, fault?: Fault) {
    this.name = name;
    this.#folder = folder;
    this.#fault = fault;
  }

  read(key: string): Promise<Buffer | undefined> {
    return this.#access("read", key, async () => this.#objects.get(key)?.bytes);
  }

  exists(key: string): Promise<boolean> {
    return this.#access("read", key, async () => this.#objects.has(key));
  }

  list(prefix: string): Promise<readonly ObjectInfo[]> {
    return this.#access("list", prefix.replace(/\/$/, ""), async () =>
      [...this.#objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { bytes, modified }]) => ({ key, bytes: bytes.byteLength, modified }))
        .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    );
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#access("write", key, async () => this.#store(key, Buffer.from(bytes)));
  }

  create(key: string, bytes: Uint8Array): Promise<void> {
    return this.put(key, bytes);
  }

  putIfAbsent(key: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean> {
    return this.#access("write", key, async () => {
      await after;
      if (this.#objects.has(key)) return false;
      this.#store(key, Buffer.from(bytes));
      return true;
    });
  }

  delete(key: string): Promise<void> {
    return this.#access("delete", key, async () => {
      const path = this.#objects.get(key)?.path;
      this.#objects.delete(key);
      if (path !== undefined) await rm(path, { force: true });
    });
  }

  pathFor(key: string): Promise<string> {
    return this.#access("read", key, async () => {
      const object = this.#objects.get(key);
      if (!object) throw missingObject(this.name, key);
      if (object.path !== undefined) return object.path;
      const path = join(this.#folder, randomUUID());
      await writeFile(path, object.bytes);
      this.#objects.set(key, { ...object, path });
      return path;
    });
  }

  pathForWriting(key: string): Promise<string> {
    return this.#access("write", key, async () => {
      const path = join(this.#folder, randomUUID());
      this.#writing.set(key, path);
      return path;
    });
  }

  publish(key: string): Promise<void> {
    return this.#access("write", key, async () => {
      const written = this.#writing.get(key);
      if (written === undefined) throw missingObject(this.name, key);
      this.#store(key, await readFile(written));
      this.#writing.delete(key);
      await rm(written, { force: true });
    });
  }

  stage(): Promise<Stage> {
    return this.#access("write", "", async () => {
      const folder = join(this.#folder, randomUUID());
      await mkdir(folder);
      return {
        folder,
        files: async () => (await readdir(folder)).sort(),
        adopt: (file: string, key: string) =>
          this.#access("write", key, async () =>
            this.#store(key, await readFile(join(folder, file))),
          ),
        discard: () => rm(folder, { recursive: true, force: true }),
      };
    });
  }

  probe(): Promise<void> {
    return this.#access("read", "", async () => {});
  }

  async #access<T>(operation: StorageOperation, key: string, act: () => Promise<T>): Promise<T> {
    if (key !== "") checkKey(this.name, key);
    try {
      this.#fault?.(operation, this.name, key);
      return await act();
    } catch (error) {
      throw storageError(operation, this.name, key, error);
    }
  }

  #store(key: string, bytes: Buffer): void {
    this.#objects.set(key, { bytes, modified: new Date() });
  }
}
