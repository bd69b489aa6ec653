/** Sets of characters in regular expressions: classes, ranges, and both cases. */

/** Whether a code point is in the set. */
export type CharacterSet = (codePoint: number) => boolean;

const byPattern = (pattern: RegExp): CharacterSet => {
  // Most texts are ASCII: those answers are kept.
  const ascii = Array.from({ length: 128 }, (_, code) => pattern.test(String.fromCharCode(code)));
  return (code) => (code < 128 ? (ascii[code] ?? false) : pattern.test(String.fromCodePoint(code)));
};

const isAlnum = byPattern(/[\p{L}\p{N}\p{M}]/u);
const isGraphic = byPattern(/[^\p{Z}\p{C}]/u);
const isSpace = byPattern(/[\t-\r \u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]/u);
const isWord: CharacterSet = (code) => code === 0x5f || isAlnum(code);
const isDigit: CharacterSet = (code) => code >= 0x30 && code <= 0x39;

/** As a UTF-8 locale of the C library has them: digits are 0 to 9 alone. */
const classes: Readonly<Record<string, CharacterSet>> = {
  alnum: isAlnum,
  alpha: byPattern(/[\p{L}\p{M}]|(?![0-9])\p{N}/u),
  ascii: (code) => code < 128,
  blank: byPattern(/[\t \u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]/u),
  cntrl: byPattern(/[\p{Cc}\u2028\u2029]/u),
  digit: isDigit,
  graph: isGraphic,
  lower: byPattern(/\p{Ll}/u),
  print: (code) => code === 0x20 || isGraphic(code),
  punct: (code) => isGraphic(code) && !isAlnum(code),
  space: isSpace,
  upper: byPattern(/\p{Lu}/u),
  xdigit: byPattern(/[0-9A-Fa-f]/),
  word: isWord,
};

export function characterClass(name: string): CharacterSet | undefined {
  return Object.hasOwn(classes, name) ? classes[name] : undefined;
}

export const wordCharacter = isWord;

/** \d, \s, \w and, in capitals, what they leave out. */
export function shorthand(letter: string): CharacterSet | undefined {
  const set = { d: isDigit, s: isSpace, w: isWord }[letter.toLowerCase()];
  if (set === undefined) return undefined;
  return letter === letter.toLowerCase() ? set : (code) => !set(code);
}

export function range(from: number, to: number): CharacterSet {
  return from === to ? (code) => code === from : (code) => code >= from && code <= to;
}

export function union(sets: readonly CharacterSet[]): CharacterSet {
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return only;
  return (code) => sets.some((set) => set(code));
}

/** Either case of a character counts. */
export function folded(set: CharacterSet): CharacterSet {
  return (code) => {
    if (set(code)) return true;
    const text = String.fromCodePoint(code);
    return (
      set(text.toLowerCase().codePointAt(0) ?? code) ||
      set(text.toUpperCase().codePointAt(0) ?? code)
    );
  };
}

/** Texts as code points, which is what places in them count. */
export function codePoints(text: string): readonly number[] {
  const codes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) at++;
    codes.push(code);
  }
  return codes;
}
