/** The text of an expression as the client wrote it: what the catalog keeps of a default. */
import type { ColumnRef, Constraint, Node, SelectStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { unsupported } from "../../base/error.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import { positionOf, type Scope } from "../draft.ts";
import { parse } from "../parse.ts";
import { places, toUnits } from "../positions.ts";
import { scan } from "../scanner.ts";
import { strings } from "./names.ts";

/** Of the expression that follows the keyword (one token) at a place in the statement. */
export function expressionText(location: number, expression: Node, scope: Scope): string {
  const { sql } = scope.statement;
  const text = textAfter(toUnits(sql, location), sql);
  if (isTextOf(text, expression)) return text;
  throw unsupported("this default expression", {
    ...positionOf(scope, location),
    hint: "Write it in parentheses.",
  });
}

/** Of ALTER COLUMN … SET DEFAULT, whose place the parser does not tell. */
export function settledDefaultText(expression: Node, scope: Scope): string {
  const { sql } = scope.statement;
  const tokens = scan(sql);
  for (const [at, { text, start }] of tokens.entries()) {
    if (text !== "default" || tokens[at - 1]?.text !== "set") continue;
    const found = textAfter(start, sql);
    if (isTextOf(found, expression)) return found;
  }
  throw unsupported("this default expression", { hint: "Write it in parentheses." });
}

/** Of a check: what stands in the parentheses after CHECK. */
export function checkExpression(constraint: Constraint, scope: Scope): string {
  return textInParentheses("check", constraint, scope);
}

/** Of a generated column: what stands in the parentheses after AS, as PostgreSQL would write it. */
export function generationText(constraint: Constraint, scope: Scope): string {
  const text = textInParentheses("as", constraint, scope);
  const { raw_expr: tree } = constraint;
  const isOperation = tree !== undefined && ("A_Expr" in tree || "BoolExpr" in tree);
  return isOperation ? `(${text})` : text;
}

function textInParentheses(after: "check" | "as", constraint: Constraint, scope: Scope): string {
  const { sql } = scope.statement;
  const start = toUnits(sql, constraint.location ?? 0);
  const tokens = scan(sql.slice(start));
  const check = tokens.findIndex(({ kind, text }) => kind === "word" && text === after);
  const open = must(tokens[check + 1], "CHECK is followed by a parenthesis");
  let depth = 0;
  const close = tokens.slice(check + 1).find(({ kind, text }) => {
    if (kind === "symbol" && text === "(") depth++;
    if (kind === "symbol" && text === ")") depth--;
    return depth === 0;
  });
  const end = must(close, "the parser saw the parenthesis closed").start;
  const text = withoutParentheses(sql.slice(start + open.end, start + end).trim());
  if (isTextOf(text, constraint.raw_expr))
    return spaced(
      withColumnsNamed(text, (column) => column),
      constraint.raw_expr,
    );
  throw unsupported("this expression", positionOf(scope, constraint.location));
}

/** Of an expression anywhere in the statement; undefined where it cannot be told where it ends. */
export function textOfExpression(expression: Node, scope: Scope): string | undefined {
  const { sql } = scope.statement;
  const first = toUnits(sql, Math.min(...placesIn(expression)));
  const tokens = scan(sql);
  const start = tokens.findIndex((token) => token.start === first);
  const ends = tokens.slice(start, start + tokensMax);
  // A parenthesis before its first place may be its own.
  for (let from = start; from >= 0; from--) {
    const begin = tokens[from];
    if (begin === undefined || (from < start && begin.text !== "(")) break;
    for (const end of ends) {
      const text = sql.slice(begin.start, end.end);
      if (isBalanced(text) && isTextOf(text, expression)) return spaced(text, expression);
    }
  }
  return undefined;
}

const tokensMax = 100;

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const { kind, text: token } of scan(text)) {
    if (kind !== "symbol") continue;
    if (token === "(" || token === "[") depth++;
    if (token === ")" || token === "]") depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function placesIn(node: unknown): readonly number[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, part]) =>
    key === "location" && typeof part === "number" && part >= 0 ? [part] : placesIn(part),
  );
}

/** Those round all of it say nothing, and would be more with every dump that is restored. */
function withoutParentheses(text: string): string {
  const tokens = scan(text);
  let depth = 0;
  const close = tokens.findIndex(({ kind, text: token }) => {
    if (kind === "symbol" && token === "(") depth++;
    if (kind === "symbol" && token === ")") depth--;
    return depth === 0;
  });
  if (tokens[0]?.text !== "(" || close !== tokens.length - 1) return text;
  // A query is an expression by its parentheses.
  if (["select", "values", "with", "table"].includes(tokens[1]?.text ?? "")) return text;
  return withoutParentheses(text.slice(1, -1).trim());
}

