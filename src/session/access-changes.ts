/** CREATE ROLE, GRANT and kin. Roles and grants commit at once, whatever the transaction does after. */
import type { AccessChange, AccessVersion, Privilege, Role } from "../access/access.ts";
import { superuserOid } from "../access/builtin-roles.ts";
import { isMd5Verifier, isVerifier, makeMd5Verifier, makeVerifier } from "../access/verifier.ts";
import { PgError } from "../base/error.ts";
import type { CatalogVersion } from "../catalog/catalog.ts";
import { findParameter } from "../config/parameters.ts";
import { oids } from "../pgtypes/oids.ts";
import { parseText } from "../pgtypes/text-input.ts";
import type { AccessPlan, RoleOptions } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Outcome } from "./portal.ts";

export async function changeAccess(plan: AccessPlan, backend: Backend): Promise<Outcome> {
  const access = await backend.services.access.current();
  const changes = await changesOf(plan, access, backend);
  if (changes.length > 0) await backend.services.access.commit(changes);
  return { kind: "command", tag: tagOf(plan) };
}

async function changesOf(
  plan: AccessPlan,
  access: AccessVersion,
  backend: Backend,
): Promise<AccessChange[]> {
  switch (plan.kind) {
    case "create role":
      return createRole(plan, backend);
    case "alter role":
      return [
        {
          kind: "alter role",
          name: plan.name,
          set: {
            ...(await attributes(plan.options, plan.name, backend)),
            ...cleared(plan, access, backend),
            ...(plan.comment === undefined ? {} : { comment: plan.comment }),
          },
          ...(plan.rename === undefined ? {} : { rename: plan.rename }),
        },
      ];
    case "alter role set":
      return alterRoleSet(plan, access, backend);
    case "drop role":
      return dropRoles(plan, access, backend);
    case "grant role":
      return plan.roles.flatMap((role) =>
        plan.members.map(
          (member): AccessChange =>
            plan.isGrant
              ? { kind: "grant role", role, member, admin: plan.admin }
              : { kind: "revoke role", role, member },
        ),
      );
    case "grant":
      return grants(plan, access, backend);
    case "default privileges":
      return defaultPrivileges(plan, access);
    default:
      return plan satisfies never;
  }
}

async function createRole(
  plan: Extract<AccessPlan, { kind: "create role" }>,
  backend: Backend,
): Promise<AccessChange[]> {
  const { name, options } = plan;
  const role: Omit<Role, "oid"> = {
    name,
    isSuperuser: false,
    canLogin: false,
    canCreateRole: false,
    canCreateDatabase: false,
    inherits: true,
    connectionLimit: -1,
    validUntil: null,
    verifier: null,
    comment: null,
    ...(await attributes(options, name, backend)),
  };
  return [
    { kind: "create role", role },
    ...plan.inRoles.map(
      (of): AccessChange => ({ kind: "grant role", role: of, member: name, admin: false }),
    ),
    ...plan.members.map(
      (member): AccessChange => ({ kind: "grant role", role: name, member, admin: false }),
    ),
  ];
}

