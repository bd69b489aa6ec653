/** has_…_privilege and pg_has_role. https://www.postgresql.org/docs/15/functions-info.html */
import { PgError } from "../base/error.ts";
import { builtins } from "./builtins.ts";
import {
  bootstrapRoleOid,
  databaseName,
  databaseOid,
  type Facts,
  type ObjectKind,
  type PrivilegeName,
  type RoleFact,
} from "./facts.ts";
import { type Path, procOf, read, schemaOid } from "./names.ts";

/** What may be asked of each kind of object. */
const kinds: Readonly<Record<string, readonly PrivilegeName[]>> = {
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  schema: ["CREATE", "USAGE"],
  database: ["CREATE", "TEMPORARY", "CONNECT"],
  function: ["EXECUTE"],
  type: ["USAGE"],
  language: ["USAGE"],
  tablespace: ["CREATE"],
};

/** The letters of an aclitem. */
const letters: Readonly<Record<PrivilegeName, string>> = {
  INSERT: "a",
  SELECT: "r",
  UPDATE: "w",
  DELETE: "d",
  TRUNCATE: "D",
  REFERENCES: "x",
  TRIGGER: "t",
  EXECUTE: "X",
  USAGE: "U",
  CREATE: "C",
  CONNECT: "c",
  TEMPORARY: "T",
};

interface Wanted {
  readonly privilege: PrivilegeName;
  readonly withGrantOption: boolean;
}

/** NULL when there is no such object (asked by OID). Any one of the listed privileges is enough. */
export function hasPrivilege(
  facts: Facts,
  kind: string,
  roleOid: number,
  oid: number,
  privileges: string,
): boolean | null {
  const wanted = parsePrivileges(privileges, kinds[kind] ?? []);
  const object = objectOf(facts, kind, oid);
  if (object === undefined) return null;
  const role = facts.access.roleByOid(roleOid);
  if (role === undefined) return false;
  return wanted.some((one) => may(facts, role, object, one));
}

export function parsePrivileges(text: string, allowed: readonly PrivilegeName[]): Wanted[] {
  return text.split(",").map((part) => {
    const words = part.trim().replaceAll(/\s+/g, " ").toUpperCase();
    const withGrantOption = words.endsWith(" WITH GRANT OPTION");
    const name = words.replace(/ WITH GRANT OPTION$/, "").replace(/^TEMP$/, "TEMPORARY");
    const privilege = allowed.find((one) => one === name);
    if (privilege === undefined)
      throw new PgError("22023", `unrecognized privilege type: "${part.trim()}"`);
    return { privilege, withGrantOption };
  });
}

/** Ours are decided by access/; PostgreSQL's own by the list it is born with (undefined = its default). */
type GrantedObject =
  | { readonly kind: ObjectKind; readonly oid: number; readonly owner: number }
  | { readonly kind: "builtin"; readonly acl: readonly string[] | null; readonly isOpen: boolean };

function objectOf(facts: Facts, kind: string, oid: number): GrantedObject | undefined {
  switch (kind) {
    case "table":
    case "column":
    case "sequence": {
      const builtin = builtins().classes.get(oid);
      if (builtin !== undefined) return { kind: "builtin", acl: builtin.relacl, isOpen: false };
      const relation = facts.catalog.relationByOid(oid);
      if (relation === undefined) return undefined;
      return { kind: "table", oid, owner: relation.owner };
    }
    case "schema": {
      const builtin = builtins().namespaces.find((row) => row.oid === oid && row.oid !== 2200);
      if (builtin !== undefined) return { kind: "builtin", acl: builtin.nspacl, isOpen: false };
      const schema = facts.catalog.schemaByOid(oid);
      return schema && { kind: "schema", oid, owner: schema.owner };
    }
    case "database":
      return oid === databaseOid ? { kind: "database", oid, owner: bootstrapRoleOid } : undefined;
    case "function": {
      const proc = procOf(facts, oid);
      if (proc === undefined) return undefined;
      if (proc.builtin === undefined) return { kind: "routine", oid, owner: bootstrapRoleOid };
      return { kind: "builtin", acl: proc.builtin.proacl, isOpen: true };
    }
    case "type":
      return builtins().typesByOid.has(oid)
        ? { kind: "builtin", acl: null, isOpen: true }
        : undefined;
    case "language":
      // internal and c are for superusers, sql is trusted.
      return { kind: "builtin", acl: null, isOpen: oid === 14 };
    default:
      return { kind: "builtin", acl: null, isOpen: false };
  }
}

function may(facts: Facts, role: RoleFact, object: GrantedObject, wanted: Wanted): boolean {
  if (role.isSuperuser) return true;
  if (object.kind === "builtin") {
    if (facts.access.isMember(role.oid, bootstrapRoleOid)) return true;
    if (wanted.withGrantOption) return false;
    return object.acl === null ? object.isOpen : isPublic(object.acl, wanted.privilege);
  }
  if (!wanted.withGrantOption) return facts.access.may(role, wanted.privilege, object);
  if (facts.access.isMember(role.oid, object.owner)) return true;
  return facts.access.grants.some(
    (grant) =>
      grant.withGrantOption &&
      grant.object === object.kind &&
      grant.oid === object.oid &&
      grant.privilege === wanted.privilege &&
      (grant.grantee === role.oid || facts.access.isMember(role.oid, grant.grantee)),
  );
}

/** An entry without a grantee is PUBLIC's: `=r/postgres`. */
function isPublic(acl: readonly string[], privilege: PrivilegeName): boolean {
  return acl.some(
    (item) => item.startsWith("=") && item.split("/")[0]?.includes(letters[privilege]),
  );
}

/** The object of a privilege question asked by name. */
export function objectNamed(facts: Facts, kind: string, path: Path, name: string): number {
  switch (kind) {
    case "table":
    case "column":
    case "sequence":
      return read("regclass", facts, path, name);
    case "schema": {
      const oid = schemaOid(facts, name);
      if (oid === undefined) throw new PgError("3F000", `schema "${name}" does not exist`);
      return oid;
    }
    case "database":
      if (name !== databaseName) throw new PgError("3D000", `database "${name}" does not exist`);
      return databaseOid;
    case "function":
      return read("regprocedure", facts, path, name);
    case "type":
      return read("regtype", facts, path, name);
    default:
      throw new PgError("42704", `${kind} "${name}" does not exist`);
  }
}

/** A role given by name; `public` is 0. */
export function roleNamed(facts: Facts, name: string): number {
  if (name === "public") return 0;
  const role = facts.access.role(name);
  if (role === undefined) throw new PgError("42704", `role "${name}" does not exist`);
  return role.oid;
}

/** MEMBER: is a member; USAGE: has its privileges without SET ROLE. */
export function hasRole(facts: Facts, member: number, role: number, mode: string): boolean | null {
  const asked = mode
    .trim()
    .toUpperCase()
    .replace(/ WITH (ADMIN|GRANT) OPTION$/, "");
  if (asked !== "MEMBER" && asked !== "USAGE")
    throw new PgError("22023", `unrecognized privilege type: "${mode}"`);
  const one = facts.access.roleByOid(member);
  if (one === undefined) return false;
  if (one.isSuperuser || member === role) return true;
  if (/ OPTION$/i.test(mode.trim())) {
    return facts.access.memberships.some(
      (row) => row.member === member && row.role === role && row.admin,
    );
  }
  return (asked === "MEMBER" || one.inherits) && facts.access.isMember(member, role);
}
