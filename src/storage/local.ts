/** A bucket that is a folder. Objects are files; a commit is link(2), which fails when the name is taken. */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fsync as fsyncLater,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PgError } from "../base/error.ts";
import { type BlankFile, BlankFiles } from "./blank-files.ts";
import { errorCode, missingObject, storageError, symbolicLink } from "./faults.ts";
import { checkKey, stagingFolder } from "./keys.ts";
import type { Bucket, Fault, ObjectInfo, Stage, StorageOperation } from "./storage.ts";

/** How long a folder that was found free of symbolic links is not looked at again. */
const folderTrustMs = 1_000;
/** How many immutable objects are remembered as regular files, so that a scan of 1 000 files is not 1 000 look-ups. */
const knownFilesMax = 65_536;
/**
 * Objects up to this size are written without a trip to the thread pool, as are names: they go into the page cache, in
 * 20 µs where a trip takes 100. What waits for the disk never does so on the main thread.
 */
const smallBytesMax = 1 << 18;
const fsync = promisify(fsyncLater);
/** Unfinished objects older than this belong to no living server. */
const stagingAgeMaxMs = 24 * 3_600_000;

export class LocalBucket implements Bucket {
  readonly name: string;
  readonly backend = "local";
  readonly location: string;
  readonly #fault: Fault | undefined;
  readonly #isDurable: boolean;
  readonly #trusted = new Map<string, number>();
  readonly #knownFiles = new Set<string>();
  /** Keys being written by the engine, and where. */
  readonly #writing = new Map<string, string>();
  #root: string | undefined;
  readonly #blanks = new BlankFiles(() => this.#temporaryPath());
  /** The folder may be written: it keeps two writers apart. */
  #isProven = false;

  /** Without durability nothing waits for the disk, and a power cut may take what was written. */
  constructor(
    name: string,
    folder: string,
    fault?: Fault,
    { isDurable }: { readonly isDurable: boolean } = { isDurable: true },
  ) {
    this.name = name;
    this.location = folder;
    this.#fault = fault;
    this.#isDurable = isDurable;
  }

  read(key: string): Promise<Buffer | undefined> {
    return this.#access("read", key, async (path) => {
      if (!(await this.#isPlain(key, dirname(path)))) return undefined;
      let file: FileHandle;
      try {
        file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      } catch (error) {
        if (isAbsence(error)) return undefined;
        if (errorCode(error) === "ELOOP") throw symbolicLink(this.name, key);
        throw error;
      }
      try {
        return (await file.stat()).isFile() ? await file.readFile() : undefined;
      } finally {
        await file.close();
      }
    });
  }

  exists(key: string): Promise<boolean> {
    return this.#access("read", key, (path) => this.#isFile(key, path));
  }

