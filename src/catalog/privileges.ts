/** has_…_privilege and pg_has_role. https://www.postgresql.org/docs/15/functions-info.html */
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { builtins } from "./builtins.ts";
import {
  bootstrapRoleOid,
  databaseName,
  databaseOid,
  type Facts,
  type ObjectKind,
  type PrivilegeName,
  type RoleFact,
  type Securable,
} from "./facts.ts";
import { classOf, type Path, type ProcFact, procOf, read, schemaOf, schemaOid } from "./names.ts";
import { foreignServer } from "./relation.ts";
import { isSubject } from "./row-security.ts";

/** What may be asked of each kind of object. */
const kinds: Readonly<Record<string, readonly PrivilegeName[]>> = {
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  // Asked of every relation, by a SELECT that filters later than it asks.
  "relation as sequence": ["USAGE", "SELECT", "UPDATE"],
  schema: ["CREATE", "USAGE"],
  database: ["CREATE", "TEMPORARY", "CONNECT"],
  function: ["EXECUTE"],
  type: ["USAGE"],
  language: ["USAGE"],
  tablespace: ["CREATE"],
  "foreign-data wrapper": ["USAGE"],
  server: ["USAGE"],
};

/** As sql/pg_catalog tells them: both have one name. */
const foreignOids: ReadonlyMap<string, number> = new Map([
  ["foreign-data wrapper", 88_901],
  ["server", 88_902],
]);

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
  // A column's grants are enough where any column is asked for.
  const isOfAny = kind === "column" && object.kind === "table";
  return wanted.some(
    (one) =>
      may(facts, role, object, one) || (isOfAny && grantedColumns(facts, role, object, one) > 0),
  );
}

/** Of a column by its number; NULL when there is none. */
export function hasColumnPrivilege(
  facts: Facts,
  roleOid: number,
  oid: number,
  column: number,
  privileges: string,
): boolean | null {
  const wanted = parsePrivileges(privileges, kinds["column"] ?? []);
  const object = objectOf(facts, "column", oid);
  if (object === undefined) return null;
  const columns = facts.catalog.relationByOid(oid)?.columns;
  if (columns !== undefined && !columns.some(({ number }) => number === column)) return null;
  const role = facts.access.roleByOid(roleOid);
  if (role === undefined) return false;
  return wanted.some(
    (one) =>
      may(facts, role, object, one) ||
      (object.kind === "table" && grantedColumns(facts, role, object, one, column) > 0),
  );
}

/** Whether a relation's policies count for a role; NULL when there is no such relation. */
export function isRowSecurityActive(facts: Facts, roleOid: number, oid: number): boolean | null {
  const relation = facts.catalog.relationByOid(oid);
  const role = facts.access.roleByOid(roleOid);
  if (relation === undefined) return classOf(facts, oid) === undefined ? null : false;
  return role !== undefined && isSubject(relation, role, facts.access);
}

/** On how many columns, or whether on this one. */
function grantedColumns(
  { access }: Facts,
  role: RoleFact,
  { oid }: Securable,
  { privilege, withGrantOption }: Wanted,
  column?: number,
): number {
  return access.grants.filter(
    (grant) =>
      grant.object === "table" &&
      grant.oid === oid &&
      grant.column !== undefined &&
      (column === undefined || grant.column === column) &&
      grant.privilege === privilege &&
      (!withGrantOption || grant.withGrantOption) &&
      (grant.grantee === 0 ||
        grant.grantee === role.oid ||
        access.inherits(role.oid, grant.grantee)),
  ).length;
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

/** What access/ does not know: functions and types PostgreSQL is born with. */
interface BuiltinObject {
  readonly kind: "builtin";
  /** null: the default, which `isOpen` says. */
  readonly acl: readonly string[] | null;
  readonly isOpen: boolean;
}

function objectOf(facts: Facts, kind: string, oid: number): Securable | BuiltinObject | undefined {
  switch (kind) {
    case "table":
    case "column":
    case "sequence":
    case "relation as sequence": {
      const relation = facts.catalog.relationByOid(oid);
      const owner = relation?.owner ?? bootstrapRoleOid;
      const isSequence = relation?.source.kind === "sequence";
      if (kind === "relation as sequence" && !isSequence) return undefined;
      if (kind === "sequence" && classOf(facts, oid) !== undefined && !isSequence)
        throw new PgError("42809", `"${classOf(facts, oid)?.name}" is not a sequence`);
      return classOf(facts, oid) && { kind: isSequence ? "sequence" : "table", oid, owner };
    }
    case "schema": {
      const owner = facts.catalog.schemaByOid(oid)?.owner ?? bootstrapRoleOid;
      return schemaOf(facts, oid) === undefined ? undefined : { kind: "schema", oid, owner };
    }
    case "database":
      return oid === databaseOid ? { kind: "database", oid, owner: bootstrapRoleOid } : undefined;
    case "function": {
      const proc = procOf(facts, oid);
      if (proc === undefined) return undefined;
      if (proc.builtin === undefined || !builtins().procsByOid.has(oid))
        return { kind: "routine", oid, owner: ownerOf(facts, proc) };
      return { kind: "builtin", acl: proc.builtin.proacl, isOpen: true };
    }
    case "type":
      return typeObject(facts, oid);
    case "language":
      // internal and c are for superusers, sql is trusted.
      return { kind: "builtin", acl: null, isOpen: oid === 14 };
    case "foreign-data wrapper":
    case "server":
      return foreignOids.get(kind) === oid
        ? { kind: "builtin", acl: null, isOpen: false }
        : undefined;
    default:
      return { kind: "builtin", acl: null, isOpen: false };
  }
}

function ownerOf({ catalog }: Facts, { oid, schema }: ProcFact): number {
  return catalog.functionsIn(schema).get(oid)?.owner ?? bootstrapRoleOid;
}

function may(
  facts: Facts,
  role: RoleFact,
  object: Securable | BuiltinObject,
  wanted: Wanted,
): boolean {
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
      grant.column === undefined &&
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
    case "foreign-data wrapper":
    case "server": {
      const oid = name === foreignServer ? foreignOids.get(kind) : undefined;
      if (oid === undefined) throw new PgError("42704", `${kind} "${name}" does not exist`);
      return oid;
    }
    default: {
      const oid = onlyOnes.get(`${kind} ${name}`);
      if (oid === undefined) throw new PgError("42704", `${kind} "${name}" does not exist`);
      return oid;
    }
  }
}

