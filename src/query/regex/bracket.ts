/** Bracket expressions: [a-z], [^0-9], [[:alpha:]_], [[.a.]], [\d-]. */
import { PgError } from "../../base/error.ts";
import { type CharacterSet, characterClass, range, shorthand, union } from "./characters.ts";
import { readEscape } from "./escape.ts";

/** `at` is behind the opening bracket, and is left behind the closing one. */
export interface BracketReader {
  readonly text: string;
  at: number;
}

export interface Bracket {
  readonly set: CharacterSet;
  readonly isNegated: boolean;
}

export function readBracket(reader: BracketReader): Bracket {
  const isNegated = reader.text[reader.at] === "^";
  if (isNegated) reader.at++;
  const sets: CharacterSet[] = [];
  for (let isFirst = true; ; isFirst = false) {
    const next = reader.text[reader.at];
    if (next === undefined) throw unbalanced();
    if (next === "]" && !isFirst) break;
    sets.push(readItem(reader));
  }
  reader.at++;
  return { set: union(sets), isNegated };
}

function readItem(reader: BracketReader): CharacterSet {
  const named = /^\[:([^\]:]*):\]/.exec(reader.text.slice(reader.at, reader.at + 24));
  if (named !== null) {
    reader.at += named[0].length;
    const set = characterClass(named[1] ?? "");
    if (set === undefined) throw invalid("invalid character class");
    return set;
  }
  const short =
    reader.text[reader.at] === "\\" ? shorthand(reader.text[reader.at + 1] ?? "") : undefined;
  if (short !== undefined) {
    reader.at += 2;
    return short;
  }
  const from = readCharacter(reader);
  const isRange = reader.text[reader.at] === "-" && reader.text[reader.at + 1] !== "]";
  if (!isRange) return range(from, from);
  reader.at++;
  if (reader.text[reader.at] === undefined) throw unbalanced();
  const to = readCharacter(reader);
  if (to < from) throw invalid("invalid character range");
  return range(from, to);
}

/** Names of characters that are longer than one are those of POSIX; these are what people write. */
const names: Readonly<Record<string, string>> = {
  space: " ",
  tab: "\t",
  newline: "\n",
  hyphen: "-",
  period: ".",
  comma: ",",
};

function readCharacter(reader: BracketReader): number {
  const collating = /^\[([.=])(.+?)\1\]/su.exec(reader.text.slice(reader.at, reader.at + 24));
  if (collating !== null) {
    reader.at += collating[0].length;
    const element = collating[2] ?? "";
    const character = names[element] ?? element;
    if ([...character].length !== 1) throw invalid("invalid collating element");
    return character.codePointAt(0) ?? 0;
  }
  if (reader.text[reader.at] === "\\") {
    const { code, length } = readEscape(reader.text, reader.at);
    reader.at += length;
    return code;
  }
  const code = reader.text.codePointAt(reader.at) ?? 0;
  reader.at += code > 0xffff ? 2 : 1;
  return code;
}

const invalid = (what: string) => new PgError("2201B", `invalid regular expression: ${what}`);
const unbalanced = () => invalid("brackets [] not balanced");
