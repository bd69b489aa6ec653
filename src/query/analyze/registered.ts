/** Names of catalog entries to their OIDs: regclass, regtype, regproc and their kin. https://www.postgresql.org/docs/15/datatype-oid.html */
import type { TypeName } from "@pgsql/types";
import { parseSync } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { type BuiltinOperator, type BuiltinProc, builtins } from "../../catalog/builtins.ts";
import { constraintsIn } from "../../catalog/constraints.ts";
import type { Relation } from "../../catalog/relation.ts";
import { indexesIn } from "../../catalog/table-index.ts";
import { procOfFunction } from "../../catalog/user-function.ts";
import type { QueryContext } from "../query.ts";
import { oid } from "./oids.ts";
import { elementType, resolveType, typeName } from "./types.ts";

/** The OID a literal of a reg* type stands for. Digits are an OID as they are, `-` is none. */
export function resolveRegistered(text: string, type: number, context: QueryContext): number {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (trimmed === "-" && type !== oid.regnamespace && type !== oid.regrole) return 0;
  switch (type) {
    case oid.regclass:
      return relationOid(trimmed, context);
    case oid.regtype:
      return typeOid(trimmed);
    case oid.regproc:
      return procOid(trimmed, context);
    case oid.regprocedure:
      return signatureOid(trimmed, context);
    case oid.regoper:
    case oid.regoperator:
      return operatorOid(trimmed, type === oid.regoperator);
    case oid.regnamespace:
      return namespaceOid(trimmed, context);
    case oid.regrole:
      return roleOid(trimmed, context);
    case oid.regconfig:
      return builtinOid(trimmed, "regconfig", "text search configuration");
    case oid.regdictionary:
      return builtinOid(trimmed, "regdictionary", "text search dictionary");
    case oid.regcollation:
      return builtinOid(trimmed, "regcollation", "collation");
    default:
      throw unsupported(`a name of type ${typeName(type)}`);
  }
}

/** Of what only pg_catalog has. */
function builtinOid(text: string, kind: string, title: string): number {
  const parts = splitName(text);
  const [schema] = parts.length > 1 ? parts : ["pg_catalog"];
  const found =
    schema === "pg_catalog"
      ? builtins()
          .named.get(kind)
          ?.get(parts.at(-1) ?? "")
      : undefined;
  if (found !== undefined) return found;
  const encoding = kind === "regcollation" ? ' for encoding "UTF8"' : "";
  throw new PgError("42704", `${title} "${parts.join(".")}"${encoding} does not exist`);
}

