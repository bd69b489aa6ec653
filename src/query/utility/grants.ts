/** GRANT and REVOKE, of privileges and of roles. https://www.postgresql.org/docs/15/sql-grant.html */
import type { GrantRoleStmt, GrantStmt, Node } from "libpg-query";
import type { ObjectKind, Privilege } from "../../access/access.ts";
import { privilegesOf } from "../../access/acl.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { routines } from "../../routines/registry.ts";
import { routineNamed } from "../analyze/routine.ts";
import { ownedFunction, ownedRelation, ownedRoutine, ownedSchema } from "../authorize.ts";
import type { Draft, Owned, Requirement, Scope } from "../draft.ts";
import { databaseNamed } from "./database.ts";
import { existingRoutine, routineKinds } from "./functions.ts";
import { existingRelation, existingSchema, nameOf, strings } from "./names.ts";
import { textOf } from "./options.ts";
import { existingRole, roleNamed, rolesNamed } from "./role-names.ts";
import { asSequence } from "./sequences.ts";
import { existingType, ownedType, partsOf } from "./type-names.ts";

const every: ReadonlySet<string> = new Set(Object.values(privilegesOf).flat());

export function grant(node: GrantStmt, scope: Scope): Draft {
  const kind = objectKind(node);
  const objects = grantedObjects(node, scope);
  const { privileges, columns } = privilegesNamed(node.privileges, kind);
  const ofColumns = columns.flatMap((each) =>
    objects.map((object) => ({ ...each, object, columns: numbersOf(each.names, object, scope) })),
  );
  if (node.grantor !== undefined && roleNamed(node.grantor, scope).oid !== scope.context.role.oid)
    throw new PgError("0A000", "grantor must be current user");
  return {
    plan: {
      kind: "grant",
      isGrant: node.is_grant ?? false,
      privileges,
      objects: objects.map(({ kind: of, oid }) => ({ kind: of, oid })),
      columns: ofColumns.flatMap(({ privilege, object: { oid }, columns: numbers }) =>
        numbers.map((column) => ({ privilege, oid, column })),
      ),
      grantees: granteesOf(node, scope),
      withGrantOption: node.grant_option ?? false,
      cascade: node.behavior === "DROP_CASCADE",
    },
    parameterTypes: [],
    requirements: [
      ...(privileges.length === 0
        ? []
        : objects.map((object): Requirement => ({ kind: "grant option", privileges, object }))),
      ...ofColumns.flatMap(({ privilege, object, columns: numbers }) =>
        numbers.map(
          (column): Requirement => ({
            kind: "grant option",
            privileges: [privilege],
            object,
            column,
          }),
        ),
      ),
    ],
    isReadOnly: false,
  };
}

/** Names; "public" is everybody. */
export function granteesOf(node: GrantStmt, scope: Scope): readonly string[] {
  return (node.grantees ?? []).map((grantee) => {
    const spec = "RoleSpec" in grantee ? grantee.RoleSpec : {};
    if (spec.roletype !== "ROLESPEC_PUBLIC") return roleNamed(spec, scope).name;
    if (node.is_grant === true && node.grant_option === true)
      throw new PgError("0LP01", "grant options can only be granted to roles");
    return "public";
  });
}

function numbersOf(
  names: readonly string[],
  { oid, name: table }: Owned,
  { context }: Scope,
): readonly number[] {
  const columns = context.catalog.relationByOid(oid)?.columns ?? [];
  return names.map((name) => {
    const column = columns.find((each) => each.name === name);
    if (column !== undefined) return column.number;
    throw new PgError("42703", `column "${name}" of relation "${table}" does not exist`);
  });
}

export function objectKind({ objtype }: GrantStmt): ObjectKind {
  switch (objtype) {
    case "OBJECT_TABLE":
      return "table";
    case "OBJECT_SEQUENCE":
      return "sequence";
    case "OBJECT_SCHEMA":
      return "schema";
    case "OBJECT_FUNCTION":
    case "OBJECT_PROCEDURE":
    case "OBJECT_ROUTINE":
      return "routine";
    case "OBJECT_DATABASE":
      return "database";
    case "OBJECT_TYPE":
    case "OBJECT_DOMAIN":
      return "type";
    default:
      throw unsupported(
        "GRANT on anything but tables, sequences, schemas, functions and the database",
      );
  }
}

