/** What a sequence is, and which numbers follow which. https://www.postgresql.org/docs/15/sql-createsequence.html */
import { PgError } from "../base/error.ts";
import type { RelationColumn } from "./relation.ts";

/** Numbers are text: JSON has none of 64 bits. */
export interface SequenceSource extends SequenceOptions {
  readonly kind: "sequence";
  readonly bucket: string;
  /** Where the log of what was given out lies; RESTART begins another. */
  readonly location: string;
  /** Where a log begins that has no entry yet. */
  readonly from: { readonly last: string; readonly isCalled: boolean };
  readonly ownedBy?: SequenceOwner;
}

export interface SequenceOptions {
  /** int2, int4 or int8. */
  readonly typeOid: number;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly start: string;
  readonly cache: string;
  readonly cycles: boolean;
}

/** A column it goes with. */
export interface SequenceOwner {
  /** OID of its table. */
  readonly table: number;
  readonly column: number;
  /** GENERATED … AS IDENTITY: it is a part of the column. */
  readonly isIdentity: boolean;
}

/** What `SELECT * FROM sequence` shows. */
export const sequenceColumns: readonly RelationColumn[] = [
  { name: "last_value", typeOid: 20 },
  { name: "log_cnt", typeOid: 20 },
  { name: "is_called", typeOid: 16 },
].map((column, at) => ({
  ...column,
  number: at + 1,
  typmod: -1,
  notNull: true,
  defaultText: null,
  comment: null,
}));

/** The last number given out; or, when it is not called, the one that comes next. */
export interface Position {
  readonly last: bigint;
  readonly isCalled: boolean;
}

/** How one number follows another. */
export interface Steps {
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly cycles: boolean;
}

const known = new WeakMap<SequenceSource, Steps>();

export function stepsOf(source: SequenceSource): Steps {
  let steps = known.get(source);
  if (steps === undefined) {
    const { increment, min, max, cycles } = source;
    steps = { increment: BigInt(increment), min: BigInt(min), max: BigInt(max), cycles };
    known.set(source, steps);
  }
  return steps;
}

export function isSameSteps(a: Steps, b: Steps): boolean {
  return a.increment === b.increment && a.min === b.min && a.max === b.max && a.cycles === b.cycles;
}

export interface Advance {
  readonly position: Position;
  /** Fewer than asked for where the sequence ends. */
  readonly count: number;
}

/** The next numbers, `count` at most; each is put into `numbers` from `at` on when that is given. */
export function advance(
  steps: Steps,
  position: Position,
  count: number,
  numbers?: BigInt64Array,
  at = 0,
): Advance {
  let { last } = position;
  let { isCalled } = position;
  let done = 0;
  while (done < count) {
    if (!isCalled) {
      isCalled = true;
      if (numbers) numbers[at + done] = last;
      done++;
      continue;
    }
    const run = Math.min(count - done, room(steps, last));
    if (run === 0) {
      if (!steps.cycles) break;
      last = steps.increment > 0n ? steps.min : steps.max;
      isCalled = false;
      continue;
    }
    if (numbers) {
      let number = last;
      for (let i = 0; i < run; i++) {
        number += steps.increment;
        numbers[at + done + i] = number;
      }
    }
    last += steps.increment * BigInt(run);
    done += run;
  }
  return { position: { last, isCalled }, count: done };
}

/** How many numbers there are between one and the end. */
function room({ increment, min, max }: Steps, last: bigint): number {
  const left = increment > 0n ? max - last : last - min;
  const size = increment > 0n ? increment : -increment;
  const count = left < 0n ? 0n : left / size;
  return count > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(count);
}

/** 2200H in PostgreSQL's words. */
export function exhausted({ increment, min, max }: Steps, name: string): PgError {
  const [limit, value] = increment > 0n ? ["maximum", max] : ["minimum", min];
  return new PgError(
    "2200H",
    `nextval: reached ${limit} value of sequence "${name}" (${String(value)})`,
  );
}
