/** Makers of arguments and result fields: one per PostgreSQL type that our routines speak. */
import { PgError } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Column } from "./define.ts";

export const text = (summary: string): Column<string> =>
  column({ typeOid: 25, typeName: "text", summary, read: asText, show: quoteText });

/** A dataset's name as one writes it in SQL: `bucket.name`, `name`, `"profile:ann".name`. */
export const regclass = (summary: string): Column<string> => text(summary);

export const bool = (summary: string): Column<boolean> =>
  column({ typeOid: 16, typeName: "boolean", summary, read: asBoolean, show: String });

export const int4 = (summary: string): Column<number> =>
  column({ typeOid: 23, typeName: "integer", summary, read: asInteger, show: String });

export const int8 = (summary: string): Column<bigint> =>
  column({ typeOid: 20, typeName: "bigint", summary, read: asBigint, show: String });

export const float8 = (summary: string): Column<number> =>
  column({ typeOid: 701, typeName: "double precision", summary, read: asNumber, show: String });

export const bytea = (summary: string): Column<Uint8Array> =>
  column({
    typeOid: 17,
    typeName: "bytea",
    summary,
    read: (value) => (value instanceof Uint8Array ? value : undefined),
    show: (value) => `'\\x${Buffer.from(value).toString("hex")}'::bytea`,
  });

/** JSON text. */
export const jsonb = (summary: string): Column<string> =>
  column({ typeOid: 3802, typeName: "jsonb", summary, read: asText, show: quoteText });

/** Microseconds since 1970 in UTC, as the engine keeps it: `micros(date)`. */
export const timestamptz = (summary: string): Column<bigint> =>
  column({
    typeOid: 1184,
    typeName: "timestamp with time zone",
    summary,
    read: asBigint,
    show: (value) => quoteText(new Date(Number(value / 1000n)).toISOString()),
  });

export const textArray = (summary: string): Column<readonly string[]> =>
  column({
    typeOid: 1009,
    typeName: "text[]",
    summary,
    read: (value) =>
      Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined,
    show: (value) => `ARRAY[${value.map(quoteText).join(", ")}]::text[]`,
  });

/** A text of a few known ones; any other is 22023, with the known ones as hint. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  summary: string,
): Column<Word> {
  const known = words.join(", ");
  return column<Word>({
    typeOid: 25,
    typeName: "text",
    summary: `${summary} (${known})`,
    read: (value) => words.find((word) => word === value),
    show: quoteText,
    hint: `Valid values are ${known}.`,
  });
}

export const micros = (date: Date): bigint => BigInt(date.getTime()) * 1000n;

interface Kind<Value> {
  readonly typeOid: number;
  readonly typeName: string;
  readonly summary: string;
  /** Undefined: not a value of this column. */
  readonly read: (value: EngineValue) => Value | undefined;
  /** As SQL text, for \df. */
  readonly show: (value: Value) => string;
  readonly hint?: string;
}

interface Traits<Value> {
  readonly fallback: Value | undefined;
  readonly isNullable: boolean;
  readonly isSecret: boolean;
}

function column<Value extends EngineValue>(
  kind: Kind<Value>,
  traits: Traits<Value> = { fallback: undefined, isNullable: false, isSecret: false },
): Column<Value> {
  const { typeOid, typeName, summary, read, show, hint } = kind;
  const { fallback } = traits;
  return {
    typeOid,
    typeName,
    summary,
    ...traits,
    isOptional: fallback !== undefined,
    defaultText: fallback === undefined ? undefined : fallback === null ? "NULL" : show(fallback),
    default: (value) => column(kind, { ...traits, fallback: value }),
    orNull: () =>
      column<Value | null>(
        { ...kind, show: (value) => (value === null ? "NULL" : show(value)) },
        { ...traits, fallback: null, isNullable: true },
      ),
    secret: () => column(kind, { ...traits, isSecret: true }),
    accept(value, argument) {
      if (value === null) {
        // Only a column made by orNull has this trait, and its Value holds null.
        if (traits.isNullable) return null as Value;
        throw new PgError("22004", `argument "${argument}" must not be null`);
      }
      const accepted = read(value);
      if (accepted !== undefined) return accepted;
      const shown = typeof value === "object" ? "" : `: ${JSON.stringify(String(value))}`;
      throw new PgError("22023", `invalid value for argument "${argument}"${shown}`, { hint });
    },
  };
}

const asText = (value: EngineValue): string | undefined =>
  typeof value === "string" ? value : undefined;

const asBoolean = (value: EngineValue): boolean | undefined =>
  typeof value === "boolean" ? value : undefined;

function asInteger(value: EngineValue): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return Number.isInteger(number) ? (number as number) : undefined;
}

const asBigint = (value: EngineValue): bigint | undefined =>
  typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value as number) : undefined;

const asNumber = (value: EngineValue): number | undefined =>
  typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
