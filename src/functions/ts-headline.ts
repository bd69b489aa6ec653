/**
 * ts_headline: a piece of a document with the words of a query marked. Which piece of a long one: the first stretch
 * with the most of the query's words, where PostgreSQL looks for covers.
 * https://www.postgresql.org/docs/15/textsearch-controls.html#TEXTSEARCH-HEADLINE
 */
import { PgError } from "../base/error.ts";
import type { Query } from "../pgtypes/tsvector.ts";
import { lexize } from "./ts-config.ts";
import { tokensOf } from "./ts-parser.ts";

interface Options {
  readonly startSel: string;
  readonly stopSel: string;
  readonly maxWords: number;
  readonly minWords: number;
  readonly highlightAll: boolean;
}

interface Word {
  readonly start: number;
  readonly end: number;
  /** The query's lexeme that it is. */
  readonly found: string | undefined;
}

export function headline(
  config: number,
  text: string,
  query: Query | undefined,
  given: string,
): string {
  const options = optionsOf(given);
  const wanted = lexemesIn(query);
  const words = wordsOf(config, text, wanted);
  const isWhole = options.highlightAll || words.length <= options.maxWords;
  const [from, to] = isWhole ? [0, words.length] : stretch(words, options);
  const first = isWhole || from === 0 ? 0 : (words[from]?.start ?? 0);
  const last = isWhole ? text.length : (words[to - 1]?.end ?? text.length);
  let shown = "";
  let at = first;
  for (const { start, end, found } of words.slice(from, to)) {
    if (found === undefined) continue;
    shown += `${text.slice(at, start)}${options.startSel}${text.slice(start, end)}${options.stopSel}`;
    at = end;
  }
  return shown + text.slice(at, last);
}

type Wanted = Extract<Query, { kind: "lexeme" }>;

function lexemesIn(query: Query | undefined): readonly Wanted[] {
  if (query === undefined) return [];
  if (query.kind === "lexeme") return [query];
  if (query.kind === "not") return lexemesIn(query.argument);
  return [...lexemesIn(query.left), ...lexemesIn(query.right)];
}

/** One after the other: of a word with hyphens the whole, or its parts when only they are looked for. */
function wordsOf(config: number, text: string, wanted: readonly Wanted[]): readonly Word[] {
  const words: Word[] = [];
  for (const token of tokensOf(text)) {
    const end = token.start + token.text.length;
    const found = lexize(config, token).find((lexeme) =>
      wanted.some((one) => (one.isPrefix ? lexeme.startsWith(one.text) : lexeme === one.text)),
    );
    const last = words.at(-1);
    const isInside = last !== undefined && token.start < last.end;
    if (isInside && (last.found !== undefined || found === undefined)) continue;
    if (isInside) words.pop();
    words.push({ start: token.start, end, found });
  }
  return words;
}

function stretch(words: readonly Word[], { maxWords, minWords }: Options): [number, number] {
  let best = { from: 0, score: -1 };
  for (let from = 0; from < words.length; from++) {
    if (words[from]?.found === undefined && from > 0) continue;
    const score = new Set(words.slice(from, from + maxWords).flatMap(({ found }) => found ?? []))
      .size;
    if (score > best.score) best = { from, score };
  }
  const length = best.score > 0 ? maxWords : minWords;
  return [best.from, Math.min(best.from + length, words.length)];
}

const names: ReadonlySet<string> = new Set(
  "maxwords minwords shortword maxfragments startsel stopsel highlightall fragmentdelimiter".split(
    " ",
  ),
);

/** `StartSel = <b>, StopSel = "</b>"`. 22023 for what it does not know. */
function optionsOf(text: string): Options {
  const found = new Map<string, string>();
  for (const [, name = "", quoted, plain] of text.matchAll(
    /(\w+)\s*=\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g,
  )) {
    const key = name.toLowerCase();
    if (!names.has(key)) throw new PgError("22023", `unrecognized headline parameter: "${name}"`);
    found.set(key, quoted?.replaceAll('""', '"') ?? (plain ?? "").trim());
  }
  if (Number(found.get("maxfragments") ?? 0) > 0)
    throw new PgError("0A000", "ts_headline with MaxFragments is not supported yet");
  const maxWords = Number(found.get("maxwords") ?? 35);
  const minWords = Number(found.get("minwords") ?? 15);
  if (minWords >= maxWords) throw new PgError("22023", "MinWords should be less than MaxWords");
  if (minWords <= 0) throw new PgError("22023", "MinWords should be positive");
  return {
    startSel: found.get("startsel") ?? "<b>",
    stopSel: found.get("stopsel") ?? "</b>",
    maxWords,
    minWords,
    highlightAll: /^(?:1|on|true|t|y|yes)$/i.test(found.get("highlightall") ?? "f"),
  };
}