/** `a."B c".d` to its parts, folded as PostgreSQL folds them; 42602 when malformed. */
export function splitName(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([^\s".]+))\s*(\.|$)/y;
  let isOpen = true;
  while (isOpen) {
    const match = pattern.exec(text);
    if (match === null) throw new PgError("42602", "invalid name syntax");
    const [, quoted, plain, end] = match;
    parts.push(
      quoted === undefined
        ? (plain ?? "").replace(/[A-Z]/g, (c) => c.toLowerCase())
        : quoted.replaceAll('""', '"'),
    );
    isOpen = end === ".";
  }
  return parts;
}

/** Where an unqualified name is looked for, in order: temporary tables, then pg_catalog, unless the path itself says where. */
export function searchSchemas(context: QueryContext): readonly string[] {
  const path = context.searchPath;
  const temporary = context.catalog.temporary?.name;
  const isNamed = temporary === undefined || path.includes("pg_temp") || path.includes(temporary);
  return [
    ...(isNamed ? [] : [temporary]),
    ...(path.includes("pg_catalog") ? [] : ["pg_catalog"]),
    ...path,
    // Whoever empties the path, as pg_dump does, or has but pg_catalog in it, wants names that say where.
    ...(path.some((name) => !/^(?:pg_.*)?$/.test(name))
      ? ["lakehouse", ...context.catalog.buckets]
      : []),
  ];
}

export function findRelation(
  context: QueryContext,
  schema: string | undefined,
  name: string,
): Relation | undefined {
  if (schema !== undefined) return context.catalog.relation(schema, name);
  for (const candidate of searchSchemas(context)) {
    const found = context.catalog.relation(candidate, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function relationOid(text: string, context: QueryContext): number {
  const parts = splitName(text);
  if (parts.length === 3 && parts[0] === context.database) parts.shift();
  const [first = "", second] = parts;
  const found =
    second === undefined
      ? findRelation(context, undefined, first)
      : findRelation(context, first, second);
  if (found === undefined && second !== undefined && !context.catalog.schemas.has(first))
    throw new PgError("3F000", `schema "${first}" does not exist`);
  if (found !== undefined) return found.oid;
  const other =
    second === undefined
      ? otherClass(first, undefined, context)
      : otherClass(second, first, context);
  if (other === undefined)
    throw new PgError("42P01", `relation "${parts.join(".")}" does not exist`);
  return other;
}

/** Indexes and composite types are in pg_class too. */
function otherClass(
  name: string,
  schema: string | undefined,
  context: QueryContext,
): number | undefined {
  const { catalog } = context;
  const schemas = schema === undefined ? searchSchemas(context) : [schema];
  const keys = [...constraintsIn(catalog).keys.values()].filter(
    ({ constraint }) => constraint.name === name,
  );
  const indexes = [...indexesIn(catalog).values()].filter(({ index }) => index.name === name);
  for (const each of schemas) {
    const key = keys.find(({ relation }) => relation.schema === each);
    const index = indexes.find(({ relation }) => relation.schema === each);
    const type = catalog.type(each, name);
    const oid = key?.constraint.indexOid ?? index?.index.oid;
    if (oid !== undefined) return oid;
    if (type?.kind === "composite") return type.oid - 1;
  }
  return undefined;
}

/** Any spelling of a type that SQL knows: PostgreSQL's grammar reads it. */
function typeOid(text: string): number {
  const refuse = (error: PgError): never => {
    throw error;
  };
  return resolveType(parseTypeName(text), refuse).type;
}

function parseTypeName(text: string): TypeName {
  const invalid = () => new PgError("42601", `invalid type name "${text}"`);
  let tree: ReturnType<typeof parseSync>;
  try {
    tree = parseSync(`SELECT NULL::${text}`);
  } catch {
    throw invalid();
  }
  const [only, second] = tree.stmts ?? [];
  const select =
    only?.stmt !== undefined && "SelectStmt" in only.stmt ? only.stmt.SelectStmt : undefined;
  const [target, more] = select?.targetList ?? [];
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (second !== undefined || more !== undefined || value === undefined || !("TypeCast" in value))
    throw invalid();
  if (select?.fromClause !== undefined || value.TypeCast.typeName === undefined) throw invalid();
  return value.TypeCast.typeName;
}

/** Those that people made; of two with the same arguments the one whose schema comes first. */
export function functionsVisible(
  name: readonly string[],
  context: QueryContext,
): readonly BuiltinProc[] {
  const last = name.at(-1) ?? "";
  const schemas = name.length > 1 ? [name.at(-2) ?? ""] : [...new Set(searchSchemas(context))];
  const found: BuiltinProc[] = [];
  for (const schema of schemas) {
    for (const made of context.catalog.functionsIn(schema).values()) {
      if (made.name !== last) continue;
      const { oid: schemaOid = 0 } = context.catalog.schemas.get(schema) ?? {};
      const proc = procOfFunction(made, schemaOid, (type) => elementType(type) ?? 0);
      const types = proc.proargtypes.join();
      if (!found.some(({ proargtypes }) => proargtypes.join() === types)) found.push(proc);
    }
  }
  return found;
}

function procsNamed(text: string, context: QueryContext): readonly BuiltinProc[] {
  const parts = splitName(text);
  const name = parts.at(-1) ?? "";
  const schema = parts.length > 1 ? parts[0] : "pg_catalog";
  const named = (builtins().procsByName.get(name) ?? []).filter(
    (proc) => (proc.pronamespace === 11) === (schema === "pg_catalog"),
  );
  return [...named, ...functionsVisible(parts, context)];
}

function procOid(text: string, context: QueryContext): number {
  const [found, second] = procsNamed(text, context);
  if (found === undefined) throw new PgError("42883", `function "${text}" does not exist`);
  if (second !== undefined) throw new PgError("42725", `more than one function named "${text}"`);
  return found.oid;
}

function signatureOid(text: string, context: QueryContext): number {
  const { name, types } = splitSignature(text);
  const found = procsNamed(name, context).find((proc) => sameTypes(proc.proargtypes, types));
  if (found === undefined) throw new PgError("42883", `function "${text}" does not exist`);
  return found.oid;
}

function splitSignature(text: string): { name: string; types: number[] } {
  const match = /^(.*)\((.*)\)$/s.exec(text);
  if (match === null) throw new PgError("22P02", "expected a left parenthesis");
  const [, name = "", list = ""] = match;
  const types = list.trim() === "" ? [] : list.split(",").map((item) => argumentType(item.trim()));
  return { name, types };
}

const argumentType = (text: string) => (text.toLowerCase() === "none" ? 0 : typeOid(text));

const sameTypes = (left: readonly number[], right: readonly number[]) =>
  left.length === right.length && left.every((type, i) => type === right[i]);

function operatorOid(text: string, withTypes: boolean): number {
  const { name, types } = withTypes ? splitSignature(text) : { name: text, types: [] };
  const symbol = name.trim().replace(/^pg_catalog\./, "");
  const named: readonly BuiltinOperator[] = builtins().operatorsByName.get(symbol) ?? [];
  const found = withTypes
    ? named.filter(({ oprleft, oprright }) => sameTypes([oprleft, oprright], types))
    : named;
  const [only, second] = found;
  if (only === undefined) throw new PgError("42883", `operator does not exist: ${text}`);
  if (second !== undefined) throw new PgError("42725", `more than one operator named ${text}`);
  return only.oid;
}

function namespaceOid(text: string, context: QueryContext): number {
  const [name = ""] = splitName(text);
  const found = context.catalog.schemas.get(name);
  if (found === undefined) throw new PgError("3F000", `schema "${name}" does not exist`);
  return found.oid;
}

function roleOid(text: string, context: QueryContext): number {
  const [name = ""] = splitName(text);
  const found = context.access.role(name);
  if (found === undefined) throw new PgError("42704", `role "${name}" does not exist`);
  return found.oid;
}
