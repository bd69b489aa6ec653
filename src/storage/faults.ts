/** What a store's refusal is to a client: kind, bucket and object, the system's own words behind them. */
import { PgError } from "../base/error.ts";
import type { StorageOperation } from "./storage.ts";

export function storageError(
  operation: StorageOperation,
  bucket: string,
  key: string,
  cause: unknown,
): PgError {
  if (cause instanceof PgError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isFull = errorCode(cause) === "ENOSPC";
  return new PgError(
    isFull ? "53100" : "58030",
    `could not ${operation} object "${key}" of bucket "${bucket}": ${reason}`,
    {},
    { cause },
  );
}

export function missingObject(bucket: string, key: string): PgError {
  return new PgError("58P01", `object "${key}" of bucket "${bucket}" does not exist`);
}

export function symbolicLink(bucket: string, key: string): PgError {
  return new PgError(
    "42501",
    `object "${key}" of bucket "${bucket}" is reached through a symbolic link`,
  );
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
