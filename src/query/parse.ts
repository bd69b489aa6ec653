/**
 * The client's text to statements, by PostgreSQL's own parser. Knows three spellings that its grammar refuses: a bucket
 * whose name is a reserved word (`primary.x`), `AT (VERSION => n)` and `FORMAT json`; they are mended on failure only, and every
 * position afterwards is one in the client's text, counted in characters as PostgreSQL counts them.
 */
import { hasSqlDetails, loadModule, type ParseResult, parseSync } from "libpg-query";
import { PgError } from "../base/error.ts";
import { type Mended, mend } from "./mend.ts";
import { normalForm } from "./normal-form.ts";
import { characterCounter, isAscii, relocate, toCharacters, toUnits } from "./positions.ts";
import type { StatementText } from "./query.ts";
import { scan, type Token } from "./scanner.ts";

/** In UTF-16 units. A 32 MB literal holds the event loop for 0.4 s. */
export const statementLengthMax = 16 * 1024 * 1024;

/** Once, before the first `parse`. */
export async function loadParser(): Promise<void> {
  await loadModule();
  for (const text of usual) parseSync(text);
  normalForm("SELECT 1");
}

/** What is compiled when it is first called, and takes a while, is so before the first statement of a client. */
const usual = [
  "WITH a AS (SELECT 1 AS n) SELECT b.x, count(*) FROM a JOIN b ON a.n = b.n WHERE b.y LIKE 'x%' AND b.z IN (1, 2.5) GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
  "SELECT CASE WHEN $1::int > 0 THEN (SELECT max(x) FROM t) END, sum(x) OVER (PARTITION BY y), ARRAY[1, 2], t.a[1], x IS NULL",
  "INSERT INTO t(a, b) VALUES ($1, 'x') ON CONFLICT (a) DO UPDATE SET b = excluded.b RETURNING *",
  "UPDATE t SET a = a + 1 FROM u WHERE t.b = u.b",
  "DELETE FROM t WHERE a = 1",
  "CREATE TABLE t(a int PRIMARY KEY, b text NOT NULL DEFAULT 'x', CHECK (a > 0))",
  "SET x = 'y'",
  "SHOW x",
  "BEGIN; SAVEPOINT s; COMMIT",
];

/** The statements of a text; none for an empty one. 42601 with its position where no grammar of ours can take it. */
export function parse(sql: string, buckets: ReadonlySet<string>): readonly StatementText[] {
  refuseUnreadable(sql);
  if (sql.trim() === "") return [];
  const plain: Mended = { text: sql, original: sql, edits: [], at: [] };
  const first = attempt(plain);
  if (Array.isArray(first)) return first;
  const tokens = scan(sql);
  const mended = mend(sql, tokens, buckets);
  const second = mended === undefined ? first : attempt(mended);
  return Array.isArray(second) ? second : parsePieces(sql, tokens, buckets, second);
}

/** A statement that only DuckDB's grammar may take does not spoil its neighbours. */
function parsePieces(
  sql: string,
  tokens: readonly Token[],
  buckets: ReadonlySet<string>,
  failure: PgError,
): readonly StatementText[] {
  const statements: StatementText[] = [];
  for (const [start, end] of splitAtSemicolons(sql, tokens)) {
    const text = sql.slice(start, end);
    const offset = toCharacters(sql, start);
    const own = scan(text);
    if (own.length === 0) continue;
    const mended = mend(text, own, buckets) ?? { text, original: text, edits: [], at: [] };
    const result = attempt(mended);
    if (Array.isArray(result)) {
      for (const one of result) statements.push({ ...one, offset: one.offset + offset });
    } else if (mayBeDuckdb(own)) {
      statements.push(unparsed(text, offset, result));
    } else {
      throw failure;
    }
  }
  return statements;
}

function unparsed(text: string, offset: number, failure: PgError | undefined): StatementText {
  const sql = text.trim();
  const lead = text.length - text.trimStart().length;
  return {
    sql,
    offset: offset + toCharacters(text, lead),
    tree: undefined,
    endsTransaction: false,
    isTransactionControl: false,
    ...(failure === undefined ? {} : { failure: moved(failure, offset) }),
  };
}

