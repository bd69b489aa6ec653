/** Names as PostgreSQL prints and reads them in text: quote_ident, and 'a."B".c' into its parts. */
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { builtins } from "./builtins.ts";

/** quote_ident: quoted only where it must be. */
export function quoteIdent(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name);
  const keyword = isPlain ? builtins().keywords.get(name) : undefined;
  return isPlain && (keyword === undefined || keyword.catcode === "U") ? name : quoteName(name);
}

export function qualified(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

const partPattern = /\s*(?:"((?:[^"]|"")+)"|([^\s".]+))\s*(\.|$)/y;

/** The parts of a dotted name; unquoted ones folded. 42602 as stringToQualifiedNameList. */
export function nameParts(text: string): string[] {
  const parts: string[] = [];
  partPattern.lastIndex = 0;
  for (;;) {
    const match = partPattern.exec(text);
    if (!match) throw new PgError("42602", "invalid name syntax");
    const [, quoted, plain, end] = match;
    parts.push(quoted?.replaceAll('""', '"') ?? (plain ?? "").toLowerCase());
    if (end === "") return parts;
    if (partPattern.lastIndex >= text.length) throw new PgError("42602", "invalid name syntax");
  }
}

const identifier =
  /[ \t\n\r\f]*(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*))[ \t\n\r\f]*/y;

/** parse_ident: as `nameParts`, in its own words. Not strict: what follows the last part is let be. */
export function parseIdent(text: string, isStrict: boolean): string[] {
  const invalid = () => new PgError("22023", `string is not a valid identifier: "${text}"`);
  const parts: string[] = [];
  for (identifier.lastIndex = 0; ; ) {
    const match = identifier.exec(text);
    if (!match) throw invalid();
    const [, quoted, plain = ""] = match;
    parts.push(quoted?.replaceAll('""', '"') ?? plain.toLowerCase());
    const end = identifier.lastIndex;
    if (text[end] !== ".") {
      if (end < text.length && isStrict) throw invalid();
      return parts;
    }
    identifier.lastIndex = end + 1;
  }
}
