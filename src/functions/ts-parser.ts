/** Texts cut into tokens as PostgreSQL's default parser cuts them. https://www.postgresql.org/docs/15/textsearch-parsers.html */

export type TokenType =
  | "asciiword"
  | "word"
  | "numword"
  | "email"
  | "url"
  | "host"
  | "url_path"
  | "file"
  | "sfloat"
  | "float"
  | "int"
  | "uint"
  | "version"
  | "asciihword"
  | "hword"
  | "numhword"
  | "hword_asciipart"
  | "hword_part"
  | "hword_numpart";

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  /** In UTF-16 units from the text's beginning. */
  readonly start: number;
}

const host =
  "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]*[\\p{L}\\p{N}])?(?:\\.[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]*[\\p{L}\\p{N}])?)*\\.\\p{L}{2,}";

/** In the order in which they are tried; those without a type are stepped over. */
const patterns: readonly (readonly [
  pattern: RegExp,
  type: TokenType | undefined | "url" | "hyphenated" | "plain",
])[] = [
  [/<(?:[a-zA-Z/!?])[^<>]*>/uy, undefined],
  [/&(?:#\d+|#x[0-9a-f]+|[a-z]+);/iuy, undefined],
  [/[a-z]+:\/\//iuy, undefined],
  [new RegExp(`[\\p{L}\\p{N}_.+-]+@${host}`, "uy"), "email"],
  [new RegExp(`${host}(?::\\d+)?(?:/[^\\s"<>]*)?`, "uy"), "url"],
  [/(?:~|\.{1,2})?\/[\p{L}\p{N}_.~/-]*[\p{L}\p{N}]\/?/uy, "file"],
  [/\d+\.\d+(?:\.\d+)+/uy, "version"],
  [/[+-]?\d+(?:\.\d+)?[eE][+-]?\d+(?![\p{L}\p{N}])/uy, "sfloat"],
  [/[+-]?\d+\.\d+(?![\p{L}])/uy, "float"],
  [/[+-]\d+(?![\p{L}\p{N}])/uy, "int"],
  [/\d+(?![\p{L}\p{N}_])/uy, "uint"],
  [/\p{L}[\p{L}\p{N}]*(?:-[\p{L}\p{N}]+)+/uy, "hyphenated"],
  [/[\p{L}\p{N}]+/uy, "plain"],
];

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const found = firstMatch(text, at);
    if (found === undefined) {
      at++;
      continue;
    }
    for (const token of found.tokens) tokens.push({ ...token, start: token.start + at });
    at += found.length;
  }
  return tokens;
}

function firstMatch(
  text: string,
  at: number,
): { readonly tokens: readonly Token[]; readonly length: number } | undefined {
  // A sign belongs to a number only where a word does not end.
  const isInWord = at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1] ?? "");
  for (const [pattern, type] of patterns) {
    pattern.lastIndex = at;
    const spelled = pattern.exec(text)?.[0];
    if (spelled === undefined) continue;
    if (/^[+-]/.test(spelled) && isInWord) continue;
    return { tokens: typed(spelled, type), length: spelled.length };
  }
  return undefined;
}

function typed(text: string, type: (typeof patterns)[number][1]): readonly Token[] {
  switch (type) {
    case undefined:
      return [];
    case "url":
      return addressTokens(text);
    case "hyphenated":
      return hyphenated(text);
    case "plain":
      return [{ type: kindOf(text), text, start: 0 }];
    default:
      return [{ type, text, start: 0 }];
  }
}

function addressTokens(text: string): readonly Token[] {
  const slash = text.indexOf("/");
  if (slash < 0) return [{ type: "host", text, start: 0 }];
  return [
    { type: "url", text, start: 0 },
    { type: "host", text: text.slice(0, slash), start: 0 },
    { type: "url_path", text: text.slice(slash), start: slash },
  ];
}

function kindOf(text: string): "asciiword" | "word" | "numword" {
  if (/\p{N}/u.test(text)) return "numword";
  return /^[a-z]+$/i.test(text) ? "asciiword" : "word";
}

/** The whole, then its parts. */
function hyphenated(text: string): readonly Token[] {
  const wholes = { asciiword: "asciihword", word: "hword", numword: "numhword" } as const;
  const parts = {
    asciiword: "hword_asciipart",
    word: "hword_part",
    numword: "hword_numpart",
  } as const;
  const pieces = text.split("-");
  const kind = pieces
    .map(kindOf)
    .reduce((all, one) =>
      all === "numword" || one === "numword"
        ? "numword"
        : all === "word" || one === "word"
          ? "word"
          : all,
    );
  let start = 0;
  const tokens: Token[] = [{ type: wholes[kind], text, start }];
  for (const piece of pieces) {
    tokens.push({ type: parts[kindOf(piece)], text: piece, start });
    start += piece.length + 1;
  }
  return tokens;
}
