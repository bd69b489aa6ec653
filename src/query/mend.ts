/** Three spellings that PostgreSQL's grammar refuses, made ones that it takes. */
import type { TimeTravel } from "./query.ts";
import { scan, type Token } from "./scanner.ts";

export interface Mended {
  /** For the parser. */
  readonly text: string;
  readonly original: string;
  /** In UTF-16 units of the original, in order. What was cut out is blanks of the same length and no edit. */
  readonly edits: readonly {
    readonly start: number;
    readonly end: number;
    readonly replacement: string;
  }[];
  /** By the first unit of the relation's name, in the original. */
  readonly at: readonly { readonly start: number; readonly at: TimeTravel }[];
}

/** Undefined when there is nothing to mend. */
export function mend(
  sql: string,
  tokens: readonly Token[],
  buckets: ReadonlySet<string>,
): Mended | undefined {
  const edits = [...bucketNames(tokens, buckets), ...jsonFormats(tokens)].sort(
    (a, b) => a.start - b.start,
  );
  const cuts = timeTravels(sql, tokens);
  if (edits.length === 0 && cuts.length === 0) return undefined;
  let text = sql;
  for (const { start, end } of cuts)
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
  return {
    text: withEdits(text, edits),
    original: sql,
    edits,
    at: cuts.map(({ name, at }) => ({ start: name, at })),
  };
}

/** The same for a text that DuckDB's grammar reads: its PRIMARY is as reserved, but AT (…) is its own. */
export function quoteBuckets(sql: string, buckets: ReadonlySet<string>): string {
  return withEdits(sql, bucketNames(scan(sql), buckets));
}

function withEdits(sql: string, edits: Mended["edits"]): string {
  let text = sql;
  for (const { start, end, replacement } of edits.toReversed())
    text = text.slice(0, start) + replacement + text.slice(end);
  return text;
}

/**
 * `primary.candidates`, `PRIMARY.x`: a bucket's name before a dot is understood without quotes; so it is after SCHEMA,
 * and as a value of SET.
 */
function bucketNames(tokens: readonly Token[], buckets: ReadonlySet<string>): Mended["edits"] {
  let isSet = false;
  return tokens.flatMap((token, i) => {
    const before = tokens[i - 1]?.text;
    if (before === undefined || before === ";") isSet = token.text === "set";
    const isBucket =
      (tokens[i + 1]?.text === "." && before !== ".") ||
      before === "schema" ||
      (before === "exists" && tokens[i - 3]?.text === "schema") ||
      (isSet && (before === "=" || before === "to" || before === ","));
    return token.kind === "word" && isBucket && buckets.has(token.text)
      ? [{ start: token.start, end: token.end, replacement: `"${token.text}"` }]
      : [];
  });
}

/** COPY … (FORMAT json): to the grammar those two words are the beginning of a clause of JSON functions. */
function jsonFormats(tokens: readonly Token[]): Mended["edits"] {
  let isCopy = false;
  return tokens.flatMap((token, i) => {
    const before = tokens[i - 1];
    if (before === undefined || before.text === ";") isCopy = token.text === "copy";
    const isFormat = before?.kind === "word" && before.text === "format";
    return isCopy && isFormat && token.kind === "word" && token.text === "json"
      ? [{ start: token.start, end: token.end, replacement: '"json"' }]
      : [];
  });
}

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly name: number;
  readonly at: TimeTravel;
}

/** `name AT (VERSION => 3)` and `name AT (TIMESTAMP => '…')`. */
function timeTravels(sql: string, tokens: readonly Token[]): readonly Cut[] {
  const cuts: Cut[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "word" || token.text !== "at" || tokens[i + 1]?.text !== "(") continue;
    const unit = tokens[i + 2]?.text;
    if ((unit !== "version" && unit !== "timestamp") || tokens[i + 3]?.text !== "=>") continue;
    const close = tokens.findIndex((t, j) => j > i && t.kind === "symbol" && t.text === ")");
    const name = nameBefore(tokens, i);
    const end = tokens[close]?.end;
    if (name === undefined || end === undefined) continue;
    const value = tokens.slice(i + 4, close);
    cuts.push({
      start: token.start,
      end,
      name,
      at: { unit, value: value.map((t) => sql.slice(t.start, t.end)) },
    });
  }
  return cuts;
}

function nameBefore(tokens: readonly Token[], at: number): number | undefined {
  const isName = (token: Token | undefined) => token?.kind === "word" || token?.kind === "quoted";
  let i = at - 1;
  if (!isName(tokens[i])) return undefined;
  while (tokens[i - 1]?.text === "." && isName(tokens[i - 2])) i -= 2;
  return tokens[i]?.start;
}
