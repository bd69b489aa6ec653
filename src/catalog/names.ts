/** Names ⇄ OIDs of everything the catalog lists: what regclass, regproc and their kin print and read, and what is visible. */
import { PgError } from "../base/error.ts";
import { type BuiltinProc, builtins } from "./builtins.ts";
import type { CatalogVersion } from "./catalog.ts";
import { constraintsIn } from "./constraints.ts";
import { databaseName, type Facts, type RoutineFact } from "./facts.ts";
import { formatType, readType, requireType } from "./format-type.ts";
import { nameParts, qualified, quoteIdent } from "./identifiers.ts";
import { indexesIn } from "./table-index.ts";
import { typeNamed, typeRow, userType } from "./types-in-force.ts";
import { procOfFunction } from "./user-function.ts";
import { arrayName } from "./user-type.ts";

export interface Named {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

export const pgCatalogOid = 11;

export function schemaOf(facts: Facts, oid: number): string | undefined {
  const builtin = builtins().namespaces.find((row) => row.oid === oid && row.oid !== 2200);
  return builtin?.nspname ?? facts.catalog.schemaByOid(oid)?.name;
}

export function schemaOid(facts: Facts, name: string): number | undefined {
  const builtin = builtins().namespaces.find((row) => row.nspname === name && row.oid !== 2200);
  return builtin?.oid ?? facts.catalog.schemas.get(name)?.oid;
}

export function classOf(facts: Facts, oid: number): Named | undefined {
  const builtin = builtins().classes.get(oid);
  if (builtin !== undefined) {
    return { oid, schema: schemaOf(facts, builtin.relnamespace) ?? "", name: builtin.relname };
  }
  const relation = facts.catalog.relationByOid(oid);
  if (relation !== undefined) return relation;
  const key = constraintsIn(facts.catalog).keys.get(oid);
  if (key !== undefined) return { oid, schema: key.relation.schema, name: key.constraint.name };
  const found = indexesIn(facts.catalog).get(oid);
  if (found !== undefined) return { oid, schema: found.relation.schema, name: found.index.name };
  const composite = facts.catalog.typeByOid(oid + 1);
  return composite?.kind === "composite"
    ? { oid, schema: composite.schema, name: composite.name }
    : undefined;
}

export function classNamed(facts: Facts, schema: string, name: string): number | undefined {
  const builtin = builtins().relations.get(`${schema}.${name}`);
  if (builtin !== undefined) return builtin.oid;
  const relation = facts.catalog.relation(schema, name);
  if (relation !== undefined) return relation.oid;
  const index = indexOids(facts.catalog).get(`${schema}.${name}`);
  if (index !== undefined) return index;
  const composite = facts.catalog.type(schema, name);
  if (composite?.kind === "composite") return composite.oid - 1;
  return bornClasses().get(`${schema}.${name}`);
}

const indexNames = new WeakMap<CatalogVersion, ReadonlyMap<string, number>>();

/** Of keys, and those that enforce nothing, by "schema.name". */
function indexOids(catalog: CatalogVersion): ReadonlyMap<string, number> {
  const known = indexNames.get(catalog);
  if (known !== undefined) return known;
  const made = new Map<string, number>();
  for (const { relation, index } of indexesIn(catalog).values())
    made.set(`${relation.schema}.${index.name}`, index.oid);
  for (const { relation, constraint } of constraintsIn(catalog).keys.values())
    made.set(`${relation.schema}.${constraint.name}`, constraint.indexOid);
  indexNames.set(catalog, made);
  return made;
}

let born: ReadonlyMap<string, number> | undefined;

/** What PostgreSQL is born with, indexes too, by "schema.name". */
function bornClasses(): ReadonlyMap<string, number> {
  if (born === undefined) {
    const schemas = new Map(builtins().namespaces.map(({ oid, nspname }) => [oid, nspname]));
    const classes = [...builtins().classes.values()];
    born = new Map(
      classes.map((row) => [`${schemas.get(row.relnamespace)}.${row.relname}`, row.oid]),
    );
  }
  return born;
}

export type Path = readonly string[];

export function isClassVisible(facts: Facts, path: Path, oid: number): boolean | null {
  const named = classOf(facts, oid);
  if (named === undefined) return null;
  if (!path.includes(named.schema)) return false;
  const first = path.find((schema) => classNamed(facts, schema, named.name) !== undefined);
  return first === named.schema;
}

export function isFunctionVisible(facts: Facts, path: Path, oid: number): boolean | null {
  const candidate = procOf(facts, oid);
  if (candidate === undefined) return null;
  const same = procsNamed(facts, candidate.name).filter(
    (other) => other.argumentTypes.join() === candidate.argumentTypes.join(),
  );
  const first = path.find((schema) => same.some((other) => other.schema === schema));
  return first === candidate.schema;
}

export function isTypeVisible(path: Path, oid: number): boolean | null {
  const own = userType(oid) ?? userType(oid - 1);
  if (own !== undefined) {
    const name = own.oid === oid ? own.name : arrayName(own.name);
    const first = path.map((schema) => typeNamed([schema, name])).find((row) => row !== undefined);
    return first?.oid === oid;
  }
  const type = builtins().typesByOid.get(oid);
  if (type === undefined) return null;
  return path.includes(type.typnamespace === pgCatalogOid ? "pg_catalog" : "information_schema");
}

export function isOperatorVisible(path: Path, oid: number): boolean | null {
  return builtins().operatorsByOid.has(oid) ? path.includes("pg_catalog") : null;
}

/** A function of either origin. */
export interface ProcFact extends Named {
  readonly argumentTypes: readonly number[];
  readonly builtin: BuiltinProc | undefined;
  readonly routine: RoutineFact | undefined;
}

export function procOf(facts: Facts, oid: number): ProcFact | undefined {
  const builtin = builtins().procsByOid.get(oid);
  if (builtin !== undefined) return builtinProc(builtin);
  const routine = facts.routines.find((one) => one.oid === oid);
  if (routine !== undefined) return routineProc(routine);
  return userProcs(facts).find((proc) => proc.oid === oid);
}

export function procsNamed(facts: Facts, name: string): ProcFact[] {
  return [
    ...(builtins().procsByName.get(name) ?? []).map(builtinProc),
    ...facts.routines.filter((routine) => routine.name === name).map(routineProc),
    ...userProcs(facts).filter((proc) => proc.name === name),
  ];
}

function builtinProc(builtin: BuiltinProc): ProcFact {
  const schema = builtin.pronamespace === pgCatalogOid ? "pg_catalog" : "information_schema";
  const { oid, proname, proargtypes } = builtin;
  return { oid, schema, name: proname, argumentTypes: proargtypes, builtin, routine: undefined };
}

const procs = new WeakMap<Facts["catalog"], readonly ProcFact[]>();

/** Functions that people made. */
function userProcs({ catalog }: Facts): readonly ProcFact[] {
  const known = procs.get(catalog);
  if (known !== undefined) return known;
  const made = [...catalog.schemas.values()].flatMap(({ name: schema, oid: schemaOid }) =>
    Array.from(catalog.functionsIn(schema).values(), (each): ProcFact => {
      const builtin = procOfFunction(each, schemaOid, (type) => typeRow(type)?.typelem ?? 0);
      const { oid, name } = each;
      const argumentTypes = builtin.proargtypes;
      return { oid, schema, name, argumentTypes, builtin, routine: undefined };
    }),
  );
  procs.set(catalog, made);
  return made;
}

function routineProc(routine: RoutineFact): ProcFact {
  const argumentTypes = Object.values(routine.arguments).map(({ typeOid }) => typeOid);
  const { oid, schema, name } = routine;
  return { oid, schema, name, argumentTypes, builtin: undefined, routine };
}

const builtinKinds = ["regconfig", "regdictionary", "regcollation"];

/** What a value of regclass, regproc … prints; '-' for 0, the number for what is not there. */
export const printers: Readonly<
  Record<string, (facts: Facts, path: Path, oid: number) => string | undefined>
> = {
  regclass: (facts, path, oid) => {
    const named = classOf(facts, oid);
    if (named === undefined) return undefined;
    return isClassVisible(facts, path, oid)
      ? quoteIdent(named.name)
      : qualified(named.schema, named.name);
  },
  regtype: (_, __, oid) => (typeRow(oid) !== undefined ? formatType(oid, undefined) : undefined),
  regproc: (facts, path, oid) => {
    const proc = procOf(facts, oid);
    if (proc === undefined) return undefined;
    const candidates = procsNamed(facts, proc.name).filter(({ schema }) => path.includes(schema));
    const isUnique = candidates.length === 1 && candidates[0]?.oid === oid;
    return isUnique ? quoteIdent(proc.name) : qualified(proc.schema, proc.name);
  },
  regprocedure: (facts, path, oid) => {
    const proc = procOf(facts, oid);
    if (proc === undefined) return undefined;
    const name = isFunctionVisible(facts, path, oid)
      ? quoteIdent(proc.name)
      : qualified(proc.schema, proc.name);
    return `${name}(${proc.argumentTypes.map((type) => formatType(type, undefined)).join(",")})`;
  },
  regoper: (_, path, oid) => {
    const operator = builtins().operatorsByOid.get(oid);
    if (operator === undefined) return undefined;
    const isUnique = builtins().operatorsByName.get(operator.oprname)?.length === 1;
    return isUnique && path.includes("pg_catalog")
      ? operator.oprname
      : `pg_catalog.${operator.oprname}`;
  },
  regoperator: (_, path, oid) => {
    const operator = builtins().operatorsByOid.get(oid);
    if (operator === undefined) return undefined;
    const schema = path.includes("pg_catalog") ? "" : "pg_catalog.";
    const left = operator.oprleft === 0 ? "NONE" : formatType(operator.oprleft, undefined);
    return `${schema}${operator.oprname}(${left},${formatType(operator.oprright, undefined)})`;
  },
  regnamespace: (facts, _, oid) => {
    const name = schemaOf(facts, oid);
    return name === undefined ? undefined : quoteIdent(name);
  },
  regrole: (facts, _, oid) => {
    const name = facts.access.roleByOid(oid)?.name;
    return name === undefined ? undefined : quoteIdent(name);
  },
  ...Object.fromEntries(
    builtinKinds.map((kind) => [
      kind,
      (_: Facts, path: Path, oid: number) => builtinName(kind, path, oid),
    ]),
  ),
};

/** What a name of another kind that only pg_catalog has is shown as. */
function builtinName(kind: string, path: Path, oid: number): string | undefined {
  for (const [name, own] of builtins().named.get(kind) ?? [])
    if (own === oid)
      return path.includes("pg_catalog") ? quoteIdent(name) : qualified("pg_catalog", name);
  return undefined;
}

export function print(kind: string, facts: Facts, path: Path, oid: number): string {
  if (oid === 0) return "-";
  return printers[kind]?.(facts, path, oid) ?? String(oid);
}

/** What the text of a regclass, regproc … means; undefined when there is nothing of that name. */
export const readers: Readonly<
  Record<string, (facts: Facts, path: Path, text: string) => number | undefined>
> = {
  regclass: (facts, path, text) => {
    const { schema, name } = schemaAndName(text);
    if (schema !== undefined) return classNamed(facts, schema, name);
    for (const one of path) {
      const oid = classNamed(facts, one, name);
      if (oid !== undefined) return oid;
    }
    return undefined;
  },
  regtype: (_, __, text) => readType(text),
  regproc: (facts, path, text) => {
    const found = functions(facts, path, text);
    if (found.length > 1) throw new PgError("42725", `more than one function named "${text}"`);
    return found[0]?.oid;
  },
  regprocedure: (facts, path, text) => {
    const [, name = "", list = ""] = signature(text);
    const types = argumentTypes(list);
    const found = functions(facts, path, name);
    return found.find((proc) => proc.argumentTypes.join() === types.join())?.oid;
  },
  regoper: (_, __, text) => {
    const found = builtins().operatorsByName.get(operatorName(text)) ?? [];
    if (found.length > 1) throw new PgError("42725", `more than one operator named ${text}`);
    return found[0]?.oid;
  },
  regoperator: (_, __, text) => {
    const [, name = "", list = ""] = signature(text);
    const [left, right] = argumentTypes(list);
    const found = builtins().operatorsByName.get(operatorName(name)) ?? [];
    return found.find(({ oprleft, oprright }) => oprleft === left && oprright === right)?.oid;
  },
  regnamespace: (facts, _, text) => schemaOid(facts, onePart(text)),
  regrole: (facts, _, text) => facts.access.role(onePart(text))?.oid,
  ...Object.fromEntries(
    builtinKinds.map((kind) => [
      kind,
      (_: Facts, __: Path, text: string) => {
        const { schema = "pg_catalog", name } = schemaAndName(text);
        return schema === "pg_catalog" ? builtins().named.get(kind)?.get(name) : undefined;
      },
    ]),
  ),
};

const missing: Readonly<Record<string, readonly [string, (text: string) => string]>> = {
  regclass: ["42P01", (text) => `relation "${text}" does not exist`],
  regtype: ["42704", (text) => `type "${text}" does not exist`],
  regproc: ["42883", (text) => `function "${text}" does not exist`],
  regprocedure: ["42883", (text) => `function "${text}" does not exist`],
  regoper: ["42883", (text) => `operator does not exist: ${text}`],
  regoperator: ["42883", (text) => `operator does not exist: ${text}`],
  regnamespace: ["3F000", (text) => `schema "${text}" does not exist`],
  regrole: ["42704", (text) => `role "${text}" does not exist`],
  regconfig: ["42704", (text) => `text search configuration "${text}" does not exist`],
  regdictionary: ["42704", (text) => `text search dictionary "${text}" does not exist`],
  regcollation: ["42704", (text) => `collation "${text}" for encoding "UTF8" does not exist`],
};

/** The input function: '-' and numbers are OIDs, a missing name is an error. */
export function read(kind: string, facts: Facts, path: Path, text: string): number {
  if (text === "-") return 0;
  if (/^\d+$/.test(text)) return Number(text);
  const oid = readers[kind]?.(facts, path, text);
  if (oid !== undefined) return oid;
  if (kind === "regclass") requireSchema(facts, text);
  const [sqlstate, message] = missing[kind] ?? ["42704", (name) => `"${name}" does not exist`];
  throw new PgError(sqlstate, message(text));
}

/** to_regclass and its kin: NULL for what is missing, also for an ambiguous name. */
export function readOrNull(kind: string, facts: Facts, path: Path, text: string): number | null {
  try {
    return readers[kind]?.(facts, path, text) ?? null;
  } catch (error) {
    if (error instanceof PgError && error.sqlstate === "42725") return null;
    throw error;
  }
}

function requireSchema(facts: Facts, text: string): void {
  const { schema } = schemaAndName(text);
  if (schema !== undefined && schemaOid(facts, schema) === undefined)
    throw new PgError("3F000", `schema "${schema}" does not exist`);
}

function functions(facts: Facts, path: Path, text: string): ProcFact[] {
  const { schema, name } = schemaAndName(text);
  const schemas = schema === undefined ? path : [schema];
  return procsNamed(facts, name).filter((proc) => schemas.includes(proc.schema));
}

function schemaAndName(text: string): { schema: string | undefined; name: string } {
  const parts = nameParts(text);
  const [name = "", schema, database, ...rest] = parts.reverse();
  if (rest.length > 0)
    throw new PgError("42601", `improper relation name (too many dotted names): ${text}`);
  if (database !== undefined && database !== databaseName)
    throw new PgError("0A000", `cross-database references are not implemented: "${text}"`);
  return { schema, name };
}

function onePart(text: string): string {
  const [name = "", ...rest] = nameParts(text);
  if (rest.length > 0) throw new PgError("42602", "invalid name syntax");
  return name;
}

function operatorName(text: string): string {
  return text.trim().replace(/^(?:pg_catalog|"pg_catalog")\./, "");
}

function signature(text: string): readonly string[] {
  const match = /^(.*?)\((.*)\)\s*$/s.exec(text);
  if (!match) throw new PgError("22P02", "expected a left parenthesis");
  return match;
}

function argumentTypes(list: string): number[] {
  if (list.trim() === "") return [];
  return list
    .split(/,(?![^(]*\))/)
    .map((type) => (type.trim().toLowerCase() === "none" ? 0 : requireType(type.trim())));
}
