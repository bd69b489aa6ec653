/** pg_lsn: places in a write-ahead log, kept as their text. https://www.postgresql.org/docs/15/datatype-pg-lsn.html */
import { PgError } from "../base/error.ts";
import { parseNumeric } from "../pgtypes/numeric.ts";
import { lsnText, parseLsn } from "../pgtypes/packed-codecs.ts";
import { comparisons, order } from "./compare.ts";
import type { KernelTable } from "./kernel.ts";

function moved(text: string, by: string, sign: 1n | -1n): string {
  const number = parseNumeric(by);
  if (number?.kind !== "finite") {
    const what = sign === 1n ? "add NaN to" : "subtract NaN from";
    throw new PgError("22023", `cannot ${what} pg_lsn`);
  }
  return placed(parseLsn(text) + sign * whole(number));
}

/** Rounded half away from zero. */
function whole({ unscaled, scale }: { readonly unscaled: bigint; readonly scale: number }): bigint {
  const unit = 10n ** BigInt(scale);
  const half = unit / 2n;
  return (unscaled + (unscaled < 0n ? -half : half)) / unit;
}

function placed(value: bigint): string {
  if (value >= 0n && value < 2n ** 64n) return lsnText(value);
  throw new PgError("22003", "pg_lsn out of range");
}

export const lsnKernels: KernelTable = {
  ...comparisons("pg_lsn_", "pg_lsn", parseLsn, order),
  "sort_key(pg_lsn) text": (text: string) => String(parseLsn(text)).padStart(20, "0"),
  "pg_lsn_mi(pg_lsn,pg_lsn) numeric": (a: string, b: string) => String(parseLsn(a) - parseLsn(b)),
  "pg_lsn_pli(pg_lsn,numeric) pg_lsn": (text: string, by: string) => moved(text, by, 1n),
  "numeric_pl_pg_lsn(numeric,pg_lsn) pg_lsn": (by: string, text: string) => moved(text, by, 1n),
  "pg_lsn_mii(pg_lsn,numeric) pg_lsn": (text: string, by: string) => moved(text, by, -1n),
  "pg_lsn(numeric) pg_lsn": (value: string) => moved("0/0", value, 1n),
};
