/** A file's statistics: what the engine tells of what it wrote, as Delta keeps it; and which files a predicate rules out. */

import { oids } from "../pgtypes/oids.ts";
import type { Add, DeltaField, DeltaType } from "./actions.ts";
import { pgTypeOf, physicalName } from "./schema.ts";
import type { Predicate, TableVersion } from "./table.ts";

/** Numbers are kept as their text: JSON.parse would round what has more than 15 digits. */
export interface FileStatistics {
  readonly numRecords: number | undefined;
  readonly minValues: Readonly<Record<string, unknown>>;
  readonly maxValues: Readonly<Record<string, unknown>>;
  readonly nullCount: Readonly<Record<string, unknown>>;
}

/** Delta's default: later columns are not indexed. */
const indexedFieldsMax = 32;
/** A longer text costs every reader of the log more than it prunes. */
const textMax = 64;

const parsed = new WeakMap<Add, FileStatistics>();

export function statisticsOf(add: Add): FileStatistics {
  const known = parsed.get(add);
  if (known) return known;
  const fresh = parse(add.stats);
  parsed.set(add, fresh);
  return fresh;
}

/** Rows of the file less those deleted; undefined when its statistics lack the count. */
export function liveRows(add: Add): number | undefined {
  const rows = statisticsOf(add).numRecords;
  return rows === undefined ? undefined : rows - (add.deletionVector?.cardinality ?? 0);
}

/** Positions, in `files` order, of the files that may hold a row meeting every predicate. */
export function filesThatMatter(
  version: TableVersion,
  where: readonly Predicate[],
): readonly (readonly [index: number, add: Add])[] {
  const files = [...version.files.values()].map((add, index) => [index, add] as const);
  const tests = where.flatMap((predicate) => {
    const field = version.fields.find(({ name }) => name === predicate.column);
    return field ? [testOf(field, predicate)] : [];
  });
  if (tests.length === 0) return files;
  const isPartition = new Set(version.metaData.partitionColumns);
  return files.filter(([, add]) =>
    tests.every((test) =>
      mayMatch(rangeOf(add, test.field, isPartition.has(test.field.name)), test),
    ),
  );
}

/** Count, nulls and bounds of one column of a written file, all as the engine prints them. */
export interface ColumnCounts {
  readonly nullCount: number;
  readonly min: string | undefined;
  readonly max: string | undefined;
}

/** Delta's `stats` text. Bounds a reader could misread are left out: long texts, NaN, infinities, years outside 0001–9999. */
export function statisticsText(
  rows: number,
  fields: readonly DeltaField[],
  counts: ReadonlyMap<string, ColumnCounts>,
): string {
  const bounds = {
    minValues: [] as string[],
    maxValues: [] as string[],
    nullCount: [] as string[],
  };
  for (const field of fields.slice(0, indexedFieldsMax)) {
    const name = physicalName(field);
    const count = counts.get(name);
    if (!count || typeof field.type !== "string") continue;
    const member = (json: string | number) => `${JSON.stringify(name)}:${json}`;
    bounds.nullCount.push(member(count.nullCount));
    if (count.min === undefined || count.max === undefined) continue;
    const min = boundJson(field.type, count.min, "min");
    const max = boundJson(field.type, count.max, "max");
    if (min === undefined || max === undefined) continue;
    bounds.minValues.push(member(min));
    bounds.maxValues.push(member(max));
  }
  const objects = Object.entries(bounds).map(([key, members]) => `"${key}":{${members.join(",")}}`);
  return `{"numRecords":${rows},${objects.join(",")}}`;
}

function boundJson(type: string, text: string, side: "min" | "max"): string | undefined {
  switch (type) {
    case "string":
      return text.length <= textMax ? JSON.stringify(text) : undefined;
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(text) ? JSON.stringify(text) : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return timestampJson(type, text, side);
    case "boolean":
    case "binary":
      return undefined;
    default:
      return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? text : undefined;
  }
}

/** Delta keeps milliseconds: a lower bound is cut, an upper one rounded up. */
function timestampJson(type: string, text: string, side: "min" | "max"): string | undefined {
  const [, date, time, fraction = ""] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const micros = fraction.padEnd(6, "0");
  const instant = Date.parse(`${date}T${time}.${micros.slice(0, 3)}Z`);
  const millis = side === "max" && micros.slice(3) !== "000" ? instant + 1 : instant;
  if (Number.isNaN(millis)) return undefined;
  const iso = new Date(millis).toISOString();
  if (!/^\d{4}-/.test(iso)) return undefined;
  return JSON.stringify(type === "timestamp" ? iso : iso.slice(0, -1));
}

function parse(stats: string | undefined): FileStatistics {
  const none = { numRecords: undefined, minValues: {}, maxValues: {}, nullCount: {} };
  if (stats === undefined) return none;
  let value: unknown;
  try {
    value = JSON.parse(
      stats.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
        token.startsWith('"') ? token : `"${token}"`,
      ),
    );
  } catch {
    return none; // Another writer's oddity: such a file is never left out.
  }
  const rows = Number(member(value, "numRecords"));
  return {
    numRecords: Number.isSafeInteger(rows) ? rows : undefined,
    minValues: record(member(value, "minValues")),
    maxValues: record(member(value, "maxValues")),
    nullCount: record(member(value, "nullCount")),
  };
}

interface Range {
  readonly min: unknown;
  readonly max: unknown;
  readonly nulls: number | undefined;
  readonly rows: number | undefined;
}

