/** pg_size_pretty, and the bytes of what there is. */
import type { Facts } from "./facts.ts";
import { classOf } from "./names.ts";

const sizeUnits = ["kB", "MB", "GB", "TB", "PB"] as const;

/** pg_size_pretty: a unit is left when 20 of the next would be reached, and halves are rounded away from zero. */
export function sizePretty(bytes: bigint): string {
  const magnitude = (size: bigint) => (size < 0n ? -size : size);
  if (magnitude(bytes) < 10n * 1024n) return `${bytes} bytes`;
  let size = bytes / 512n;
  for (const unit of sizeUnits) {
    if (unit === "PB" || magnitude(size) < 20n * 1024n - 1n) {
      return `${(size + (size < 0n ? -1n : 1n)) / 2n} ${unit}`;
    }
    size /= 1024n;
  }
  return `${size} PB`;
}

export function relationBytes(facts: Facts, oid: number): bigint | null {
  if (classOf(facts, oid) === undefined) return null;
  // A page, as PostgreSQL's.
  if (facts.catalog.relationByOid(oid)?.source.kind === "sequence") return 8192n;
  return BigInt(facts.statistics.get(oid)?.bytes ?? 0);
}

/** NULL where nobody has counted them. */
export function relationRows({ statistics }: Facts, oid: number): bigint | null {
  const rows = statistics.get(oid)?.rows;
  return rows === undefined ? null : BigInt(rows);
}

export function databaseBytes(facts: Facts): bigint {
  let total = 0;
  for (const { bytes } of facts.statistics.values()) total += bytes;
  return BigInt(total);
}
