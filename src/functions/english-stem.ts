/** The English stemmer of Snowball, Porter's second. https://snowballstem.org/algorithms/english/stemmer.html */

const vowel = "[aeiouy]";
const exceptions: ReadonlyMap<string, string> = new Map(
  Object.entries({
    skis: "ski",
    skies: "sky",
    dying: "die",
    lying: "lie",
    tying: "tie",
    idly: "idl",
    gently: "gentl",
    ugly: "ugli",
    early: "earli",
    only: "onli",
    singly: "singl",
    sky: "sky",
    news: "news",
    howe: "howe",
    atlas: "atlas",
    cosmos: "cosmos",
    bias: "bias",
    andes: "andes",
  }),
);
const leftAlone: ReadonlySet<string> = new Set(
  "inning outing canning herring earring proceed exceed succeed".split(" "),
);

/** Lower case in, lower case out. */
export function englishStem(given: string): string {
  if (given.length < 3) return given;
  const exception = exceptions.get(given);
  if (exception !== undefined) return exception;
  const word = given
    .replace(/^'/, "")
    .replace(/^y/, "Y")
    .replace(/([aeiouy])y/g, "$1Y");
  const first = firstRegion(word);
  const regions = { first, second: regionFrom(word, first) };
  const singular = plural(word.replace(/(?:'s'|'s|')$/, ""));
  if (leftAlone.has(singular)) return singular.toLowerCase();
  const steps = [past, finalY, longSuffix, mediumSuffix, shortSuffix, ending];
  return steps.reduce((stem, step) => step(stem, regions), singular).toLowerCase();
}

interface Regions {
  readonly first: number;
  readonly second: number;
}

/** Behind the first consonant that follows a vowel. */
function regionFrom(word: string, from: number): number {
  const match = /[aeiouy][^aeiouy]/.exec(word.slice(from));
  return match === null ? word.length : from + match.index + 2;
}

function firstRegion(word: string): number {
  const [prefix] = /^(?:gener|commun|arsen)/.exec(word) ?? [];
  return prefix === undefined ? regionFrom(word, 0) : prefix.length;
}

function plural(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (/(?:ied|ies)$/.test(word)) return word.length > 4 ? word.slice(0, -2) : word.slice(0, -1);
  if (/(?:us|ss)$/.test(word)) return word;
  return new RegExp(`${vowel}.+s$`).test(word) ? word.slice(0, -1) : word;
}

function past(word: string, { first }: Regions): string {
  const [eed] = /eed(?:ly)?$/.exec(word) ?? [];
  if (eed !== undefined)
    return word.length - eed.length >= first ? `${word.slice(0, -eed.length)}ee` : word;
  const [suffix] = /(?:ed|ing)(?:ly)?$/.exec(word) ?? [];
  if (suffix === undefined) return word;
  const stem = word.slice(0, -suffix.length);
  if (!new RegExp(vowel).test(stem)) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(stem)) return stem.slice(0, -1);
  return isShort(stem, first) ? `${stem}e` : stem;
}

/** Ends in a short syllable, and nothing of it is in the first region. */
function isShort(word: string, first: number): boolean {
  return first >= word.length && endsShort(word);
}

function endsShort(word: string): boolean {
  return /[^aeiouy][aeiouy][^aeiouywxY]$/.test(word) || /^[aeiouy][^aeiouy]$/.test(word);
}

function finalY(word: string): string {
  return /.[^aeiouy][yY]$/.test(word) ? `${word.slice(0, -1)}i` : word;
}

const long: readonly (readonly [suffix: string, replacement: string])[] = [
  ["ization", "ize"],
  ["ational", "ate"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["iveness", "ive"],
  ["tional", "tion"],
  ["biliti", "ble"],
  ["lessli", "less"],
  ["entli", "ent"],
  ["ation", "ate"],
  ["alism", "al"],
  ["aliti", "al"],
  ["ousli", "ous"],
  ["iviti", "ive"],
  ["fulli", "ful"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["abli", "able"],
  ["izer", "ize"],
  ["ator", "ate"],
  ["alli", "al"],
  ["bli", "ble"],
];

function longSuffix(word: string, { first }: Regions): string {
  const found = long.find(([suffix]) => word.endsWith(suffix));
  if (found !== undefined) return replaced(word, found, first);
  if (word.endsWith("ogi"))
    return word.endsWith("logi") ? replaced(word, ["ogi", "og"], first) : word;
  return /[cdeghkmnrt]li$/.test(word) ? replaced(word, ["li", ""], first) : word;
}

function replaced(word: string, [suffix, by]: readonly [string, string], region: number): string {
  const at = word.length - suffix.length;
  return at >= region ? word.slice(0, at) + by : word;
}

const medium: readonly (readonly [suffix: string, replacement: string])[] = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["alize", "al"],
  ["icate", "ic"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ness", ""],
  ["ful", ""],
];

function mediumSuffix(word: string, { first, second }: Regions): string {
  if (word.endsWith("ative")) return replaced(word, ["ative", ""], second);
  const found = medium.find(([suffix]) => word.endsWith(suffix));
  return found === undefined ? word : replaced(word, found, first);
}

const short = /(?:ement|ance|ence|able|ible|ment|ant|ent|ism|ate|iti|ous|ive|ize|al|er|ic)$/;

function shortSuffix(word: string, { second }: Regions): string {
  const [suffix] = short.exec(word) ?? [];
  if (suffix !== undefined) return replaced(word, [suffix, ""], second);
  return /[st]ion$/.test(word) ? replaced(word, ["ion", ""], second) : word;
}

function ending(word: string, { first, second }: Regions): string {
  const at = word.length - 1;
  if (word.endsWith("e"))
    return at >= second || (at >= first && !endsShort(word.slice(0, -1)))
      ? word.slice(0, -1)
      : word;
  return word.endsWith("ll") && at >= second ? word.slice(0, -1) : word;
}
