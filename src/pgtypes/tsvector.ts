/** tsvector and tsquery: their texts. https://www.postgresql.org/docs/15/datatype-textsearch.html */
import { PgError } from "../base/error.ts";

/** D is the weight that is not written. */
export type Weight = "A" | "B" | "C" | "D";

export interface Position {
  readonly at: number;
  readonly weight: Weight;
}

/** Lexeme → its positions, in both in order; none: it is known to be there, not where. */
export type Vector = ReadonlyMap<string, readonly Position[]>;

const positionMax = 16383;
const positionsMax = 256;

/** Lexemes by their bytes, positions from the first, one of each with its heaviest weight. */
export function vectorOf(entries: Iterable<readonly [string, readonly Position[]]>): Vector {
  const merged = new Map<string, Map<number, Weight>>();
  for (const [lexeme, positions] of entries) {
    const known = merged.get(lexeme) ?? new Map<number, Weight>();
    for (const { at, weight } of positions) {
      const limited = Math.min(at, positionMax);
      const old = known.get(limited);
      if (old === undefined || weight < old) known.set(limited, weight);
    }
    merged.set(lexeme, known);
  }
  return new Map(
    [...merged]
      .map(([lexeme, positions]) => ({ lexeme, bytes: Buffer.from(lexeme), positions }))
      .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
      .map(({ lexeme, positions }) => [
        lexeme,
        [...positions]
          .sort(([a], [b]) => a - b)
          .slice(0, positionsMax)
          .map(([at, weight]) => ({ at, weight })),
      ]),
  );
}

/** 42601 as tsvector's input function. */
export function readVector(text: string): Vector {
  const fault = () => new PgError("42601", `syntax error in tsvector: "${text}"`);
  const entries: [string, Position[]][] = [];
  let at = 0;
  const blanks = () => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  for (blanks(); at < text.length; blanks()) {
    const word = readWord(text, at, /[\s:]/, fault);
    at = word.end;
    if (word.text === "") throw fault();
    const [, list] = /^:((?:\d+[A-Da-d*]?)(?:,\d+[A-Da-d*]?)*)/.exec(text.slice(at)) ?? [];
    if (text[at] === ":" && list === undefined) throw fault();
    at += list === undefined ? 0 : list.length + 1;
    if (at < text.length && !/\s/.test(text[at] ?? "")) throw fault();
    entries.push([word.text, list === undefined ? [] : list.split(",").map(positionOf)]);
  }
  return vectorOf(entries);
}

function positionOf(text: string): Position {
  const at = Number.parseInt(text, 10);
  if (at === 0) throw new PgError("22023", `wrong position info in tsvector: "${text}"`);
  const letter = text.slice(-1).toUpperCase();
  return {
    at,
    weight:
      letter === "A" || letter === "B" || letter === "C" ? letter : letter === "*" ? "A" : "D",
  };
}

/** Quoted or plain, up to `stop`. */
function readWord(
  text: string,
  start: number,
  stop: RegExp,
  fault: () => PgError,
): { readonly text: string; readonly end: number } {
  let at = start;
  let word = "";
  const isQuoted = text[at] === "'";
  if (isQuoted) at++;
  for (; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\\") {
      at++;
      if (at >= text.length) throw fault();
      word += text[at];
    } else if (isQuoted && character === "'") {
      if (text[at + 1] !== "'") return { text: word, end: at + 1 };
      word += "'";
      at++;
    } else if (!isQuoted && stop.test(character)) break;
    else word += character;
  }
  if (isQuoted) throw fault();
  return { text: word, end: at };
}

export function writeVector(vector: Vector): string {
  return [...vector]
    .map(([lexeme, positions]) => {
      const places = positions.map(({ at, weight }) => `${at}${weight === "D" ? "" : weight}`);
      return quoted(lexeme) + (places.length === 0 ? "" : `:${places.join(",")}`);
    })
    .join(" ");
}

