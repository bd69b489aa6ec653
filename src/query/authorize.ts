/**
 * Is it allowed? The only maker of a statement that may reach the engine: the brand cannot be written elsewhere, so a
 * forgotten check does not compile. https://www.postgresql.org/docs/15/ddl-priv.html
 */
import type { AccessVersion, Role } from "../access/access.ts";
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import { relationKind } from "../catalog/relation-kind.ts";
import { isSubject } from "../catalog/row-security.ts";
import type { UserFunction } from "../catalog/user-function.ts";
import type { Routine } from "../routines/define.ts";
import type { CalledFunction } from "./analyze/analysis.ts";
import type { RelationUse } from "./analyze/analyze.ts";
import type { Draft, Owned, Requirement, Scope } from "./draft.ts";
import type { PlannedStatement } from "./plan.ts";
import type { QueryContext } from "./query.ts";

declare const authorized: unique symbol;

export interface AuthorizedStatement extends PlannedStatement {
  readonly [authorized]: true;
}

/** 42501 in PostgreSQL's words when the current role may not. */
export function authorize(draft: Draft, scope: Scope): AuthorizedStatement {
  const { context, statement } = scope;
  const uses = draft.uses ?? [];
  for (const use of uses) demandUse(use, context);
  for (const routine of draft.routines ?? []) demandRoutine(routine, context);
  for (const called of draft.called ?? []) demandCall(called, context);
  for (const requirement of draft.requirements ?? []) demand(requirement, context);
  const planned: PlannedStatement = {
    plan: draft.plan,
    sql: statement.sql,
    offset: statement.offset,
    parameterTypes: draft.parameterTypes ?? scope.parameterTypes,
    columns: draft.columns,
    relations: [...new Set([...uses.map(({ relation }) => relation), ...(draft.within ?? [])])],
    isReadOnly: draft.isReadOnly,
  };
  return planned as AuthorizedStatement;
}

/** Relations that hold secrets; everything else of the system's can be read by everybody. */
const superusersOnly = new Set([
  "pg_authid",
  "pg_shadow",
  "pg_largeobject",
  "pg_statistic",
  "pg_statistic_ext_data",
  "pg_subscription",
  "pg_user_mapping",
  "pg_file_settings",
  "pg_hba_file_rules",
  "pg_ident_file_mappings",
  "pg_config",
  "pg_shmem_allocations",
  "pg_backend_memory_contexts",
  "pg_replication_origin_status",
]);

function demandUse(use: RelationUse, context: QueryContext): void {
  const { relation, privilege, as } = use;
  const { access, catalog } = context;
  const role = as === undefined ? context.role : must(access.roleByOid(as), "a view has an owner");
  const schema = catalog.schemas.get(relation.schema);
  if (isSystem(relation, context)) {
    if (privilege !== "SELECT")
      throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
    if (superusersOnly.has(relation.name) && !role.isSuperuser)
      throw denied(ownedRelation(relation));
    return;
  }
  const isOwn = schema?.kind === "temporary";
  if (!isOwn && (schema === undefined || !access.may(role, "USAGE", { ...schema, kind: "schema" })))
    throw denied({ kind: "schema", name: relation.schema });
  const object = ownedRelation(relation);
  if (use.isSecured !== true && privilege !== "TRUNCATE" && isSubject(relation, role, access))
    throw unsupported(`this statement on "${relation.name}", which has row-level security,`, {
      hint: "SELECT, INSERT, UPDATE and DELETE are there.",
    });
  if (!access.may(role, privilege, object) && !mayColumns(use, role, access)) throw denied(object);
}

/** Each of the columns that are used, or any of them where none is: count(*). */
function mayColumns(use: RelationUse, role: Role, access: AccessVersion): boolean {
  const { relation, privilege, columns } = use;
  if (
    !columnPrivileges.has(privilege) ||
    !access.grants.some(({ oid, column }) => oid === relation.oid && column !== undefined)
  )
    return false;
  const object = ownedRelation(relation);
  const may = (name: string, number: number) =>
    (columns.length === 0 || columns.includes(name)) &&
    access.mayColumn(role, privilege, object, number);
  const count = relation.columns.filter(({ name, number }) => may(name, number)).length;
  return columns.length === 0 ? privilege === "SELECT" && count > 0 : count === columns.length;
}

