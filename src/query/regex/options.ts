/** What flags of the regexp_ functions and options at a pattern's start say. */
import { PgError } from "../../base/error.ts";

export interface Options {
  readonly ignoresCase: boolean;
  /** A dot and [^…] match no line end. */
  readonly dotStopsAtLine: boolean;
  /** ^ and $ match at line ends too. */
  readonly anchorsAtLines: boolean;
  readonly isExpanded: boolean;
  readonly isLiteral: boolean;
}

export const defaultOptions: Options = {
  ignoresCase: false,
  dotStopsAtLine: false,
  anchorsAtLines: false,
  isExpanded: false,
  isLiteral: false,
};

const changes: Readonly<Record<string, Partial<Options>>> = {
  // Basic and extended syntax: an advanced pattern is read where they mean the same.
  c: { ignoresCase: false },
  e: {},
  i: { ignoresCase: true },
  m: { dotStopsAtLine: true, anchorsAtLines: true },
  n: { dotStopsAtLine: true, anchorsAtLines: true },
  p: { dotStopsAtLine: true, anchorsAtLines: false },
  q: { isLiteral: true },
  s: { dotStopsAtLine: false, anchorsAtLines: false },
  t: { isExpanded: false },
  w: { dotStopsAtLine: false, anchorsAtLines: true },
  x: { isExpanded: true },
};

/** A function's flags; `g` is told apart. 22023 for a letter that is none. */
export function readFlags(flags: string): {
  readonly options: Options;
  readonly isGlobal: boolean;
} {
  let options = defaultOptions;
  let isGlobal = false;
  for (const letter of flags) {
    if (letter === "g") isGlobal = true;
    else options = { ...options, ...changed(letter) };
  }
  return { options, isGlobal };
}

function changed(letter: string): Partial<Options> {
  const change = changes[letter];
  if (letter === "b")
    throw new PgError("0A000", "basic regular expressions are not supported", {
      hint: "Write an advanced regular expression.",
    });
  if (change === undefined)
    throw new PgError("22023", `invalid regular expression option: "${letter}"`);
  return change;
}

/** `***=`, `***:` and (?letters) at the start; what is left is the pattern itself. */
export function readDirectives(pattern: string, given: Options): readonly [string, Options] {
  if (given.isLiteral) return [pattern, given];
  if (pattern.startsWith("***=")) return [pattern.slice(4), { ...given, isLiteral: true }];
  const body = pattern.replace(/^\*\*\*:/, "");
  const embedded = /^\(\?([a-z]+)\)/.exec(body);
  if (embedded === null) return [body, given];
  let options = given;
  for (const letter of embedded[1] ?? "") {
    if (letter === "b" || changes[letter] !== undefined)
      options = { ...options, ...changed(letter) };
    else throw new PgError("2201B", "invalid regular expression: invalid embedded option");
  }
  return [body.slice(embedded[0].length), options];
}
