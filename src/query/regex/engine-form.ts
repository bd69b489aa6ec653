/** PostgreSQL's regular expressions as RE2's, where these give the same answer: the engine runs them by whole vectors. */
import { PgError } from "../../base/error.ts";
import { readEscape } from "./escape.ts";
import { type Options, readDirectives } from "./options.ts";
import { parseRegex } from "./parse.ts";
import { preferenceOf, type Regex, type RegexNode } from "./tree.ts";

export interface EngineForm {
  /** A dot matches line ends: the engine is told by its option `s`. */
  readonly pattern: string;
  readonly groups: number;
}

/**
 * `purpose`: whether there is a match, or where. RE2 takes the first alternative that fits where PostgreSQL wants the
 * longest whole, so where it matters only patterns without a choice are the engine's. 2201B when it is no pattern.
 */
export function engineForm(
  pattern: string,
  options: Options,
  purpose: "test" | "place",
): EngineForm | undefined {
  const regex = parseRegex(pattern, options);
  const [body, own] = readDirectives(pattern, options);
  if (own.isExpanded || body.includes("(?#")) return undefined;
  if (regex.hasBackReference || !isEngines(regex.root)) return undefined;
  if (purpose === "place" && !isUnambiguous(regex)) return undefined;
  const translated = own.isLiteral
    ? body.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")
    : translate(body, own);
  if (translated === undefined) return undefined;
  const flags = `${own.ignoresCase ? "i" : ""}${own.anchorsAtLines ? "m" : ""}`;
  return { pattern: `${flags === "" ? "" : `(?${flags})`}${translated}`, groups: regex.groups };
}

/** Edges of words are those of ASCII to RE2, and it looks neither ahead nor behind. */
function isEngines(node: RegexNode): boolean {
  switch (node.kind) {
    case "look":
    case "back":
      return false;
    case "edge":
      return /^(?:text|line)/.test(node.edge);
    case "pair":
      return isEngines(node.first) && isEngines(node.rest);
    case "choice":
      return node.branches.every(isEngines);
    case "group":
    case "repeat":
    case "optional":
      return isEngines(node.item);
    default:
      return true;
  }
}

function isUnambiguous({ root }: Regex): boolean {
  return !canBeEmpty(root) && isPlain(root, false);
}

/** Greedy, and what is repeated is one character. */
function isPlain(node: RegexNode, isRepeated: boolean): boolean {
  switch (node.kind) {
    case "choice":
      return false;
    case "group":
      return !isRepeated && isPlain(node.item, false);
    case "pair":
      return isPlain(node.first, isRepeated) && isPlain(node.rest, isRepeated);
    case "optional":
      return preferenceOf(node) === "longest" && isPlain(node.item, true);
    case "repeat":
      return preferenceOf(node) === "longest" && node.item.kind === "set";
    default:
      return true;
  }
}

function canBeEmpty(node: RegexNode): boolean {
  switch (node.kind) {
    case "set":
      return false;
    case "pair":
      return canBeEmpty(node.first) && canBeEmpty(node.rest);
    case "choice":
      return node.branches.some(canBeEmpty);
    case "group":
      return canBeEmpty(node.item);
    case "repeat":
      return node.isOptional || canBeEmpty(node.item);
    default:
      return true;
  }
}

const space =
  "\\t-\\r \\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}";
const alnum = "\\p{L}\\p{N}\\p{M}";

/** Insides of brackets. */
const classes: Readonly<Record<string, string>> = {
  alnum,
  alpha: "\\p{L}\\p{M}\\p{Nl}\\p{No}",
  digit: "0-9",
  lower: "\\p{Ll}",
  space,
  upper: "\\p{Lu}",
  word: `${alnum}_`,
  xdigit: "0-9A-Fa-f",
};
const shorthands: Readonly<Record<string, string>> = { d: "0-9", s: space, w: `${alnum}_` };

function translate(body: string, options: Options): string | undefined {
  let result = "";
  for (let at = 0; at < body.length; ) {
    const piece = next(body, at, options);
    if (piece === undefined) return undefined;
    result += piece.text;
    at += piece.length;
  }
  return result;
}

interface Piece {
  readonly text: string;
  readonly length: number;
}

function next(body: string, at: number, options: Options): Piece | undefined {
  const character = body[at] ?? "";
  if (character === "\\") return escaped(body, at);
  if (character === "[") return bracket(body, at, options);
  if (character === ".") return { text: options.dotStopsAtLine ? "[^\\n]" : ".", length: 1 };
  if (character === "{" && !/\d/.test(body[at + 1] ?? "")) return { text: "\\{", length: 1 };
  if (character === "]") return { text: "\\]", length: 1 };
  return { text: character, length: 1 };
}

function escaped(body: string, at: number): Piece {
  const letter = body[at + 1] ?? "";
  if (letter === "A") return { text: "\\A", length: 2 };
  if (letter === "Z") return { text: "\\z", length: 2 };
  const inside = shorthands[letter.toLowerCase()];
  if (inside !== undefined)
    return { text: `[${letter === letter.toLowerCase() ? "" : "^"}${inside}]`, length: 2 };
  const { code, length } = readEscape(body, at);
  return { text: hexadecimal(code), length };
}

const hexadecimal = (code: number) => `\\x{${code.toString(16)}}`;

/** Undefined for classes RE2 lacks. The pattern has been parsed: it is closed. */
function bracket(body: string, start: number, options: Options): Piece | undefined {
  let at = start + 1;
  let result = "[";
  if (body[at] === "^") {
    result += options.dotStopsAtLine ? "^\\n" : "^";
    at++;
  }
  for (let isFirst = true; isFirst || body[at] !== "]"; isFirst = false) {
    const item = bracketItem(body, at);
    if (item === undefined) return undefined;
    result += item.text;
    at += item.length;
  }
  return { text: `${result}]`, length: at + 1 - start };
}

function bracketItem(body: string, at: number): Piece | undefined {
  const named = /^\[([:.=])(.*?)\1\]/s.exec(body.slice(at, at + 24));
  if (named !== null) {
    const inside = named[1] === ":" ? classes[named[2] ?? ""] : undefined;
    return inside === undefined ? undefined : { text: inside, length: named[0].length };
  }
  if (body[at] === "\\") {
    const inside = shorthands[body[at + 1] ?? ""];
    if (inside !== undefined) return { text: inside, length: 2 };
    if (/[DSW]/.test(body[at + 1] ?? "")) return undefined;
    const { code, length } = readEscape(body, at);
    return { text: hexadecimal(code), length };
  }
  const code = body.codePointAt(at);
  if (code === undefined)
    throw new PgError("2201B", "invalid regular expression: brackets [] not balanced");
  // A hyphen between two characters stays one that means from … to.
  const isRange =
    body[at] === "-" && body[at - 1] !== "[" && body[at - 1] !== "^" && body[at + 1] !== "]";
  return { text: isRange ? "-" : hexadecimal(code), length: code > 0xffff ? 2 : 1 };
}
