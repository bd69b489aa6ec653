/** JSON as a value: numbers keep their digits, objects their order. For functions; jsonb.ts has the quick way from text to text. */
import { PgError } from "../base/error.ts";
import { checkJson, jsonbText } from "./jsonb.ts";
import { type Numeric, numericText, parseNumeric } from "./numeric.ts";

export interface JsonNumber {
  readonly numeric: Numeric;
  /** As it was written. */
  readonly text: string;
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

export type JsonKind = "null" | "boolean" | "string" | "number" | "array" | "object";

export function kindOf(value: Json): JsonKind {
  if (value === null) return "null";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  if (value instanceof Map) return "object";
  return Array.isArray(value) ? "array" : "number";
}

export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
export const isObject = (value: Json): value is JsonObject => value instanceof Map;
export const isNumber = (value: Json): value is JsonNumber => kindOf(value) === "number";

export function numberOf(numeric: Numeric): JsonNumber {
  return { numeric, text: numericText(numeric) };
}

/** jsonb: the last of equal keys, in jsonb's order. 22P02 as jsonb's input function. */
export function readJsonb(text: string): Json {
  return readWith(text, (entries) => sorted(new Map(entries)), jsonbText);
}

/** json: members in the order in which they stand. */
export function readJson(text: string): Json {
  return readWith(text, (entries) => new Map(entries), checkJson);
}

function readWith(
  text: string,
  make: (entries: [string, Json][]) => JsonObject,
  complain: (text: string) => string,
): Json {
  const reader = new Reader(text, make);
  try {
    return reader.whole();
  } catch (error) {
    if (!(error instanceof PgError)) complain(text);
    throw error;
  }
}

/** By length, then by bytes. */
export function sorted(members: Map<string, Json>): JsonObject {
  if (members.size < 2) return members;
  return new Map([...members].sort(([a], [b]) => compareKeys(a, b)));
}

export function compareKeys(a: string, b: string): number {
  if (isAscii(a) && isAscii(b)) return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length - right.length || left.compare(right);
}

const isAscii = (text: string) => !/[\u0080-\uffff]/.test(text);

/** As jsonb is shown: `{"a": 1, "b": [2, 3]}`. */
export function writeJsonb(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(writeJsonb).join(", ")}]`;
  if (isObject(value))
    return `{${[...value].map(([key, one]) => `${JSON.stringify(key)}: ${writeJsonb(one)}`).join(", ")}}`;
  return numericText((value as JsonNumber).numeric);
}

/** As json without blanks: numbers as they were written. */
export function writeJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (isObject(value))
    return `{${[...value].map(([key, one]) => `${JSON.stringify(key)}:${writeJson(one)}`).join(",")}}`;
  return (value as JsonNumber).text;
}

/** A string without its quotes; null is NULL. */
export function plainText(value: Json): string | null {
  if (value === null) return null;
  return typeof value === "string" ? value : writeJsonb(value);
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const simpleString = /"[^"\\\p{Cc}]*"/uy;
/** The control characters that JSON takes are those behind ASCII's own. */
const anyString = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\.)*"/uy;
const blanks = /[ \t\n\r]*/y;
const depthMax = 6000;

class Reader {
  readonly #text: string;
  readonly #make: (entries: [string, Json][]) => JsonObject;
  #at = 0;
  #depth = 0;

  constructor(text: string, make: (entries: [string, Json][]) => JsonObject) {
    this.#text = text;
    this.#make = make;
  }

  whole(): Json {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#fault();
    return value;
  }

  #value(): Json {
    this.#blanks();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(): Json {
    if (++this.#depth > depthMax) throw this.#fault();
    const entries: [string, Json][] = [];
    this.#at++;
    this.#blanks();
    if (!this.#took("}"))
      for (;;) {
        this.#blanks();
        const key = this.#string();
        this.#blanks();
        if (!this.#took(":")) throw this.#fault();
        entries.push([key, this.#value()]);
        this.#blanks();
        if (this.#took("}")) break;
        if (!this.#took(",")) throw this.#fault();
      }
    this.#depth--;
    return this.#make(entries);
  }

  #array(): Json {
    if (++this.#depth > depthMax) throw this.#fault();
    const items: Json[] = [];
    this.#at++;
    this.#blanks();
    if (!this.#took("]"))
      for (;;) {
        items.push(this.#value());
        this.#blanks();
        if (this.#took("]")) break;
        if (!this.#took(",")) throw this.#fault();
      }
    this.#depth--;
    return items;
  }

  #string(): string {
    const simple = this.#match(simpleString);
    if (simple !== undefined) return simple.slice(1, -1);
    const quoted = this.#match(anyString);
    if (quoted === undefined) throw this.#fault();
    const value = JSON.parse(quoted) as string;
    if (value.includes("\0"))
      throw new PgError("22P05", "unsupported Unicode escape sequence", {
        detail: "\\u0000 cannot be converted to text.",
      });
    return value;
  }

  #number(): Json {
    const text = this.#match(number);
    const numeric = text === undefined ? undefined : parseNumeric(text);
    if (text === undefined || numeric === undefined) throw this.#fault();
    return { numeric, text };
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#fault();
    this.#at += word.length;
    return value;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #blanks(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 32 || code === 10 || code === 9 || code === 13) this.#match(blanks);
  }

  #took(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fault(): Error {
    return new SyntaxError(`JSON at ${this.#at}`);
  }
}

/** Where the parts of a json text lie, so that they can be taken out as they were written. */
export interface JsonPart {
  readonly key: string | undefined;
  readonly start: number;
  readonly end: number;
}

/** Members of an object or items of an array; undefined for a scalar. The text is valid JSON. */
export function partsOf(text: string): readonly JsonPart[] | undefined {
  const start = skip(text, 0);
  const isObjectText = text[start] === "{";
  if (!isObjectText && text[start] !== "[") return undefined;
  const parts: JsonPart[] = [];
  let at = skip(text, start + 1);
  while (at < text.length && text[at] !== "}" && text[at] !== "]") {
    let key: string | undefined;
    if (isObjectText) {
      const end = endOf(text, at);
      key = JSON.parse(text.slice(at, end)) as string;
      at = skip(text, skip(text, end) + 1);
    }
    const end = endOf(text, at);
    parts.push({ key, start: at, end });
    at = skip(text, end);
    if (text[at] === ",") at = skip(text, at + 1);
  }
  return parts;
}

function skip(text: string, at: number): number {
  let next = at;
  for (;;) {
    const code = text.charCodeAt(next);
    if (code !== 32 && code !== 10 && code !== 9 && code !== 13) return next;
    next++;
  }
}

/** Behind the value that begins at `at`. */
function endOf(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return stringEnd(text, at);
  if (first !== "{" && first !== "[") {
    scalarEnd.lastIndex = at;
    return at + (scalarEnd.exec(text)?.[0].length ?? 0);
  }
  let depth = 0;
  let next = at;
  for (;;) {
    const code = text.charCodeAt(next);
    if (Number.isNaN(code)) return next;
    if (code === 0x22) {
      next = stringEnd(text, next);
      continue;
    }
    if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    next++;
    if (depth === 0) return next;
  }
}

const scalarEnd = /[-+.\w]*/y;

function stringEnd(text: string, at: number): number {
  let next = at + 1;
  while (next < text.length && text[next] !== '"') next += text[next] === "\\" ? 2 : 1;
  return next + 1;
}
