/**
 * PostgreSQL's lexical rules, enough to find words and places in a text that no grammar has taken yet.
 * https://www.postgresql.org/docs/15/sql-syntax-lexical.html. Never a judge of what a text means: parsers are.
 */

export type TokenKind = "word" | "quoted" | "string" | "number" | "parameter" | "symbol";

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 offsets into the text scanned; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** Words in lower case, quoted identifiers without their quotes, anything else as written. */
  readonly text: string;
}

const blank = /[ \t\n\r\f\v]+/y;
const lineComment = /--[^\n\r]*/y;
const word = /[A-Za-z_\u0080-\uffff][A-Za-z_\u0080-\uffff0-9$]*/y;
const quoted = /"(?:[^"]|"")*(?:"|$)/y;
const plainString = /'(?:[^']|'')*(?:'|$)/y;
const escapeString = /'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z_\u0080-\uffff0-9]*)?\$/y;
const parameter = /\$[0-9]+/y;
const number =
  /0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?/y;
const symbol = /::|:=|=>|\.\.|[,()[\].;:{}\\]|[~!@#^&|`?+\-*/%<>=]+/y;

/** Every token but blanks and comments. What is unterminated reaches to the end; the parser will say so. */
export function scan(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const gap = match(blank, text, at) ?? match(lineComment, text, at) ?? blockComment(text, at);
    if (gap !== undefined) {
      at = gap;
      continue;
    }
    const token = next(text, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function next(text: string, start: number): Token {
  const prefixed = prefixedString(text, start);
  if (prefixed !== undefined) return prefixed;
  const wordEnd = match(word, text, start);
  if (wordEnd !== undefined)
    return { kind: "word", start, end: wordEnd, text: lower(text.slice(start, wordEnd)) };
  const character = text[start];
  if (character === '"') return quotedIdentifier(text, start, start);
  if (character === "'") return verbatim("string", text, start, match(plainString, text, start));
  if (character === "$") return dollar(text, start);
  const numberEnd = match(number, text, start);
  if (numberEnd !== undefined) return verbatim("number", text, start, numberEnd);
  return verbatim("symbol", text, start, operatorEnd(text, start));
}

/** E'…', B'…', X'…', N'…', U&'…' and U&"…": the prefix belongs to the literal. */
function prefixedString(text: string, start: number): Token | undefined {
  const prefix = /(?:[eE]|[bBxXnN]|[uU]&)(?=['"])/y;
  const end = match(prefix, text, start);
  if (end === undefined) return undefined;
  if (text[end] === '"') return end - start === 2 ? quotedIdentifier(text, start, end) : undefined;
  const isEscape = text[start] === "e" || text[start] === "E";
  return verbatim("string", text, start, match(isEscape ? escapeString : plainString, text, end));
}

function quotedIdentifier(text: string, start: number, quote: number): Token {
  const end = match(quoted, text, quote) ?? text.length;
  const name = text.slice(quote + 1, end - 1).replaceAll('""', '"');
  return { kind: "quoted", start, end, text: name };
}

function dollar(text: string, start: number): Token {
  const parameterEnd = match(parameter, text, start);
  if (parameterEnd !== undefined) return verbatim("parameter", text, start, parameterEnd);
  const tagEnd = match(dollarTag, text, start);
  if (tagEnd === undefined) return verbatim("symbol", text, start, start + 1);
  const close = text.indexOf(text.slice(start, tagEnd), tagEnd);
  return verbatim("string", text, start, close < 0 ? text.length : close + (tagEnd - start));
}

function verbatim(kind: TokenKind, text: string, start: number, end = text.length): Token {
  return { kind, start, end, text: text.slice(start, end) };
}

/** An operator stops where a comment begins. */
function operatorEnd(text: string, start: number): number {
  const end = match(symbol, text, start) ?? start + 1;
  for (let i = start + 1; i < end; i++) {
    const pair = text.slice(i, i + 2);
    if (pair === "--" || pair === "/*") return i;
  }
  return end;
}

/** They nest. */
function blockComment(text: string, start: number): number | undefined {
  if (!text.startsWith("/*", start)) return undefined;
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** PostgreSQL folds ASCII only. */
function lower(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
