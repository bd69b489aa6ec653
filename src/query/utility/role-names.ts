/** CURRENT_USER, SESSION_USER, PUBLIC and names of roles. */
import type { Node, RoleSpec } from "libpg-query";
import type { Role } from "../../access/access.ts";
import { PgError } from "../../base/error.ts";
import { positionOf, type Scope } from "../draft.ts";

/** 42704 `role "x" does not exist`. */
export function roleNamed(spec: RoleSpec, { context }: Scope): Role {
  switch (spec.roletype) {
    case "ROLESPEC_CURRENT_ROLE":
    case "ROLESPEC_CURRENT_USER":
      return context.role;
    case "ROLESPEC_SESSION_USER":
      return context.sessionRole;
    default:
      return existingRole(
        spec.roletype === "ROLESPEC_PUBLIC" ? "public" : (spec.rolename ?? ""),
        context,
      );
  }
}

export function existingRole(name: string, { access }: Scope["context"]): Role {
  const role = access.role(name);
  if (role === undefined) throw new PgError("42704", `role "${name}" does not exist`);
  return role;
}

export function rolesNamed(nodes: readonly Node[] | undefined, scope: Scope): readonly Role[] {
  return (nodes ?? []).map((node) => roleNamed("RoleSpec" in node ? node.RoleSpec : {}, scope));
}

/** Names that nobody may take: 42939. */
export function refuseReserved(name: string, location: number | undefined, scope: Scope): void {
  if (name === "public" || name === "none")
    throw new PgError("42939", `role name "${name}" is reserved`, positionOf(scope, location));
  if (name.startsWith("pg_"))
    throw new PgError("42939", `role name "${name}" is reserved`, {
      detail: 'Role names starting with "pg_" are reserved.',
    });
}
