/** Ranges and multiranges. https://www.postgresql.org/docs/15/functions-range.html */
import { PgError } from "../base/error.ts";
import { codecFor } from "../pgtypes/codecs.ts";
import {
  type Bound,
  boundsAdjacent,
  canonical,
  compareBounds,
  compareRanges,
  empty,
  makeRange,
  type Point,
  type Range,
  RangeText,
  type Subtype,
  subtypes,
  union,
} from "../pgtypes/range.ts";
import { defaultSettings } from "../pgtypes/text-settings.ts";
import { logicalTypeFor, typeByOid } from "../pgtypes/types.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { comparisons, order } from "./compare.ts";
import type { KernelTable } from "./kernel.ts";
import { numericKey } from "./sort-key.ts";

const texts = new Map<number, RangeText>();

function textsOf(oid: number): RangeText {
  const known = texts.get(oid) ?? new RangeText(oid, codecFor);
  texts.set(oid, known);
  return known;
}

/** A range is a multirange of one, an empty one of none. */
type Pieces = readonly Range[];

const readers = {
  range: (text: string, of: RangeText): Pieces => {
    const range = of.read(text);
    return range.isEmpty ? [] : [range];
  },
  multirange: (text: string, of: RangeText): Pieces => of.readMany(text),
} as const;

type Kind = keyof typeof readers;

const isWithin = (inner: Range, outer: Range) =>
  compareBounds(outer.lower, inner.lower) <= 0 && compareBounds(outer.upper, inner.upper) >= 0;

const meet = (a: Range, b: Range) =>
  compareBounds(a.lower, b.upper) <= 0 && compareBounds(b.lower, a.upper) <= 0;

const relations: Readonly<Record<string, (a: Pieces, b: Pieces, type: Subtype) => boolean>> = {
  overlaps: (a, b) => a.some((one) => b.some((other) => meet(one, other))),
  contains: (a, b) => b.every((inner) => a.some((outer) => isWithin(inner, outer))),
  contained_by: (a, b) => a.every((inner) => b.some((outer) => isWithin(inner, outer))),
  before: (a, b) => compared(a.at(-1)?.upper, b[0]?.lower, (by) => by < 0),
  after: (a, b) => compared(a[0]?.lower, b.at(-1)?.upper, (by) => by > 0),
  overleft: (a, b) => compared(a.at(-1)?.upper, b.at(-1)?.upper, (by) => by <= 0),
  overright: (a, b) => compared(a[0]?.lower, b[0]?.lower, (by) => by >= 0),
  adjacent: (a, b, type) =>
    touch(a.at(-1)?.upper, b[0]?.lower, type) || touch(b.at(-1)?.upper, a[0]?.lower, type),
};

function compared(
  a: Bound | undefined,
  b: Bound | undefined,
  test: (by: number) => boolean,
): boolean {
  return a !== undefined && b !== undefined && test(compareBounds(a, b));
}

function touch(upper: Bound | undefined, lower: Bound | undefined, type: Subtype): boolean {
  return upper !== undefined && lower !== undefined && boundsAdjacent(upper, lower, type);
}

/** range_before(anyrange,anyrange), range_before_multirange(…), multirange_before_range(…), … */
function relationKernels(): KernelTable {
  const table: Record<string, (oid: number, a: string, b: string) => boolean> = {};
  for (const [name, test] of Object.entries(relations))
    for (const [left, right] of [
      ["range", "range"],
      ["range", "multirange"],
      ["multirange", "range"],
      ["multirange", "multirange"],
    ] as const satisfies readonly (readonly [Kind, Kind])[]) {
      const suffix = left === "range" && right === "range" ? "" : `_${right}`;
      table[`${left}_${name}${suffix}(any${left},any${right}) bool`] = (oid, a, b) => {
        const of = textsOf(oid);
        return test(readers[left](a, of), readers[right](b, of), of.type);
      };
    }
  return table;
}

