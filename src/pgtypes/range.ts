/** Ranges and multiranges: their texts, and the order of their bounds. https://www.postgresql.org/docs/15/rangetypes.html */
import { PgError } from "../base/error.ts";
import { dateInfinity, dateMinusInfinity } from "./calendar.ts";
import type { Codec } from "./codec.ts";
import { type Numeric, numericText, parseNumeric } from "./numeric.ts";
import { oids } from "./oids.ts";
import { defaultSettings, type TextSettings } from "./text-settings.ts";
import { typeTitle } from "./types.ts";

/** A value of a subtype: whole numbers, days, microseconds; or a numeric. */
export type Point = bigint | Numeric;

export interface Bound {
  /** undefined: there is no bound. */
  readonly value: Point | undefined;
  readonly isInclusive: boolean;
  readonly isLower: boolean;
}

export interface Range {
  readonly lower: Bound;
  readonly upper: Bound;
  readonly isEmpty: boolean;
}

/** What the elements of a range type are. */
export interface Subtype {
  readonly range: number;
  readonly multirange: number;
  readonly element: number;
  /** Every value has a next one. */
  readonly isDiscrete: boolean;
}

export const subtypes: readonly Subtype[] = [
  { range: 3904, multirange: 4451, element: oids.int4, isDiscrete: true },
  { range: 3926, multirange: 4536, element: oids.int8, isDiscrete: true },
  { range: 3906, multirange: 4532, element: oids.numeric, isDiscrete: false },
  { range: 3912, multirange: 4535, element: oids.date, isDiscrete: true },
  { range: 3908, multirange: 4533, element: oids.timestamp, isDiscrete: false },
  { range: 3910, multirange: 4534, element: oids.timestamptz, isDiscrete: false },
];

const byOid = new Map(
  subtypes.flatMap((one) => [[one.range, one] as const, [one.multirange, one] as const]),
);

export function subtypeOf(oid: number): Subtype {
  const found = byOid.get(oid);
  if (found === undefined)
    throw new PgError("0A000", `values of type ${typeTitle(oid)} are not supported yet`);
  return found;
}

/** Given where they are needed: codecs are made of codecs. */
type CodecOf = (oid: number) => Codec;

export class RangeText {
  readonly #codecOf: CodecOf;
  readonly #settings: TextSettings;
  readonly #type: Subtype;

  constructor(oid: number, codecOf: CodecOf, settings: TextSettings = defaultSettings) {
    this.#type = subtypeOf(oid);
    this.#codecOf = codecOf;
    this.#settings = settings;
  }

  get type(): Subtype {
    return this.#type;
  }

  point(text: string): Point {
    const { element } = this.#type;
    if (element === oids.numeric) {
      const number = parseNumeric(text);
      if (number === undefined)
        throw new PgError("22P02", `invalid input syntax for type numeric: "${text}"`);
      return number;
    }
    const { value } = this.#codecOf(element).parse(text, -1, this.#settings);
    return BigInt(value as number | bigint);
  }

  pointText(value: Point): string {
    if (typeof value !== "bigint") return numericText(value);
    const { element } = this.#type;
    if (element === oids.int4 || element === oids.int8) return String(value);
    if (element === oids.date)
      return this.#codecOf(element).text({ id: "DATE" }, Number(value), -1, this.#settings);
    const id = element === oids.timestamp ? "TIMESTAMP" : "TIMESTAMPTZ";
    return this.#codecOf(element).text({ id }, value, -1, this.#settings);
  }

  read(text: string): Range {
    const reader = new Reader(text, "range");
    const spelled = reader.range();
    reader.end();
    return this.#made(spelled);
  }

