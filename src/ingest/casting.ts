/**
 * What becomes of values when a column gets another type: one table, read top to bottom, the first row that fits decides.
 * `safe` keeps every value, `checked` fails on a value that does not fit, `lossy` changes values without a word.
 */
import { oids } from "../pgtypes/oids.ts";
import { elementOf } from "../pgtypes/types.ts";

export interface ColumnType {
  readonly typeOid: number;
  readonly typmod: number;
}

export type Safety = "safe" | "checked" | "lossy";

export interface Casting {
  /** What is done, in two words: the plan's `rule`. */
  readonly rule: string;
  readonly safety: Safety;
  /** 0 to 1: how likely it is that this is what was meant, and that it works on every row. */
  readonly confidence: number;
  /** SQL of USING, of the column's quoted name; undefined: the type's own cast. */
  readonly using?: (column: string) => string;
}

interface Rule extends Omit<Casting, "using"> {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly when: (from: ColumnType, to: ColumnType) => boolean;
}

const { int2, int4, int8, float4, float8, numeric, bool } = oids;
const { text, varchar, bpchar, date, time, timestamp, timestamptz, json, jsonb, uuid } = oids;
const texts = [text, varchar, bpchar];
const integers = [int2, int4, int8];
const numbers = [...integers, numeric, float4, float8];
const parsed = [...numbers, bool, date, time, timestamp, timestamptz, json, jsonb, uuid];

const rules: readonly Rule[] = [
  row([varchar, bpchar], [text], "widen", "safe", 1),
  row([varchar], [varchar], "widen", "safe", 1, isLonger),
  row([text, varchar, bpchar], [varchar], "shorten", "checked", 0.6),
  row(texts, [bpchar], "pad", "checked", 0.5),
  row([int2], [int4, int8, numeric, float4, float8], "widen", "safe", 1, hasRoom(5)),
  row([int4], [int8, numeric, float8], "widen", "safe", 1, hasRoom(10)),
  row([int8], [numeric], "widen", "safe", 1, hasRoom(19)),
  row(integers, [numeric], "convert", "checked", 0.7),
  row([float4], [float8], "widen", "safe", 1),
  row([numeric], [numeric], "widen", "safe", 1, isWiderNumeric),
  row([numeric], [numeric], "round", "lossy", 0.5),
  row([int8, int4], [float4, float8], "approximate", "lossy", 0.6),
  row([numeric], [float8], "widen", "safe", 0.95, ({ typmod }) => digitsIn(typmod) <= 15),
  row([numeric], [float4, float8], "approximate", "lossy", 0.6),
  row([float8], [float4], "approximate", "lossy", 0.5),
  row([float4, float8], [numeric], "convert", "lossy", 0.6),
  row([int8, int4], [int4, int2], "narrow", "checked", 0.5),
  row([numeric, float4, float8], integers, "round", "lossy", 0.4),
  row([date], [timestamp], "widen", "safe", 1),
  row([date], [timestamptz], "at midnight", "checked", 0.8),
  row([timestamp], [timestamptz], "assume zone", "checked", 0.7),
  row([timestamptz], [timestamp], "drop zone", "lossy", 0.6),
  row([timestamp, timestamptz], [date], "drop time", "lossy", 0.4),
  row([timestamp, timestamptz], [time], "drop date", "lossy", 0.3),
  row([json], [jsonb], "normalize", "safe", 0.95),
  row([jsonb], [json], "as text", "safe", 0.95),
  row([bool], [int4], "count", "safe", 0.8),
  row([int4], [bool], "not zero", "lossy", 0.4),
  row(texts, parsed, "parse", "checked", 0.5),
];

function row(
  from: readonly number[],
  to: readonly number[],
  rule: string,
  safety: Safety,
  confidence: number,
  when: Rule["when"] = () => true,
): Rule {
  return { from, to, rule, safety, confidence, when };
}

/** Undefined: there is no way from the one to the other. */
export function castingOf(from: ColumnType, to: ColumnType): Casting | undefined {
  if (from.typeOid === to.typeOid && from.typmod === to.typmod) {
    return { rule: "keep", safety: "safe", confidence: 1 };
  }
  const found = rules.find(
    (rule) =>
      rule.from.includes(from.typeOid) && rule.to.includes(to.typeOid) && rule.when(from, to),
  );
  if (found) return withUsing(found, to);
  return ofArrays(from, to) ?? toText(to);
}

/** A type's own cast by assignment does the safe ones; the others must be asked for. */
function withUsing({ rule, safety, confidence }: Rule, to: ColumnType): Casting {
  const using = usings[rule];
  const cast = using === undefined ? undefined : (column: string) => using(column, to);
  return { rule, safety, confidence, ...(cast ? { using: cast } : {}) };
}

const usings: Readonly<Record<string, (column: string, to: ColumnType) => string>> = {
  count: (column) => `CASE WHEN ${column} THEN 1 WHEN NOT ${column} THEN 0 END`,
  "not zero": (column) => `${column} <> 0`,
};

function ofArrays(from: ColumnType, to: ColumnType): Casting | undefined {
  const [inner, outer] = [elementOf(from.typeOid), elementOf(to.typeOid)];
  if (outer === 0) return undefined;
  if (inner !== 0) {
    const element = castingOf({ ...from, typeOid: inner }, { ...to, typeOid: outer });
    return element && { ...element, rule: `${element.rule} each`, using: (column) => column };
  }
  if (castingOf(from, { ...to, typeOid: outer })?.rule !== "keep") return undefined;
  return {
    rule: "wrap",
    safety: "safe",
    confidence: 0.6,
    using: (column) => `CASE WHEN ${column} IS NOT NULL THEN ARRAY[${column}] END`,
  };
}

/** Everything has a text. */
function toText({ typeOid, typmod }: ColumnType): Casting | undefined {
  if (typeOid === text || (typeOid === varchar && typmod < 0)) {
    return { rule: "as text", safety: "safe", confidence: 0.9 };
  }
  return typeOid === varchar ? { rule: "as text", safety: "checked", confidence: 0.6 } : undefined;
}

function isLonger(from: ColumnType, to: ColumnType): boolean {
  return to.typmod < 0 || (from.typmod >= 0 && from.typmod <= to.typmod);
}

/** Digits before and after the point; undefined: any number of them. */
function digits({
  typmod,
}: ColumnType): { readonly whole: number; readonly scale: number } | undefined {
  if (typmod < 4) return undefined;
  const precision = (typmod - 4) >> 16;
  const scale = (typmod - 4) & 0x7ff;
  return { whole: precision - scale, scale };
}

/** A double keeps 15 of them. */
function digitsIn(typmod: number): number {
  return typmod < 4 ? Number.POSITIVE_INFINITY : (typmod - 4) >> 16;
}

function isWiderNumeric(from: ColumnType, to: ColumnType): boolean {
  const [narrow, wide] = [digits(from), digits(to)];
  if (wide === undefined) return true;
  return narrow !== undefined && wide.whole >= narrow.whole && wide.scale >= narrow.scale;
}

/** Of a numeric that is to take integers of so many digits. */
function hasRoom(whole: number): Rule["when"] {
  return (_, to) => {
    const wide = to.typeOid === numeric ? digits(to) : undefined;
    return wide === undefined || wide.whole >= whole;
  };
}
