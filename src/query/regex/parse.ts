/**
 * PostgreSQL's advanced regular expressions to a tree. 2201B in PostgreSQL's words for what is none.
 * https://www.postgresql.org/docs/15/functions-matching.html#POSIX-SYNTAX-DETAILS
 */
import { PgError } from "../../base/error.ts";
import { type BracketReader, readBracket } from "./bracket.ts";
import { type CharacterSet, codePoints, folded, range, shorthand } from "./characters.ts";
import { readEscape } from "./escape.ts";
import { type Options, readDirectives } from "./options.ts";
import {
  type Edge,
  type Preference,
  pair,
  preferenceOf,
  type Regex,
  type RegexNode,
} from "./tree.ts";

/** DUPMAX of PostgreSQL. */
const repetitionsMax = 255;
/** Nodes of a tree, in which counted repetitions are written out: it is walked recursively. */
const nodesMax = 4000;

export function invalidRegex(what: string): PgError {
  return new PgError("2201B", `invalid regular expression: ${what}`);
}

/** `options` are those of a function's flags; the pattern's own come on top. */
export function parseRegex(pattern: string, options: Options): Regex {
  return new Parser(...readDirectives(pattern, options)).regex();
}

interface Quantifier {
  readonly min: number;
  readonly max: number;
  /** None for {m}: it prefers what its atom does. */
  readonly preference: Preference;
}

class Parser {
  readonly #text: string;
  readonly #options: Options;
  #at = 0;
  #groups = 0;
  #closed = 0;
  #lookDepth = 0;
  #nodes = 0;
  #hasBackReference = false;

