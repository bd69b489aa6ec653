/** The parentheses, quotes and commas of a row's text: record_in. 22P02 with PostgreSQL's details. */
import { PgError } from "../base/error.ts";

/** Each column's text, null where there is nothing between two commas. */
export function readCompositeText(text: string): readonly (string | null)[] {
  const fail = (detail: string) =>
    new PgError("22P02", `malformed record literal: "${text}"`, { detail });
  const start = text.search(/\S/);
  if (text[start] !== "(") throw fail("Missing left parenthesis.");
  const items: (string | null)[] = [];
  let at = start + 1;
  if (/^\s*\)/.test(text.slice(at))) return rest(text, text.indexOf(")", at) + 1, [], fail);
  for (;;) {
    const item = readItem(text, at, fail);
    items.push(item.value);
    at = item.end;
    if (text[at] === ",") at++;
    else return rest(text, at + 1, items, fail);
  }
}

function rest(
  text: string,
  at: number,
  items: readonly (string | null)[],
  fail: (detail: string) => PgError,
): readonly (string | null)[] {
  if (text.slice(at).trim() !== "") throw fail("Junk after right parenthesis.");
  return items;
}

/** Up to a comma or the parenthesis outside quotes; quotes may stand anywhere, and are doubled or escaped within. */
function readItem(
  text: string,
  from: number,
  fail: (detail: string) => PgError,
): { readonly value: string | null; readonly end: number } {
  if (text[from] === "," || text[from] === ")") return { value: null, end: from };
  let value = "";
  let isQuoted = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (!isQuoted && (character === "," || character === ")")) return { value, end: at };
    if (character === "\\") {
      if (at + 1 >= text.length) break;
      value += text[++at];
    } else if (character !== '"') value += character;
    else if (isQuoted && text[at + 1] === '"') value += text[++at];
    else isQuoted = !isQuoted;
  }
  throw fail("Unexpected end of input.");
}
