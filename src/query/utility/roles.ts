/** CREATE, ALTER and DROP of ROLE, USER and GROUP. https://www.postgresql.org/docs/15/sql-createrole.html */
import type {
  AlterDatabaseSetStmt,
  AlterRoleSetStmt,
  AlterRoleStmt,
  CreateRoleStmt,
  DropRoleStmt,
  Node,
  RenameStmt,
  VariableSetStmt,
} from "libpg-query";
import type { Role } from "../../access/access.ts";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Draft, Requirement, Scope } from "../draft.ts";
import type { AccessPlan, RoleOptions } from "../plan.ts";
import { databaseNamed } from "./database.ts";
import { distinctOptions, type Option, textOf } from "./options.ts";
import { setParameter } from "./parameters.ts";
import { existingRole, refuseReserved, roleNamed, rolesNamed } from "./role-names.ts";

export function createRole(node: CreateRoleStmt, scope: Scope): Draft {
  const name = node.role ?? "";
  refuseReserved(name, undefined, scope);
  const given = distinctOptions(node.options, scope);
  const roles = (option: string) =>
    rolesNamed(listOf(given.find((one) => one.name === option)), scope).map((role) => role.name);
  if (given.some((option) => option.name === "adminmembers"))
    throw unsupported("CREATE ROLE with ADMIN", {
      hint: "Use GRANT role TO member WITH ADMIN OPTION.",
    });
  const set = roleOptions(given);
  const requirements: Requirement[] = [
    { kind: "create role", message: "permission denied to create role" },
    ...superuserOnly(set, "must be superuser to create superusers"),
  ];
  const login = set.login ?? node.stmt_type === "ROLESTMT_USER";
  return access(
    {
      kind: "create role",
      name,
      options: { ...set, login },
      inRoles: roles("addroleto"),
      members: roles("rolemembers"),
    },
    requirements,
  );
}

export function alterRole(node: AlterRoleStmt, scope: Scope): Draft {
  const role = roleNamed(must(node.role, "a role is named"), scope);
  const given = distinctOptions(node.options, scope);
  const members = given.find(({ name }) => name === "rolemembers");
  if (members !== undefined) return alterGroup(role, members, node.action === 1, scope);
  const set = roleOptions(given);
  const message = "permission denied";
  const requirements: Requirement[] = superuserOnly(
    set,
    "must be superuser to alter superuser roles or change superuser attribute",
  );
  if (role.isSuperuser)
    requirements.push({
      kind: "superuser",
      message: "must be superuser to alter superuser roles or change superuser attribute",
    });
  // Everybody may change their own password, and nothing else.
  const isOwnPassword =
    role.oid === scope.context.role.oid && Object.keys(set).every((key) => key === "password");
  return access(
    { kind: "alter role", name: role.name, options: set },
    isOwnPassword ? [] : [{ kind: "create role", message }, ...requirements],
  );
}

/** ALTER GROUP g ADD USER u, DROP USER u: GRANT and REVOKE by their old names. */
function alterGroup(group: Role, members: Option, isGrant: boolean, scope: Scope): Draft {
  const names = rolesNamed(listOf(members), scope).map(({ name }) => name);
  return access(
    { kind: "grant role", isGrant, roles: [group.name], members: names, admin: false },
    [{ kind: "admin option", role: group }],
  );
}

/** What others may set for themselves by SET they may keep for themselves. */
export function alterRoleSet(node: AlterRoleSetStmt, scope: Scope): Draft {
  const isOfDatabase = node.database !== undefined && node.database !== "";
  if (isOfDatabase) databaseNamed(node.database ?? "", scope.context);
  const set = settingOf(node.setstmt);
  if (node.role === undefined)
    return access(
      { kind: "alter role set", tag: "ALTER ROLE", name: undefined, isOfDatabase, ...set },
      [{ kind: "superuser", message: "must be superuser to alter settings globally" }],
    );
  const role = roleNamed(node.role, scope);
  const isOwn = role.oid === scope.context.role.oid;
  const requirements: Requirement[] = role.isSuperuser
    ? [{ kind: "superuser", message: "must be superuser to alter superusers" }]
    : [{ kind: "create role", message: "permission denied" }];
  return access(
    { kind: "alter role set", tag: "ALTER ROLE", name: role.name, isOfDatabase, ...set },
    isOwn ? [] : requirements,
  );
}

/** For everybody's sessions in the database. */
export function alterDatabaseSet(
  { dbname = "", setstmt }: AlterDatabaseSetStmt,
  scope: Scope,
): Draft {
  const object = databaseNamed(dbname, scope.context);
  return access(
    {
      kind: "alter role set",
      tag: "ALTER DATABASE",
      name: undefined,
      isOfDatabase: true,
      ...settingOf(setstmt),
    },
    [{ kind: "owner", object }],
  );
}