  list(prefix: string): Promise<readonly ObjectInfo[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    return this.#access("list", folder === "" ? "" : folder.slice(0, -1), async (path) => {
      const found: ObjectInfo[] = [];
      if (await this.#isPlain(prefix, path)) await walk(path, folder, prefix, found);
      return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    });
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#access("write", key, async (path) => {
      const temporary = await this.#write(bytes);
      await this.#makeFolder(key, dirname(path));
      await rename(temporary, path);
      await this.#syncFolder(dirname(path));
    });
  }

  create(key: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > smallBytesMax) return this.put(key, bytes);
    return this.#access("write", key, async (path) => {
      await this.#makeFolder(key, dirname(path));
      const blank = await this.#blanks.take();
      renameSync(blank.path, path);
      await Promise.all([this.#fill(blank, bytes), this.#syncFolder(dirname(path))]);
    });
  }

  putIfAbsent(key: string, bytes: Uint8Array, after?: Promise<unknown>): Promise<boolean> {
    return this.#access("write", key, async (path) => {
      const temporary = await this.#write(bytes);
      let isOurs = false;
      try {
        await after;
        await this.#makeFolder(key, dirname(path));
        isOurs = linkIfAbsent(temporary, path);
      } finally {
        unlinkSync(temporary);
      }
      if (isOurs) await this.#syncFolder(dirname(path));
      return isOurs;
    });
  }

  delete(key: string): Promise<void> {
    return this.#access("delete", key, async (path) => {
      this.#knownFiles.delete(key);
      if (await this.#isFile(key, path)) await rm(path, { force: true });
    });
  }

  pathFor(key: string): Promise<string> {
    return this.#access("read", key, async (path) => {
      if (this.#knownFiles.has(key)) return path;
      if (!(await this.#isFile(key, path))) throw missingObject(this.name, key);
      if (this.#knownFiles.size >= knownFilesMax) this.#knownFiles.clear();
      this.#knownFiles.add(key);
      return path;
    });
  }

  pathForWriting(key: string): Promise<string> {
    return this.#access("write", key, async () => {
      const path = await this.#temporaryPath();
      this.#writing.set(key, path);
      return path;
    });
  }

  publish(key: string): Promise<void> {
    return this.#access("write", key, async (path) => {
      const written = this.#writing.get(key);
      if (written === undefined) throw missingObject(this.name, key);
      await this.#adopt(written, key, path);
      this.#writing.delete(key);
    });
  }

  stage(): Promise<Stage> {
    return this.#access("write", "", async () => {
      const folder = await this.#temporaryPath();
      await mkdir(folder);
      return {
        folder,
        files: async () => (await readdir(folder)).sort(),
        adopt: (file: string, key: string) =>
          this.#access("write", key, (path) => this.#adopt(join(folder, file), key, path)),
        discard: () => rm(folder, { recursive: true, force: true }),
      };
    });
  }

  probe(): Promise<void> {
    this.#isProven = false;
    return this.#access("write", "", async () => {});
  }

  /** Every operation: the key is safe, the bucket is there, and a fault names both. */
  async #access<T>(
    operation: StorageOperation,
    key: string,
    act: (path: string) => Promise<T>,
  ): Promise<T> {
    if (key !== "") checkKey(this.name, key);
    try {
      this.#fault?.(operation, this.name, key);
      const isReady = operation !== "write" || this.#isProven;
      const root = (isReady ? this.#root : undefined) ?? (await this.#open(operation));
      return await act(key === "" ? root : join(root, key));
    } catch (error) {
      throw storageError(operation, this.name, key, error);
    }
  }

  /** Reading asks nothing of a folder; the first write makes it, when missing, and tries what commits rest on. */
  async #open(operation: StorageOperation): Promise<string> {
    if (operation === "write" && !this.#isProven) {
      await mkdir(this.location, { recursive: true });
      this.#root = await realpath(this.location);
      await proveFolder(this.#root);
      this.#isProven = true;
    }
    this.#root ??= await realpath(this.location);
    return this.#root;
  }

  async #isFile(key: string, path: string): Promise<boolean> {
    try {
      // Synchronous, because every statement asks it of every log it rests on: 5 µs, and 90 by way of the thread pool.
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined || !(await this.#isPlain(key, dirname(path)))) return false;
      if (found.isSymbolicLink()) throw symbolicLink(this.name, key);
      return found.isFile();
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }

  /** Whether the folder is there; 42501 when a symbolic link is on the way to it. */
  async #isPlain(key: string, folder: string): Promise<boolean> {
    const now = Date.now();
    if ((this.#trusted.get(folder) ?? 0) > now) return true;
    try {
      if ((await realpath(folder)) !== folder) throw symbolicLink(this.name, key);
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
    if (this.#trusted.size >= knownFilesMax) this.#trusted.clear();
    this.#trusted.set(folder, now + folderTrustMs);
    return true;
  }

  /** Every new folder is made durable in its parent, else a crash could lose what it holds. */
  async #makeFolder(key: string, folder: string): Promise<void> {
    if (await this.#isPlain(key, folder)) return;
    let existing = dirname(folder);
    while (!(await this.#isPlain(key, existing))) existing = dirname(existing);
    await mkdir(folder, { recursive: true });
    for (let made = folder; made !== existing; made = dirname(made)) {
      await this.#syncFolder(dirname(made));
    }
    if (!(await this.#isPlain(key, folder))) throw symbolicLink(this.name, key);
  }

  async #adopt(written: string, key: string, path: string): Promise<void> {
    const file = await open(written, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if (this.#isDurable) await file.sync();
    } finally {
      await file.close();
    }
    await this.#makeFolder(key, dirname(path));
    await rename(written, path);
    await this.#syncFolder(dirname(path));
  }

  /** A file nobody sees, complete and on the disk. */
  async #write(bytes: Uint8Array): Promise<string> {
    if (bytes.length <= smallBytesMax) {
      const blank = await this.#blanks.take();
      await this.#fill(blank, bytes);
      return blank.path;
    }
    const path = await this.#temporaryPath();
    const file = await open(path, "wx");
    try {
      await file.writeFile(bytes);
      if (this.#isDurable) await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  async #fill({ file }: BlankFile, bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      if (this.#isDurable) await fsync(file);
    } finally {
      closeSync(file);
    }
  }

  async #syncFolder(path: string): Promise<void> {
    if (this.#isDurable) await syncFolder(path);
  }

  async #temporaryPath(): Promise<string> {
    const folder = join(this.#root ?? this.location, stagingFolder);
    if (!existsSync(folder)) await mkdir(folder, { recursive: true });
    return join(folder, randomUUID());
  }
}

/** Shows that link(2) refuses a name that is taken: on a file system where it does not, commits would overwrite each other. */
async function proveFolder(root: string): Promise<void> {
  const staging = join(root, stagingFolder);
  await mkdir(staging, { recursive: true });
  if ((await realpath(staging)) !== staging) throw new Error(`${staging} is a symbolic link`);
  const first = join(staging, randomUUID());
  const second = join(staging, randomUUID());
  await (await open(first, "wx")).close();
  try {
    if (!linkIfAbsent(first, second) || linkIfAbsent(first, second)) {
      throw new PgError("58030", `the file system of "${root}" does not keep two writers apart`, {
        hint: "A bucket needs a file system with hard links.",
      });
    }
  } finally {
    await rm(first, { force: true });
    await rm(second, { force: true });
  }
  await sweep(staging);
}

async function sweep(staging: string): Promise<void> {
  const oldest = Date.now() - stagingAgeMaxMs;
  for (const name of await readdir(staging)) {
    const path = join(staging, name);
    const found = await lstat(path).catch(() => undefined);
    if (found && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}

function linkIfAbsent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    await fsync(folder);
  } finally {
    closeSync(folder);
  }
}

async function walk(
  path: string,
  folder: string,
  prefix: string,
  found: ObjectInfo[],
): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const key = `${folder}${entry.name}`;
    if (key === stagingFolder) continue;
    if (entry.isDirectory() && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`))) {
      await walk(join(path, entry.name), `${key}/`, prefix, found);
    } else if (entry.isFile() && key.startsWith(prefix)) {
      const file = await lstat(join(path, entry.name)).catch(() => undefined);
      if (file) found.push({ key, bytes: file.size, modified: file.mtime });
    }
  }
}

function isAbsence(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
