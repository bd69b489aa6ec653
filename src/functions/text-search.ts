/** Functions and operators of text search. https://www.postgresql.org/docs/15/functions-textsearch.html */
import { PgError } from "../base/error.ts";
import {
  isArray,
  isNumber,
  isObject,
  type Json,
  kindOf,
  readJson,
  readJsonb,
} from "../pgtypes/json-value.ts";
import {
  type Position,
  type Query,
  readQuery,
  readVector,
  type Vector,
  vectorOf,
  type Weight,
  writeQuery,
  writeVector,
} from "../pgtypes/tsvector.ts";
import { byteOrder, comparisons } from "./compare.ts";
import type { KernelTable } from "./kernel.ts";
import { dictionaryOf, documentVector } from "./ts-config.ts";
import { headline } from "./ts-headline.ts";
import { matches } from "./ts-match.ts";
import { plainQuery, queryOf, webQuery } from "./ts-query.ts";
import { rank, weightsOf } from "./ts-rank.ts";

const queries = new Map<string, Query | undefined>();
const queriesMax = 1000;

/** The same text comes again for every row. */
function query(text: string): Query | undefined {
  if (queries.has(text)) return queries.get(text);
  const made = readQuery(text);
  if (queries.size >= queriesMax) queries.clear();
  queries.set(text, made);
  return made;
}

function joined(kind: "and" | "or", a: string, b: string): string {
  const [left, right] = [query(a), query(b)];
  if (left === undefined || right === undefined) return writeQuery(left ?? right);
  return writeQuery({ kind, left, right });
}

function phrase(a: string, b: string, distance: number): string {
  const [left, right] = [query(a), query(b)];
  if (distance < 0 || distance > 16384)
    throw new PgError(
      "22023",
      "distance in phrase operator must be an integer value between zero and 16384 inclusive",
    );
  if (left === undefined || right === undefined) return writeQuery(left ?? right);
  return writeQuery({ kind: "phrase", left, right, distance });
}

function countNodes(part: Query | undefined): number {
  if (part === undefined) return 0;
  if (part.kind === "lexeme") return 1;
  if (part.kind === "not") return 1 + countNodes(part.argument);
  return 1 + countNodes(part.left) + countNodes(part.right);
}

/** What an index could be asked for: without what is negated. */
function indexable(part: Query): Query | undefined {
  if (part.kind === "lexeme") return part;
  if (part.kind === "not") return undefined;
  const [left, right] = [indexable(part.left), indexable(part.right)];
  if (left !== undefined && right !== undefined) return { ...part, left, right };
  return part.kind === "or" ? undefined : (left ?? right);
}

function lexemesIn(part: Query | undefined): readonly string[] {
  if (part === undefined) return [];
  if (part.kind === "lexeme") return [part.text];
  if (part.kind === "not") return lexemesIn(part.argument);
  return [...lexemesIn(part.left), ...lexemesIn(part.right)];
}

function isWithin(inner: string, outer: string): boolean {
  const all = new Set(lexemesIn(query(outer)));
  return lexemesIn(query(inner)).every((lexeme) => all.has(lexeme));
}

function rewritten(part: Query, target: string, substitute: Query | undefined): Query | undefined {
  if (writeQuery(part) === target) return substitute;
  if (part.kind === "lexeme") return part;
  if (part.kind === "not") {
    const argument = rewritten(part.argument, target, substitute);
    return argument && { kind: "not", argument };
  }
  const left = rewritten(part.left, target, substitute);
  const right = rewritten(part.right, target, substitute);
  return left !== undefined && right !== undefined ? { ...part, left, right } : (left ?? right);
}

function weightNamed(letter: string): Weight {
  const upper = letter.toUpperCase();
  if (upper === "A" || upper === "B" || upper === "C" || upper === "D") return upper;
  throw new PgError("22023", `unrecognized weight: ${letter.charCodeAt(0)}`);
}

function withWeight(text: string, letter: string, only?: readonly (string | null)[]): string {
  const weight = weightNamed(letter);
  return changed(text, (lexeme, positions) =>
    only === undefined || only.includes(lexeme)
      ? positions.map(({ at }) => ({ at, weight }))
      : positions,
  );
}

function changed(
  text: string,
  change: (lexeme: string, positions: readonly Position[]) => readonly Position[] | undefined,
): string {
  const kept: [string, readonly Position[]][] = [];
  for (const [lexeme, positions] of readVector(text)) {
    const now = change(lexeme, positions);
    if (now !== undefined) kept.push([lexeme, now]);
  }
  return writeVector(new Map(kept));
}