/** Nobody makes others of their kind. */
const onlyOnes: ReadonlyMap<string, number> = new Map([
  ["language internal", 12],
  ["language c", 13],
  ["language sql", 14],
  ["tablespace pg_default", 1663],
  ["tablespace pg_global", 1664],
]);

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
  return asked === "MEMBER"
    ? facts.access.isMember(member, role)
    : facts.access.inherits(member, role);
}

/** The number of a table's column given by name. */
export function columnNumber(facts: Facts, relation: number, name: string): number {
  const columns =
    facts.catalog.relationByOid(relation)?.columns ??
    builtins().relationsByOid.get(relation)?.columns ??
    attributesOf(facts, relation);
  const index = columns.findIndex((column) => column.name === name);
  if (index >= 0) return index + 1;
  const table = classOf(facts, relation)?.name ?? String(relation);
  throw new PgError("42703", `column "${name}" of relation "${table}" does not exist`);
}

/** Of a composite type, whose OID follows its relation's. */
function attributesOf({ catalog }: Facts, relation: number): readonly { readonly name: string }[] {
  const type = catalog.typeByOid(relation + 1);
  return type?.kind === "composite" ? type.columns : [];
}

/** What is granted on an object; null when only the defaults are. */
export function aclOf(
  facts: Facts,
  kind: string,
  oid: number,
  owner: number,
): readonly string[] | null {
  return facts.acl({ kind: kind as ObjectKind, oid, owner });
}

/** What acldefault gives for each kind of object, PUBLIC's first. https://www.postgresql.org/docs/15/ddl-priv.html */
const defaultAcls: Readonly<Record<string, readonly [everybody: string, owner: string]>> = {
  c: ["", ""],
  r: ["", "arwdDxt"],
  s: ["", "rwU"],
  d: ["Tc", "CTc"],
  f: ["X", "X"],
  l: ["U", "U"],
  L: ["", "rw"],
  n: ["", "UC"],
  p: ["", "sA"],
  t: ["", "C"],
  F: ["", "U"],
  S: ["", "U"],
  T: ["U", "U"],
};

export function defaultAcl(facts: Facts, kind: string, owner: number): readonly string[] {
  const letters = defaultAcls[kind];
  if (letters === undefined)
    throw new PgError("XX000", `unrecognized object type abbreviation: ${kind}`);
  const name = aclName(facts, owner);
  const [everybody, own] = letters;
  return [
    ...(everybody === "" ? [] : [`=${everybody}/${name}`]),
    ...(own === "" ? [] : [`${name}=${own}/${name}`]),
  ];
}

/** 22023 when it is not one privilege's name. */
export function aclItem(
  facts: Facts,
  grantee: number,
  grantor: number,
  privilege: string,
  isGrantable: boolean,
): string {
  const named = Object.entries(letters).find(([name]) => name === fullName(privilege));
  if (named === undefined)
    throw new PgError("22023", `unrecognized privilege type: "${privilege}"`);
  const to = grantee === 0 ? "" : aclName(facts, grantee);
  return `${to}=${named[1]}${isGrantable ? "*" : ""}/${aclName(facts, grantor)}`;
}

function fullName(privilege: string): string {
  const upper = privilege.toUpperCase();
  return upper === "TEMP" ? "TEMPORARY" : upper;
}

/** Of run-time parameters nothing is granted: superusers may all. */
export function hasParameterPrivilege(
  { access }: Facts,
  roleOid: number,
  privileges: string,
): boolean {
  for (const one of privileges.split(",")) {
    const name = one.trim().toUpperCase();
    if (!/^(?:SET|ALTER SYSTEM)(?: WITH GRANT OPTION)?$/.test(name))
      throw new PgError("22023", `unrecognized privilege type: "${one.trim()}"`);
  }
  return access.roleByOid(roleOid)?.isSuperuser ?? false;
}

/** A role as an aclitem writes it. */
export function aclName(facts: Facts, oid: number): string {
  const name = facts.access.roleByOid(oid)?.name ?? String(oid);
  return /^[\p{L}\p{N}_]+$/u.test(name) ? name : quoteName(name);
}

/** And reads it; nothing is PUBLIC, a role that is not there is NULL. */
export function aclRole(facts: Facts, text: string): number | null {
  if (text === "") return 0;
  const name = text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
  return facts.access.role(name)?.oid ?? (/^\d+$/.test(name) ? Number(name) : null);
}

/** A row type has no privileges of its own: it is its table's. */
function typeObject({ catalog }: Facts, oid: number): Securable | BuiltinObject | undefined {
  const type = catalog.typeByOid(oid) ?? catalog.typeByOid(oid - 1);
  if (type !== undefined) return { kind: "type", oid: type.oid, owner: type.owner };
  return builtins().typesByOid.has(oid) ? { kind: "builtin", acl: null, isOpen: true } : undefined;
}
