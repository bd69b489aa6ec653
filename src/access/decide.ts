/** Pure decisions on roles and grants: PostgreSQL's aclchk.c and acl.c, in its words. https://www.postgresql.org/docs/15/ddl-priv.html */
import { builtins } from "../catalog/builtins.ts";
import type { AccessVersion, Grant, ObjectKind, Privilege, Role, Securable } from "./access.ts";
import { superuserOid } from "./builtin-roles.ts";
import type { AccessState } from "./state.ts";

const publicOid = 0;
const readAllData = 6181;
const writeAllData = 6182;

/** What PUBLIC has on an object of which nobody said anything. */
export type PublicDefaults = (kind: ObjectKind, oid: number) => readonly Privilege[];

/** Buckets, and what people make in them, are numbered from here (catalog/oid-ranges.ts): what is below is the system's. */
const firstBucketOid = 2 ** 18;

/**
 * PostgreSQL 15's: everybody may connect, make temporary tables, call routines, see into `public` and the system's schemas, and
 * read the system's relations but for those it keeps to itself (pg_authid has the verifiers). In a bucket nobody may do
 * anything.
 */
export const postgresDefaults: PublicDefaults = (kind, oid) => {
  if (kind === "database") return ["TEMPORARY", "CONNECT"];
  if (kind === "routine") return ["EXECUTE"];
  if (kind === "type") return ["USAGE"];
  if (oid >= firstBucketOid) return [];
  if (kind === "schema") {
    const builtin = builtins().namespaces.find((row) => row.oid === oid);
    return builtin && !hasPublicItem(builtin.nspacl) ? [] : ["USAGE"];
  }
  const builtin = builtins().classes.get(oid);
  return builtin && !hasPublicItem(builtin.relacl) ? [] : ["SELECT"];
};

/** `=r/postgres`: a grant to PUBLIC. */
function hasPublicItem(acl: readonly string[] | null): boolean {
  return acl?.some((item) => item.startsWith("=")) === true;
}

export function accessVersion(
  id: string,
  state: AccessState,
  defaults: PublicDefaults,
): AccessVersion {
  const byName = new Map(state.roles.map((role) => [role.name, role]));
  const byOid = new Map(state.roles.map((role) => [role.oid, role]));
  const ofObject = grouped(state.grants, (grant) => `${grant.object} ${grant.oid}`);
  const grantsOn = (object: Securable) => ofObject.get(`${object.kind} ${object.oid}`) ?? [];
  const rolesOf = grouped(state.memberships, ({ member }) => member);
  const isSuperuser = (oid: number) => byOid.get(oid)?.isSuperuser === true;

  /** Every role reached from `oid`, itself included; `goOn` says whether a member passes on what it has. */
  const reached = (oid: number, goOn: (member: number) => boolean): ReadonlySet<number> => {
    const found = new Set([oid]);
    for (const member of found) {
      if (!goOn(member)) continue;
      for (const { role } of rolesOf.get(member) ?? []) found.add(role);
    }
    return found;
  };
  const all = remembered((oid: number) => reached(oid, () => true));
  const inherited = remembered((oid: number) =>
    reached(oid, (member) => byOid.get(member)?.inherits === true),
  );
  const revoked = new Set(
    state.revokedDefaults.map((each) => `${each.object} ${each.oid} ${each.privilege}`),
  );
  const publicMay = (privilege: Privilege, { kind, oid }: Securable) =>
    defaults(kind, oid).includes(privilege) && !revoked.has(`${kind} ${oid} ${privilege}`);
  const mayByData = (roles: ReadonlySet<number>, privilege: Privilege, { kind }: Securable) =>
    dataPrivileges.some(
      ([role, of, privileges]) => of === kind && privileges.includes(privilege) && roles.has(role),
    );

  const may: AccessVersion["may"] = (role, privilege, object) => {
    if (role.isSuperuser) return true;
    const roles = inherited(role.oid);
    if (roles.has(object.owner) || publicMay(privilege, object)) return true;
    return isGranted(privilege, roles, grantsOn(object)) || mayByData(roles, privilege, object);
  };

  return {
    id,
    roles: state.roles,
    memberships: state.memberships,
    grants: state.grants,
    revokedDefaults: state.revokedDefaults,
    defaultPrivileges: state.defaultPrivileges ?? [],
    settings: state.settings ?? [],
    role: (name) => byName.get(name),
    roleByOid: (oid) => byOid.get(oid),
    isMember: (member, role) => isSuperuser(member) || all(member).has(role),
    inherits: (member, role) => isSuperuser(member) || inherited(member).has(role),
    isAdminOf: (member, role) => {
      if (isSuperuser(member)) return true;
      const holders = all(member);
      return state.memberships.some(
        (each) => each.role === role && each.admin && holders.has(each.member),
      );
    },
    may,
    mayColumn: (role, privilege, object, column) =>
      may(role, privilege, object) ||
      isGranted(privilege, inherited(role.oid), grantsOn(object), column),
    grantor: (role, privilege, object, column) => {
      const roles = inherited(role.oid);
      if (role.isSuperuser || roles.has(object.owner)) return object.owner;
      const holders = grantsOn(object).filter(
        (grant) =>
          grant.withGrantOption &&
          grant.privilege === privilege &&
          (grant.column === undefined || grant.column === column) &&
          roles.has(grant.grantee),
      );
      const own = holders.find(({ grantee }) => grantee === role.oid) ?? holders[0];
      return own?.grantee;
    },
  };
}

/** `column`: what is granted on that column alone; else what is granted on the whole. */
function isGranted(
  privilege: Privilege,
  roles: ReadonlySet<number>,
  grants: readonly Grant[],
  column?: number,
): boolean {
  return grants.some(
    (grant) =>
      grant.privilege === privilege &&
      grant.column === column &&
      (grant.grantee === publicOid || roles.has(grant.grantee)),
  );
}

/** What pg_read_all_data and pg_write_all_data may, wherever it is. */
const dataPrivileges: readonly (readonly [number, ObjectKind, readonly Privilege[]])[] = [
  [readAllData, "table", ["SELECT"]],
  [readAllData, "sequence", ["SELECT"]],
  [readAllData, "schema", ["USAGE"]],
  [writeAllData, "table", ["INSERT", "UPDATE", "DELETE"]],
  [writeAllData, "sequence", ["UPDATE"]],
  [writeAllData, "schema", ["USAGE"]],
];

/** Cannot be dropped. */
export function isBuiltin(role: Role): boolean {
  return role.oid === superuserOid || role.name.startsWith("pg_");
}

function grouped<T, Key>(values: readonly T[], keyOf: (value: T) => Key): ReadonlyMap<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

function remembered<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}