function moved(failure: PgError, by: number): PgError {
  const { position, ...details } = failure.details;
  return new PgError(failure.sqlstate, failure.message, {
    ...details,
    ...(position === undefined ? {} : { position: position + by }),
  });
}

function attempt(mended: Mended): StatementText[] | PgError {
  try {
    return statementsOf(parseSync(mended.text), mended);
  } catch (error) {
    return asSyntaxError(error, mended);
  }
}

function statementsOf(result: ParseResult, mended: Mended): StatementText[] {
  const places = positionsOf(mended);
  const statements: StatementText[] = [];
  for (const { stmt, stmt_location = 0, stmt_len = 0 } of result.stmts ?? []) {
    if (stmt === undefined) continue;
    const end = stmt_len === 0 ? places.byteLength : stmt_location + stmt_len;
    const [from, to] = [places.unit(stmt_location), places.unit(end)];
    const text = mended.original.slice(from, to);
    const lead = text.length - text.trimStart().length;
    const offset = toCharacters(mended.original, from + lead);
    statements.push(
      readsJoinAsAlias(text)
        ? unparsed(text, toCharacters(mended.original, from), undefined)
        : {
            sql: text.trim(),
            offset,
            tree:
              offset === 0 && places.areCharacters
                ? stmt
                : relocate(stmt, (byte) => places.character(byte) - offset),
            ...transactionFacts(stmt),
            ...timeTravel(mended, offset, from, to),
          },
    );
  }
  return statements;
}

/** From the parser's byte offsets to the client's text. */
function positionsOf(mended: Mended): {
  readonly byteLength: number;
  /** The parser's own numbers are right as they are. */
  readonly areCharacters: boolean;
  unit(byte: number): number;
  character(byte: number): number;
} {
  const { text, original } = mended;
  const toUnit = isAscii(text) ? (byte: number) => byte : byteToUnit(text);
  const count = characterCounter(original);
  const unit = (byte: number) => unmend(mended, toUnit(byte));
  return {
    byteLength: Buffer.byteLength(text),
    areCharacters: isAscii(text) && mended.edits.length === 0,
    unit,
    character: (byte) => count(unit(byte)),
  };
}

function byteToUnit(text: string): (byte: number) => number {
  const units = new Uint32Array(Buffer.byteLength(text) + 1);
  let byte = 0;
  for (let unit = 0; unit < text.length; unit++) {
    const code = text.codePointAt(unit) ?? 0;
    units[byte] = unit;
    byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code >= 0x10000) unit++;
  }
  units[byte] = text.length;
  return (at) => units[at] ?? text.length;
}

function unmend(mended: Mended, unit: number): number {
  let shift = 0;
  for (const edit of mended.edits) {
    if (edit.start + shift >= unit) break;
    shift += edit.replacement.length - (edit.end - edit.start);
  }
  return Math.max(0, unit - shift);
}

function timeTravel(
  mended: Mended,
  offset: number,
  from: number,
  to: number,
): Pick<StatementText, "at"> {
  const own = mended.at.filter(({ start }) => start >= from && start < to);
  if (own.length === 0) return {};
  return {
    at: new Map(own.map(({ start, at }) => [toCharacters(mended.original, start) - offset, at])),
  };
}

const exits = new Set(["TRANS_STMT_COMMIT", "TRANS_STMT_PREPARE", "TRANS_STMT_ROLLBACK"]);

function transactionFacts(
  stmt: object,
): Pick<StatementText, "endsTransaction" | "isTransactionControl"> {
  const kind = "TransactionStmt" in stmt ? transactionKind(stmt.TransactionStmt) : undefined;
  return {
    endsTransaction: kind !== undefined && (exits.has(kind) || kind === "TRANS_STMT_ROLLBACK_TO"),
    isTransactionControl: kind !== undefined,
  };
}

function transactionKind(node: unknown): string {
  return typeof node === "object" && node !== null && "kind" in node ? String(node.kind) : "";
}

