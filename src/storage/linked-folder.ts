/**
 * A folder of somebody else's on this machine: read where it is, never written. The engine reaches the data folder only, so
 * what it is to read is hard-linked there, or copied where no link can be made. A link is named for what the file was when it
 * was made: a file that is replaced under its name is another path to the engine.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { copyFile, link, lstat, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PgError } from "../base/error.ts";
import { missingObject, storageError, symbolicLink } from "./faults.ts";
import { checkKey } from "./keys.ts";
import { LocalBucket } from "./local.ts";
import type { Bucket, ObjectInfo, Stage } from "./storage.ts";

export interface LinkedFolderOptions {
  /** Exists, is this process's alone, and is one the engine may read. */
  readonly links: string;
  /** All copies together; links take nothing. */
  readonly copiedBytesMax: number;
}

interface Link {
  readonly path: string;
  readonly copiedBytes: number;
  usedAt: number;
}

/** A link nobody has asked for in this time goes: it would keep a file alive that its owner has deleted. */
const linkAgeMaxMs = 3_600_000;

export class LinkedFolder implements Bucket {
  readonly name: string;
  readonly backend = "linked";
  readonly location: string;
  readonly #inner: LocalBucket;
  readonly #options: LinkedFolderOptions;
  /** By path, in order of use. */
  readonly #links = new Map<string, Link>();
  readonly #making = new Map<string, Promise<Link>>();

  constructor(name: string, folder: string, options: LinkedFolderOptions) {
    this.name = name;
    this.location = folder;
    this.#inner = new LocalBucket(name, folder);
    this.#options = options;
  }

  read(key: string): Promise<Buffer | undefined> {
    return this.#inner.read(key);
  }

  exists(key: string): Promise<boolean> {
    return this.#inner.exists(key);
  }

  list(prefix: string): Promise<readonly ObjectInfo[]> {
    return this.#inner.list(prefix);
  }

  async pathFor(key: string): Promise<string> {
    if (!(await this.#inner.exists(key))) throw missingObject(this.name, key);
    const from = join(this.location, checkKey(this.name, key));
    try {
      const path = join(this.#options.links, linkName(key, from, await lstat(from)));
      const known = this.#links.get(path) ?? (await this.#make(key, from, path));
      this.#links.delete(path);
      this.#links.set(path, known);
      known.usedAt = Date.now();
      await this.#dropUnused();
      return path;
    } catch (error) {
      throw storageError("read", this.name, key, error);
    }
  }

  put(key: string): Promise<void> {
    return this.#refuse(key);
  }

  create(key: string): Promise<void> {
    return this.put(key);
  }

  putIfAbsent(key: string): Promise<boolean> {
    return this.#refuse(key);
  }

  delete(key: string): Promise<void> {
    return this.#refuse(key);
  }

  pathForWriting(key: string): Promise<string> {
    return this.#refuse(key);
  }

  publish(key: string): Promise<void> {
    return this.#refuse(key);
  }

  stage(): Promise<Stage> {
    return this.#refuse("");
  }

  async probe(): Promise<void> {
    await this.#inner.list("");
  }

  #make(key: string, from: string, path: string): Promise<Link> {
    const making =
      this.#making.get(path) ??
      this.#linkOrCopy(key, from, path).finally(() => this.#making.delete(path));
    this.#making.set(path, making);
    return making;
  }

  /** The link is made first and looked at then: what was checked is what is read. */
  async #linkOrCopy(key: string, from: string, path: string): Promise<Link> {
    await mkdir(this.#options.links, { recursive: true, mode: 0o700 });
    const temporary = join(this.#options.links, `.${randomUUID()}`);
    let copiedBytes = 0;
    try {
      await link(from, temporary);
    } catch {
      copiedBytes = (await lstat(from)).size;
      this.#refuseTooMuch(key, copiedBytes);
      await copyFile(from, temporary, constants.COPYFILE_EXCL);
    }
    if (!(await lstat(temporary)).isFile()) {
      await rm(temporary, { force: true });
      throw symbolicLink(this.name, key);
    }
    await rename(temporary, path);
    return { path, copiedBytes, usedAt: Date.now() };
  }

  #refuseTooMuch(key: string, bytes: number): void {
    const copied = [...this.#links.values()].reduce((sum, one) => sum + one.copiedBytes, bytes);
    if (copied <= this.#options.copiedBytesMax) return;
    throw new PgError(
      "54000",
      `object "${key}" of "${this.name}" cannot be linked, and at most ${this.#options.copiedBytesMax} bytes are copied`,
      {
        hint: "Move the folder to the file system of the data folder, configure it as a bucket, or raise limits.foreign_copy_bytes.",
      },
    );
  }

  async #dropUnused(): Promise<void> {
    const oldest = Date.now() - linkAgeMaxMs;
    for (const [path, { usedAt }] of this.#links) {
      if (usedAt >= oldest) return;
      this.#links.delete(path);
      await rm(path, { force: true });
    }
  }

  #refuse(key: string): Promise<never> {
    return Promise.reject(
      new PgError("42501", `object "${key}" of "${this.name}" is somebody else's: it is only read`),
    );
  }
}

function linkName(key: string, from: string, file: Stats): string {
  const identity = [from, file.dev, file.ino, file.size, file.mtimeMs].join("\0");
  const digest = createHash("sha256").update(identity).digest("hex").slice(0, 32);
  const extension = /\.[a-z0-9]{1,16}$/i.exec(key)?.[0] ?? "";
  return `${digest}${extension}`;
}
