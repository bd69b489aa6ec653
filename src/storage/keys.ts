/** Names of objects and buckets, and what they are on a disk. */
import { PgError } from "../base/error.ts";

/** Where unfinished objects lie: same file system as the finished ones, never listed, swept when old. */
export const stagingFolder = ".staging";

/** The key as it is, when it can only mean an object below the bucket's root. */
export function checkKey(bucket: string, key: string): string {
  const segments = key.split("/");
  const isUnsafe =
    key.includes("\0") ||
    segments.some((segment) => segment === "" || segment === "." || segment === "..") ||
    segments[0] === stagingFolder;
  if (isUnsafe) {
    throw new PgError("42501", `object key ${JSON.stringify(key)} leaves bucket "${bucket}"`, {
      hint: "A key is a relative path with single slashes, without . and .. in it.",
    });
  }
  return key;
}

/**
 * The folder a bucket's name has: small letters, digits, `-` and inner `_` and `.` stand for themselves, every other byte is
 * `%` and two digits. Reversible, also on a disk that takes `A` and `a` for one name, and never a pattern to the engine.
 */
export function folderOfBucket(name: string): string {
  const bytes = [...Buffer.from(name)];
  return bytes
    .map((byte, i) => {
      const character = String.fromCharCode(byte);
      const isPlain = /[a-z0-9-]/.test(character) || (i > 0 && /[_.]/.test(character));
      return isPlain ? character : `%${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

/** The inverse; undefined for a folder that is no bucket's. */
export function bucketOfFolder(folder: string): string | undefined {
  const bytes = folder.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const name = Buffer.from(bytes, "latin1").toString();
  return name !== "" && folderOfBucket(name) === folder ? name : undefined;
}
