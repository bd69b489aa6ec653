/** Queries of text search made of texts: to_tsquery and its kin. https://www.postgresql.org/docs/15/textsearch-controls.html */
import { type Query, readQuery } from "../pgtypes/tsvector.ts";
import { type Lexeme, lexemesOf } from "./ts-config.ts";
import { tokensOf } from "./ts-parser.ts";

/** undefined: a word of no meaning, whose place counts all the same. */
type Draft =
  | { readonly kind: "stop" }
  | Extract<Query, { kind: "lexeme" }>
  | { readonly kind: "not"; readonly argument: Draft }
  | { readonly kind: "and" | "or"; readonly left: Draft; readonly right: Draft }
  | {
      readonly kind: "phrase";
      readonly left: Draft;
      readonly right: Draft;
      readonly distance: number;
    };

type Joining = "and" | "phrase";

/** to_tsquery: operators between words; several tokens in one operand are a phrase. */
export function queryOf(config: number, text: string): Query | undefined {
  const query = readQuery(text);
  return query && cleaned(drafted(config, query));
}

function drafted(config: number, query: Query): Draft {
  switch (query.kind) {
    case "lexeme":
      return wordsOf(config, query.text, "phrase", query);
    case "not":
      return { kind: "not", argument: drafted(config, query.argument) };
    default:
      return { ...query, left: drafted(config, query.left), right: drafted(config, query.right) };
  }
}

/** plainto_tsquery, phraseto_tsquery. */
export function plainQuery(config: number, text: string, joining: Joining): Query | undefined {
  return cleaned(wordsOf(config, text, joining, { weights: "", isPrefix: false }));
}

const stop: Draft = { kind: "stop" };

function wordsOf(
  config: number,
  text: string,
  joining: Joining,
  flags: { readonly weights: string; readonly isPrefix: boolean },
): Draft {
  const lexemes = lexemesOf(config, text);
  const places = Array.from({ length: tokensOf(text).length }, (_, i) => {
    const at: readonly Lexeme[] = lexemes.filter((lexeme) => lexeme.at === i + 1);
    return at
      .map(
        (one): Draft => ({
          kind: "lexeme",
          text: one.text,
          weights: flags.weights,
          isPrefix: flags.isPrefix,
        }),
      )
      .reduce<Draft>(
        (left, right) => (left.kind === "stop" ? right : { kind: "or", left, right }),
        stop,
      );
  });
  const [first = stop, ...rest] = places;
  return rest.reduce<Draft>(
    (left, right) =>
      joining === "and"
        ? { kind: "and", left, right }
        : { kind: "phrase", left, right, distance: 1 },
    first,
  );
}

/** websearch_to_tsquery: quotes are phrases, OR is or, a minus is not; never an error. */
export function webQuery(config: number, text: string): Query | undefined {
  const pieces = [...text.matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/g)];
  let whole: Draft | undefined;
  let isOr = false;
  let group: Draft | undefined;
  const join = (left: Draft | undefined, right: Draft, kind: "and" | "or"): Draft =>
    left === undefined ? right : { kind, left, right };
  for (const [, minus, phrase, word = ""] of pieces) {
    if (phrase === undefined && minus === "" && /^or$/i.test(word) && group !== undefined) {
      isOr = true;
      continue;
    }
    const words = wordsOf(config, phrase ?? word, "phrase", { weights: "", isPrefix: false });
    const draft: Draft = minus === "" ? words : { kind: "not", argument: words };
    if (isOr) {
      whole = group === undefined ? whole : join(whole, group, "or");
      group = draft;
    } else group = join(group, draft, "and");
    isOr = false;
  }
  const query = group === undefined ? whole : join(whole, group, "or");
  return query && cleaned(query);
}

interface Kept {
  readonly query: Query | undefined;
  /** Places that were taken up by stop words before and behind. */
  readonly before: number;
  readonly behind: number;
}

function cleaned(draft: Draft): Query | undefined {
  return withoutStops(draft).query;
}

/** https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/tsquery_cleanup.c: clean_stopword_intree */
function withoutStops(draft: Draft): Kept {
  if (draft.kind === "stop") return { query: undefined, before: 0, behind: 0 };
  if (draft.kind === "lexeme") return { query: draft, before: 0, behind: 0 };
  if (draft.kind === "not") {
    const { query: argument } = withoutStops(draft.argument);
    return { query: argument && { kind: "not", argument }, before: 0, behind: 0 };
  }
  const [left, right] = [withoutStops(draft.left), withoutStops(draft.right)];
  const own = draft.kind === "phrase" ? draft.distance : undefined;
  if (left.query === undefined && right.query === undefined) {
    const gap =
      own === undefined ? Math.max(left.before, right.before) : left.before + own + right.before;
    return { query: undefined, before: gap, behind: gap };
  }
  if (left.query === undefined) {
    const before = own === undefined ? right.before : left.before + own + right.before;
    return { ...right, before };
  }
  if (right.query === undefined) {
    const behind = own === undefined ? left.behind : left.behind + own + right.behind;
    return { ...left, behind };
  }
  const ends = { before: left.before, behind: right.behind };
  const parts = { left: left.query, right: right.query };
  if (own === undefined || draft.kind !== "phrase")
    return { query: { kind: draft.kind === "or" ? "or" : "and", ...parts }, ...ends };
  const distance = own + left.behind + right.before;
  return { query: { kind: "phrase", ...parts, distance }, ...ends };
}