function settingOf(node: VariableSetStmt | undefined) {
  const { plan } = setParameter(must(node, "it sets something"));
  if (plan.kind !== "set" && plan.kind !== "reset all")
    throw unsupported("ALTER ROLE … SET of a role or a transaction's property");
  return plan.kind === "set"
    ? { parameter: plan.name, value: plan.value }
    : { parameter: undefined, value: undefined };
}

export function renameRole(node: RenameStmt, scope: Scope): Draft {
  const role = existingRole(node.subname ?? "", scope.context);
  const rename = node.newname ?? "";
  refuseReserved(rename, undefined, scope);
  if (role.oid === scope.context.sessionRole.oid)
    throw new PgError("0A000", "session user cannot be renamed");
  if (role.oid === scope.context.role.oid)
    throw new PgError("0A000", "current user cannot be renamed");
  const requirements: Requirement[] = [
    { kind: "create role", message: "permission denied to rename role" },
  ];
  if (role.isSuperuser)
    requirements.push({ kind: "superuser", message: "must be superuser to rename superusers" });
  return access({ kind: "alter role", name: role.name, options: {}, rename }, requirements);
}

export function dropRole(node: DropRoleStmt, scope: Scope): Draft {
  const ifExists = node.missing_ok ?? false;
  const { context } = scope;
  const requirements: Requirement[] = [
    { kind: "create role", message: "permission denied to drop role" },
  ];
  const names = (node.roles ?? []).map((item) => {
    const spec = "RoleSpec" in item ? item.RoleSpec : {};
    if (spec.roletype !== "ROLESPEC_CSTRING")
      throw new PgError("22023", "cannot use special role specifier in DROP ROLE");
    const name = spec.rolename ?? "";
    const role = ifExists ? context.access.role(name) : existingRole(name, context);
    if (role?.oid === context.role.oid)
      throw new PgError("55006", "current user cannot be dropped");
    if (role?.oid === context.sessionRole.oid)
      throw new PgError("55006", "session user cannot be dropped");
    if (role?.isSuperuser === true)
      requirements.push({ kind: "superuser", message: "must be superuser to drop superusers" });
    return name;
  });
  return access({ kind: "drop role", names, ifExists }, requirements);
}

function access(plan: AccessPlan, requirements: readonly Requirement[]): Draft {
  // Never kept: it may hold a password.
  return { plan, parameterTypes: [], requirements, isReadOnly: false, isCacheable: false };
}

function superuserOnly(set: RoleOptions, message: string): Requirement[] {
  return set.superuser === undefined || set.superuser === false
    ? []
    : [{ kind: "superuser", message }];
}

function listOf(option: Option | undefined): readonly Node[] {
  return option?.value !== undefined && "List" in option.value
    ? (option.value.List.items ?? [])
    : [];
}

const flags: Readonly<Record<string, keyof RoleOptions>> = {
  canlogin: "login",
  superuser: "superuser",
  createrole: "createRole",
  createdb: "createDatabase",
  inherit: "inherit",
  bypassrls: "bypassRowSecurity",
};

function roleOptions(given: readonly Option[]): RoleOptions {
  let set: RoleOptions = {};
  for (const { name, value } of given) {
    const text = textOf(value);
    const flag = flags[name];
    if (flag !== undefined) set = { ...set, [flag]: text === "true" };
    else if (name === "password") set = { ...set, password: text ?? null };
    else if (name === "connectionlimit") set = { ...set, connectionLimit: limit(text) };
    else if (name === "validUntil") set = { ...set, validUntil: validUntil(text ?? "") };
    else if (!handledElsewhere.has(name)) refuse(name, text);
  }
  return set;
}

const handledElsewhere = new Set(["addroleto", "rolemembers", "adminmembers"]);

/** Saying no to what nobody has is no request. */
function refuse(name: string, text: string | undefined): void {
  if (name === "isreplication" && text === "false") return;
  const word = name === "isreplication" ? "REPLICATION" : name.toUpperCase();
  throw unsupported(`role option ${word}`);
}

function limit(text: string | undefined): number {
  const value = Number(text);
  if (value < -1) throw new PgError("22023", `invalid connection limit: ${text}`);
  return value;
}

function validUntil(text: string): string {
  if (text === "infinity" || !Number.isNaN(Date.parse(text))) return text;
  throw new PgError("22007", `invalid input syntax for type timestamp with time zone: "${text}"`);
}