function quoted(lexeme: string): string {
  return `'${lexeme.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
}

// ── Queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Query =
  | {
      readonly kind: "lexeme";
      readonly text: string;
      readonly weights: string;
      readonly isPrefix: boolean;
    }
  | { readonly kind: "not"; readonly argument: Query }
  | { readonly kind: "and" | "or"; readonly left: Query; readonly right: Query }
  | {
      readonly kind: "phrase";
      readonly left: Query;
      readonly right: Query;
      readonly distance: number;
    };

type Binary = Extract<Query, { left: Query }>;

/** undefined: a query without lexemes. */
export function readQuery(text: string): Query | undefined {
  if (text.trim() === "") return undefined;
  return new QueryReader(text).whole();
}

/** A query as it is written, operands not yet lexemes. */
class QueryReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Query {
    const query = this.#or();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#fault();
    return query;
  }

  #or(): Query {
    let left = this.#and();
    while (this.#took("|")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Query {
    let left = this.#phrase();
    while (this.#took("&")) left = { kind: "and", left, right: this.#phrase() };
    return left;
  }

  #phrase(): Query {
    let left = this.#not();
    for (let distance = this.#distance(); distance !== undefined; distance = this.#distance())
      left = { kind: "phrase", left, right: this.#not(), distance };
    return left;
  }

  #distance(): number | undefined {
    this.#blanks();
    const [operator, digits] = /^<(?:-|(\d+))>/.exec(this.#text.slice(this.#at)) ?? [];
    if (operator === undefined) return undefined;
    this.#at += operator.length;
    const distance = digits === undefined ? 1 : Number(digits);
    if (distance > 16384)
      throw new PgError(
        "22023",
        `distance in phrase operator must be an integer value between zero and 16384 inclusive`,
      );
    return distance;
  }

  #not(): Query {
    if (this.#took("!")) return { kind: "not", argument: this.#not() };
    if (!this.#took("(")) return this.#operand();
    const inner = this.#or();
    if (!this.#took(")")) throw this.#fault();
    return inner;
  }

  #operand(): Query {
    this.#blanks();
    const word = readWord(this.#text, this.#at, /[\s:&|!()<]/, () => this.#fault());
    if (word.end === this.#at || (word.text === "" && this.#text[this.#at] !== "'"))
      throw this.#at < this.#text.length ? this.#fault() : this.#noOperand();
    this.#at = word.end;
    const [flags = ""] = /^:[A-Da-d*]*/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += flags.length;
    const letters = flags.toUpperCase();
    return {
      kind: "lexeme",
      text: word.text,
      weights: [..."ABCD"].filter((weight) => letters.includes(weight)).join(""),
      isPrefix: letters.includes("*"),
    };
  }

  #took(symbol: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #noOperand(): PgError {
    return new PgError("42601", `no operand in tsquery: "${this.#text}"`);
  }

  #fault(): PgError {
    return new PgError("42601", `syntax error in tsquery: "${this.#text}"`);
  }
}

const priorities = { or: 1, and: 2, phrase: 3, not: 4 } as const;

export function writeQuery(query: Query | undefined): string {
  return query === undefined ? "" : written(query, 0, false);
}

function written(query: Query, around: number, isRightOfPhrase: boolean): string {
  if (query.kind === "lexeme") {
    const flags = `${query.isPrefix ? "*" : ""}${query.weights}`;
    return quoted(query.text) + (flags === "" ? "" : `:${flags}`);
  }
  const priority = priorities[query.kind];
  const needsBraces = priority < around || (query.kind === "phrase" && isRightOfPhrase);
  const inner =
    query.kind === "not"
      ? `!${written(query.argument, priority, false)}`
      : `${written(query.left, priority, false)} ${symbolOf(query)} ${written(query.right, priority, query.kind === "phrase")}`;
  return needsBraces ? `( ${inner} )` : inner;
}

function symbolOf(query: Binary): string {
  if (query.kind !== "phrase") return query.kind === "and" ? "&" : "|";
  return query.distance === 1 ? "<->" : `<${query.distance}>`;
}