function concatenated(a: string, b: string): string {
  const [left, right] = [readVector(a), readVector(b)];
  let shift = 0;
  for (const positions of left.values()) shift = Math.max(shift, positions.at(-1)?.at ?? 0);
  const moved = [...right].map(
    ([lexeme, positions]) =>
      [lexeme, positions.map(({ at, weight }) => ({ at: at + shift, weight }))] as const,
  );
  return writeVector(vectorOf([...left, ...moved]));
}

function ofArray(lexemes: readonly (string | null)[]): string {
  return writeVector(
    vectorOf(
      lexemes.map((lexeme) => {
        if (lexeme === null) throw new PgError("22004", "lexeme array may not contain nulls");
        if (lexeme === "") throw new PgError("2200F", "lexeme array may not contain empty strings");
        return [lexeme, []] as const;
      }),
    ),
  );
}

/** Values of these kinds in a document, as they are met; keys too when they are asked for. */
function textsIn(value: Json, kinds: ReadonlySet<string>): readonly string[] {
  if (isArray(value)) return value.flatMap((one) => textsIn(one, kinds));
  if (isObject(value))
    return [...value].flatMap(([key, one]) => [
      ...(kinds.has("key") ? [key] : []),
      ...textsIn(one, kinds),
    ]);
  const kind = kindOf(value) === "number" ? "numeric" : kindOf(value);
  if (!kinds.has(kind)) return [];
  return [isNumber(value) ? value.text : String(value)];
}

const strings: ReadonlySet<string> = new Set(["string"]);

function kindsOf(text: string): ReadonlySet<string> {
  const flags = readJsonb(text);
  const names = isArray(flags) ? flags : [flags];
  const kinds = new Set<string>();
  for (const name of names) {
    if (typeof name !== "string")
      throw new PgError("22023", "wrong flag type, only arrays and scalars are allowed");
    if (name === "all") for (const one of ["key", "string", "numeric", "boolean"]) kinds.add(one);
    else if (["key", "string", "numeric", "boolean"].includes(name)) kinds.add(name);
    else throw new PgError("22023", `wrong flag in flag array: "${name}"`);
  }
  return kinds;
}

const document = (config: number, value: Json, kinds: ReadonlySet<string>) =>
  writeVector(documentVector(config, textsIn(value, kinds)));

function ranked(
  given: readonly (number | null)[] | undefined,
  vector: string,
  asked: string,
  method: number,
): number {
  return rank(readVector(vector), query(asked), weightsOf(given), method);
}

/** By the number of lexemes, then one after the other. */
function compareVectors(a: Vector, b: Vector): number {
  const [left, right] = [[...a], [...b]];
  if (left.length !== right.length) return left.length - right.length;
  return byteOrder(writeVector(a), writeVector(b));
}

const length = (text: string) => readVector(text).size;

