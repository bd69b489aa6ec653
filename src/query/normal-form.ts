/** One statement among those that differ in their constants alone, as pg_stat_statements counts them. */
import { createHash } from "node:crypto";
import { fingerprintSync, normalizeSync } from "libpg-query";

export interface NormalForm {
  /** The same for statements that mean the same but for constants, on every server. */
  readonly id: bigint;
  /** With $1, $2, … for constants, passwords among them. */
  readonly text: string;
}

/** Longer texts are bulk loads: they are told apart by how they begin. */
const textLengthMax = 16 * 1024;
const shownLength = 1024;

/** Takes some microseconds. A statement that only DuckDB's grammar takes stands for itself. */
export function normalForm(sql: string): NormalForm {
  if (sql.length > textLengthMax)
    return { id: hashed(sql.slice(0, shownLength)), text: `${sql.slice(0, shownLength)} …` };
  try {
    return {
      id: BigInt.asIntN(64, BigInt(`0x${fingerprintSync(sql)}`)),
      text: normalizeSync(sql),
    };
  } catch {
    return { id: hashed(sql), text: sql };
  }
}

function hashed(text: string): bigint {
  return createHash("sha256").update(text).digest().readBigInt64BE();
}
