/** The regexp_ functions over one value. Places count characters from 1, as SQL does. */
import { PgError } from "../../base/error.ts";
import { codePoints } from "./characters.ts";
import { type Match, Matcher } from "./match.ts";
import { type Options, readFlags } from "./options.ts";
import { parseRegex } from "./parse.ts";
import { subjectOf } from "./program.ts";
import { similarParts, similarPattern } from "./similar.ts";

/** Compiled patterns kept. */
const keptMax = 200;
const kept = new Map<string, Matcher>();

function matcherOf(pattern: string, options: Options): Matcher {
  const key = `${Object.values(options).map(Number).join("")}${pattern}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = new Matcher(parseRegex(pattern, options));
  if (kept.size >= keptMax) kept.clear();
  kept.set(key, made);
  return made;
}

/** A text and its code points, sliced by places in these. */
class Text {
  readonly text: string;
  readonly codes: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.codes = codePoints(text);
  }

  slice(from: number, to: number): string {
    return this.codes.length === this.text.length
      ? this.text.slice(from, to)
      : String.fromCodePoint(...this.codes.slice(from, to));
  }

  part(match: Match, group: number): string | null {
    const [from = -1, to = -1] = match.subarray(group * 2, group * 2 + 2);
    return from < 0 ? null : this.slice(from, to);
  }
}

/** Every match; of an empty one at the end of the one before it, none. */
function* matches(matcher: Matcher, { codes }: Text, from: number): Generator<Match> {
  const subject = subjectOf(codes);
  let at = from;
  while (at <= codes.length) {
    const match = matcher.find(subject, at);
    if (match === undefined) return;
    yield match;
    const [start = 0, end = 0] = match;
    at = start === end ? end + 1 : end;
  }
}

function plain(flags: string, name: string): Options {
  const { options, isGlobal } = readFlags(flags);
  if (isGlobal) throw new PgError("22023", `${name}() does not support the "global" option`);
  return options;
}

export function regexLike(text: string, pattern: string, flags: string): boolean {
  return matcherOf(pattern, plain(flags, "regexp_like")).test(subjectOf(codePoints(text)));
}

export function regexMatch(text: string, pattern: string, flags: string): (string | null)[] | null {
  const { options, isGlobal } = readFlags(flags);
  if (isGlobal) throw new PgError("22023", 'regexp_match() does not support the "global" option');
  const [first] = all(text, pattern, options, false);
  return first ?? null;
}

export function regexMatches(text: string, pattern: string, flags: string): (string | null)[][] {
  const { options, isGlobal } = readFlags(flags);
  return all(text, pattern, options, isGlobal);
}

function all(
  given: string,
  pattern: string,
  options: Options,
  isGlobal: boolean,
): (string | null)[][] {
  const text = new Text(given);
  const matcher = matcherOf(pattern, options);
  const found: (string | null)[][] = [];
  for (const match of matches(matcher, text, 0)) {
    found.push(parts(text, match, matcher.groups));
    if (!isGlobal) break;
  }
  return found;
}

function parts(text: Text, match: Match, groups: number): (string | null)[] {
  if (groups === 0) return [text.part(match, 0)];
  return Array.from({ length: groups }, (_, i) => text.part(match, i + 1));
}

/** substring(x FROM pattern): the first group, or all when there is none. */
export function regexSubstring(given: string, pattern: string): string | null {
  const text = new Text(given);
  const matcher = matcherOf(pattern, readFlags("").options);
  const match = matcher.find(subjectOf(text.codes), 0);
  return match === undefined ? null : text.part(match, matcher.groups > 0 ? 1 : 0);
}

/** `start` from 1; the `n`th match alone, 0 for all. */
export function regexReplace(
  given: string,
  pattern: string,
  replacement: string,
  start: number,
  n: number,
  flags: string,
): string {
  if (start <= 0) throw invalid("start", start);
  if (n < 0) throw invalid("n", n);
  const { options } = readFlags(flags);
  const text = new Text(given);
  const pieces: string[] = [];
  let at = 0;
  let count = 0;
  for (const match of matches(matcherOf(pattern, options), text, start - 1)) {
    count++;
    if (n > 0 && count < n) continue;
    const [from = 0, to = 0] = match;
    pieces.push(text.slice(at, from), filled(replacement, text, match));
    at = to;
    if (n > 0) break;
  }
  if (pieces.length === 0) return given;
  pieces.push(text.slice(at, text.codes.length));
  return pieces.join("");
}

function filled(replacement: string, text: Text, match: Match): string {
  if (!replacement.includes("\\")) return replacement;
  return replacement.replace(/\\([&1-9\\])/g, (_, mark: string) => {
    if (mark === "\\") return "\\";
    const group = mark === "&" ? 0 : Number(mark);
    return group * 2 < match.length ? (text.part(match, group) ?? "") : "";
  });
}

export function regexSplit(given: string, pattern: string, flags: string, name: string): string[] {
  const text = new Text(given);
  const found: string[] = [];
  let at = 0;
  for (const match of matches(matcherOf(pattern, plain(flags, name)), text, 0)) {
    const [from = 0, to = 0] = match;
    // No empty piece at either end, nor right behind another match, is made by an empty match.
    if (from === to && (from === at || from >= text.codes.length)) continue;
    found.push(text.slice(at, from));
    at = to;
  }
  found.push(text.slice(at, text.codes.length));
  return found;
}

export function regexCount(given: string, pattern: string, start: number, flags: string): number {
  if (start <= 0) throw invalid("start", start);
  const text = new Text(given);
  let count = 0;
  for (const _ of matches(matcherOf(pattern, plain(flags, "regexp_count")), text, start - 1))
    count++;
  return count;
}

/** The place of the nth match, or of a group in it; behind its end with `endOption` 1. 0: none. */
export function regexInstr(
  given: string,
  pattern: string,
  start: number,
  n: number,
  endOption: number,
  flags: string,
  group: number,
): number {
  if (start <= 0) throw invalid("start", start);
  if (n <= 0) throw invalid("n", n);
  if (endOption !== 0 && endOption !== 1) throw invalid("endoption", endOption);
  if (group < 0) throw invalid("subexpr", group);
  const match = nth(new Text(given), pattern, start, n, plain(flags, "regexp_instr"));
  if (match === undefined || group * 2 >= match.length) return 0;
  const [from = -1, to = -1] = match.subarray(group * 2, group * 2 + 2);
  return from < 0 ? 0 : (endOption === 0 ? from : to) + 1;
}

export function regexSubstr(
  given: string,
  pattern: string,
  start: number,
  n: number,
  flags: string,
  group: number,
): string | null {
  if (start <= 0) throw invalid("start", start);
  if (n <= 0) throw invalid("n", n);
  if (group < 0) throw invalid("subexpr", group);
  const text = new Text(given);
  const match = nth(text, pattern, start, n, plain(flags, "regexp_substr"));
  if (match === undefined || group * 2 >= match.length) return null;
  return text.part(match, group);
}

function nth(
  text: Text,
  pattern: string,
  start: number,
  n: number,
  options: Options,
): Match | undefined {
  let count = 0;
  for (const match of matches(matcherOf(pattern, options), text, start - 1))
    if (++count === n) return match;
  return undefined;
}

function invalid(name: string, value: number): PgError {
  return new PgError("22023", `invalid value for parameter "${name}": ${value}`);
}

/** x SIMILAR TO pattern; an escape of null is a backslash. */
export function isSimilar(text: string, pattern: string, escapeWith: string): boolean {
  return regexLike(text, similarPattern(pattern, escapeWith), "");
}

/** substring(x SIMILAR pattern ESCAPE e): what is between the two e" marks, or all of it when there are none. */
export function similarSubstring(
  given: string,
  pattern: string,
  escapeWith: string,
): string | null {
  const regex = similarParts(pattern, escapeWith);
  return regexSubstring(given, regex);
}