async function attributes(
  options: RoleOptions,
  role: string,
  backend: Backend,
): Promise<Partial<Omit<Role, "oid" | "name">>> {
  const given = {
    isSuperuser: options.superuser,
    canLogin: options.login,
    canCreateRole: options.createRole,
    canCreateDatabase: options.createDatabase,
    inherits: options.inherit,
    bypassesRowSecurity: options.bypassRowSecurity,
    connectionLimit: options.connectionLimit,
    validUntil: options.validUntil === undefined ? undefined : validUntil(options.validUntil),
    verifier:
      options.password === undefined ? undefined : await verifier(options.password, role, backend),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function verifier(
  password: string | null,
  role: string,
  backend: Backend,
): Promise<string | null> {
  if (password === null || password === "") return null;
  if (isVerifier(password)) return password;
  const isOld = backend.parameters.get("password_encryption") === "md5";
  return isOld ? makeMd5Verifier(password, role) : makeVerifier(password);
}

type AlterRoleSet = Extract<AccessPlan, { kind: "alter role set" }>;

/** A role's own are a part of it. */
function alterRoleSet(plan: AlterRoleSet, access: AccessVersion, backend: Backend): AccessChange[] {
  const { name, isOfDatabase } = plan;
  const role = name === undefined ? undefined : access.role(name);
  if (name !== undefined && !isOfDatabase)
    return [
      {
        kind: "alter role",
        name,
        set: { settings: settings(plan, role?.settings ?? {}, backend) },
      },
    ];
  const oid = role?.oid ?? 0;
  const before = access.settings.find(
    (each) => each.role === oid && each.isOfDatabase === isOfDatabase,
  );
  const values = settings(plan, before?.values ?? {}, backend);
  return [{ kind: "settings", settings: { isOfDatabase, role: oid, values } }];
}

/** Each is checked as SET would check it, for whoever says so. */
function settings(
  { parameter, value }: AlterRoleSet,
  before: Readonly<Record<string, string>>,
  { parameters }: Backend,
): Readonly<Record<string, string>> {
  // RESET ALL keeps what one could not have set.
  if (parameter === undefined) {
    return Object.fromEntries(Object.entries(before).filter(([key]) => !parameters.maySet(key)));
  }
  const key = findParameter(parameter)?.name ?? parameter;
  parameters.checked(parameter, value ?? parameters.get(parameter));
  const { [key]: _, ...others } = before;
  return value === undefined ? others : { ...others, [key]: value };
}

/** An MD5 verifier holds the role's name: with another one it fits no password. */
function cleared(
  { name, rename }: Extract<AccessPlan, { kind: "alter role" }>,
  access: AccessVersion,
  backend: Backend,
): { readonly verifier?: null } {
  const kept = access.role(name)?.verifier;
  if (rename === undefined || !kept || !isMd5Verifier(kept)) return {};
  const message = "MD5 password cleared because of role rename";
  backend.notice({ severity: "NOTICE", sqlstate: "00000", message });
  return { verifier: null };
}

function validUntil(text: string): Date | null {
  const { value } = parseText(oids.timestamptz, -1, text);
  const milliseconds = typeof value === "bigint" ? Number(value / 1000n) : Number.NaN;
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date; // Infinity has no Date.
}

function dropRoles(
  plan: Extract<AccessPlan, { kind: "drop role" }>,
  access: AccessVersion,
  backend: Backend,
): AccessChange[] {
  return plan.names.flatMap((name): AccessChange[] => {
    if (access.role(name)) {
      if (name === backend.role.name) throw new PgError("55006", "current user cannot be dropped");
      return [{ kind: "drop role", name }];
    }
    if (!plan.ifExists) throw new PgError("42704", `role "${name}" does not exist`);
    backend.notice({
      severity: "NOTICE",
      sqlstate: "00000",
      message: `role "${name}" does not exist, skipping`,
    });
    return [];
  });
}

async function grants(
  plan: Extract<AccessPlan, { kind: "grant" }>,
  access: AccessVersion,
  backend: Backend,
): Promise<AccessChange[]> {
  const grantees = granteeOids(plan.grantees, access);
  const catalog = await backend.transaction.catalog();
  const { withGrantOption, cascade } = plan;
  const change = (object: GrantedObject, privilege: Privilege, column: number | undefined) => {
    const securable = { ...object, owner: ownerOf(object, catalog) };
    return grantees.map((grantee): AccessChange => {
      const grant = {
        object: object.kind,
        oid: object.oid,
        ...(column === undefined ? {} : { column }),
        grantee,
        privilege,
      };
      if (!plan.isGrant) return { kind: "revoke", grant, optionOnly: withGrantOption, cascade };
      const grantor =
        access.grantor(backend.role, privilege, securable, column) ?? backend.role.oid;
      return { kind: "grant", grant: { ...grant, grantor, withGrantOption } };
    });
  };
  return [
    ...plan.objects.flatMap((object) =>
      plan.privileges.flatMap((privilege) => change(object, privilege, undefined)),
    ),
    ...plan.columns.flatMap(({ privilege, oid, column }) =>
      change({ kind: "table", oid }, privilege, column),
    ),
  ];
}

function granteeOids(names: readonly string[], access: AccessVersion): readonly number[] {
  return names.map((name) => {
    if (name === "public") return 0;
    const role = access.role(name);
    if (!role) throw new PgError("42704", `role "${name}" does not exist`);
    return role.oid;
  });
}

function defaultPrivileges(
  plan: Extract<AccessPlan, { kind: "default privileges" }>,
  access: AccessVersion,
): AccessChange[] {
  const { isGrant, object, withGrantOption } = plan;
  const grantees = granteeOids(plan.grantees, access);
  const entries = plan.roles.flatMap((role) =>
    plan.schemas.map((schema) => ({ role, schema, object })),
  );
  return entries.flatMap((entry) =>
    grantees
      .filter((grantee) => grantee !== entry.role)
      .flatMap((grantee) =>
        plan.privileges.map(
          (privilege): AccessChange => ({
            kind: "default privilege",
            isGrant,
            entry,
            item: { grantee, privilege, withGrantOption },
          }),
        ),
      ),
  );
}

type GrantedObject = Extract<AccessPlan, { kind: "grant" }>["objects"][number];

/** Routines and the database belong to the superuser. */
function ownerOf({ kind, oid }: GrantedObject, catalog: CatalogVersion): number {
  if (kind === "table" || kind === "sequence")
    return catalog.relationByOid(oid)?.owner ?? superuserOid;
  if (kind === "schema") return catalog.schemaByOid(oid)?.owner ?? superuserOid;
  return superuserOid;
}

function tagOf(plan: AccessPlan): string {
  switch (plan.kind) {
    case "create role":
      return "CREATE ROLE";
    case "alter role":
      return plan.comment === undefined ? "ALTER ROLE" : "COMMENT";
    case "alter role set":
      return plan.tag;
    case "default privileges":
      return "ALTER DEFAULT PRIVILEGES";
    case "drop role":
      return "DROP ROLE";
    case "grant role":
      return plan.isGrant ? "GRANT ROLE" : "REVOKE ROLE";
    case "grant":
      return plan.isGrant ? "GRANT" : "REVOKE";
    default:
      return plan satisfies never;
  }
}
