/** The character sets PostgreSQL knows: https://www.postgresql.org/docs/15/multibyte.html#CHARSET-TABLE */

/** PostgreSQL's name, and what else it is called, in lower case without punctuation. */
const encodings: readonly (readonly [name: string, aliases: string])[] = [
  ["SQL_ASCII", ""],
  ["UTF8", "unicode"],
  ["LATIN1", "iso88591"],
  ["LATIN2", "iso88592"],
  ["LATIN3", "iso88593"],
  ["LATIN4", "iso88594"],
  ["LATIN5", "iso88599"],
  ["LATIN6", "iso885910"],
  ["LATIN7", "iso885913"],
  ["LATIN8", "iso885914"],
  ["LATIN9", "iso885915"],
  ["LATIN10", "iso885916"],
  ["ISO_8859_5", ""],
  ["ISO_8859_6", ""],
  ["ISO_8859_7", ""],
  ["ISO_8859_8", ""],
  ["KOI8R", "koi8"],
  ["KOI8U", ""],
  ["WIN866", "alt windows866"],
  ["WIN874", "windows874"],
  ["WIN1250", "windows1250"],
  ["WIN1251", "windows1251 win"],
  ["WIN1252", "windows1252"],
  ["WIN1253", "windows1253"],
  ["WIN1254", "windows1254"],
  ["WIN1255", "windows1255"],
  ["WIN1256", "windows1256"],
  ["WIN1257", "windows1257"],
  ["WIN1258", "windows1258 abc tcvn tcvn5712 vscii"],
  ["EUC_JP", ""],
  ["EUC_KR", ""],
  ["EUC_CN", ""],
  ["SJIS", "shiftjis mskanji win932 windows932"],
  ["BIG5", "win950 windows950"],
  ["GBK", "win936 windows936"],
  ["UHC", "win949 windows949"],
  ["GB18030", ""],
  ["EUC_TW", ""],
  ["EUC_JIS_2004", ""],
  ["SHIFT_JIS_2004", ""],
  ["JOHAB", ""],
  ["MULE_INTERNAL", ""],
];

/** Those that nobody here has a table for. */
const unserved: ReadonlySet<string> = new Set([
  "EUC_TW",
  "EUC_JIS_2004",
  "SHIFT_JIS_2004",
  "JOHAB",
  "MULE_INTERNAL",
]);

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

const byName = new Map(
  encodings.flatMap(([name, aliases]) =>
    [name, ...aliases.split(" ")].map((each) => [plain(each), name] as const),
  ),
);
byName.delete("");

/** PostgreSQL's own name of it; undefined: there is none of that name. Case and punctuation do not count. */
export function encodingName(name: string): string | undefined {
  return byName.get(plain(name));
}

/** By PostgreSQL's own name. */
export function isServedEncoding(name: string): boolean {
  return !unserved.has(name);
}