function rangeOf(add: Add, field: DeltaField, isPartition: boolean): Range {
  const name = physicalName(field);
  const { numRecords, minValues, maxValues, nullCount } = statisticsOf(add);
  if (isPartition) {
    const value = add.partitionValues[name];
    const isNull = value === null || value === "" || value === undefined;
    const nulls = numRecords === undefined ? undefined : isNull ? numRecords : 0;
    return isNull
      ? { min: undefined, max: undefined, nulls, rows: numRecords }
      : { min: value, max: value, nulls, rows: numRecords };
  }
  const nulls = nullCount[name] === undefined ? undefined : Number(nullCount[name]);
  return { min: minValues[name], max: maxValues[name], nulls, rows: numRecords };
}

/** A predicate, and what its values are compared as: the same for every file. */
interface Test {
  readonly field: DeltaField;
  readonly operator: Predicate["operator"];
  readonly kind: Kind | undefined;
  readonly values: readonly (Comparable | undefined)[];
}

function testOf(field: DeltaField, { operator, values }: Predicate): Test {
  const kind = kindOf(field);
  const compared =
    kind === undefined ? [] : values.map((value) => comparable(kind, value, "literal"));
  return { field, operator, kind, values: compared };
}

function mayMatch({ min, max, nulls, rows }: Range, { operator, kind, values }: Test): boolean {
  if (operator === "is null") return nulls !== 0;
  if (nulls !== undefined && rows !== undefined && nulls === rows) return false;
  if (operator === "is not null" || kind === undefined || values.length === 0) return true;
  const lowest = comparable(kind, min, "min");
  const highest = comparable(kind, max, "max");
  return values.some((wanted) => {
    if (wanted === undefined) return true;
    const isTooSmall = operator !== ">" && operator !== ">=" && isLess(wanted, lowest);
    const isTooBig = operator !== "<" && operator !== "<=" && isLess(highest, wanted);
    return !isTooSmall && !isTooBig;
  });
}

type Kind = "exact" | "float" | "text" | "uuid" | "date" | "timestamp" | "timestamptz";

/** How a column's bounds are compared; undefined for types whose order or equality is not that of their stored form. */
function kindOf(field: DeltaField): Kind | undefined {
  const { typeOid } = pgTypeOf(field);
  const type: DeltaType = field.type;
  if (typeof type !== "string") return undefined;
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return "exact";
    case "float":
    case "double":
      return "float";
    case "date":
      return "date";
    case "timestamp":
      return "timestamptz";
    case "timestamp_ntz":
      return "timestamp";
    case "string":
      if (typeOid === oids.text || typeOid === oids.varchar) return "text";
      return typeOid === oids.uuid ? "uuid" : undefined;
    default:
      return type.startsWith("decimal") ? "exact" : undefined;
  }
}

type Comparable =
  | { readonly text: string }
  | { readonly whole: bigint }
  | { readonly approximate: number };

/** Undefined: not to be compared, so nothing is ruled out by it. */
function comparable(
  kind: Kind,
  value: unknown,
  role: "min" | "max" | "literal",
): Comparable | undefined {
  if (value === undefined || value === null || typeof value === "boolean") return undefined;
  const text = String(value);
  switch (kind) {
    case "text":
      return typeof value === "string" ? { text } : undefined;
    case "uuid":
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
        ? { text: text.toLowerCase() }
        : undefined;
    case "float":
      // Other writers leave NaN, greatest of all, out of their upper bounds.
      return role === "max" ? undefined : approximately(text);
    case "exact":
      return /^-?\d+$/.test(text) && typeof value !== "number"
        ? { whole: BigInt(text) }
        : Number.isSafeInteger(value)
          ? { whole: BigInt(text) }
          : approximately(text);
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(text) ? { text } : undefined;
    case "timestamp":
    case "timestamptz":
      return instantOf(kind, text, role);
    default:
      return kind satisfies never;
  }
}

function approximately(text: string): Comparable | undefined {
  const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? { approximate: number } : undefined;
}

/** Microseconds; an upper bound may have been cut to its millisecond. A timestamptz without an offset means what the session says. */
function instantOf(
  kind: "timestamp" | "timestamptz",
  text: string,
  role: "min" | "max" | "literal",
): Comparable | undefined {
  const [, date, time = "00:00:00", fraction = "", zone] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d(?::\d\d)?)?$/.exec(
      text,
    ) ?? [];
  if (date === undefined) return undefined;
  if ((kind === "timestamptz") !== (zone !== undefined)) return undefined;
  const offset = zone === undefined || zone === "Z" ? "Z" : zone.length === 3 ? `${zone}:00` : zone;
  const seconds = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(seconds)) return undefined;
  const micros = BigInt(seconds) * 1000n + BigInt(fraction.padEnd(6, "0"));
  return { whole: role === "max" ? micros + 999n : micros };
}

/** Certainly less: where rounding could matter, no. */
function isLess(a: Comparable | undefined, b: Comparable | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if ("text" in a && "text" in b)
    return Buffer.compare(Buffer.from(a.text), Buffer.from(b.text)) < 0;
  if ("whole" in a && "whole" in b) return a.whole < b.whole;
  if ("text" in a || "text" in b) return false;
  const left = "whole" in a ? Number(a.whole) : a.approximate;
  const right = "whole" in b ? Number(b.whole) : b.approximate;
  return left < right - Math.max(Math.abs(left), Math.abs(right)) * 1e-9;
}

function member(value: unknown, key: string): unknown {
  return record(value)[key];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