  constructor(text: string, options: Options) {
    this.#text = text;
    this.#options = options;
    this.#nodes = text.length;
    if (this.#nodes > nodesMax) throw invalidRegex("regular expression is too complex");
  }

  regex(): Regex {
    const root = this.#options.isLiteral ? this.#literal() : this.#alternatives();
    if (this.#at < this.#text.length) throw invalidRegex("parentheses () not balanced");
    return {
      root,
      preference: preferenceOf(root),
      groups: this.#groups,
      hasBackReference: this.#hasBackReference,
    };
  }

  #literal(): RegexNode {
    this.#at = this.#text.length;
    return codePoints(this.#text).reduceRight<RegexNode>(
      (rest, code) => pair(this.#set(range(code, code)), rest),
      { kind: "empty" },
    );
  }

  #alternatives(): RegexNode {
    const branches = [this.#branch()];
    while (this.#peek() === "|") {
      this.#at++;
      branches.push(this.#branch());
    }
    const [only] = branches;
    return branches.length === 1 && only !== undefined ? only : { kind: "choice", branches };
  }

  #branch(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      this.#skipBlanks();
      const next = this.#peek();
      if (next === undefined || next === "|" || next === ")") break;
      items.push(this.#quantified());
    }
    return items.reduceRight<RegexNode>((rest, item) => pair(item, rest), { kind: "empty" });
  }

  #quantified(): RegexNode {
    const atom = this.#atom();
    this.#skipBlanks();
    const found = this.#quantifier();
    if (found === undefined) return atom;
    if (atom.kind === "edge" || atom.kind === "look")
      throw invalidRegex("quantifier operand invalid");
    this.#skipBlanks();
    if (this.#peek() !== undefined && this.#startsQuantifier())
      throw invalidRegex("quantifier operand invalid");
    return this.#repeated(atom, found);
  }

  #startsQuantifier(): boolean {
    return /^(?:[*+?]|\{\d)/.test(this.#text.slice(this.#at, this.#at + 2));
  }

  #quantifier(): Quantifier | undefined {
    const rest = this.#text.slice(this.#at, this.#at + 24);
    const [first = ""] = rest;
    if (first !== "" && "*+?".includes(first)) {
      this.#at++;
      const max = first === "?" ? 1 : Number.POSITIVE_INFINITY;
      return { min: first === "+" ? 1 : 0, max, preference: this.#preference() };
    }
    if (!/^\{\d/.test(rest)) return undefined;
    const bound = /^\{(\d+)(?:(,)(\d*))?\}/.exec(rest);
    if (bound === null)
      throw invalidRegex(
        rest.includes("}") ? "invalid repetition count(s)" : "braces {} not balanced",
      );
    this.#at += bound[0].length;
    const min = Number(bound[1]);
    const max =
      bound[2] === undefined ? min : bound[3] ? Number(bound[3]) : Number.POSITIVE_INFINITY;
    if (
      min > max ||
      min > repetitionsMax ||
      (max !== Number.POSITIVE_INFINITY && max > repetitionsMax)
    )
      throw invalidRegex("invalid repetition count(s)");
    const preference = this.#preference();
    return { min, max, preference: bound[2] === undefined ? "none" : preference };
  }

  #preference(): Preference {
    if (this.#peek() !== "?") return "longest";
    this.#at++;
    return "shortest";
  }

  #repeated(item: RegexNode, { min, max, preference }: Quantifier): RegexNode {
    this.#nodes += (max === Number.POSITIVE_INFINITY ? min + 1 : max) * sizeOf(item);
    if (this.#nodes > nodesMax) throw invalidRegex("regular expression is too complex");
    if (max === 0) return { kind: "empty" };
    if (max === Number.POSITIVE_INFINITY) {
      const many: RegexNode = { kind: "repeat", item, isOptional: min === 0, preference };
      return prefer(times(item, min - 1, many), preference);
    }
    if (min === max) return prefer(times(item, min - 1, item), preference);
    let tail: RegexNode = { kind: "empty" };
    for (let i = min; i < max; i++) tail = { kind: "optional", item: pair(item, tail), preference };
    return prefer(times(item, min, tail), preference);
  }

  #atom(): RegexNode {
    const next = this.#text[this.#at] ?? "";
    switch (next) {
      case "(":
        return this.#parenthesis();
      case "[":
        return this.#bracket();
      case "\\":
        return this.#escape();
      case ".":
        this.#at++;
        return {
          kind: "set",
          set: this.#options.dotStopsAtLine ? (code) => code !== 10 : () => true,
        };
      case "^":
        return this.#edge(this.#options.anchorsAtLines ? "line start" : "text start");
      case "$":
        return this.#edge(this.#options.anchorsAtLines ? "line end" : "text end");
      default:
    }
    if (this.#startsQuantifier()) throw invalidRegex("quantifier operand invalid");
    const code = this.#text.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return this.#set(range(code, code));
  }

  #edge(edge: Edge): RegexNode {
    this.#at++;
    return { kind: "edge", edge };
  }

  #set(set: CharacterSet): RegexNode {
    return { kind: "set", set: this.#options.ignoresCase ? folded(set) : set };
  }

  #parenthesis(): RegexNode {
    const special = /^\(\?(:|=|!|<=|<!)?/.exec(this.#text.slice(this.#at, this.#at + 4));
    if (special === null) {
      this.#at++;
      return this.#lookDepth > 0 ? this.#closing() : this.#group();
    }
    const [opening, kind] = special;
    if (kind === undefined) throw invalidRegex("quantifier operand invalid");
    this.#at += opening.length;
    if (kind === ":") return this.#closing();
    this.#lookDepth++;
    const item = this.#closing();
    this.#lookDepth--;
    return { kind: "look", isAhead: !kind.startsWith("<"), isNegated: kind.endsWith("!"), item };
  }

  #group(): RegexNode {
    const group = ++this.#groups;
    const item = this.#closing();
    this.#closed++;
    return { kind: "group", group, item };
  }

  #closing(): RegexNode {
    const item = this.#alternatives();
    if (this.#peek() !== ")") throw invalidRegex("parentheses () not balanced");
    this.#at++;
    return item;
  }

  #bracket(): RegexNode {
    const edge = /^\[\[:([<>]):\]\]/.exec(this.#text.slice(this.#at, this.#at + 7));
    if (edge !== null) {
      this.#at += 7;
      return { kind: "edge", edge: edge[1] === "<" ? "word start" : "word end" };
    }
    const reader: BracketReader = { text: this.#text, at: this.#at + 1 };
    const { set, isNegated } = readBracket(reader);
    this.#at = reader.at;
    const chosen = this.#options.ignoresCase ? folded(set) : set;
    if (!isNegated) return { kind: "set", set: chosen };
    const stops = this.#options.dotStopsAtLine;
    return { kind: "set", set: (code) => !chosen(code) && !(stops && code === 10) };
  }

  #escape(): RegexNode {
    const letter = this.#text[this.#at + 1];
    const edge = edges[letter ?? ""];
    if (edge !== undefined) {
      this.#at += 2;
      return { kind: "edge", edge };
    }
    const set = shorthand(letter ?? "");
    if (set !== undefined) {
      this.#at += 2;
      return { kind: "set", set };
    }
    const group = this.#backReference();
    if (group !== undefined) {
      if (group > this.#closed || this.#lookDepth > 0)
        throw invalidRegex("invalid backreference number");
      this.#hasBackReference = true;
      return { kind: "back", group, isFolded: this.#options.ignoresCase };
    }
    const { code, length } = readEscape(this.#text, this.#at);
    this.#at += length;
    return this.#set(range(code, code));
  }

  /** A single digit always is one, several digits when there are so many parentheses. */
  #backReference(): number | undefined {
    const [found, digits] = /^\\([1-9]\d*)/.exec(this.#text.slice(this.#at, this.#at + 8)) ?? [];
    if (found === undefined || digits === undefined) return undefined;
    const isLong = digits.length > 1;
    if (isLong && Number(digits) > this.#closed) return undefined;
    this.#at += found.length;
    return Number(digits);
  }

  /** Blanks and remarks of the expanded syntax; (?#…) in any. */
  #skipBlanks(): void {
    const skipped = this.#options.isExpanded
      ? /^(?:[\s]|#[^\n]*|\(\?#[^)]*\))+/
      : /^(?:\(\?#[^)]*\))+/;
    const found = this.#text[this.#at];
    if (found === undefined || (!this.#options.isExpanded && found !== "(")) return;
    this.#at += skipped.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }
}

const edges: Readonly<Record<string, Edge>> = {
  A: "text start",
  Z: "text end",
  m: "word start",
  M: "word end",
  y: "word edge",
  Y: "no word edge",
};

function times(item: RegexNode, count: number, rest: RegexNode): RegexNode {
  let all = rest;
  for (let i = 0; i < count; i++) all = pair(item, all);
  return all;
}

/** The quantifier's preference goes before that of what it repeats. */
function prefer(node: RegexNode, preference: Preference): RegexNode {
  if (preference === "none" || preferenceOf(node) === preference) return node;
  return node.kind === "pair"
    ? { ...node, preference }
    : { kind: "pair", first: node, rest: { kind: "empty" }, preference };
}

function sizeOf(node: RegexNode): number {
  switch (node.kind) {
    case "pair":
      return 1 + sizeOf(node.first) + sizeOf(node.rest);
    case "choice":
      return node.branches.reduce((sum, branch) => sum + sizeOf(branch), 1);
    case "group":
    case "repeat":
    case "optional":
    case "look":
      return 1 + sizeOf(node.item);
    default:
      return 1;
  }
}
