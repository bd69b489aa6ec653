/** Indexes by their names: those of keys, and those that enforce nothing. */
import { PgError } from "../../base/error.ts";
import { isKey, type KeyConstraint } from "../../catalog/constraints.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { TableIndex } from "../../catalog/table-index.ts";
import type { Scope } from "../draft.ts";
import type { Name } from "./names.ts";

/** One of the two. */
export interface Found {
  readonly relation: Relation;
  readonly constraint?: KeyConstraint;
  readonly index?: TableIndex;
}

/** 42809 when a table has the name. */
export function indexNamed(name: Name, scope: Scope, hint?: string): Found | undefined {
  const there = lookUp(name, scope);
  if (there === undefined || "relation" in there) return there;
  throw new PgError("42809", `"${name.name}" is not an index`, { hint });
}

/** Along the search path, then in every bucket. */
export function lookUp(
  { schema, name }: Name,
  scope: Scope,
): Found | { readonly table: string } | undefined {
  const { catalog, searchPath } = scope.context;
  const schemas = schema === undefined ? [...searchPath, ...catalog.buckets] : [schema];
  for (const each of schemas) {
    if (catalog.relation(each, name) !== undefined) return { table: name };
    for (const relation of catalog.relations()) {
      if (relation.schema !== each) continue;
      const constraint = relation.constraints?.filter(isKey).find((key) => key.name === name);
      const index = relation.indexes?.find((one) => one.name === name);
      if ((constraint ?? index) !== undefined) return found(relation, constraint, index);
    }
  }
  return undefined;
}

/** Of one table. */
export function indexOf(name: string, relation: Relation): Found {
  const constraint = relation.constraints?.filter(isKey).find((key) => key.name === name);
  const index = relation.indexes?.find((each) => each.name === name);
  if ((constraint ?? index) === undefined)
    throw new PgError("42704", `index "${name}" for table "${relation.name}" does not exist`);
  return found(relation, constraint, index);
}

export function found(
  relation: Relation,
  constraint: KeyConstraint | undefined,
  index: TableIndex | undefined,
): Found {
  return {
    relation,
    ...(constraint === undefined ? {} : { constraint }),
    ...(index === undefined ? {} : { index }),
  };
}

/** 0A000 for what no table can be clustered on. */
export function markClustered({ constraint, index }: Found, mark: (oid: number) => void): void {
  if (index?.where !== undefined)
    throw new PgError("0A000", `cannot cluster on partial index "${index.name}"`);
  if (index !== undefined && index.method !== "btree" && index.method !== "gist")
    throw new PgError(
      "42809",
      `cannot cluster on index "${index.name}" because access method does not support clustering`,
    );
  mark(constraint?.indexOid ?? index?.oid ?? 0);
}