/** As PostgreSQL would write the plainest of conditions: operators between blanks, its words in capitals. */
function spaced(text: string, expression: Node | undefined): string {
  const tokens = scan(text);
  if (tokens.some(({ kind, text: token }) => kind === "symbol" && !plainSymbols.has(token)))
    return text;
  const words = tokens.map(({ kind, start, end, text: token }) =>
    kind === "word" && plainWords.has(token) ? token.toUpperCase() : text.slice(start, end),
  );
  const made = words
    .join(" ")
    .replaceAll("( ", "(")
    .replaceAll(" )", ")")
    .replaceAll(" ,", ",")
    .replace(/\b(?!AND|OR|NOT|IN\b)(\w+) \(/g, "$1(");
  const isSame = withoutPlaces(parsedExpression(made)) === withoutPlaces(expression);
  return isSame ? made : text;
}

const plainSymbols: ReadonlySet<string> = new Set([
  "=",
  "<",
  ">",
  "<=",
  ">=",
  "<>",
  "+",
  "-",
  "*",
  "/",
  "%",
  "||",
  "(",
  ")",
  ",",
]);
const plainWords: ReadonlySet<string> = new Set(["and", "or", "not", "is", "null"]);

/** A text that is kept with its columns called otherwise, and without the table's name before them: that may change too. */
export function withColumnsNamed(text: string, nameOf: (column: string) => string): string {
  const tokens = scan(text);
  const edits = columnReferences(parsedExpression(text)).flatMap(
    ({ fields = [], location = 0 }) => {
      const unit = toUnits(text, location - "SELECT ".length);
      const first = tokens.findIndex(({ start }) => start === unit);
      const [begin, end] = [tokens[first], tokens[first + 2 * (fields.length - 1)]];
      const column = strings(fields).at(-1);
      const name = column === undefined ? undefined : nameOf(column);
      if (!begin || !end || name === undefined) return [];
      const isSame = fields.length === 1 && name === column;
      return isSame ? [] : [{ start: begin.start, end: end.end, name: quoteIdent(name) }];
    },
  );
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((left, { start, end, name }) => left.slice(0, start) + name + left.slice(end), text);
}

export function columnsNamedIn(text: string): readonly string[] {
  return columnReferences(parsedExpression(text)).map(({ fields }) => strings(fields).at(-1) ?? "");
}

function columnReferences(node: unknown): ColumnRef[] {
  if (typeof node !== "object" || node === null) return [];
  if ("ColumnRef" in node) return [node.ColumnRef as ColumnRef];
  return Object.values(node).flatMap(columnReferences);
}

/** A text that is kept, as a tree. */
export function parsedExpression(text: string): Node | undefined {
  const [statement] = parse(`SELECT ${text}`, new Set());
  const tree = statement?.tree as { SelectStmt?: SelectStmt } | undefined;
  const [target] = tree?.SelectStmt?.targetList ?? [];
  return target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
}

/** What is kept must mean, on its own, what the statement said. */
function isTextOf(text: string, expression: Node | undefined): boolean {
  try {
    return withoutPlaces(parsedExpression(text)) === withoutPlaces(expression);
  } catch {
    return false;
  }
}

function withoutPlaces(node: Node | undefined): string | undefined {
  return JSON.stringify(node, (key, part: unknown) => (places.has(key) ? undefined : part));
}

/** From a keyword to where the next constraint, column or the list's end begins. */
function textAfter(start: number, sql: string): string {
  let depth = 0;
  let end = sql.length;
  const tokens = scan(sql.slice(start)).slice(1);
  for (const [at, { kind, text, start: from }] of tokens.entries()) {
    if (kind === "symbol" && (text === "(" || text === "[")) depth++;
    if (kind === "symbol" && (text === ")" || text === "]")) depth--;
    const isEnd =
      depth < 0 ||
      (depth === 0 && (text === "," || (kind === "word" && startsConstraint(tokens, at))));
    if (isEnd) {
      end = start + from;
      break;
    }
  }
  const first = tokens[0]?.start ?? 0;
  return sql.slice(start + first, end).trim();
}

/** What may follow a default expression (b_expr holds none of these outside parentheses). */
function startsConstraint(tokens: readonly { readonly text: string }[], at: number): boolean {
  const [text = "", next = "", before = ""] = [
    tokens[at]?.text,
    tokens[at + 1]?.text,
    tokens[at - 1]?.text,
  ];
  if (text === "not") return next === "null" || next === "deferrable" || next === "enforced";
  if (text === "null")
    return at > 0 && !/^[=<>+\-*/,(]|^(when|then|else|from|is|and)$/.test(before);
  return [
    "constraint",
    "check",
    "unique",
    "primary",
    "references",
    "generated",
    "default",
    "collate",
  ].includes(text);
}
