/** Facts about types, as PostgreSQL's lsyscache answers them, and their names. */
import type { Node, TypeName } from "@pgsql/types";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import type { BuiltinType } from "../../catalog/builtins.ts";
import {
  typeRow as rowInForce,
  schemaExists,
  titleOf,
  typeNamed,
  userType,
} from "../../catalog/types-in-force.ts";
import { oid } from "./oids.ts";

export interface TypeWithModifier {
  readonly type: number;
  readonly typmod: number;
}

export function typeRow(type: number): BuiltinType | undefined {
  return rowInForce(type);
}

/** A domain's base type; any other type itself. */
export function baseType(type: number): number {
  const row = typeRow(type);
  return row?.typtype === "d" ? baseType(row.typbasetype) : type;
}

export function category(type: number): string {
  if (type === oid.unknown) return "X";
  return typeRow(type)?.typcategory ?? "X";
}

export function isPreferred(type: number): boolean {
  return typeRow(type)?.typispreferred ?? false;
}

/** The element type of a true array (int2vector and oidvector among them); undefined of anything else. */
export function elementType(type: number): number | undefined {
  // An array of rows is a pseudo-type to pg_type, and has elements all the same.
  if (type === oid.recordArray) return oid.record;
  const row = typeRow(type);
  return row?.typcategory === "A" && row.typelem !== 0 ? row.typelem : undefined;
}

export function arrayType(element: number): number | undefined {
  const row = typeRow(element);
  return row === undefined || row.typarray === 0 ? undefined : row.typarray;
}

export function isArray(type: number): boolean {
  return elementType(type) !== undefined;
}

const spoken: ReadonlyMap<number, string> = new Map([
  [oid.bool, "boolean"],
  [oid.bpchar, "character"],
  [oid.varchar, "character varying"],
  [oid.char, '"char"'],
  [oid.int2, "smallint"],
  [oid.int4, "integer"],
  [oid.int8, "bigint"],
  [oid.float4, "real"],
  [oid.float8, "double precision"],
  [oid.numeric, "numeric"],
  [oid.bit, "bit"],
  [oid.varbit, "bit varying"],
  [oid.interval, "interval"],
  [oid.time, "time without time zone"],
  [oid.timetz, "time with time zone"],
  [oid.timestamp, "timestamp without time zone"],
  [oid.timestamptz, "timestamp with time zone"],
]);

/** As format_type_be: what error messages call a type. */
export function typeName(type: number): string {
  const name = spoken.get(type);
  if (name !== undefined) return name;
  const row = typeRow(type);
  const own = userType(type);
  if (own !== undefined) return titleOf(own);
  if (row === undefined) return type === oid.engineTyped ? "unknown" : `type ${type}`;
  if (row.typcategory === "A" && row.typname.startsWith("_")) return `${typeName(row.typelem)}[]`;
  const plain = /^[a-z_][a-z0-9_$]*$/.test(row.typname) ? row.typname : quoteName(row.typname);
  return row.typnamespace === 11 ? plain : `information_schema.${plain}`;
}

/** 42704 for a name that no type has; the modifier from its arguments. `at` gives the error's position. */
export function resolveType(
  node: TypeName,
  fail: (error: PgError, location: number | undefined) => never,
): TypeWithModifier {
  const { location } = node;
  if (node.setof) fail(unsupported("a set of a type"), location);
  if (node.pct_type) fail(unsupported("%TYPE"), location);
  const names = nameParts(node.names);
  const found = typeNamed(names);
  if (found === undefined) {
    const [first] = names;
    if (
      names.length === 2 &&
      first !== undefined &&
      !typeSchemas.has(first) &&
      !schemaExists(first)
    ) {
      return fail(new PgError("3F000", `schema "${first}" does not exist`), location);
    }
    const brackets = "[]".repeat((node.arrayBounds ?? []).length);
    return fail(
      new PgError("42704", `type "${names.join(".")}${brackets}" does not exist`),
      location,
    );
  }
  const typmod = modifier(found, node.typmods ?? [], (error) => fail(error, location));
  if ((node.arrayBounds ?? []).length === 0) return { type: found.oid, typmod };
  const array = arrayType(found.oid);
  if (array === undefined) {
    const message = `could not find array type for data type ${typeName(found.oid)}`;
    return fail(new PgError("42704", message), location);
  }
  return { type: array, typmod };
}

const typeSchemas = new Set(["pg_catalog", "information_schema"]);

export function nameParts(names: readonly Node[] | undefined): string[] {
  return (names ?? []).map((part) => ("String" in part ? (part.String.sval ?? "") : ""));
}

/** https://www.postgresql.org/docs/15/catalog-pg-attribute.html: atttypmod, by each type's own typmodin function. */
function modifier(
  type: BuiltinType,
  nodes: readonly Node[],
  fail: (error: PgError) => never,
): number {
  if (nodes.length === 0) return -1;
  const numbers = nodes.map((node) => {
    if ("A_Const" in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0;
    return fail(new PgError("42601", "type modifiers must be simple constants or identifiers"));
  });
  const [first = 0, second] = numbers;
  switch (type.oid) {
    case oid.bpchar:
    case oid.varchar:
      return lengthModifier(type.oid === oid.bpchar ? "char" : "varchar", first, fail);
    case oid.bit:
    case oid.varbit:
      if (first < 1)
        fail(new PgError("22023", `length for type ${type.typname} must be at least 1`));
      return first;
    case oid.numeric:
      return numericModifier(first, second ?? 0, fail);
    case oid.interval:
      // The fields a literal may have, and how many digits of a second.
      return ((first & 0x7fff) << 16) | ((second ?? 0xffff) & 0xffff);
    case oid.time:
    case oid.timetz:
    case oid.timestamp:
    case oid.timestamptz:
      return Math.min(first, 6);
    default:
      return fail(
        new PgError("42601", `type modifier is not allowed for type "${typeName(type.oid)}"`),
      );
  }
}

function lengthModifier(name: string, length: number, fail: (error: PgError) => never): number {
  if (length < 1) fail(new PgError("22023", `length for type ${name} must be at least 1`));
  if (length > 10485760)
    fail(new PgError("22023", `length for type ${name} cannot exceed 10485760`));
  return length + 4;
}

function numericModifier(
  precision: number,
  scale: number,
  fail: (error: PgError) => never,
): number {
  if (precision < 1 || precision > 1000)
    fail(new PgError("22023", `NUMERIC precision ${precision} must be between 1 and 1000`));
  if (scale < -1000 || scale > 1000)
    fail(new PgError("22023", `NUMERIC scale ${scale} must be between -1000 and 1000`));
  return ((precision << 16) | (scale & 0x7ff)) + 4;
}

/** Precision and scale out of a numeric's modifier. */
export function numericShape(
  typmod: number,
): { readonly precision: number; readonly scale: number } | undefined {
  if (typmod < 4) return undefined;
  const packed = typmod - 4;
  const scale = packed & 0x7ff;
  return { precision: (packed >> 16) & 0xffff, scale: scale > 1023 ? scale - 2048 : scale };
}