function containsPoint(pieces: Pieces, value: Point): boolean {
  const at = { value, isInclusive: true };
  return pieces.some(
    ({ lower, upper }) =>
      compareBounds(lower, { ...at, isLower: true }) <= 0 &&
      compareBounds(upper, { ...at, isLower: false }) >= 0,
  );
}

/** lower, upper, their kinds: of a range, or from the first to the last of several. */
function boundKernels(kind: Kind): KernelTable {
  const type = `any${kind}`;
  const ends = (oid: number, text: string) => {
    const pieces = readers[kind](text, textsOf(oid));
    return { lower: pieces[0]?.lower, upper: pieces.at(-1)?.upper };
  };
  const shown = (oid: number, bound: Bound | undefined) =>
    bound?.value === undefined ? null : textsOf(oid).pointText(bound.value);
  return {
    [`lower(${type}) anyelement`]: (oid: number, text: string) => shown(oid, ends(oid, text).lower),
    [`upper(${type}) anyelement`]: (oid: number, text: string) => shown(oid, ends(oid, text).upper),
    [`isempty(${type}) bool`]: (oid: number, text: string) => ends(oid, text).lower === undefined,
    [`lower_inc(${type}) bool`]: (oid: number, text: string) =>
      ends(oid, text).lower?.isInclusive ?? false,
    [`upper_inc(${type}) bool`]: (oid: number, text: string) =>
      ends(oid, text).upper?.isInclusive ?? false,
    [`lower_inf(${type}) bool`]: (oid: number, text: string) => isOpen(ends(oid, text).lower),
    [`upper_inf(${type}) bool`]: (oid: number, text: string) => isOpen(ends(oid, text).upper),
  };
}

const isOpen = (bound: Bound | undefined) => bound !== undefined && bound.value === undefined;

function intersection(a: Range, b: Range, type: Subtype): Range {
  if (a.isEmpty || b.isEmpty || !meet(a, b)) return empty;
  const lower = compareBounds(a.lower, b.lower) >= 0 ? a.lower : b.lower;
  const upper = compareBounds(a.upper, b.upper) <= 0 ? a.upper : b.upper;
  return canonical(lower, upper, type);
}

const flipped = (bound: Bound): Bound => ({
  ...bound,
  isInclusive: !bound.isInclusive,
  isLower: !bound.isLower,
});

/** What is left of `a`: none, one or two ranges. */
function without(a: Range, b: Range, type: Subtype): Pieces {
  if (!meet(a, b)) return [a];
  const left: Range[] = [];
  if (compareBounds(a.lower, b.lower) < 0) left.push(canonical(a.lower, flipped(b.lower), type));
  if (compareBounds(a.upper, b.upper) > 0) left.push(canonical(flipped(b.upper), a.upper, type));
  return left.filter((range) => !range.isEmpty);
}

function joined(a: Range, b: Range, type: Subtype): Range {
  if (a.isEmpty) return b;
  if (b.isEmpty) return a;
  const [only, second] = union([a, b], type);
  if (only === undefined || second !== undefined)
    throw new PgError("22000", "result of range union would not be contiguous");
  return only;
}

function hull(ranges: Pieces): Range {
  const [first, ...rest] = ranges.filter((range) => !range.isEmpty);
  if (first === undefined) return empty;
  return rest.reduce(
    (whole, { lower, upper }) => ({
      isEmpty: false,
      lower: compareBounds(lower, whole.lower) < 0 ? lower : whole.lower,
      upper: compareBounds(upper, whole.upper) > 0 ? upper : whole.upper,
    }),
    first,
  );
}

function onRanges(make: (a: Range, b: Range, type: Subtype) => Range) {
  return (oid: number, a: string, b: string) => {
    const of = textsOf(oid);
    return of.write(make(of.read(a), of.read(b), of.type));
  };
}

