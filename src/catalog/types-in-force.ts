/**
 * Types people made, by OID and by name, as the statement at hand sees them. Analysis, printing and decoding wait for
 * nothing, so what they stand on is said before they begin: `useTypes`. An OID is never given twice, so a type that the
 * names at hand do not have (another session's transaction made it) is what it was when it was last seen.
 */
import { firstMadeOid, type MadeType, takeMadeTypesFrom } from "../pgtypes/made-types.ts";
import { type BuiltinType, builtins } from "./builtins.ts";
import type { CatalogVersion } from "./catalog.ts";
import { quoteIdent } from "./identifiers.ts";
import { arrayName, arrayOid, classOid, type UserType } from "./user-type.ts";

interface InForce {
  readonly catalog: Pick<CatalogVersion, "type" | "typeByOid" | "schemas">;
  /** Schemas in which an unqualified name is looked for, in order. */
  readonly path: readonly string[];
}

const nothing: InForce = {
  catalog: { type: () => undefined, typeByOid: () => undefined, schemas: new Map() },
  path: [],
};

let inForce = nothing;
/** As last committed: for those who read datasets on nobody's behalf. */
let known: InForce["catalog"] = nothing.catalog;
const seen = new Map<number, UserType>();
const seenMax = 10_000;

export function useTypes(catalog: CatalogVersion, path: readonly string[]): void {
  inForce = { catalog, path };
}

/** The same, read when a name asks for it: a statement that needs no such type does not depend on the catalog. */
export function useTypesOf(names: {
  readonly catalog: () => CatalogVersion;
  readonly path: () => readonly string[];
}): void {
  inForce = {
    get catalog() {
      return names.catalog();
    },
    get path() {
      return names.path();
    },
  };
}

export function knowTypes(catalog: CatalogVersion): void {
  known = catalog;
}

/** A type of a bucket, not an array of it. */
export function userType(oid: number): UserType | undefined {
  if (oid < firstMadeOid) return undefined;
  const found = inForce.catalog.typeByOid(oid) ?? known.typeByOid(oid);
  if (found === undefined) return seen.get(oid);
  if (seen.get(oid) !== found) {
    seen.delete(oid);
    seen.set(oid, found);
    const [oldest] = seen.keys();
    if (seen.size > seenMax && oldest !== undefined) seen.delete(oldest);
  }
  return found;
}

/** pg_type's row, of PostgreSQL's own types and of people's. */
export function typeRow(oid: number): BuiltinType | undefined {
  const builtin = builtins().typesByOid.get(oid);
  if (builtin !== undefined || oid < firstMadeOid) return builtin;
  const type = userType(oid);
  if (type !== undefined) return rowOf(type);
  const element = userType(oid - 1);
  return element && arrayRowOf(element);
}

/** By a name of one part or two; arrays have names too. */
export function typeNamed(names: readonly string[]): BuiltinType | undefined {
  const [first, second] = names;
  if (names.length === 1 && first !== undefined) {
    const builtin = builtins().typesByName.get(first);
    if (builtin !== undefined) return builtin;
    for (const schema of inForce.path) {
      const found = typeIn(schema, first);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (names.length !== 2 || first === undefined || second === undefined) return undefined;
  if (first === "pg_catalog") return builtins().typesByName.get(second);
  if (first !== "information_schema") return typeIn(first, second);
  for (const type of builtins().typesByOid.values())
    if (type.typname === second && type.typnamespace !== 11) return type;
  return undefined;
}

function typeIn(schema: string, name: string): BuiltinType | undefined {
  const type = inForce.catalog.type(schema, name);
  if (type !== undefined) return rowOf(type);
  const element = name.startsWith("_") ? inForce.catalog.type(schema, name.slice(1)) : undefined;
  return element && arrayRowOf(element);
}

export function schemaExists(name: string): boolean {
  return inForce.catalog.schemas.has(name);
}

/** A name alone where the path finds it, else with its schema. */
export function titleOf(type: Pick<UserType, "oid" | "schema" | "name">): string {
  const own = quoteIdent(type.name);
  for (const schema of inForce.path) {
    const found = inForce.catalog.type(schema, type.name);
    if (found !== undefined) return found.oid === type.oid ? own : qualified(type);
  }
  return qualified(type);
}

function qualified({ schema, name }: Pick<UserType, "schema" | "name">): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

const rows = new WeakMap<UserType, BuiltinType>();
const arrayRows = new WeakMap<UserType, BuiltinType>();

function rowOf(type: UserType): BuiltinType {
  const known = rows.get(type);
  if (known !== undefined) return known;
  const base = type.kind === "domain" ? typeRow(type.base) : undefined;
  const row: BuiltinType = {
    oid: type.oid,
    typname: type.name,
    typnamespace: inForce.catalog.schemas.get(type.schema)?.oid ?? 0,
    typlen: base?.typlen ?? (type.kind === "enum" ? 4 : -1),
    typbyval: base?.typbyval ?? type.kind === "enum",
    typtype: type.kind === "enum" ? "e" : type.kind === "domain" ? "d" : "c",
    typcategory: base?.typcategory ?? (type.kind === "enum" ? "E" : "C"),
    typispreferred: false,
    typdelim: base?.typdelim ?? ",",
    typrelid: type.kind === "composite" ? classOid(type) : 0,
    typelem: 0,
    typarray: arrayOid(type),
    typbasetype: type.kind === "domain" ? type.base : 0,
    typtypmod: type.kind === "domain" ? type.typmod : -1,
    typmodout: 0,
    typcollation: base?.typcollation ?? 0,
  };
  rows.set(type, row);
  return row;
}

function arrayRowOf(type: UserType): BuiltinType {
  const known = arrayRows.get(type);
  if (known !== undefined) return known;
  const element = rowOf(type);
  const row: BuiltinType = {
    ...element,
    oid: arrayOid(type),
    typname: arrayName(type.name),
    typlen: -1,
    typbyval: false,
    typtype: "b",
    typcategory: "A",
    typrelid: 0,
    typelem: type.oid,
    typarray: 0,
    typbasetype: 0,
    typtypmod: -1,
  };
  arrayRows.set(type, row);
  return row;
}

/** What the values' codecs want to know. */
function made(oid: number): MadeType | undefined {
  const type = userType(oid);
  if (type === undefined) return undefined;
  const common = { oid, array: arrayOid(type), name: type.name, title: titleOf(type) };
  switch (type.kind) {
    case "enum":
      return {
        ...common,
        kind: "enum",
        labels: type.labels.map(({ label }) => label),
        unsafe: type.labels.flatMap(({ label, isUncommitted }) => (isUncommitted ? [label] : [])),
      };
    case "domain":
      return { ...common, kind: "domain", base: type.base, typmod: type.typmod };
    case "composite":
      return { ...common, kind: "composite", fields: type.columns };
    default:
      return type satisfies never;
  }
}

takeMadeTypesFrom(made);
