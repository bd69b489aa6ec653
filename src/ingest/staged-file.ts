/** A source brought to where the engine may read it: hard-linked or copied, hashed, and known not to change meanwhile. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, type Stats } from "node:fs";
import { link, lstat, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PgError } from "../base/error.ts";

export type IngestSource =
  | {
      readonly kind: "path";
      readonly path: string;
      /** The only folders whose files may be read; undefined: any file the server can read. */
      readonly folders: readonly string[] | undefined;
    }
  | { readonly kind: "content"; readonly bytes: Uint8Array; readonly fileName: string };

export interface StagedFile {
  /** For the engine. Its name says nothing and holds no character the engine could take for a pattern. */
  readonly path: string;
  /** What people call it, for messages and for the dataset's name. */
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Lines of text; one that does not end counts too. */
  readonly lines: number;
  /** The first and the last bytes. */
  readonly head: Buffer;
  readonly tail: Buffer;
  /** 55000 when somebody wrote to the file since it was hashed. */
  assertUnchanged(): Promise<void>;
}

/** A file that cannot be linked (another file system, another owner) is copied up to this size. */
const copyBytesMax = 64 * 1024 ** 3;
const headBytes = 1 << 16;
const tailBytes = 256;

export const sourceName = (source: IngestSource): string =>
  basename(source.kind === "path" ? source.path : source.fileName);

export async function stageFile(
  source: IngestSource,
  folder: string,
  signal: AbortSignal,
): Promise<StagedFile> {
  const path = join(folder, "source");
  if (source.kind === "content") {
    await pipeline(Readable.from([source.bytes]), createWriteStream(path), { signal });
  } else {
    await adopt(await checkedPath(source.path, source.folders), path, source.path, signal);
  }
  const before = await stat(path);
  const seen = await look(path, signal);
  return {
    path,
    fileName: sourceName(source),
    ...seen,
    async assertUnchanged() {
      const after = await stat(path);
      if (after.size === before.size && after.mtimeMs === before.mtimeMs) return;
      throw new PgError("55000", `file "${sourceName(source)}" was written to while it was read`);
    },
  };
}

/** The path as the file system knows it: a regular file, not by way of a link, inside the folders. */
async function checkedPath(path: string, folders: readonly string[] | undefined): Promise<string> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new PgError("0A000", `loading from "${path.split(":")[0]}:" addresses is not supported`, {
      hint: "Put the file on the server, or pass its bytes as content => with filename =>.",
    });
  }
  const wanted = resolve(path);
  if (folders !== undefined) await assertInside(wanted, path, folders);
  let parent: string;
  let info: Stats;
  try {
    parent = await realpath(dirname(wanted));
    info = await lstat(join(parent, basename(wanted)));
  } catch (error) {
    throw unreadable(path, error);
  }
  const found = join(parent, basename(wanted));
  if (folders !== undefined) await assertInside(found, path, folders);
  if (info.isSymbolicLink()) {
    throw new PgError("42501", `"${path}" is a symbolic link`, { hint: "Name the file itself." });
  }
  if (info.isDirectory()) throw new PgError("42809", `"${path}" is a directory`);
  if (!info.isFile()) throw new PgError("42809", `"${path}" is not a regular file`);
  return found;
}

/** 42501 that says nothing of what exists outside. */
export async function assertInside(
  found: string,
  path: string,
  folders: readonly string[],
): Promise<void> {
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => undefined);
    if (isInside(found, resolve(folder)) || (real !== undefined && isInside(found, real))) return;
  }
  throw new PgError("42501", `permission denied for file "${path}"`, {
    hint:
      folders.length === 0
        ? "Only a superuser may read files of the server; ingest.folders in the configuration lists none for others."
        : "Files must lie in one of the folders that ingest.folders lists in the configuration.",
  });
}

function isInside(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside !== "" && inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** A link costs nothing. It is made first and looked at then: what was checked is what is read. */
async function adopt(from: string, to: string, shown: string, signal: AbortSignal): Promise<void> {
  try {
    await link(from, to);
  } catch {
    return copy(from, to, shown, signal);
  }
  if (!(await lstat(to)).isFile()) throw new PgError("42501", `"${shown}" is a symbolic link`);
}

async function copy(from: string, to: string, shown: string, signal: AbortSignal): Promise<void> {
  try {
    const { size } = await stat(from);
    if (size > copyBytesMax) {
      throw new PgError(
        "54000",
        `file "${shown}" has ${size} bytes, and ${copyBytesMax} are copied at most`,
        {
          hint: "Move it to the file system of the bucket, where it need not be copied.",
        },
      );
    }
    await pipeline(createReadStream(from), createWriteStream(to), { signal });
  } catch (error) {
    throw unreadable(shown, error);
  }
}

async function look(
  path: string,
  signal: AbortSignal,
): Promise<Pick<StagedFile, "bytes" | "sha256" | "lines" | "head" | "tail">> {
  const hash = createHash("sha256");
  let bytes = 0;
  let newlines = 0;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  try {
    for await (const part of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
      hash.update(part);
      bytes += part.length;
      newlines += countNewlines(part);
      if (head.length < headBytes) head = Buffer.concat([head, part]).subarray(0, headBytes);
      tail = Buffer.concat([tail, part.subarray(-tailBytes)]).subarray(-tailBytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable("source", error);
  }
  const lines = newlines + (tail.length > 0 && tail.at(-1) !== 10 ? 1 : 0);
  return { bytes, sha256: hash.digest("hex"), lines, head, tail };
}

function countNewlines(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) count++;
  return count;
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof PgError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, readonly [sqlstate: string, reason: string]>> = {
    ENOENT: ["58P01", "No such file or directory"],
    ENOTDIR: ["58P01", "Not a directory"],
    EACCES: ["42501", "Permission denied"],
    EPERM: ["42501", "Operation not permitted"],
    ENOSPC: ["53100", "No space left on device"],
  };
  const [sqlstate, reason] = known[code] ?? ["58030", code];
  if (code === "" || code === "ABORT_ERR") return error;
  return new PgError(
    sqlstate,
    `could not open file "${path}" for reading: ${reason}`,
    {},
    { cause: error },
  );
}