function onPieces(make: (a: Pieces, b: Pieces, type: Subtype) => Pieces) {
  return (oid: number, a: string, b: string) => {
    const of = textsOf(oid);
    return of.writeMany(union(make(of.readMany(a), of.readMany(b), of.type), of.type));
  };
}

const intersected = (a: Pieces, b: Pieces, type: Subtype) =>
  a.flatMap((one) => b.map((other) => intersection(one, other, type)));

function orderOfMany(a: Pieces, b: Pieces): number {
  for (const [i, one] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    const by = compareRanges(one, other);
    if (by !== 0) return by;
  }
  return a.length - b.length;
}

/** The same comparisons with the range's type in front. */
function typedComparisons(
  prefix: string,
  type: string,
  by: (of: RangeText, a: string, b: string) => number,
): KernelTable {
  const plain = comparisons<string>(prefix, type, (text) => text, order);
  const tests: Readonly<Record<string, (by: number) => boolean>> = {
    eq: (n) => n === 0,
    ne: (n) => n !== 0,
    lt: (n) => n < 0,
    le: (n) => n <= 0,
    gt: (n) => n > 0,
    ge: (n) => n >= 0,
  };
  return Object.fromEntries(
    Object.keys(plain).map((key) => {
      const test = tests[key.slice(prefix.length, prefix.length + 2)];
      return [
        key,
        (oid: number, a: string, b: string) => {
          const n = by(textsOf(oid), a, b);
          return test === undefined ? Math.sign(n) : test(n);
        },
      ];
    }),
  );
}

function constructors(): KernelTable {
  const table: Record<string, (...values: never[]) => EngineValue> = {};
  for (const { range, multirange, element } of subtypes) {
    const [name, many, of] = [range, multirange, element].map((oid) => typeByOid(oid)?.name ?? "");
    const made = (lower: EngineValue, upper: EngineValue, flags: string | null): string => {
      if (flags === null)
        throw new PgError("22000", "range constructor flags argument must not be null");
      if (!/^[[(][\])]$/.test(flags))
        throw new PgError("42601", "invalid range bound flags", {
          hint: 'Valid values are "[]", "[)", "(]", and "()".',
        });
      const text = textsOf(range);
      const points = [lower, upper].map((value) => pointOf(value, element, text));
      return text.write(makeRange(points[0], points[1], flags, text.type));
    };
    table[`?${name}(${of},${of}) ${name}`] = (lower: EngineValue, upper: EngineValue) =>
      made(lower, upper, "[)");
    table[`?${name}(${of},${of},text) ${name}`] = made;
    const joinedText = (ranges: readonly string[]) => {
      const text = textsOf(range);
      return text.writeMany(
        union(
          ranges.map((one) => text.read(one)),
          text.type,
        ),
      );
    };
    table[`${many}() ${many}`] = () => "{}";
    table[`${many}(${name}) ${many}`] = (one: string) => joinedText([one]);
    table[`${many}(_${name}) ${many}`] = (ranges: readonly (string | null)[]) => {
      if (ranges.includes(null))
        throw new PgError("22004", "multirange values cannot contain null members");
      return joinedText(ranges as readonly string[]);
    };
    table[`sort_key(${name}) text`] = (text: string) => sortKey(textsOf(range).read(text));
    table[`sort_key(${many}) text`] = (text: string) =>
      textsOf(range).readMany(text).map(sortKey).join("");
  }
  return table;
}

/** numeric comes as its text, the others as the engine has them. */
function pointOf(value: EngineValue, element: number, of: RangeText): Point | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return of.point(value);
  const type = logicalTypeFor(element, -1) ?? { id: "VARCHAR" };
  return of.point(codecFor(element).text(type, value, -1, defaultSettings));
}

