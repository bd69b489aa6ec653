/**
 * The second road: what PostgreSQL's grammar refuses and DuckDB's may take. A query goes whole; of what stands round a
 * query (CREATE TABLE … AS, COPY (…) TO, EXPLAIN, DECLARE, INSERT), PostgreSQL's parser reads the outside, with a
 * query of its own in the place of the body, and DuckDB's the body.
 */
import type { Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { AnalyzedQuery } from "../analyze/analyze.ts";
import type { AuthorizedStatement } from "../authorize.ts";
import { analyzedUses, type Draft, type Scope } from "../draft.ts";
import { quoteBuckets } from "../mend.ts";
import { parse } from "../parse.ts";
import type { StatementText } from "../query.ts";
import { scan, type Token } from "../scanner.ts";
import { draftInsert } from "./insert.ts";
import { analyzeByDuckdb } from "./query.ts";

/** What statement.ts lends: handlers for the outside, and the one way to authority. */
export interface Planner {
  draftOf(tree: Node, scope: Scope): Promise<Draft>;
  authorized(draft: Draft, scope: Scope): Promise<AuthorizedStatement>;
}

/** PostgreSQL's syntax error when DuckDB's grammar does not take it either. */
export async function draftByDuckdb(scope: Scope, planner: Planner): Promise<Draft> {
  const { sql } = scope.statement;
  const tokens = scan(sql);
  if (endsListEarly(tokens)) throw syntaxError(scope.statement);
  const body = bodyWithin(tokens, sql.length);
  if (body === "none") throw syntaxError(scope.statement);
  if (body === "all") return queryDraft(await analyzed(sql, scope));
  const tree = outside(sql, body, scope);
  if ("PrepareStmt" in tree) return planner.draftOf(tree, scope);
  const query = await analyzed(sql.slice(body.start, body.end), scope);
  if ("InsertStmt" in tree) return draftInsert(tree.InsertStmt, query, scope);
  const inner: Scope = {
    ...scope,
    query: async () => query,
    plan: async (within) => {
      const node = must(within, "a statement within");
      const draft = "SelectStmt" in node ? queryDraft(query) : await planner.draftOf(node, inner);
      return planner.authorized(draft, inner);
    },
  };
  return planner.draftOf(tree, inner);
}

function queryDraft(query: AnalyzedQuery): Draft {
  return {
    plan: { kind: "select", text: query.text },
    columns: query.columns,
    parameterTypes: query.parameterTypes,
    ...analyzedUses(query),
  };
}

async function analyzed(sql: string, scope: Scope): Promise<AnalyzedQuery> {
  const { context, parameterTypes, statement } = scope;
  const text = quoteBuckets(sql, new Set(context.catalog.buckets));
  try {
    return await analyzeByDuckdb(text, parameterTypes, context);
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    if (/Only SELECT statements can be serialized/.test(error.message)) throw noQuery(sql);
    if (error.sqlstate !== "42601") throw error;
    // Both refuse it: the client reads what PostgreSQL says, where PostgreSQL says it.
    throw statement.failure ?? new PgError("42601", error.message);
  }
}

/** SELECT a, FROM t is more likely a slip than DuckDB's way to write it. */
function endsListEarly(tokens: readonly Token[]): boolean {
  return tokens.some(
    ({ kind, text }, i) => kind === "word" && text === "from" && tokens[i - 1]?.text === ",",
  );
}

function syntaxError({ failure }: StatementText): PgError {
  return failure ?? new PgError("42601", "syntax error");
}

function noQuery(sql: string): PgError {
  return /^\s*pivot\b/i.test(sql)
    ? unsupported("PIVOT without IN", {
        hint: "List the values: PIVOT t ON c IN ('a', 'b') USING …",
      })
    : unsupported("this statement of DuckDB's");
}

interface Body {
  readonly start: number;
  readonly end: number;
}

/** Where in the text the query within begins and ends; "all" when the statement is itself one. */
function bodyWithin(tokens: readonly Token[], length: number): Body | "all" | "none" {
  const [first] = tokens;
  if (first?.kind !== "word" || !wrappers.has(first.text)) return "all";
  return wrapped(first.text, tokens, length) ?? "none";
}

const wrappers = new Set(["explain", "create", "prepare", "declare", "copy", "insert"]);

function wrapped(word: string, tokens: readonly Token[], length: number): Body | undefined {
  switch (word) {
    case "explain":
      return afterExplain(tokens, length);
    case "create":
    case "prepare":
      return after(tokens, "as", length);
    case "declare":
      return after(tokens, "for", length);
    case "copy":
      return tokens[1]?.text === "(" ? parenthesised(tokens, 1) : undefined;
    case "insert":
      return afterInsert(tokens, length);
    default:
      return undefined;
  }
}

/** After the first such word that no parenthesis holds; WITH [NO] DATA at the end is the outside's. */
function after(tokens: readonly Token[], word: string, length: number): Body | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (token.text === "(") depth++;
    else if (token.text === ")") depth--;
    else if (depth === 0 && token.kind === "word" && token.text === word)
      return { start: token.end, end: withoutWithData(tokens, length) };
  }
  return undefined;
}

function withoutWithData(tokens: readonly Token[], length: number): number {
  const [third, second, last] = tokens.slice(-3);
  if (last?.text !== "data") return length;
  if (second?.text === "with") return second.start;
  return second?.text === "no" && third?.text === "with" ? third.start : length;
}

function afterExplain(tokens: readonly Token[], length: number): Body | undefined {
  let at = 1;
  if (tokens[at]?.text === "(") {
    const options = parenthesised(tokens, at);
    at = tokens.findIndex(({ start }) => options !== undefined && start > options.end);
  } else {
    while (tokens[at]?.text === "analyze" || tokens[at]?.text === "verbose") at++;
  }
  const start = tokens[at]?.start;
  if (start === undefined) return undefined;
  const inner = bodyWithin(tokens.slice(at), length);
  return inner === "all" ? { start, end: length } : inner === "none" ? undefined : inner;
}

function parenthesised(tokens: readonly Token[], open: number): Body | undefined {
  let depth = 0;
  for (const token of tokens.slice(open)) {
    if (token.text === "(") depth++;
    else if (token.text === ")" && --depth === 0)
      return { start: tokens[open]?.end ?? 0, end: token.start };
  }
  return undefined;
}

/** INSERT INTO name [AS alias] [(columns)] body. */
function afterInsert(tokens: readonly Token[], length: number): Body | undefined {
  let at = 2;
  while (tokens[at + 1]?.text === ".") at += 2;
  at++;
  if (tokens[at]?.text === "as") at += 2;
  if (tokens[at]?.text === "(") {
    const columns = parenthesised(tokens, at);
    at = tokens.findIndex(({ start }) => columns !== undefined && start > columns.end);
  }
  const start = tokens[at]?.start;
  return start === undefined ? undefined : { start, end: length };
}

/** The outside's tree. What goes before the body keeps its places. */
function outside(sql: string, body: Body, { statement, context }: Scope): Node {
  const text = `${sql.slice(0, body.start)} SELECT NULL ${sql.slice(body.end)}`;
  let statements: ReturnType<typeof parse>;
  try {
    statements = parse(text, new Set(context.catalog.buckets));
  } catch (error) {
    throw error instanceof PgError ? syntaxError(statement) : error;
  }
  const [only, ...more] = statements;
  if (only?.tree === undefined || more.length > 0) throw syntaxError(statement);
  return only.tree as Node;
}
