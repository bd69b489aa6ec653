/** Strings, where the engine has no function or another one. https://www.postgresql.org/docs/15/functions-string.html */
import { PgError } from "../base/error.ts";
import type { KernelTable } from "./kernel.ts";

function normalForm(form: string): string {
  const upper = form.toUpperCase();
  if (/^NFK?[CD]$/.test(upper)) return upper;
  throw new PgError("22023", `invalid normalization form: ${form}`);
}

function unistr(text: string): string {
  const pattern = /\\(?:(\\)|u?([\da-fA-F]{4})|\+([\da-fA-F]{6})|U([\da-fA-F]{8})|)/g;
  const read = text.replace(
    pattern,
    (_, slash?: string, four?: string, six?: string, eight?: string) => {
      if (slash !== undefined) return "\\";
      const digits = four ?? six ?? eight;
      if (digits === undefined)
        throw new PgError("42601", "invalid Unicode escape", {
          hint: "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.",
        });
      const code = Number.parseInt(digits, 16);
      if (code > 0x10ffff || code === 0)
        throw new PgError("42601", "invalid Unicode code point: ".concat(digits));
      return String.fromCodePoint(code);
    },
  );
  if (/\p{Surrogate}/u.test(read)) throw new PgError("42601", "invalid Unicode surrogate pair");
  return read;
}

const quoteLiteral = (text: string) =>
  (text.includes("\\") ? " E" : "").trim() +
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

const specifier = /%(?:%|(?:(\d+)\$)?(-)*(?:(\d+)|\*(?:(\d+)\$)?)?([\s\S])|)/g;
const starred = /^%(?:\d+\$)?-*\*/;

/** format(template, …): `values` as texts, and as identifiers. */
function format(
  template: string,
  values: readonly (string | null)[],
  identifiers: readonly (string | null)[],
): string {
  let used = 0;
  const take = (place: string | undefined, from = values): string | null => {
    if (place === "0")
      throw new PgError("22023", "format specifies argument 0, but arguments are numbered from 1");
    used = place === undefined ? used + 1 : Number(place);
    if (used > values.length) throw new PgError("22023", "too few arguments for format()");
    return from[used - 1] ?? null;
  };
  return template.replace(
    specifier,
    (found, place?: string, minus?: string, width?: string, widthPlace?: string, kind?: string) => {
      if (found === "%%") return "%";
      const size = starred.test(found) ? Number(take(widthPlace) ?? 0) : Number(width ?? 0);
      if (kind === undefined) throw unterminated();
      if (!/^[sIL]$/.test(kind))
        throw new PgError("22023", `unrecognized format() type specifier "${kind}"`, {
          hint: 'For a single "%" use "%%".',
        });
      const shown = formatted(take(place, kind === "I" ? identifiers : values), kind);
      return size < 0 || minus !== undefined ? shown.padEnd(Math.abs(size)) : shown.padStart(size);
    },
  );
}

function unterminated(): PgError {
  return new PgError("22023", "unterminated format() type specifier", {
    hint: 'For a single "%" use "%%".',
  });
}

function formatted(value: string | null, kind: string): string {
  if (kind === "s") return value ?? "";
  if (kind === "L") return value === null ? "NULL" : quoteLiteral(value);
  if (value === null)
    throw new PgError("22004", "null values cannot be formatted as an SQL identifier");
  return value;
}

export const stringKernels: KernelTable = {
  "char(int4) char": (code: number) => {
    if (code < -128 || code > 127) throw new PgError("22003", '"char" out of range');
    return code === 0 ? "" : String.fromCharCode(code & 0xff);
  },
  "int4(char) int4": (text: string) => (text === "" ? 0 : text.charCodeAt(0)),
  "normalize(text,text) text": (text: string, form: string) => text.normalize(normalForm(form)),
  "normalize(text) text": (text: string) => text.normalize("NFC"),
  "is_normalized(text) bool": (text: string) => text === text.normalize("NFC"),
  "is_normalized(text,text) bool": (text: string, form: string) =>
    text === text.normalize(normalForm(form)),
  "unistr(text) text": unistr,
  // The values after the template as one list; the same as identifiers.
  "format(text,_text,_text) text": format,
};
