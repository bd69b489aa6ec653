/** What a name stands for, along the search path and beyond. https://www.postgresql.org/docs/15/ddl-schemas.html */
import type { Node, RangeVar } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { Relation, Schema } from "../../catalog/relation.ts";
import type { UserType } from "../../catalog/user-type.ts";
import { findRelation as lookUp, searchSchemas } from "../analyze/registered.ts";
import type { QueryContext } from "../query.ts";

export interface Name {
  readonly schema: string | undefined;
  readonly name: string;
}

export function nameOf(range: RangeVar, context: QueryContext): Name {
  return named([range.catalogname, range.schemaname, range.relname], context);
}

/** Of a list of String nodes: `a`, `a.b`, `database.a.b`. */
export function nameOfList(nodes: readonly Node[] | undefined, context: QueryContext): Name {
  const parts = strings(nodes);
  if (parts.length > 3)
    throw new PgError(
      "42601",
      `improper qualified name (too many dotted names): ${parts.join(".")}`,
    );
  return named([parts.at(-3), parts.at(-2), parts.at(-1)], context);
}

export function strings(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : ""));
}

function named(
  [database, schema, name = ""]: readonly (string | undefined)[],
  context: QueryContext,
): Name {
  if (database !== undefined && database !== context.database)
    throw new PgError(
      "0A000",
      `cross-database references are not implemented: "${database}.${schema}.${name}"`,
    );
  return { schema, name };
}

export function written({ schema, name }: Name): string {
  return schema === undefined ? name : `${schema}.${name}`;
}

export function findRelation(name: Name, context: QueryContext): Relation | undefined {
  return lookUp(context, name.schema, name.name);
}

/** 42P01, and 3F000 where PostgreSQL looks for the schema first (all but queries do). */
export function existingRelation(name: Name, context: QueryContext): Relation {
  const relation = findRelation(name, context);
  if (relation !== undefined) return relation;
  if (compositeNamed(name, context) !== undefined)
    throw new PgError("42809", `"${name.name}" is a composite type`, {
      hint: "Use ALTER TYPE instead.",
    });
  if (name.schema !== undefined) existingSchema(name.schema, context);
  throw new PgError("42P01", `relation "${written(name)}" does not exist`);
}

/** Its columns are told of like a relation's, but nothing is read from it. */
export function compositeNamed(
  { schema, name }: Name,
  context: QueryContext,
): Extract<UserType, { kind: "composite" }> | undefined {
  for (const each of schema === undefined ? searchSchemas(context) : [schema]) {
    const type = context.catalog.type(each, name);
    if (type?.kind === "composite" && type.isRowType !== true) return type;
  }
  return undefined;
}

export function existingSchema(name: string, context: QueryContext): Schema {
  const schema = context.catalog.schemas.get(name);
  if (schema === undefined) throw missingSchema(name, context);
  return schema;
}

function missingSchema(name: string, { catalog }: QueryContext): PgError {
  return new PgError("3F000", `schema "${name}" does not exist`, {
    hint: `Valid buckets are ${catalog.buckets.join(", ")}.`,
  });
}

/** Where CREATE puts a name: `lakehouse.bucket` when it is set, else the first schema of the path that exists. */
export function creationSchema(
  name: Name,
  context: QueryContext,
  position: { readonly position?: number },
): Schema {
  if (name.schema !== undefined && !context.catalog.schemas.has(name.schema))
    throw missingSchema(name.schema, context).with(position);
  const schema =
    name.schema === undefined ? currentSchema(context) : existingSchema(name.schema, context);
  if (schema.kind === "system")
    throw new PgError("42501", `permission denied to create "${schema.name}.${name.name}"`, {
      detail: "System catalog modifications are currently disallowed.",
    });
  return schema;
}

function currentSchema(context: QueryContext): Schema {
  const bucket = context.setting("lakehouse.bucket");
  if (bucket !== undefined && bucket !== "") return existingSchema(bucket, context);
  for (const name of context.searchPath) {
    const schema = context.catalog.schemas.get(name);
    if (schema?.kind === "bucket") return schema;
  }
  throw new PgError("3F000", "no schema has been selected to create in");
}