/** A text whose bytes are in the order of the ranges. */
function sortKey({ isEmpty, lower, upper }: Range): string {
  if (isEmpty) return "0";
  const key = ({ value, isInclusive, isLower }: Bound) => {
    if (value === undefined) return isLower ? "0" : "2";
    const place = isInclusive ? "1" : isLower ? "2" : "0";
    const number =
      typeof value === "bigint" ? ({ kind: "finite", unscaled: value, scale: 0 } as const) : value;
    return `1${numericKey(number)}${place}`;
  };
  return `1${key(lower)}${key(upper)}`;
}

export const rangeKernels: KernelTable = {
  ...constructors(),
  ...relationKernels(),
  ...boundKernels("range"),
  ...boundKernels("multirange"),
  ...typedComparisons("range_", "anyrange", (of, a, b) => compareRanges(of.read(a), of.read(b))),
  ...typedComparisons("multirange_", "anymultirange", (of, a, b) =>
    orderOfMany(of.readMany(a), of.readMany(b)),
  ),
  "range_contains_elem(anyrange,anyelement) bool": (oid: number, range: string, value: string) =>
    containsPoint(readers.range(range, textsOf(oid)), textsOf(oid).point(value)),
  "elem_contained_by_range(anyelement,anyrange) bool": (
    oid: number,
    value: string,
    range: string,
  ) => containsPoint(readers.range(range, textsOf(oid)), textsOf(oid).point(value)),
  "multirange_contains_elem(anymultirange,anyelement) bool": (
    oid: number,
    many: string,
    value: string,
  ) => containsPoint(textsOf(oid).readMany(many), textsOf(oid).point(value)),
  "elem_contained_by_multirange(anyelement,anymultirange) bool": (
    oid: number,
    value: string,
    many: string,
  ) => containsPoint(textsOf(oid).readMany(many), textsOf(oid).point(value)),
  "range_union(anyrange,anyrange) anyrange": onRanges(joined),
  "range_intersect(anyrange,anyrange) anyrange": onRanges(intersection),
  "range_minus(anyrange,anyrange) anyrange": onRanges((a, b, type) => {
    if (a.isEmpty || b.isEmpty) return a;
    const [first, second] = without(a, b, type);
    if (second !== undefined)
      throw new PgError("22000", "result of range difference would not be contiguous");
    return first ?? empty;
  }),
  "range_merge(anyrange,anyrange) anyrange": onRanges((a, b) => hull([a, b])),
  "range_merge(anymultirange) anyrange": (oid: number, many: string) =>
    textsOf(oid).write(hull(textsOf(oid).readMany(many))),
  "multirange_union(anymultirange,anymultirange) anymultirange": onPieces((a, b) => [...a, ...b]),
  "multirange_intersect(anymultirange,anymultirange) anymultirange": onPieces(intersected),
  "multirange_minus(anymultirange,anymultirange) anymultirange": onPieces((a, b, type) =>
    b.reduce<Pieces>((left, one) => left.flatMap((range) => without(range, one, type)), a),
  ),
  "multirange(anyrange) anymultirange": (oid: number, range: string) =>
    textsOf(oid).writeMany(readers.range(range, textsOf(oid))),
  "unnest(anymultirange) anyrange[]": (oid: number, many: string) =>
    textsOf(oid)
      .readMany(many)
      .map((range) => textsOf(oid).write(range)),
  "range_agg_of(_text) anymultirange": (oid: number, ranges: readonly (string | null)[]) => {
    const of = textsOf(oid);
    const all = ranges.flatMap((text) =>
      text === null ? [] : text.startsWith("{") ? of.readMany(text) : [of.read(text)],
    );
    return of.writeMany(union(all, of.type));
  },
  "range_intersect_agg_of(_text) anyrange": (oid: number, ranges: readonly (string | null)[]) => {
    const of = textsOf(oid);
    const given = ranges.flatMap((text) => (text === null ? [] : [of.read(text)]));
    const [first, ...rest] = given;
    return first === undefined
      ? null
      : of.write(rest.reduce((whole, one) => intersection(whole, one, of.type), first));
  },
};