/** `a ASOF JOIN b` is an alias to PostgreSQL's grammar and a join to everybody who writes it. */
function readsJoinAsAlias(text: string): boolean {
  if (!/\b(?:asof|semi|anti|positional)\b[^;]*\bjoin\b/i.test(text)) return false;
  const tokens = scan(text);
  return tokens.some((token, i) => {
    const [before, after] = [tokens[i - 1], tokens[i + 1]];
    return (
      token.kind === "word" &&
      ["asof", "semi", "anti", "positional"].includes(token.text) &&
      after?.kind === "word" &&
      ["join", "left", "right", "full", "inner"].includes(after.text) &&
      before !== undefined &&
      (before.kind === "quoted" || before.text === ")" || before.kind === "word") &&
      !["as", "from", "join", "lateral", "only"].includes(before.text)
    );
  });
}

const duckdbStarts = new Set(
  "select from with summarize describe desc pivot unpivot values table ( insert create copy explain declare prepare".split(
    " ",
  ),
);

function mayBeDuckdb(tokens: readonly Token[]): boolean {
  const [first] = tokens;
  return first !== undefined && duckdbStarts.has(first.text);
}

function splitAtSemicolons(sql: string, tokens: readonly Token[]): [number, number][] {
  const pieces: [number, number][] = [];
  let start = 0;
  for (const token of tokens) {
    if (token.kind !== "symbol" || token.text !== ";") continue;
    pieces.push([start, token.start]);
    start = token.end;
  }
  pieces.push([start, sql.length]);
  return pieces;
}

function refuseUnreadable(sql: string): void {
  if (sql.length > statementLengthMax)
    throw new PgError("54000", "statement is too long", {
      detail: `It has ${sql.length} characters; the limit is ${statementLengthMax}.`,
      hint: "Load large amounts of data with COPY.",
    });
  // The parser takes a C string: it would not see what follows a NUL.
  if (sql.includes("\0"))
    throw new PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00');
  if (/\p{Surrogate}/u.test(sql))
    throw new PgError("22021", 'invalid byte sequence for encoding "UTF8": 0xed');
}

/** SQLSTATEs the parser's own messages have in PostgreSQL's sources; it does not hand them out itself. */
const states: readonly (readonly [RegExp, string])[] = [
  [/^invalid Unicode (escape|surrogate)/, "42601"],
  [/not (yet )?implemented|cannot be (changed|marked)|not supported/, "0A000"],
  [/^precision for type/, "22023"],
  [/^frame (?:starting|start|end)/, "42P20"],
  [/^memory exhausted|stack depth/, "54001"],
];

function asSyntaxError(error: unknown, mended: Mended): PgError {
  // The parser's own text for it is cut out of its build.
  if (error instanceof Error && error.message.includes("pg_verifymbstr"))
    return new PgError("22021", 'invalid byte sequence for encoding "UTF8"');
  if (hasSqlDetails(error)) {
    const { message, cursorPosition } = error.sqlDetails ?? {
      message: error.message,
      cursorPosition: 0,
    };
    const state = states.find(([pattern]) => pattern.test(message))?.[1] ?? "42601";
    return new PgError(state, unquoted(message, mended), {
      position: characterInOriginal(mended, cursorPosition) + 1,
    });
  }
  // Thousands of nested operators: the tree is too deep for JavaScript's or WebAssembly's stack.
  if (error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError"))
    return new PgError("54001", "stack depth limit exceeded");
  throw error;
}

/** What was quoted on the client's behalf is named as the client wrote it. */
function unquoted(message: string, mended: Mended): string {
  for (const edit of mended.edits) {
    const suffix = `at or near "${edit.replacement}"`;
    if (message.endsWith(suffix))
      return `${message.slice(0, -suffix.length)}at or near "${mended.original.slice(edit.start, edit.end)}"`;
  }
  return message;
}

function characterInOriginal(mended: Mended, character: number): number {
  if (mended.edits.length === 0) return character;
  const unit = toUnits(mended.text, character);
  return toCharacters(mended.original, unmend(mended, unit));
}
