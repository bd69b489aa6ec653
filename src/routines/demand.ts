/** Privileges a body finds out to need only while it runs, because they hang on what a name turns out to be. */
import type { Privilege } from "../access/access.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { Relation, Schema } from "../catalog/relation.ts";
import { isSubject } from "../catalog/row-security.ts";
import { findBucket, findDataset } from "./dataset-name.ts";
import type { RequiredPrivilege, RoutineContext } from "./define.ts";

export async function demandAll(
  context: RoutineContext,
  required: readonly RequiredPrivilege[],
): Promise<void> {
  for (const one of required) await demand(context, one);
}

async function demand(context: RoutineContext, required: RequiredPrivilege): Promise<void> {
  switch (required.kind) {
    case "superuser":
      if (context.role.isSuperuser) return;
      throw new PgError("42501", "permission denied: only superusers may do this");
    case "table":
      return demandTable(context, required.privilege, await findDataset(context, required.name));
    case "owner":
      return demandOwner(context, await findDataset(context, required.name));
    case "schema":
      return demandSchema(context, required.privilege, await findBucket(context, required.name));
    default:
      return required satisfies never;
  }
}

/** 42501 as PostgreSQL says it. */
export async function demandTable(
  context: RoutineContext,
  privilege: Privilege,
  relation: Relation,
): Promise<void> {
  const schema = (await context.rooms.catalog.current()).schemaByOid(relation.schemaOid);
  if (schema) demandSchema(context, "USAGE", schema);
  const { oid, owner } = relation;
  if (isSubject(relation, context.role, context.access))
    throw unsupported(`this routine on "${relation.name}", which has row-level security,`);
  if (context.access.may(context.role, privilege, { kind: "table", oid, owner })) return;
  throw new PgError("42501", `permission denied for table ${relation.name}`);
}

export function demandSchema(
  context: RoutineContext,
  privilege: "USAGE" | "CREATE",
  { oid, owner, name }: Schema,
): void {
  if (context.access.may(context.role, privilege, { kind: "schema", oid, owner })) return;
  throw new PgError("42501", `permission denied for schema ${name}`);
}

export function demandOwner(context: RoutineContext, relation: Relation): void {
  const { role, access } = context;
  if (role.isSuperuser || access.isMember(role.oid, relation.owner)) return;
  throw new PgError("42501", `must be owner of table ${relation.name}`);
}
