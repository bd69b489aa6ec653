/** SQL's own regular expressions (SIMILAR TO) as PostgreSQL's. https://www.postgresql.org/docs/15/functions-matching.html#FUNCTIONS-SIMILARTO-REGEXP */
import { PgError } from "../../base/error.ts";

/** For a match of the whole text. Nothing in it is captured. */
export function similarPattern(pattern: string, escapeWith: string): string {
  return similarParts(pattern, escapeWith);
}

/**
 * The same, where `escape "` twice cuts it in three: of the first as little as can be, of the second as much, and it is
 * what is captured.
 */
export function similarParts(pattern: string, escapeWith: string): string {
  if ([...escapeWith].length > 1)
    throw new PgError("22025", "invalid escape string", {
      hint: "Escape string must be empty or one character.",
    });
  let result = "^(?:";
  let separators = 0;
  let inBracket = false;
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === escapeWith) {
      at++;
      const next = characters[at] ?? "";
      if (next === '"' && !inBracket) {
        result += separator(separators++);
      } else result += `\\${next}`;
    } else if (inBracket) {
      if (character === "]") inBracket = false;
      result += character === "\\" ? "\\\\" : character;
    } else if (character === "[") {
      inBracket = true;
      result += character;
      if (characters[at + 1] === "^") result += characters[++at];
      if (characters[at + 1] === "]") result += characters[++at];
    } else result += plain(character);
  }
  return `${result})$`;
}

/** The first part's shortest match, the middle's longest. */
function separator(count: number): string {
  if (count === 0) return "){1,1}?(";
  if (count === 1) return "){1,1}(?:";
  throw new PgError(
    "2200C",
    "SQL regular expression may not contain more than two escape-double-quote separators",
  );
}

function plain(character: string): string {
  if (character === "%") return ".*";
  if (character === "_") return ".";
  if (character === "(") return "(?:";
  return "\\.^$".includes(character) ? `\\${character}` : character;
}
