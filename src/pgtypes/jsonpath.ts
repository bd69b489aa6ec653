/** SQL/JSON paths, read. https://www.postgresql.org/docs/15/datatype-json.html#DATATYPE-JSONPATH */
import { PgError } from "../base/error.ts";
import type { Json } from "./json-value.ts";
import { parseNumeric } from "./numeric.ts";

export interface JsonPath {
  readonly isStrict: boolean;
  readonly root: PathNode;
}

export type Arithmetic = "+" | "-" | "*" | "/" | "%";
export type Comparison = "==" | "!=" | "<" | ">" | "<=" | ">=";

export type PathNode =
  | { readonly kind: "root" | "current" | "last" }
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "chain"; readonly base: PathNode; readonly steps: readonly Step[] }
  | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: "sign"; readonly operator: "+" | "-"; readonly argument: PathNode }
  | Predicate;

export type Predicate =
  | {
      readonly kind: "comparison";
      readonly operator: Comparison;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: "and" | "or"; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: "not" | "is unknown" | "exists"; readonly argument: PathNode }
  | { readonly kind: "starts with"; readonly left: PathNode; readonly right: PathNode }
  | {
      readonly kind: "like_regex";
      readonly argument: PathNode;
      readonly pattern: string;
      readonly flags: string;
    };

export const methods = [
  "type",
  "size",
  "double",
  "ceiling",
  "floor",
  "abs",
  "keyvalue",
  "datetime",
] as const;
export type Method = (typeof methods)[number];

export type Step =
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "any key" | "any item" }
  | {
      readonly kind: "items";
      readonly places: readonly { readonly from: PathNode; readonly to: PathNode | undefined }[];
    }
  /** undefined: last. */
  | { readonly kind: "descend"; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: "filter"; readonly predicate: PathNode }
  | { readonly kind: "method"; readonly name: Method; readonly argument: PathNode | undefined };

const known = new Map<string, JsonPath>();
const knownMax = 500;

/** 42601 and 22P02 as jsonpath's input function. */
export function readJsonPath(text: string): JsonPath {
  let path = known.get(text);
  if (path === undefined) {
    path = new PathReader(text).path();
    if (known.size >= knownMax) known.clear();
    known.set(text, path);
  }
  return path;
}

type Token =
  | { readonly kind: "symbol" | "word" | "string" | "number" | "variable"; readonly text: string }
  | { readonly kind: "end"; readonly text: "" };

