/** XPath 1.0 as a tree: https://www.w3.org/TR/1999/REC-xpath-19991116/. */
import { PgError } from "../base/error.ts";

export type Axis =
  | "ancestor"
  | "ancestor-or-self"
  | "attribute"
  | "child"
  | "descendant"
  | "descendant-or-self"
  | "following"
  | "following-sibling"
  | "namespace"
  | "parent"
  | "preceding"
  | "preceding-sibling"
  | "self";

export type NodeTest =
  | { readonly kind: "name"; readonly prefix: string | undefined; readonly local: string }
  | { readonly kind: "node" | "text" | "comment" }
  | { readonly kind: "processing-instruction"; readonly target: string | undefined };

export interface Step {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly XPath[];
}

export type XPath =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly XPath[] }
  | { readonly kind: "negate"; readonly operand: XPath }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: XPath;
      readonly right: XPath;
    }
  | { readonly kind: "filter"; readonly from: XPath; readonly predicates: readonly XPath[] }
  /** `from` undefined: from the root when absolute, else from the node at hand. */
  | {
      readonly kind: "path";
      readonly from: XPath | undefined;
      readonly isAbsolute: boolean;
      readonly steps: readonly Step[];
    };

const token =
  /\s*(?:(\d+(?:\.\d*)?|\.\d+)|("[^"]*"|'[^']*')|(::|\/\/|\.\.|<=|>=|!=|[()[\].@,/|+\-=<>*$])|([A-Za-z_\u0080-\uffff][\w.\u0080-\uffff-]*(?::(?:\*|[A-Za-z_\u0080-\uffff][\w.\u0080-\uffff-]*))?(?!:[^:]))|(\S))/y;

const axes: ReadonlySet<string> = new Set(
  "ancestor ancestor-or-self attribute child descendant descendant-or-self following following-sibling namespace parent preceding preceding-sibling self".split(
    " ",
  ),
);
const nodeTypes: ReadonlySet<string> = new Set([
  "node",
  "text",
  "comment",
  "processing-instruction",
]);
const levels: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["=", "!="],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "div", "mod"],
];

interface Token {
  readonly kind: "number" | "string" | "symbol" | "name";
  readonly text: string;
}

/** XX000 as PostgreSQL for what is none. */
export function parseXPath(text: string): XPath {
  const parser = new Parser(tokensOf(text));
  const parsed = parser.expression(0);
  if (!parser.isAtEnd) throw invalid();
  return parsed;
}

function invalid(): PgError {
  return new PgError("XX000", "invalid XPath expression", { detail: "Invalid expression" });
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  for (let at = 0; at < text.length; at = token.lastIndex) {
    if (/^\s*$/.test(text.slice(at))) break;
    const found = token.exec(text);
    if (found === null) throw invalid();
    const [, number, string, symbol, name] = found;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (string !== undefined) tokens.push({ kind: "string", text: string.slice(1, -1) });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else throw invalid();
  }
  return tokens;
}