function grantedObjects(node: GrantStmt, scope: Scope): readonly Owned[] {
  const { context } = scope;
  const objects = node.objects ?? [];
  if (node.targtype === "ACL_TARGET_ALL_IN_SCHEMA")
    return strings(objects).flatMap((name) => allIn(name, objectKind(node), scope));
  return objects.map((object) => {
    if ("RangeVar" in object) {
      const relation = existingRelation(nameOf(object.RangeVar, context), context);
      return ownedRelation(objectKind(node) === "sequence" ? asSequence(relation) : relation);
    }
    if ("ObjectWithArgs" in object) {
      const routine = routineNamed(strings(object.ObjectWithArgs.objname));
      return routine === undefined
        ? ownedFunction(
            existingRoutine(
              object.ObjectWithArgs,
              routineKinds[node.objtype ?? ""] ?? "function",
              scope,
            ),
          )
        : ownedRoutine(routine);
    }
    if (objectKind(node) === "type") return ownedType(existingType(partsOf(object), scope));
    const [name = ""] = strings([object]);
    return node.objtype === "OBJECT_DATABASE"
      ? databaseNamed(name, context)
      : ownedSchema(existingSchema(name, context));
  });
}

function allIn(schemaName: string, kind: ObjectKind, { context }: Scope): readonly Owned[] {
  const schema = existingSchema(schemaName, context);
  if (kind === "routine")
    return schema.name === "lakehouse"
      ? routines.map(ownedRoutine)
      : [...context.catalog.functionsIn(schema.name).values()].map(ownedFunction);
  return [...context.catalog.relations()]
    .filter((relation) => relation.schema === schema.name)
    .map(ownedRelation)
    .filter((object) => object.kind === kind);
}

interface NamedPrivileges {
  readonly privileges: readonly Privilege[];
  /** Those on columns. */
  readonly columns: readonly { readonly privilege: Privilege; readonly names: readonly string[] }[];
}

const ofColumn: readonly Privilege[] = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];

/** 0LP01 for what is none of the kind's. */
export function privilegesNamed(
  nodes: readonly Node[] | undefined,
  kind: ObjectKind,
): NamedPrivileges {
  const allowed = privilegesOf[kind];
  if (nodes === undefined) return { privileges: allowed, columns: [] };
  const named = nodes.map((node) => {
    const { priv_name: name, cols } = "AccessPriv" in node ? node.AccessPriv : {};
    if (cols !== undefined && kind !== "table")
      throw new PgError("0LP01", "column privileges are only valid for relations");
    const word = name === "temp" ? "TEMPORARY" : name?.toUpperCase();
    if (word !== undefined && !every.has(word))
      throw new PgError("42601", `unrecognized privilege type "${name}"`);
    return { word, names: cols === undefined ? undefined : strings(cols) };
  });
  return {
    privileges: named.flatMap(({ word, names }) =>
      names === undefined ? privilegesIn(word, allowed, shown(kind)) : [],
    ),
    columns: named.flatMap(({ word, names }) =>
      names === undefined
        ? []
        : privilegesIn(word, ofColumn, "column").map((privilege) => ({ privilege, names })),
    ),
  };
}

/** Without a word: ALL (…). */
function privilegesIn(
  word: string | undefined,
  allowed: readonly Privilege[],
  what: string,
): readonly Privilege[] {
  if (word === undefined) return allowed;
  const privilege = allowed.find((candidate) => candidate === word);
  if (privilege !== undefined) return [privilege];
  throw new PgError("0LP01", `invalid privilege type ${word} for ${what}`);
}

function shown(kind: ObjectKind): string {
  return kind === "routine" ? "function" : kind;
}

/** GRANT role TO member. */
export function grantRole(node: GrantRoleStmt, scope: Scope): Draft {
  const isGrant = node.is_grant ?? false;
  const roles = (node.granted_roles ?? []).map((granted) => {
    const { priv_name: name = "", cols } = "AccessPriv" in granted ? granted.AccessPriv : {};
    if (cols !== undefined)
      throw new PgError("42601", "column names cannot be included in GRANT/REVOKE ROLE");
    return existingRole(name, scope.context);
  });
  const members = rolesNamed(node.grantee_roles, scope);
  for (const role of roles)
    for (const member of members)
      if (isGrant && scope.context.access.isMember(role.oid, member.oid))
        throw new PgError("0LP01", `role "${role.name}" is a member of role "${member.name}"`);
  return {
    plan: {
      kind: "grant role",
      isGrant,
      roles: roles.map(({ name }) => name),
      members: members.map(({ name }) => name),
      admin: hasAdminOption(node),
    },
    parameterTypes: [],
    requirements: roles.map(
      (role): Requirement =>
        role.isSuperuser
          ? { kind: "superuser", message: "must be superuser to alter superusers" }
          : { kind: "admin option", role },
    ),
    isReadOnly: false,
  };
}

/** WITH ADMIN OPTION of a GRANT; ADMIN OPTION FOR of a REVOKE. */
function hasAdminOption(node: GrantRoleStmt): boolean {
  const [first, ...more] = (node.opt ?? []).map((option) =>
    "DefElem" in option ? option.DefElem : {},
  );
  if (first === undefined) return false;
  if (first.defname !== "admin" || more.length > 0)
    throw unsupported("GRANT role WITH INHERIT or SET", { hint: "Use WITH ADMIN OPTION." });
  return node.is_grant === true ? textOf(first.arg) === "true" : true;
}
