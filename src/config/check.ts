/** What single parameters ask of their value beyond its type: PostgreSQL's check hooks. */
import { PgError } from "../base/error.ts";
import type { Parameter } from "./declare.ts";
import { encodingName, isServedEncoding } from "./encoding-names.ts";
import { canonicalTimeZone } from "./time-zone.ts";
import { invalidValue } from "./value.ts";

/** The value (canonical by type) → its canonical form; `current` fills in what it leaves open. */
export type Check = (name: string, value: string, current: string) => string;

/** Keyed by the parameter's lower-case name. */
export const checks: Readonly<Record<string, Check>> = {
  application_name: (_name, value) => asciiOnly(value),
  client_encoding: checkClientEncoding,
  datestyle: checkDateStyle,
  default_table_access_method: (name, value) => {
    if (value === "heap") return value;
    throw invalidValue(name, value, { detail: `Table access method "${value}" does not exist.` });
  },
  default_tablespace: (name, value) => {
    if (value === "" || value === "pg_default") return value;
    throw invalidValue(name, value, { detail: `Tablespace "${value}" does not exist.` });
  },
  search_path: (name, value) => {
    if (splitNames(value)) return value;
    throw invalidValue(name, value, { detail: "List syntax is invalid." });
  },
  timezone: checkTimeZone,
};

/** 0A000 for a value that PostgreSQL takes and this server cannot yet honour. */
export function checkServed(parameter: Parameter, value: string): void {
  if (!parameter.only || parameter.only.includes(value)) return;
  const values = parameter.only.map((served) => `"${served}"`).join(", ");
  throw new PgError("0A000", `parameter "${parameter.name}" set to "${value}" is not supported`, {
    hint: `Supported: ${values}.`,
  });
}

/**
 * The names of a search_path-like list, unquoted ones in lower case: `"$user", Sales` → `$user`, `sales`.
 * Undefined when it is not a list.
 */
export function splitNames(list: string): readonly string[] | undefined {
  if (list.trim() === "") return [];
  const name = /\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*/y;
  const found: string[] = [];
  for (;;) {
    const match = name.exec(list);
    if (!match) return undefined;
    found.push(match[1]?.replaceAll('""', '"') ?? match[2]?.toLowerCase() ?? "");
    if (name.lastIndex === list.length) return found;
    if (list[name.lastIndex] !== ",") return undefined;
    name.lastIndex++;
  }
}

/** A byte that is not printable ASCII becomes a question mark: what PostgreSQL 15 reports in application_name. */
function asciiOnly(value: string): string {
  if (/^[ -~]*$/.test(value)) return value;
  const bytes = Uint8Array.from(Buffer.from(value), (byte) =>
    byte < 32 || byte > 126 ? 0x3f : byte,
  );
  return Buffer.from(bytes).toString("latin1");
}

/** PostgreSQL's name of it, whatever it was called; asyncpg's quoted 'utf-8' is understood. */
function checkClientEncoding(name: string, value: string): string {
  const encoding = encodingName(value);
  if (encoding === undefined) throw invalidValue(name, value);
  if (isServedEncoding(encoding)) return encoding;
  throw new PgError("0A000", `invalid value for parameter "${name}": "${value}"`, {
    detail: `Conversion between ${encoding} and UTF8 is not supported.`,
  });
}

const dateStyles: Readonly<Record<string, string>> = { iso: "ISO", sql: "SQL", german: "German" };
const dateOrders: Readonly<Record<string, string>> = { ymd: "YMD", dmy: "DMY", mdy: "MDY" };

/** Style and order, in either sequence; what is left out stays: https://www.postgresql.org/docs/15/runtime-config-client.html#GUC-DATESTYLE */
function checkDateStyle(name: string, value: string, current: string): string {
  const words = splitNames(value);
  if (!words || words.some((word) => word === ""))
    throw invalidValue(name, value, { detail: "List syntax is invalid." });
  const found: { style?: string; order?: string } = {};
  for (const raw of words) {
    const word = raw.toLowerCase();
    const part = dateStyleWord(word);
    if (!part && word !== "default")
      throw invalidValue(name, value, { detail: `Unrecognized key word: "${raw}".` });
    for (const kind of ["style", "order"] as const) {
      if (part?.[kind] !== undefined && (found[kind] ?? part[kind]) !== part[kind])
        throw invalidValue(name, value, { detail: 'Conflicting "datestyle" specifications.' });
    }
    Object.assign(found, part);
  }
  const [style = "ISO", order = "MDY"] = current.split(", ");
  const ownOrder = found.style === "German" ? "DMY" : order;
  return `${found.style ?? style}, ${found.order ?? ownOrder}`;
}

function dateStyleWord(
  word: string,
): { readonly style?: string; readonly order?: string } | undefined {
  const style = dateStyles[word] ?? (word.startsWith("postgres") ? "Postgres" : undefined);
  if (style !== undefined) return { style };
  const order = dateOrders[word] ?? dateOrderWord(word);
  return order === undefined ? undefined : { order };
}

function dateOrderWord(word: string): string | undefined {
  if (word.startsWith("euro")) return "DMY";
  if (word === "us" || word.startsWith("noneuro")) return "MDY";
  return undefined;
}

function checkTimeZone(name: string, value: string): string {
  const zone = canonicalTimeZone(value);
  if (!zone) throw invalidValue(name, value);
  if (zone.engineName !== undefined) return zone.name;
  throw new PgError("0A000", `time zone "${zone.name}" is not supported`, {
    hint: "Use a zone's name, such as Asia/Kolkata, or whole hours.",
  });
}

/** Families whose members are all declared: another name in them is a mistake, not a parameter of the user's. */
const reservedPrefixes = ["lakehouse", "hnsw"];

/** Of a name that nobody declared and that has a dot. */
export function checkCustomName(name: string): void {
  const message = `invalid configuration parameter name "${name}"`;
  if (
    !/^[a-z_\u0080-\uffff][\w$\u0080-\uffff]*(\.[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)+$/i.test(
      name,
    )
  ) {
    const detail =
      "Custom parameter names must be two or more simple identifiers separated by dots.";
    throw new PgError("42602", message, { detail });
  }
  const prefix = name.slice(0, name.indexOf(".")).toLowerCase();
  if (reservedPrefixes.includes(prefix))
    throw new PgError("42602", message, { detail: `"${prefix}" is a reserved prefix.` });
}
