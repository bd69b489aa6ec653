/** Sizes, snapshots and times of the server. https://www.postgresql.org/docs/15/functions-admin.html */

import { PgError } from "../base/error.ts";
import { parseNumeric } from "../pgtypes/numeric.ts";
import { computed } from "../pgtypes/numeric-arithmetic.ts";
import { readSnapshot } from "../pgtypes/snapshot.ts";
import type { KernelTable } from "./kernel.ts";

const units: Readonly<Record<string, bigint>> = {
  "": 1n,
  bytes: 1n,
  b: 1n,
  kb: 1n << 10n,
  mb: 1n << 20n,
  gb: 1n << 30n,
  tb: 1n << 40n,
  pb: 1n << 50n,
};

function sizeBytes(text: string): bigint {
  const [, digits, unit = ""] =
    /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*$/.exec(text) ?? [];
  if (digits === undefined) throw new PgError("22023", `invalid size: "${text}"`);
  const factor = units[unit.toLowerCase()];
  const number = parseNumeric(digits);
  if (factor === undefined || number?.kind !== "finite")
    throw new PgError("22023", `invalid size: "${text}"`, {
      detail: `Invalid size unit: "${unit}".`,
      hint: 'Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".',
    });
  const product = computed("*", number, { kind: "finite", unscaled: factor, scale: 0 });
  if (product.kind !== "finite") return 0n;
  return product.unscaled / 10n ** BigInt(product.scale);
}

function isVisible(id: bigint, text: string): boolean {
  const { xmin, xmax, running } = readSnapshot(text);
  return id < xmin || (id < xmax && !running.includes(id));
}

const startMicros = BigInt(Math.round(performance.timeOrigin * 1000));

export const systemKernels: KernelTable = {
  "pg_size_bytes(text) int8": sizeBytes,
  "pg_snapshot_xmin(pg_snapshot) xid8": (text: string) => readSnapshot(text).xmin,
  "pg_snapshot_xmax(pg_snapshot) xid8": (text: string) => readSnapshot(text).xmax,
  "pg_snapshot_xip(pg_snapshot) xid8[]": (text: string) => [...readSnapshot(text).running],
  "pg_visible_in_snapshot(xid8,pg_snapshot) bool": isVisible,
  "txid_snapshot_xmin(txid_snapshot) int8": (text: string) => readSnapshot(text).xmin,
  "txid_snapshot_xmax(txid_snapshot) int8": (text: string) => readSnapshot(text).xmax,
  "txid_snapshot_xip(txid_snapshot) int8[]": (text: string) => [...readSnapshot(text).running],
  "txid_visible_in_snapshot(int8,txid_snapshot) bool": isVisible,
  "pg_postmaster_start_time() timestamptz": () => startMicros,
  // The configuration is read once, as the server starts.
  "pg_conf_load_time() timestamptz": () => startMicros,
};
