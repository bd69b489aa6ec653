/** How one set of columns differs from another: what was added, removed, renamed or given another type, and how sure that is. */
import { type Casting, type ColumnType, castingOf } from "./casting.ts";

export interface SchemaColumn extends ColumnType {
  readonly name: string;
  /** The same number is the same column, when both sides are versions of one dataset. */
  readonly number?: number;
}

export type SchemaChange =
  | { readonly kind: "added"; readonly column: SchemaColumn; readonly confidence: number }
  | { readonly kind: "removed"; readonly column: SchemaColumn; readonly confidence: number }
  | {
      readonly kind: "renamed";
      readonly from: SchemaColumn;
      readonly to: SchemaColumn;
      /** Undefined: the types are equal. */
      readonly casting: Casting | undefined;
      readonly confidence: number;
      /** What the names share, for people. */
      readonly reason: string;
    }
  | {
      readonly kind: "type changed";
      readonly from: SchemaColumn;
      readonly to: SchemaColumn;
      /** Undefined: no cast leads there. */
      readonly casting: Casting | undefined;
      readonly confidence: number;
    };

/** A pair that is less alike is taken for a column removed and another added. */
const renameMin = 0.5;

/** Changes that make `b` of `a`: renames and types in a's order, then what is added, then what is removed. */
export function schemaDiff(
  a: readonly SchemaColumn[],
  b: readonly SchemaColumn[],
): readonly SchemaChange[] {
  const pairs = new Map<SchemaColumn, { readonly to: SchemaColumn; readonly likeness: Likeness }>();
  const taken = new Set<SchemaColumn>();
  const pair = (from: SchemaColumn, to: SchemaColumn, likeness: Likeness) => {
    pairs.set(from, { to, likeness });
    taken.add(to);
  };
  for (const match of [sameNumber, sameName, sameLetters]) {
    for (const from of a) {
      if (pairs.has(from)) continue;
      const to = b.find((column) => !taken.has(column) && match(from, column));
      if (to) pair(from, to, certain);
    }
  }
  for (const { from, to, likeness } of candidates(
    a.filter((column) => !pairs.has(column)),
    b.filter((column) => !taken.has(column)),
  )) {
    if (!pairs.has(from) && !taken.has(to)) pair(from, to, likeness);
  }
  return [
    ...a.flatMap((from) => {
      const found = pairs.get(from);
      return found ? change(from, found.to, found.likeness) : [];
    }),
    ...b.filter((to) => !taken.has(to)).map((column) => added(column)),
    ...a.filter((from) => !pairs.has(from)).map((column) => removed(column, b, taken)),
  ];
}

interface Likeness {
  readonly score: number;
  readonly reason: string;
}

const certain: Likeness = { score: 1, reason: "the same column" };

const another: Likeness = { score: 0, reason: "another column" };

const sameNumber = (from: SchemaColumn, to: SchemaColumn) =>
  from.number !== undefined && from.number === to.number;
const sameName = (from: SchemaColumn, to: SchemaColumn) =>
  from.name === to.name && (from.number === undefined || to.number === undefined);
const sameLetters = (from: SchemaColumn, to: SchemaColumn) =>
  from.number === undefined && wordsOf(from.name).join("") === wordsOf(to.name).join("");

function change(from: SchemaColumn, to: SchemaColumn, likeness: Likeness): readonly SchemaChange[] {
  const casting = castingOf(from, to);
  const isSame = from.typeOid === to.typeOid && from.typmod === to.typmod;
  if (from.name === to.name) {
    if (isSame) return [];
    return [{ kind: "type changed", from, to, casting, confidence: casting?.confidence ?? 0 }];
  }
  return [
    {
      kind: "renamed",
      from,
      to,
      casting: isSame ? undefined : casting,
      confidence: rounded(likeness.score),
      reason: likeness.reason,
    },
  ];
}

const added = (column: SchemaColumn): SchemaChange => ({ kind: "added", column, confidence: 1 });

/** The less sure, the more something that is new might be it. */
function removed(
  column: SchemaColumn,
  b: readonly SchemaColumn[],
  taken: ReadonlySet<SchemaColumn>,
): SchemaChange {
  const others = b.filter((each) => !taken.has(each)).map((each) => likenessOf(column, each).score);
  return { kind: "removed", column, confidence: rounded(1 - Math.max(0, ...others)) };
}

/** Pairs that may be renames, the likeliest first. */
function candidates(
  gone: readonly SchemaColumn[],
  fresh: readonly SchemaColumn[],
): readonly {
  readonly from: SchemaColumn;
  readonly to: SchemaColumn;
  readonly likeness: Likeness;
}[] {
  return gone
    .flatMap((from) => fresh.map((to) => ({ from, to, likeness: likenessOf(from, to) })))
    .filter(({ likeness }) => likeness.score >= renameMin)
    .toSorted((x, y) => y.likeness.score - x.likeness.score);
}

/** Nobody has said so: names alone are never certain. */
const guessMax = 0.95;

/** Four fifths what words the names share, one fifth whether the one's values can be the other's. */
function likenessOf(from: SchemaColumn, to: SchemaColumn): Likeness {
  if (from.number !== undefined && to.number !== undefined) return another;
  const [words, others] = [wordsOf(from.name), wordsOf(to.name)];
  const shared = words.filter((word) => others.some((other) => isSameWord(word, other)));
  const back = others.filter((other) => words.some((word) => isSameWord(word, other)));
  if (shared.length === 0) return { score: 0, reason: "no word in common" };
  const overlap = (shared.length + back.length) / (words.length + others.length);
  const casting = castingOf(from, to);
  const type = casting?.safety === "safe" ? 1 : (casting?.confidence ?? 0);
  return {
    score: guessMax * (0.8 * overlap + 0.2 * type),
    reason: `both have ${shared.join(", ")}`,
  };
}

/** customer_id, customerId, Customer-ID → customer, id. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Equal, one the plural of the other, or one the other cut short: qty is not quantity, addr is address. */
function isSameWord(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short === long || `${short}s` === long || `${short}es` === long) return true;
  return short.length >= 3 && long.startsWith(short) && long.length - short.length <= 5;
}

const rounded = (score: number) => Math.round(score * 100) / 100;