const tokens =
  /\s*(?:(\/\*[\s\S]*?\*\/)|"((?:[^"\\]|\\[\s\S])*)"|\$"((?:[^"\\]|\\[\s\S])*)"|(\$[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([A-Za-z_\u0080-\uffff\\](?:[\w\u0080-\uffff]|\\.)*)|(\*\*|&&|\|\||==|!=|<>|<=|>=|[$@.,()[\]{}?*+\-/%<>!]))/y;

class PathReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = this.#scan();
  }

  path(): JsonPath {
    if (this.#peek().kind === "end")
      throw new PgError("22P02", `invalid input syntax for type jsonpath: "${this.#text}"`);
    const isStrict = this.#tookWord("strict");
    if (!isStrict) this.#tookWord("lax");
    const root = this.#or();
    if (this.#peek().kind !== "end") throw this.#fault();
    return { isStrict, root };
  }

  #scan(): Token[] {
    const found: Token[] = [];
    const text = this.#text;
    tokens.lastIndex = 0;
    while (tokens.lastIndex < text.trimEnd().length) {
      const from = tokens.lastIndex;
      const match = tokens.exec(text);
      if (match === null) {
        const near = text.slice(from).trim();
        throw new PgError(
          "42601",
          `syntax error at or near "${near.slice(0, 1)}" of jsonpath input`,
        );
      }
      const [, comment, string, quotedVariable, variable, number, word, symbol] = match;
      if (comment !== undefined) continue;
      if (string !== undefined) found.push({ kind: "string", text: unescaped(string) });
      else if (quotedVariable !== undefined)
        found.push({ kind: "variable", text: unescaped(quotedVariable) });
      else if (variable !== undefined) found.push({ kind: "variable", text: variable.slice(1) });
      else if (number !== undefined) found.push({ kind: "number", text: number });
      else if (word !== undefined) found.push({ kind: "word", text: unescaped(word) });
      else found.push({ kind: "symbol", text: symbol ?? "" });
    }
    return found;
  }

  #or(): PathNode {
    let left = this.#and();
    while (this.#took("||")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): PathNode {
    let left = this.#test();
    while (this.#took("&&")) left = { kind: "and", left, right: this.#test() };
    return left;
  }

  #test(): PathNode {
    if (this.#took("!")) return { kind: "not", argument: this.#delimited() };
    const left = this.#sum();
    const next = this.#peek();
    if (next.kind === "symbol" && /^(?:==|!=|<>|<=|>=|<|>)$/.test(next.text)) {
      this.#at++;
      const operator = (next.text === "<>" ? "!=" : next.text) as Comparison;
      return { kind: "comparison", operator, left, right: this.#sum() };
    }
    if (this.#tookWord("starts")) {
      this.#wordExpected("with");
      return { kind: "starts with", left, right: this.#primary() };
    }
    if (this.#tookWord("like_regex")) {
      const pattern = this.#string();
      const flags = this.#tookWord("flag") ? this.#string() : "";
      regexOf(pattern, flags);
      return { kind: "like_regex", argument: left, pattern, flags };
    }
    return left;
  }

  /** What may stand behind `!`. */
  #delimited(): PathNode {
    if (this.#peekWord("exists")) return this.#primary();
    this.#expect("(");
    const inner = this.#or();
    this.#expect(")");
    return inner;
  }

  #sum(): PathNode {
    let left = this.#product();
    for (;;) {
      const operator = this.#took("+") ? "+" : this.#took("-") ? "-" : undefined;
      if (operator === undefined) return left;
      left = { kind: "arithmetic", operator, left, right: this.#product() };
    }
  }

  #product(): PathNode {
    let left = this.#signed();
    for (;;) {
      const operator = (["*", "/", "%"] as const).find((symbol) => this.#took(symbol));
      if (operator === undefined) return left;
      left = { kind: "arithmetic", operator, left, right: this.#signed() };
    }
  }

  #signed(): PathNode {
    const operator = this.#took("+") ? "+" : this.#took("-") ? "-" : undefined;
    return operator === undefined
      ? this.#accessed()
      : { kind: "sign", operator, argument: this.#signed() };
  }

  #accessed(): PathNode {
    const base = this.#primary();
    const steps: Step[] = [];
    for (let step = this.#step(); step !== undefined; step = this.#step()) steps.push(step);
    return steps.length === 0 ? base : { kind: "chain", base, steps };
  }

  #primary(): PathNode {
    const token = this.#tokens[this.#at] ?? end;
    this.#at++;
    switch (token.kind) {
      case "string":
        return { kind: "literal", value: token.text };
      case "variable":
        return { kind: "variable", name: token.text };
      case "number":
        return { kind: "literal", value: this.#number(token.text) };
      case "word":
        return this.#namedPrimary(token.text);
      case "symbol":
        if (token.text === "$") return { kind: "root" };
        if (token.text === "@") return { kind: "current" };
        if (token.text === "(") return this.#parenthesised();
        break;
      default:
    }
    this.#at--;
    throw this.#fault();
  }

  #parenthesised(): PathNode {
    const inner = this.#or();
    this.#expect(")");
    if (!this.#peekWord("is")) return inner;
    this.#at++;
    this.#wordExpected("unknown");
    return { kind: "is unknown", argument: inner };
  }

  #namedPrimary(word: string): PathNode {
    switch (word.toLowerCase()) {
      case "true":
      case "false":
        return { kind: "literal", value: word.toLowerCase() === "true" };
      case "null":
        return { kind: "literal", value: null };
      case "last":
        return { kind: "last" };
      case "exists": {
        this.#expect("(");
        const argument = this.#or();
        this.#expect(")");
        return { kind: "exists", argument };
      }
      default:
        this.#at--;
        throw this.#fault();
    }
  }

  #number(text: string): Json {
    const numeric = parseNumeric(text);
    if (numeric === undefined) throw this.#fault();
    return { numeric, text };
  }

  #step(): Step | undefined {
    if (this.#took(".")) return this.#member();
    if (this.#took("[")) return this.#items();
    if (!this.#took("?")) return undefined;
    this.#expect("(");
    const predicate = this.#or();
    this.#expect(")");
    return { kind: "filter", predicate };
  }

  #member(): Step {
    if (this.#took("**")) return this.#descent();
    if (this.#took("*")) return { kind: "any key" };
    const token = this.#tokens[this.#at] ?? end;
    if (token.kind !== "word" && token.kind !== "string" && token.kind !== "variable")
      throw this.#fault();
    this.#at++;
    const method = methods.find((name) => token.kind === "word" && name === token.text);
    if (method === undefined || !this.#took("(")) {
      const name = token.kind === "variable" ? `$${token.text}` : token.text;
      return { kind: "key", name };
    }
    const argument =
      method === "datetime" && this.#peek().kind === "string" ? this.#primary() : undefined;
    this.#expect(")");
    return { kind: "method", name: method, argument };
  }

  #descent(): Step {
    if (!this.#took("{")) return { kind: "descend", from: 0, to: undefined };
    const from = this.#level();
    const to = this.#tookWord("to") ? this.#level() : from;
    this.#expect("}");
    return { kind: "descend", from, to };
  }

  #level(): number | undefined {
    if (this.#tookWord("last")) return undefined;
    const token = this.#peek();
    if (token.kind !== "number" || !/^\d+$/.test(token.text)) throw this.#fault();
    this.#at++;
    return Number(token.text);
  }

  #items(): Step {
    if (this.#took("*")) {
      this.#expect("]");
      return { kind: "any item" };
    }
    const places: { from: PathNode; to: PathNode | undefined }[] = [];
    do {
      const from = this.#sum();
      places.push({ from, to: this.#tookWord("to") ? this.#sum() : undefined });
    } while (this.#took(","));
    this.#expect("]");
    return { kind: "items", places };
  }

  #string(): string {
    const token = this.#peek();
    if (token.kind !== "string") throw this.#fault();
    this.#at++;
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #took(symbol: string): boolean {
    const token = this.#peek();
    const isIt = token.kind === "symbol" && token.text === symbol;
    if (isIt) this.#at++;
    return isIt;
  }

  #expect(symbol: string): void {
    if (!this.#took(symbol)) throw this.#fault();
  }

  #peekWord(word: string): boolean {
    const token = this.#peek();
    return token.kind === "word" && token.text.toLowerCase() === word;
  }

  #tookWord(word: string): boolean {
    const isIt = this.#peekWord(word);
    if (isIt) this.#at++;
    return isIt;
  }

  #wordExpected(word: string): void {
    if (!this.#tookWord(word)) throw this.#fault();
  }

  #fault(): PgError {
    const token = this.#peek();
    return new PgError(
      "42601",
      token.kind === "end"
        ? "syntax error at end of jsonpath input"
        : `syntax error at or near "${token.text}" of jsonpath input`,
    );
  }
}

const end = { kind: "end", text: "" } as const;

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  const simple: Readonly<Record<string, string>> = {
    b: "\b",
    f: "\f",
    n: "\n",
    r: "\r",
    t: "\t",
    v: "\v",
  };
  return text.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g,
    (_, braced, four, two, other: string) => {
      const hex = braced ?? four ?? two;
      return hex === undefined
        ? (simple[other] ?? other)
        : String.fromCodePoint(Number.parseInt(hex, 16));
    },
  );
}

/** 2201B when it is none; flags as XQuery has them. */
export function regexOf(pattern: string, flags: string): RegExp {
  const wrong = /[^ismxq]/.exec(flags);
  if (wrong)
    throw new PgError("42601", "invalid input syntax for type jsonpath", {
      detail: `Unrecognized flag character "${wrong[0]}" in LIKE_REGEX predicate.`,
    });
  const source = flags.includes("q") ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : pattern;
  if (flags.includes("x") && !flags.includes("q"))
    throw new PgError("0A000", 'XQuery "x" flag (expanded regular expressions) is not implemented');
  try {
    return new RegExp(
      source,
      `u${["i", "s", "m"].filter((flag) => flags.includes(flag)).join("")}`,
    );
  } catch {
    throw new PgError("2201B", `invalid regular expression: ${pattern}`);
  }
}