  readMany(text: string): readonly Range[] {
    return union(
      new Reader(text, "multirange").ranges().map((spelled) => this.#made(spelled)),
      this.#type,
    );
  }

  #made(spelled: Spelled | undefined): Range {
    if (spelled === undefined) return empty;
    const [lower, upper] = [spelled.lower, spelled.upper].map((bound) =>
      bound === undefined ? undefined : this.point(bound),
    );
    return makeRange(lower, upper, spelled.flags, this.#type);
  }

  write(range: Range): string {
    if (range.isEmpty) return "empty";
    const { lower, upper } = range;
    const bound = ({ value }: Bound) => (value === undefined ? "" : quoted(this.pointText(value)));
    return `${lower.isInclusive ? "[" : "("}${bound(lower)},${bound(upper)}${upper.isInclusive ? "]" : ")"}`;
  }

  writeMany(ranges: readonly Range[]): string {
    return `{${ranges.map((range) => this.write(range)).join(",")}}`;
  }
}

function quoted(text: string): string {
  return text === "" || /[\s"\\()[\],]/.test(text)
    ? `"${text.replaceAll("\\", "\\\\").replaceAll('"', '""')}"`
    : text;
}

interface Spelled {
  readonly lower: string | undefined;
  readonly upper: string | undefined;
  readonly flags: string;
}

class Reader {
  readonly #text: string;
  readonly #title: string;
  #at = 0;

  constructor(text: string, title: string) {
    this.#text = text;
    this.#title = title;
  }

  /** undefined: empty. */
  range(): Spelled | undefined {
    this.#blanks();
    const [word] = /^empty/i.exec(this.#text.slice(this.#at, this.#at + 5)) ?? [];
    if (word !== undefined) {
      this.#at += word.length;
      return undefined;
    }
    const open = this.#text[this.#at];
    if (open !== "[" && open !== "(") throw this.#malformed("Missing left parenthesis or bracket.");
    this.#at++;
    const lower = this.#bound();
    if (this.#text[this.#at] !== ",") throw this.#malformed("Missing comma after lower bound.");
    this.#at++;
    const upper = this.#bound();
    const close = this.#text[this.#at];
    if (close !== "]" && close !== ")") throw this.#malformed("Too many commas.");
    this.#at++;
    return { lower, upper, flags: `${open}${close}` };
  }

  ranges(): readonly (Spelled | undefined)[] {
    const found: (Spelled | undefined)[] = [];
    this.#blanks();
    if (this.#text[this.#at++] !== "{") throw this.#malformed("Missing left brace.");
    this.#blanks();
    if (this.#text[this.#at] === "}") this.#at++;
    else
      for (;;) {
        this.#blanks();
        if (!/^(?:[[(]|empty)/i.test(this.#text.slice(this.#at))) {
          throw this.#malformed("Expected range start.");
        }
        found.push(this.range());
        this.#blanks();
        const next = this.#text[this.#at++];
        if (next === undefined) throw this.#malformed("Unexpected end of input.");
        if (next === "}") break;
        if (next !== ",") throw this.#malformed("Expected comma or end of multirange.");
      }
    this.end();
    return found;
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length)
      throw this.#malformed("Junk after right parenthesis or bracket.");
  }

  #bound(): string | undefined {
    if (/[,)\]]/.test(this.#text[this.#at] ?? "")) return undefined;
    let value = "";
    let isQuoted = false;
    for (; isQuoted || !/[,)\]([]/.test(this.#text[this.#at] ?? ","); this.#at++) {
      const character = this.#text[this.#at];
      if (character === undefined) break;
      if (character === "\\") value += this.#text[++this.#at] ?? "";
      else if (character === '"' && isQuoted && this.#text[this.#at + 1] === '"')
        value += this.#text[++this.#at];
      else if (character === '"') isQuoted = !isQuoted;
      else value += character;
    }
    if (this.#at >= this.#text.length) throw this.#malformed("Unexpected end of input.");
    return value;
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #malformed(detail: string): PgError {
    return new PgError("22P02", `malformed ${this.#title} literal: "${this.#text}"`, { detail });
  }
}

const open = (isLower: boolean): Bound => ({ value: undefined, isInclusive: false, isLower });

export const empty: Range = { lower: open(true), upper: open(false), isEmpty: true };

/** undefined bounds are none. `flags` as `[)`. */
export function makeRange(
  lower: Point | undefined,
  upper: Point | undefined,
  flags: string,
  type: Subtype,
): Range {
  return canonical(
    { value: lower, isInclusive: flags.startsWith("["), isLower: true },
    { value: upper, isInclusive: flags.endsWith("]"), isLower: false },
    type,
  );
}

/** make_range: what is between two bounds; discrete ones as [a,b). 22000 when they are the wrong way round. */
export function canonical(lower: Bound, upper: Bound, type: Subtype): Range {
  if (lower.value !== undefined && upper.value !== undefined) {
    const order = comparePoints(lower.value, upper.value);
    if (order > 0)
      throw new PgError(
        "22000",
        "range lower bound must be less than or equal to range upper bound",
      );
    if (order === 0 && !(lower.isInclusive && upper.isInclusive)) return empty;
  }
  const from = stepped(lower, !lower.isInclusive, type);
  const to = stepped(upper, upper.isInclusive, type);
  const made = { lower: from, upper: to, isEmpty: false };
  const isVoid =
    from.value !== undefined && to.value !== undefined && comparePoints(from.value, to.value) === 0;
  return isVoid && !(from.isInclusive && to.isInclusive) ? empty : made;
}

function stepped(bound: Bound, moves: boolean, type: Subtype): Bound {
  const { value, isLower } = bound;
  if (value === undefined) return open(isLower);
  if (!type.isDiscrete || typeof value !== "bigint" || isInfinite(value, type)) return bound;
  const at = moves ? value + 1n : value;
  const limit = type.element === oids.int4 ? 2n ** 31n : 2n ** 63n;
  if (at >= limit) throw new PgError("22003", `${typeTitle(type.element)} out of range`);
  return { value: at, isInclusive: isLower, isLower };
}

function isInfinite(value: bigint, type: Subtype): boolean {
  return (
    type.element === oids.date &&
    (value === BigInt(dateInfinity) || value === BigInt(dateMinusInfinity))
  );
}

export function comparePoints(a: Point, b: Point): number {
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "bigint" || typeof b === "bigint") return 0;
  if (a.kind !== "finite" || b.kind !== "finite") return rank(a) - rank(b);
  const scale = Math.max(a.scale, b.scale);
  const left = a.unscaled * 10n ** BigInt(scale - a.scale);
  const right = b.unscaled * 10n ** BigInt(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

const rank = ({ kind }: Numeric) => ["-Infinity", "finite", "Infinity", "NaN"].indexOf(kind);

/** range_cmp_bounds. */
export function compareBounds(a: Bound, b: Bound): number {
  if (a.value === undefined || b.value === undefined) {
    if (a.value === undefined && b.value === undefined)
      return a.isLower === b.isLower ? 0 : a.isLower ? -1 : 1;
    return a.value === undefined ? (a.isLower ? -1 : 1) : b.isLower ? 1 : -1;
  }
  const order = comparePoints(a.value, b.value);
  if (order !== 0) return order;
  if (!a.isInclusive && !b.isInclusive) return a.isLower === b.isLower ? 0 : a.isLower ? 1 : -1;
  if (!a.isInclusive) return a.isLower ? 1 : -1;
  if (!b.isInclusive) return b.isLower ? -1 : 1;
  return 0;
}

export function compareRanges(a: Range, b: Range): number {
  if (a.isEmpty || b.isEmpty) return a.isEmpty ? (b.isEmpty ? 0 : -1) : 1;
  return compareBounds(a.lower, b.lower) || compareBounds(a.upper, b.upper);
}

/** Nothing is between an upper bound and a lower one. */
export function boundsAdjacent(upper: Bound, lower: Bound, type: Subtype): boolean {
  if (upper.value === undefined || lower.value === undefined) return false;
  const order = comparePoints(upper.value, lower.value);
  if (order > 0) return false;
  if (order === 0) return upper.isInclusive !== lower.isInclusive;
  if (!type.isDiscrete) return false;
  const between = canonical(
    { ...upper, isInclusive: !upper.isInclusive, isLower: true },
    { ...lower, isInclusive: !lower.isInclusive, isLower: false },
    type,
  );
  return between.isEmpty;
}

/** Ranges in order, those that overlap or touch made one. */
export function union(ranges: readonly Range[], type: Subtype): readonly Range[] {
  const sorted = ranges.filter((range) => !range.isEmpty).sort(compareRanges);
  const merged: Range[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    const touches =
      last !== undefined &&
      (compareBounds(range.lower, last.upper) <= 0 ||
        boundsAdjacent(last.upper, range.lower, type));
    if (last === undefined || !touches) merged.push(range);
    else if (compareBounds(range.upper, last.upper) > 0)
      merged[merged.length - 1] = { ...last, upper: range.upper };
  }
  return merged;
}