const depthMax = 200;

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  expression(level: number): XPath {
    const operators = levels[level];
    if (operators === undefined) return this.#negation();
    if (++this.#depth > depthMax * levels.length) throw invalid();
    let left = this.expression(level + 1);
    for (;;) {
      const next = this.#tokens[this.#at];
      if (next === undefined || next.kind === "string" || !operators.includes(next.text)) break;
      this.#at++;
      left = { kind: "binary", operator: next.text, left, right: this.expression(level + 1) };
    }
    this.#depth--;
    return left;
  }

  #negation(): XPath {
    if (this.#skip("-")) return { kind: "negate", operand: this.#negation() };
    let left = this.#path();
    while (this.#skip("|")) left = { kind: "binary", operator: "|", left, right: this.#path() };
    return left;
  }

  #path(): XPath {
    if (!this.#startsFilter()) return this.#locationPath();
    const from = this.#filter();
    if (this.#is("/") || this.#is("//"))
      return { kind: "path", from, isAbsolute: false, steps: this.#furtherSteps() };
    return from;
  }

  #startsFilter(): boolean {
    const [next, after] = [this.#tokens[this.#at], this.#tokens[this.#at + 1]];
    if (next === undefined) throw invalid();
    if (next.kind === "number" || next.kind === "string") return true;
    if (next.kind === "symbol") return next.text === "$" || next.text === "(";
    return after?.kind === "symbol" && after.text === "(" && !nodeTypes.has(next.text);
  }

  #filter(): XPath {
    const primary = this.#primary();
    const predicates = this.#predicates();
    return predicates.length === 0 ? primary : { kind: "filter", from: primary, predicates };
  }

  #primary(): XPath {
    const next = this.#next();
    if (next.kind === "number") return { kind: "number", value: Number(next.text) };
    if (next.kind === "string") return { kind: "string", value: next.text };
    if (next.text === "$") return { kind: "variable", name: this.#next().text };
    if (next.kind === "symbol") {
      const inner = this.expression(0);
      this.#expect(")");
      return inner;
    }
    this.#expect("(");
    const values: XPath[] = [];
    if (!this.#skip(")")) {
      do values.push(this.expression(0));
      while (this.#skip(","));
      this.#expect(")");
    }
    return { kind: "call", name: next.text, arguments: values };
  }

  #locationPath(): XPath {
    if (this.#is("/") || this.#is("//")) {
      const isAlone = this.#is("/") && !this.#startsStep(this.#at + 1);
      if (isAlone) {
        this.#at++;
        return { kind: "path", from: undefined, isAbsolute: true, steps: [] };
      }
      return { kind: "path", from: undefined, isAbsolute: true, steps: this.#furtherSteps() };
    }
    const first = this.#step();
    return {
      kind: "path",
      from: undefined,
      isAbsolute: false,
      steps: [first, ...this.#furtherSteps()],
    };
  }

  #startsStep(at: number): boolean {
    const next = this.#tokens[at];
    return (
      next !== undefined &&
      (next.kind === "name" || (next.kind === "symbol" && /^(?:\.\.?|@|\*)$/.test(next.text)))
    );
  }

  #furtherSteps(): readonly Step[] {
    const steps: Step[] = [];
    while (this.#is("/") || this.#is("//")) {
      if (this.#next().text === "//") steps.push(anyDepth);
      steps.push(this.#step());
    }
    return steps;
  }

  #step(): Step {
    if (this.#skip(".")) return { axis: "self", test: { kind: "node" }, predicates: [] };
    if (this.#skip("..")) return { axis: "parent", test: { kind: "node" }, predicates: [] };
    let axis: Axis = "child";
    if (this.#skip("@")) axis = "attribute";
    else if (this.#tokens[this.#at + 1]?.text === "::") {
      const name = this.#next().text;
      if (!axes.has(name)) throw invalid();
      axis = name as Axis;
      this.#at++;
    }
    return { axis, test: this.#test(), predicates: this.#predicates() };
  }

  #test(): NodeTest {
    const next = this.#next();
    if (next.kind === "symbol" && next.text === "*")
      return { kind: "name", prefix: undefined, local: "*" };
    if (next.kind !== "name") throw invalid();
    if (nodeTypes.has(next.text) && this.#skip("(")) {
      const target = this.#tokens[this.#at]?.kind === "string" ? this.#next().text : undefined;
      this.#expect(")");
      return next.text === "processing-instruction"
        ? { kind: "processing-instruction", target }
        : { kind: next.text as "node" | "text" | "comment" };
    }
    const [prefix, local] = next.text.includes(":") ? next.text.split(":") : [undefined, next.text];
    return { kind: "name", prefix, local: local ?? "" };
  }

  #predicates(): readonly XPath[] {
    const predicates: XPath[] = [];
    while (this.#skip("[")) {
      predicates.push(this.expression(0));
      this.#expect("]");
    }
    return predicates;
  }

  #is(symbol: string): boolean {
    const next = this.#tokens[this.#at];
    return next?.kind === "symbol" && next.text === symbol;
  }

  #skip(symbol: string): boolean {
    if (!this.#is(symbol)) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#skip(symbol)) throw invalid();
  }

  #next(): Token {
    const next = this.#tokens[this.#at++];
    if (next === undefined) throw invalid();
    return next;
  }
}

const anyDepth: Step = { axis: "descendant-or-self", test: { kind: "node" }, predicates: [] };
