/** Types as text, as format_type prints and regtypein reads them. https://www.postgresql.org/docs/15/datatype.html */
import { PgError } from "../base/error.ts";
import { type BuiltinType, builtins } from "./builtins.ts";
import { nameParts, quoteIdent } from "./identifiers.ts";
import { titleOf, typeNamed, typeRow, userType } from "./types-in-force.ts";

/** The SQL standard's spellings; what is not here is printed under its own name. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["bool", "boolean"],
  ["int2", "smallint"],
  ["int4", "integer"],
  ["int8", "bigint"],
  ["float4", "real"],
  ["float8", "double precision"],
  ["bpchar", "character"],
  ["varchar", "character varying"],
  ["varbit", "bit varying"],
  ["time", "time without time zone"],
  ["timetz", "time with time zone"],
  ["timestamp", "timestamp without time zone"],
  ["timestamptz", "timestamp with time zone"],
]);

/**
 * format_type(oid, typmod). `undefined` is SQL's NULL: no modifier is meant at all; -1 says that there is none,
 * which tells bpchar from character(1).
 */
export function formatType(oid: number, typmod: number | undefined): string {
  if (oid === 0) return "-";
  const type = typeRow(oid);
  if (type === undefined) return "???";
  const element = elementOf(type);
  const name = nameWithModifier(element ?? type, typmod);
  return element === undefined ? name : `${name}[]`;
}

/** The element type of a true array; vectors (int2vector, oidvector) are not arrays to format_type. */
function elementOf(type: BuiltinType): BuiltinType | undefined {
  const element = typeRow(type.typelem);
  return element?.typarray === type.oid ? element : undefined;
}

function nameWithModifier(type: BuiltinType, typmod: number | undefined): string {
  const { typname } = type;
  if (typmod !== undefined && typmod >= 0) return printModifier(type, typmod);
  if (typname === "bpchar" && typmod !== undefined) return "bpchar";
  if (typname === "bit") return typmod === undefined ? "bit" : '"bit"';
  if (typname === "numeric" || typname === "interval") return typname;
  const spelling = spellings.get(typname);
  if (spelling !== undefined && type.typnamespace === 11) return spelling;
  const own = userType(type.oid);
  if (own !== undefined) return titleOf(own);
  const schema = type.typnamespace === 11 ? "" : "information_schema.";
  return `${schema}${quoteIdent(typname)}`;
}

function printModifier(type: BuiltinType, typmod: number): string {
  switch (type.typname) {
    case "bpchar":
      return typmod > 4 ? `character(${typmod - 4})` : "character";
    case "varchar":
      return typmod > 4 ? `character varying(${typmod - 4})` : "character varying";
    case "numeric": {
      if (typmod < 4) return "numeric";
      const scale = (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
      return `numeric(${((typmod - 4) >> 16) & 0xffff},${scale})`;
    }
    case "bit":
      return `bit(${typmod})`;
    case "varbit":
      return `bit varying(${typmod})`;
    case "time":
    case "timestamp":
      return `${type.typname}(${typmod}) without time zone`;
    case "timetz":
      return `time(${typmod}) with time zone`;
    case "timestamptz":
      return `timestamp(${typmod}) with time zone`;
    case "interval":
      return `interval${intervalModifier(typmod)}`;
    default: {
      const name = nameWithModifier(type, -1);
      return type.typmodout !== 0 || spellings.has(type.typname) ? name : `${name}(${typmod})`;
    }
  }
}

/** Bits of the fields an interval keeps, from utils/timestamp.h's INTERVAL_MASK. */
const intervalFields: ReadonlyMap<number, string> = new Map([
  [1 << 2, " year"],
  [1 << 1, " month"],
  [1 << 3, " day"],
  [1 << 10, " hour"],
  [1 << 11, " minute"],
  [1 << 12, " second"],
  [(1 << 2) | (1 << 1), " year to month"],
  [(1 << 3) | (1 << 10), " day to hour"],
  [(1 << 3) | (1 << 10) | (1 << 11), " day to minute"],
  [(1 << 3) | (1 << 10) | (1 << 11) | (1 << 12), " day to second"],
  [(1 << 10) | (1 << 11), " hour to minute"],
  [(1 << 10) | (1 << 11) | (1 << 12), " hour to second"],
  [(1 << 11) | (1 << 12), " minute to second"],
]);

function intervalModifier(typmod: number): string {
  const fields = intervalFields.get((typmod >> 16) & 0x7fff) ?? "";
  const precision = typmod & 0xffff;
  return precision === 0xffff ? fields : `${fields}(${precision})`;
}

/** Spellings that are read besides those printed. */
const readings: ReadonlyMap<string, string> = new Map([
  ...[...spellings].map(([name, spelling]) => [spelling, name] as const),
  ["int", "int4"],
  ["decimal", "numeric"],
  ["dec", "numeric"],
  ["float", "float8"],
  ["char", "bpchar"],
  ["nchar", "bpchar"],
  ["national character", "bpchar"],
  ["national char", "bpchar"],
  ["char varying", "varchar"],
  ["national character varying", "varchar"],
  ["bit", "bit"],
]);

/** The OID of a type's text; undefined when there is no such type. 42602 when it is no name. */
export function readType(text: string): number | undefined {
  const [, base = "", brackets = ""] = /^(.*?)((?:\s*\[\s*\d*\s*\])*)\s*$/s.exec(text) ?? [];
  const bare = base.replace(/\s*\(\s*[\d\s,]*\)\s*/, " ");
  const words = bare.trim().toLowerCase().replaceAll(/\s+/g, " ");
  const type = typeOfWords(words) ?? typeOfName(bare.trim());
  if (type === undefined || brackets.trim() === "") return type?.oid;
  return type.typarray === 0 ? undefined : type.typarray;
}

function typeOfWords(words: string): BuiltinType | undefined {
  const name = readings.get(words.replace(/^pg_catalog\.(?=int$|char$)/, ""));
  if (name !== undefined) return builtins().typesByName.get(name);
  if (
    /^interval( (year|month|day|hour|minute|second)( to (month|hour|minute|second))?)?$/.test(words)
  )
    return builtins().typesByName.get("interval");
  return undefined;
}

function typeOfName(text: string): BuiltinType | undefined {
  return typeNamed(nameParts(text));
}

/** As readType, but a missing type is 42704. */
export function requireType(text: string): number {
  const oid = readType(text);
  if (oid === undefined) throw new PgError("42704", `type "${text}" does not exist`);
  return oid;
}