const columnPrivileges: ReadonlySet<RelationUse["privilege"]> = new Set<RelationUse["privilege"]>([
  "SELECT",
  "INSERT",
  "UPDATE",
]);

function isSystem(relation: Relation, context: QueryContext): boolean {
  if (relation.source.kind === "shadow" || relation.source.kind === "live") return true;
  return context.catalog.schemas.get(relation.schema)?.kind === "system";
}

/** A routine's arguments may require more: its body asks before it does anything. */
function demandRoutine(routine: Routine, context: QueryContext): void {
  const object = ownedRoutine(routine);
  if (context.access.may(context.role, "EXECUTE", object)) return;
  throw new PgError("42501", `permission denied for ${routine.kind} ${routine.name}`);
}

function demandCall({ made, as }: CalledFunction, { access, role }: QueryContext): void {
  const caller = as === undefined ? role : must(access.roleByOid(as), "a function has an owner");
  if (access.may(caller, "EXECUTE", ownedFunction(made))) return;
  throw denied(ownedFunction(made));
}

export function ownedFunction({ oid, owner, name, isProcedure }: UserFunction): Owned {
  return { kind: "routine", oid, owner, name, ...(isProcedure ? { isProcedure } : {}) };
}

/** The bootstrap role's, as everything that was there before anybody logged in. */
export function ownedRoutine(routine: Routine): Owned {
  return { kind: "routine", oid: routine.oid, owner: bootstrapRole, name: routine.name };
}

export const bootstrapRole = 10;

export function ownedRelation(relation: Relation): Owned {
  const { oid, owner, name } = relation;
  const kind = relation.source.kind === "sequence" ? "sequence" : "table";
  return { kind, oid, owner, name, relationKind: relationKind(relation) };
}

export function ownedSchema(schema: { oid: number; owner: number; name: string }): Owned {
  return { kind: "schema", oid: schema.oid, owner: schema.owner, name: schema.name };
}

function demand(requirement: Requirement, context: QueryContext): void {
  const { access, role } = context;
  switch (requirement.kind) {
    case "privilege": {
      const { object, privilege } = requirement;
      if (access.may(role, privilege, object)) return;
      if (privilege === "TEMPORARY")
        throw new PgError(
          "42501",
          `permission denied to create temporary tables in database "${object.name}"`,
        );
      throw denied(object);
    }
    case "owner": {
      const { object } = requirement;
      if (!owns(role, object.owner, access))
        throw new PgError("42501", `must be owner of ${word(object)} ${object.name}`);
      return;
    }
    case "grant option": {
      const { object, privileges, column } = requirement;
      const isGrantor = privileges.every((privilege) =>
        access.grantor(role, privilege, object, column),
      );
      if (isGrantor) return;
      const named = context.catalog
        .relationByOid(object.oid)
        ?.columns.find(({ number }) => number === column);
      if (named === undefined) throw denied(object);
      throw new PgError(
        "42501",
        `permission denied for column "${named.name}" of relation "${object.name}"`,
      );
    }
    case "member":
      if (!access.isMember(role.oid, requirement.role.oid))
        throw new PgError(
          "42501",
          requirement.message ?? `must be member of role "${requirement.role.name}"`,
        );
      return;
    case "admin option":
      if (!role.canCreateRole && !access.isAdminOf(role.oid, requirement.role.oid))
        throw new PgError("42501", `must have admin option on role "${requirement.role.name}"`);
      return;
    case "superuser":
      if (!role.isSuperuser)
        throw new PgError("42501", requirement.message, { hint: requirement.hint });
      return;
    case "create role":
      if (!role.isSuperuser && !role.canCreateRole) throw new PgError("42501", requirement.message);
      return;
    default:
      requirement satisfies never;
  }
}

function owns(role: Role, owner: number, access: AccessVersion): boolean {
  return role.isSuperuser || role.oid === owner || access.inherits(role.oid, owner);
}

function denied(object: Described & Pick<Owned, "name">): PgError {
  return new PgError("42501", `permission denied for ${word(object)} ${object.name}`);
}

type Described = Pick<Owned, "kind" | "relationKind" | "isProcedure">;

function word({ kind, relationKind: of, isProcedure }: Described): string {
  return kind === "routine" ? (isProcedure ? "procedure" : "function") : (of ?? kind);
}
