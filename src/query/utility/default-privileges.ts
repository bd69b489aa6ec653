/** ALTER DEFAULT PRIVILEGES: what objects to be are born with. https://www.postgresql.org/docs/15/sql-alterdefaultprivileges.html */
import type { AlterDefaultPrivilegesStmt, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Draft, Requirement, Scope } from "../draft.ts";
import { granteesOf, objectKind, privilegesNamed } from "./grants.ts";
import { existingSchema, strings } from "./names.ts";
import { rolesNamed } from "./role-names.ts";

export function alterDefaultPrivileges(node: AlterDefaultPrivilegesStmt, scope: Scope): Draft {
  const { context } = scope;
  const action = must(node.action, "it grants or revokes");
  const named = listed("roles", node);
  const roles = named === undefined ? [context.role] : rolesNamed(named, scope);
  const schemas = strings(listed("schemas", node)).map((name) => existingSchema(name, context).oid);
  const object = objectKind(action);
  if (object === "schema" && schemas.length > 0)
    throw new PgError("0LP01", "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS");
  if (object === "schema")
    throw unsupported("ALTER DEFAULT PRIVILEGES … ON SCHEMAS", {
      hint: "GRANT … ON SCHEMA says it of each bucket.",
    });
  const { privileges, columns } = privilegesNamed(action.privileges, object);
  if (columns.length > 0)
    throw new PgError("0LP01", "default privileges cannot be set for columns");
  return {
    plan: {
      kind: "default privileges",
      isGrant: action.is_grant ?? false,
      object,
      privileges,
      roles: roles.map(({ oid }) => oid),
      schemas: schemas.length === 0 ? [0] : schemas,
      grantees: granteesOf(action, scope),
      withGrantOption: action.grant_option ?? false,
    },
    parameterTypes: [],
    requirements: roles.map((role): Requirement => ({ kind: "member", role })),
    isReadOnly: false,
  };
}

function listed(
  name: "roles" | "schemas",
  { options = [] }: AlterDefaultPrivilegesStmt,
): readonly Node[] | undefined {
  for (const option of options) {
    const { defname, arg } = "DefElem" in option ? option.DefElem : {};
    if (defname === name && arg !== undefined && "List" in arg) return arg.List.items ?? [];
  }
  return undefined;
}