export const textSearchKernels: KernelTable = {
  ...comparisons("tsvector_", "tsvector", readVector, compareVectors),
  ...comparisons("tsquery_", "tsquery", (text) => text, byteOrder),
  "ts_match_vq(tsvector,tsquery) bool": (vector: string, asked: string) =>
    matches(readVector(vector), query(asked)),
  "ts_match_qv(tsquery,tsvector) bool": (asked: string, vector: string) =>
    matches(readVector(vector), query(asked)),
  "ts_match_of(regconfig,text,text) bool": (config: number, text: string, asked: string) =>
    matches(documentVector(config, [text]), plainQuery(config, asked, "and")),
  "ts_match_query(regconfig,text,tsquery) bool": (config: number, text: string, asked: string) =>
    matches(documentVector(config, [text]), query(asked)),
  "tsvector_concat(tsvector,tsvector) tsvector": concatenated,
  "tsquery_and(tsquery,tsquery) tsquery": (a: string, b: string) => joined("and", a, b),
  "tsquery_or(tsquery,tsquery) tsquery": (a: string, b: string) => joined("or", a, b),
  "tsquery_not(tsquery) tsquery": (text: string) => {
    const argument = query(text);
    return argument === undefined ? "" : writeQuery({ kind: "not", argument });
  },
  "tsquery_phrase(tsquery,tsquery) tsquery": (a: string, b: string) => phrase(a, b, 1),
  "tsquery_phrase(tsquery,tsquery,int4) tsquery": phrase,
  "tsq_mcontains(tsquery,tsquery) bool": (a: string, b: string) => isWithin(b, a),
  "tsq_mcontained(tsquery,tsquery) bool": (a: string, b: string) => isWithin(a, b),
  "ts_rewrite(tsquery,tsquery,tsquery) tsquery": (text: string, target: string, by: string) => {
    const whole = query(text);
    return whole === undefined || target === ""
      ? text
      : writeQuery(rewritten(whole, target, query(by)));
  },
  "numnode(tsquery) int4": (text: string) => countNodes(query(text)),
  "querytree(tsquery) text": (text: string) => {
    const whole = query(text);
    if (whole === undefined) return "";
    const part = indexable(whole);
    return part === undefined ? "T" : writeQuery(part);
  },
  "array_to_tsvector(_text) tsvector": ofArray,
  "tsvector_to_array(tsvector) _text": (text: string) => [...readVector(text).keys()],
  "length(tsvector) int4": length,
  "strip(tsvector) tsvector": (text: string) => changed(text, () => []),
  "setweight(tsvector,char) tsvector": withWeight,
  "setweight(tsvector,char,_text) tsvector": withWeight,
  "ts_delete(tsvector,text) tsvector": (text: string, lexeme: string) =>
    changed(text, (one, positions) => (one === lexeme ? undefined : positions)),
  "ts_delete(tsvector,_text) tsvector": (text: string, lexemes: readonly (string | null)[]) =>
    changed(text, (one, positions) => (lexemes.includes(one) ? undefined : positions)),
  "ts_filter(tsvector,_char) tsvector": (text: string, letters: readonly (string | null)[]) => {
    const weights = letters.map((letter) => {
      if (letter === null) throw new PgError("22004", "weight array may not contain nulls");
      return weightNamed(letter);
    });
    return changed(text, (_, positions) => {
      const kept = positions.filter(({ weight }) => weights.includes(weight));
      return kept.length === 0 ? undefined : kept;
    });
  },
  "unnest_lexeme(tsvector) text[]": (text: string) => [...readVector(text).keys()],
  "unnest_positions(tsvector) _int2[]": (text: string) =>
    [...readVector(text).values()].map((positions) =>
      positions.length === 0 ? null : positions.map(({ at }) => at),
    ),
  "unnest_weights(tsvector) _text[]": (text: string) =>
    [...readVector(text).values()].map((positions) =>
      positions.length === 0 ? null : positions.map(({ weight }) => weight),
    ),
  "to_tsvector(regconfig,text) tsvector": (config: number, text: string) =>
    writeVector(documentVector(config, [text])),
  "to_tsvector(regconfig,json) tsvector": (config: number, text: string) =>
    document(config, readJson(text), strings),
  "to_tsvector(regconfig,jsonb) tsvector": (config: number, text: string) =>
    document(config, readJsonb(text), strings),
  "json_to_tsvector(regconfig,json,jsonb) tsvector": (
    config: number,
    text: string,
    flags: string,
  ) => document(config, readJson(text), kindsOf(flags)),
  "jsonb_to_tsvector(regconfig,jsonb,jsonb) tsvector": (
    config: number,
    text: string,
    flags: string,
  ) => document(config, readJsonb(text), kindsOf(flags)),
  "to_tsquery(regconfig,text) tsquery": (config: number, text: string) =>
    writeQuery(queryOf(config, text)),
  "plainto_tsquery(regconfig,text) tsquery": (config: number, text: string) =>
    writeQuery(plainQuery(config, text, "and")),
  "phraseto_tsquery(regconfig,text) tsquery": (config: number, text: string) =>
    writeQuery(plainQuery(config, text, "phrase")),
  "websearch_to_tsquery(regconfig,text) tsquery": (config: number, text: string) =>
    writeQuery(webQuery(config, text)),
  "ts_lexize(regdictionary,text) _text": (dictionary: number, text: string) => [
    ...dictionaryOf(dictionary)(text),
  ],
  "ts_headline(regconfig,text,tsquery) text": (config: number, text: string, asked: string) =>
    headline(config, text, query(asked), ""),
  "ts_headline(regconfig,text,tsquery,text) text": (
    config: number,
    text: string,
    asked: string,
    options: string,
  ) => headline(config, text, query(asked), options),
  "ts_rank(tsvector,tsquery) float4": (vector: string, asked: string) =>
    ranked(undefined, vector, asked, 0),
  "ts_rank(tsvector,tsquery,int4) float4": (vector: string, asked: string, method: number) =>
    ranked(undefined, vector, asked, method),
  "ts_rank(_float4,tsvector,tsquery) float4": (
    weights: readonly (number | null)[],
    vector: string,
    asked: string,
  ) => ranked(weights, vector, asked, 0),
  "ts_rank(_float4,tsvector,tsquery,int4) float4": ranked,
};
