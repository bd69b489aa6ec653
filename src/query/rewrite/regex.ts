/** ~, SIMILAR TO and the regexp_ functions' patterns: PostgreSQL's regular expressions as RE2's, where RE2 has them. */
import { PgError } from "../../base/error.ts";
import { quoteText } from "../../base/quote.ts";
import type { Expression } from "../analyze/tree.ts";
import type { Printer } from "../print/printer.ts";

export function printRegexOperator(
  symbol: string,
  left: Expression,
  right: Expression,
  printer: Printer,
): string {
  const isNegated = symbol.startsWith("!");
  const flags = symbol.endsWith("*") ? "i" : "";
  const match = `regexp_matches(${printer.expression(left)}, ${printPattern(right, printer)}, ${quoteText(`s${flags}`)})`;
  return isNegated ? `(NOT ${match})` : match;
}

/** A constant pattern is translated; any other is taken to be one that both understand. */
export function printPattern(pattern: Expression, printer: Printer): string {
  if (pattern.kind !== "constant" || pattern.text === null) return printer.expression(pattern);
  try {
    return quoteText(translate(pattern.text));
  } catch (error) {
    throw error instanceof PgError ? printer.analysis.at(error, pattern.location) : error;
  }
}

/** https://www.postgresql.org/docs/15/functions-matching.html#POSIX-SYNTAX-DETAILS */
export function translate(pattern: string): string {
  const [prefix, body] = directives(pattern);
  let result = "";
  for (let at = 0; at < body.length; ) {
    const [piece, length] = next(body, at);
    result += piece;
    at += length;
  }
  return prefix + result;
}

/** ***=literal and (?i) and their kin at the start. */
function directives(pattern: string): readonly [string, string] {
  if (pattern.startsWith("***="))
    return ["", pattern.slice(4).replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")];
  const body = pattern.replace(/^\*\*\*:/, "");
  const options = /^\(\?([bceimnpqstwx]+)\)/.exec(body);
  if (options === null) return ["", body];
  const letters = options[1] ?? "";
  const kept = `${letters.includes("i") ? "i" : ""}${/[nm]/.test(letters) ? "m" : ""}`;
  const rest = body.slice(options[0].length);
  if (letters.includes("q")) return ["", rest.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")];
  const newline = /[nm]/.test(letters) ? "-s" : "";
  return [kept + newline === "" ? "" : `(?${kept}${newline})`, rest];
}

const escapes: Readonly<Record<string, string>> = {
  m: "\\b",
  M: "\\b",
  y: "\\b",
  Y: "\\B",
  A: "\\A",
  Z: "\\z",
  e: "\\x1b",
  B: "\\\\",
};

function next(body: string, at: number): readonly [string, number] {
  const rest = body.slice(at);
  const character = rest[0] ?? "";
  if (character === "\\") return escaped(rest);
  if (character === "[") return bracket(rest);
  if (/^\(\?<?[=!]/.test(rest))
    throw new PgError(
      "0A000",
      "look-ahead and look-behind in regular expressions are not supported",
    );
  return [character, 1];
}

function escaped(rest: string): readonly [string, number] {
  const letter = rest[1] ?? "";
  if (/[1-9]/.test(letter))
    throw new PgError("0A000", "back-references in regular expressions are not supported");
  if (letter === "u") return [`\\x{${rest.slice(2, 6)}}`, 6];
  return [escapes[letter] ?? rest.slice(0, 2), 2];
}

/** A bracket expression; [[:<:]] and [[:>:]] are edges of words. */
function bracket(rest: string): readonly [string, number] {
  if (rest.startsWith("[[:<:]]") || rest.startsWith("[[:>:]]")) return ["\\b", 7];
  let end = 1;
  if (rest[end] === "^") end++;
  if (rest[end] === "]") end++;
  while (end < rest.length && rest[end] !== "]") {
    const close = /^\[([:.=])/.exec(rest.slice(end));
    if (close !== null) {
      const stop = rest.indexOf(`${close[1]}]`, end + 2);
      end = stop < 0 ? rest.length : stop + 2;
    } else {
      end += rest[end] === "\\" ? 2 : 1;
    }
  }
  const inside = rest.slice(0, end + 1);
  // A lone [ inside is itself to PostgreSQL and the start of a class to RE2.
  return [inside.replace(/(?<!^)\[(?![:.=])/g, "\\["), end + 1];
}

/** SIMILAR TO comes as ~ similar_to_escape(pattern[, escape]); undefined when this is no such call. */
export function printSimilar(
  symbol: string,
  left: Expression,
  right: Expression,
  printer: Printer,
): string | undefined {
  if (right.kind !== "function" || right.proc.proname !== "similar_to_escape") return undefined;
  const [pattern, escapeWith] = right.arguments;
  if (pattern?.kind !== "constant" || (escapeWith !== undefined && escapeWith.kind !== "constant"))
    throw printer.analysis.error(
      "0A000",
      "SIMILAR TO needs a constant pattern",
      pattern?.location ?? right.location,
    );
  const regex =
    pattern.text === null
      ? "NULL"
      : quoteText(similarPattern(pattern.text, escapeWith?.text ?? "\\"));
  const match = `regexp_full_match(${printer.expression(left)}, ${regex}, 's')`;
  return symbol.startsWith("!") ? `(NOT ${match})` : match;
}

/** https://www.postgresql.org/docs/15/functions-matching.html#FUNCTIONS-SIMILARTO-REGEXP */
export function similarPattern(pattern: string, escapeWith: string): string {
  let result = "";
  let inBracket = false;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (character === escapeWith && escapeWith !== "") {
      at++;
      result += `\\${pattern[at] ?? ""}`;
    } else if (inBracket) {
      if (character === "]") inBracket = false;
      result += character === "\\" ? "\\\\" : character;
    } else if (character === "[") {
      inBracket = true;
      result += character;
    } else if (character === "%") result += ".*";
    else if (character === "_") result += ".";
    else if (character === "(") result += "(?:";
    else if ("\\.^$".includes(character)) result += `\\${character}`;
    else result += character;
  }
  return `(?:${result})`;
}
