/** Configurations of text search: which dictionary a token goes to, and what it makes of it. */
import { PgError } from "../base/error.ts";
import { type Position, type Vector, vectorOf } from "../pgtypes/tsvector.ts";
import { englishStem } from "./english-stem.ts";
import { type Token, type TokenType, tokensOf } from "./ts-parser.ts";

/** undefined: not a word it knows; none: a stop word. */
export type Dictionary = (word: string) => readonly string[];

const stopWords: ReadonlySet<string> = new Set(
  `i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its
   itself they them their theirs themselves what which who whom this that these those am is are was were be been being
   have has had having do does did doing a an the and but if or because as until while of at by for with about against
   between into through during before after above below to from up down in out on off over under again further then once
   here there when where why how all any both each few more most other some such no nor not only own same so than too very
   s t can will just don should now`.split(/\s+/),
);

const stems = new Map<string, readonly string[]>();
const stemsMax = 20_000;

function english(word: string): readonly string[] {
  const lower = word.toLowerCase();
  let known = stems.get(lower);
  if (known === undefined) {
    known = stopWords.has(lower) ? [] : [englishStem(lower)];
    if (stems.size >= stemsMax) stems.clear();
    stems.set(lower, known);
  }
  return known;
}

const simple: Dictionary = (word) => [word.toLowerCase()];

/** 0A000 for a dictionary that is not here. */
export function dictionaryOf(oid: number): Dictionary {
  if (oid === simpleDictionary) return simple;
  if (oid === englishDictionary) return english;
  throw new PgError("0A000", `text search dictionary ${oid} is not supported yet`);
}

const simpleDictionary = 3765;
const englishDictionary = 13163;
export const simpleConfig = 3748;

/** OIDs of pg_ts_config as every PostgreSQL 15 has them. */
export const englishConfig = 13164;

const stemmed: ReadonlySet<TokenType> = new Set([
  "asciiword",
  "word",
  "asciihword",
  "hword",
  "hword_asciipart",
  "hword_part",
]);

export interface Lexeme {
  readonly text: string;
  readonly at: number;
}

/** With the places of words: a stop word takes one and leaves nothing. */
export function lexemesOf(config: number, text: string): readonly Lexeme[] {
  return tokensOf(text).flatMap((token, i) =>
    lexize(config, token).map((lexeme) => ({ text: lexeme, at: i + 1 })),
  );
}

export function lexize(
  config: number,
  { type, text }: Pick<Token, "type" | "text">,
): readonly string[] {
  if (config !== simpleConfig && config !== englishConfig)
    throw new PgError(
      "0A000",
      "text search configurations other than english and simple are not supported yet",
    );
  return config === englishConfig && stemmed.has(type) ? english(text) : simple(text);
}

/** to_tsvector; texts of a document follow one another with a gap. */
export function documentVector(config: number, texts: readonly string[]): Vector {
  const entries: [string, Position[]][] = [];
  let shift = 0;
  for (const text of texts) {
    const count = tokensOf(text).length;
    for (const lexeme of lexemesOf(config, text))
      entries.push([lexeme.text, [{ at: lexeme.at + shift, weight: "D" }]]);
    if (count > 0) shift += count + 1;
  }
  return vectorOf(entries);
}
