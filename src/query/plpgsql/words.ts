/** A block's tokens, one after the other. */
import { PgError } from "../../base/error.ts";
import type { Token } from "../scanner.ts";

export class Words {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  get token(): Token | undefined {
    return this.#tokens[this.#at];
  }

  get after(): Token | undefined {
    return this.#tokens[this.#at + 1];
  }

  /** Of the body, from 1. */
  get line(): number {
    const start = this.token?.start ?? this.#text.length;
    return this.#text.slice(0, start).split("\n").length;
  }

  next(): Token | undefined {
    const { token } = this;
    this.#at++;
    return token;
  }

  is(text: string): boolean {
    return isWord(this.token, text);
  }

  skip(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  /** 42601 when it is not there. */
  expect(text: string): void {
    if (!this.skip(text)) throw this.unexpected();
  }

  /** The text up to one of these where no bracket and no CASE is open, without it. 42601 when there is none, or no text. */
  until(ends: readonly string[]): string {
    const from = this.#at;
    for (let depth = 0; this.token !== undefined; this.#at++) {
      if (depth === 0 && ends.some((end) => this.is(end))) {
        const [first, last] = [this.#tokens[from], this.#tokens[this.#at - 1]];
        if (first === undefined || last === undefined || from === this.#at) throw this.unexpected();
        return this.#text.slice(first.start, last.end);
      }
      // A statement ends here, whatever is open: the parser will say what is.
      if (this.is(";")) throw this.unexpected();
      if (opens.some((open) => this.is(open))) depth++;
      else if (depth > 0 && closes.some((close) => this.is(close))) depth--;
    }
    throw this.unexpected();
  }

  unexpected(): PgError {
    const { token } = this;
    if (token === undefined) return new PgError("42601", "syntax error at end of input");
    const text = this.#text.slice(token.start, token.end);
    return new PgError("42601", `syntax error at or near "${text}"`, {
      where: `compilation of PL/pgSQL function "inline_code_block" near line ${this.line}`,
    });
  }
}

const opens = ["(", "[", "case"];
const closes = [")", "]", "end"];

/** A name in quotes is no key word. */
function isWord(token: Token | undefined, text: string): boolean {
  return token !== undefined && token.text === text && token.kind !== "quoted";
}
