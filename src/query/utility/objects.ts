/** What is done to tables and schemas that exist, and CREATE SCHEMA. */
import type { AlterOwnerStmt, CreateSchemaStmt, DropStmt, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { type RelationKind, relationKind } from "../../catalog/relation-kind.ts";
import { ownedRelation, ownedSchema } from "../authorize.ts";
import type { Draft, Requirement, Scope } from "../draft.ts";
import { database } from "./database.ts";
import { dropExtension } from "./extensions.ts";
import { dropServer } from "./foreign.ts";
import { dropFunctions, routineKinds } from "./functions.ts";
import { lookUp } from "./index-lookup.ts";
import { dropIndex } from "./index-names.ts";
import {
  compositeNamed,
  existingSchema,
  findRelation,
  type Name,
  nameOfList,
  strings,
} from "./names.ts";
import { refusedDrop, refusedStatement } from "./refused.ts";
import { roleNamed } from "./role-names.ts";
import { changeTypeOwner, dropTypes, typesOfSchemas } from "./user-types.ts";

export function dropObjects(node: DropStmt, scope: Scope): Draft {
  if (node.removeType === "OBJECT_SCHEMA") return dropSchemas(node, scope);
  if (node.removeType === "OBJECT_INDEX") return dropIndex(node, scope);
  if (node.removeType === "OBJECT_TYPE" || node.removeType === "OBJECT_DOMAIN")
    return dropTypes(node, scope);
  const kind = routineKinds[node.removeType ?? ""];
  if (kind !== undefined) return dropFunctions(node, kind, scope);
  if (node.removeType === "OBJECT_EXTENSION") return dropExtension(node);
  if (node.removeType === "OBJECT_FOREIGN_SERVER") return dropServer(node);
  const what = kinds[node.removeType ?? ""];
  if (what === undefined) throw refusedDrop(node.removeType ?? "");
  const targets: Relation[] = [];
  const missing: string[] = [];
  for (const object of node.objects ?? []) {
    const name = nameOfList("List" in object ? object.List.items : [object], scope.context);
    const found = droppable(name, what, node.missing_ok ?? false, scope);
    if (found === undefined) missing.push(name.name);
    else if (!targets.includes(found)) targets.push(found);
  }
  return {
    plan: { kind: "drop table", what, cascade: node.behavior === "DROP_CASCADE", targets, missing },
    parameterTypes: [],
    uses: [],
    requirements: targets.map((target) => ({ kind: "owner", object: ownedRelation(target) })),
    isReadOnly: false,
  };
}

/** By the parser's name. */
export const kinds: Readonly<Record<string, RelationKind>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "foreign table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_SEQUENCE: "sequence",
};

/** A foreign table is no table to DROP TABLE, nor the other way round. */
export function ofKind(relation: Relation, what: RelationKind, hint?: string): Relation {
  if (relationKind(relation) === what) return relation;
  throw new PgError("42809", `"${relation.name}" is not a ${what}`, { hint });
}

function droppable(
  name: Name,
  what: RelationKind,
  isMissingFine: boolean,
  scope: Scope,
): Relation | undefined {
  const { context } = scope;
  const found = findRelation(name, context);
  if (found !== undefined) {
    const other = relationKind(ours(found));
    return ofKind(found, what, `Use DROP ${other.toUpperCase()} to remove a ${other}.`);
  }
  if (what === "table" && compositeNamed(name, context) !== undefined)
    throw new PgError("42809", `"${name.name}" is not a table`, {
      hint: "Use DROP TYPE to remove a type.",
    });
  if (what === "table" && isIndex(name, scope))
    throw new PgError("42809", `"${name.name}" is not a table`, {
      hint: "Use DROP INDEX to remove an index.",
    });
  if (isMissingFine) return undefined;
  if (name.schema !== undefined) existingSchema(name.schema, context);
  const sqlstate = what === "foreign table" ? "42704" : "42P01";
  throw new PgError(sqlstate, `${what} "${name.name}" does not exist`);
}

function isIndex(name: Name, scope: Scope): boolean {
  const found = lookUp(name, scope);
  return found !== undefined && "relation" in found;
}

/** Nobody changes what the system is made of. */
export function ours(relation: Relation): Relation {
  const { kind } = relation.source;
  if (kind === "shadow" || kind === "live")
    throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
  return relation;
}

function dropSchemas(node: DropStmt, scope: Scope): Draft {
  const names: string[] = [];
  const missing: string[] = [];
  const requirements: Requirement[] = [];
  for (const name of strings(node.objects)) {
    const schema = scope.context.catalog.schemas.get(name);
    if (schema === undefined) {
      if (node.missing_ok !== true) existingSchema(name, scope.context);
      missing.push(name);
      continue;
    }
    if (schema.kind === "system")
      throw new PgError(
        "2BP01",
        `cannot drop schema ${name} because it is required by the database system`,
      );
    names.push(name);
    requirements.push({ kind: "owner", object: ownedSchema(schema) });
  }
  const cascade = node.behavior === "DROP_CASCADE";
  return {
    plan: { kind: "drop schema", names, missing, cascade, types: typesOfSchemas(names, scope) },
    parameterTypes: [],
    requirements,
    isReadOnly: false,
  };
}

export function createSchema(node: CreateSchemaStmt, scope: Scope): Draft {
  if ((node.schemaElts ?? []).length > 0)
    throw unsupported("CREATE SCHEMA with elements", {
      hint: "Create them in statements of their own.",
    });
  const owner = node.authrole === undefined ? undefined : roleNamed(node.authrole, scope);
  const name = node.schemaname ?? owner?.name ?? "";
  if (name.startsWith("pg_"))
    throw new PgError("42939", `unacceptable schema name "${name}"`, {
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  const requirements: Requirement[] = [
    { kind: "privilege", privilege: "CREATE", object: database(scope.context) },
  ];
  if (owner !== undefined) requirements.push({ kind: "member", role: owner });
  return {
    plan: {
      kind: "create schema",
      name,
      ifNotExists: node.if_not_exists ?? false,
      owner: owner?.name,
    },
    parameterTypes: [],
    requirements,
    isReadOnly: false,
  };
}

export function items(node: Node | undefined): readonly Node[] {
  return node !== undefined && "List" in node ? (node.List.items ?? []) : [];
}

/** ALTER SCHEMA … OWNER TO; other things have owners by ALTER TABLE, or none. */
export function changeOwner(node: AlterOwnerStmt, scope: Scope): Draft {
  if (node.objectType === "OBJECT_TYPE" || node.objectType === "OBJECT_DOMAIN")
    return changeTypeOwner(node, scope);
  if (node.objectType !== "OBJECT_SCHEMA") throw refusedStatement("AlterOwnerStmt");
  const [name = ""] = strings([must(node.object, "a schema")]);
  const role = roleNamed(must(node.newowner, "an owner is named"), scope);
  return alteredSchema(name, { owner: role.oid }, [{ kind: "member", role }], scope);
}

export function alteredSchema(
  name: string,
  altered: { readonly owner?: number; readonly comment?: string | null },
  requirements: readonly Requirement[],
  scope: Scope,
): Draft {
  const schema = existingSchema(name, scope.context);
  if (schema.kind !== "bucket")
    throw new PgError("42501", `permission denied for schema ${schema.name}`);
  return {
    plan: { kind: "alter schema", name, ...altered },
    parameterTypes: [],
    requirements: [{ kind: "owner", object: ownedSchema(schema) }, ...requirements],
    isReadOnly: false,
  };
}
