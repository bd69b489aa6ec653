/** Grants as PostgreSQL writes them in relacl, nspacl, proacl, datacl, and as psql's \dp shows them. https://www.postgresql.org/docs/15/ddl-priv.html#PRIVILEGE-ABBREVS-TABLE */
import { quoteName } from "../base/quote.ts";
import type {
  AccessVersion,
  DefaultPrivileges,
  Grant,
  ObjectKind,
  Privilege,
  Securable,
} from "./access.ts";
import { type PublicDefaults, postgresDefaults } from "./decide.ts";

/** Letters in the order in which PostgreSQL prints them. */
export const privilegeLetters: readonly (readonly [Privilege, string])[] = [
  ["INSERT", "a"],
  ["SELECT", "r"],
  ["UPDATE", "w"],
  ["DELETE", "d"],
  ["TRUNCATE", "D"],
  ["REFERENCES", "x"],
  ["TRIGGER", "t"],
  ["EXECUTE", "X"],
  ["USAGE", "U"],
  ["CREATE", "C"],
  ["TEMPORARY", "T"],
  ["CONNECT", "c"],
];

/** All there is to grant on an object of a kind: what ALL PRIVILEGES means, and what the owner has. */
export const privilegesOf: Readonly<Record<ObjectKind, readonly Privilege[]>> = {
  table: ["INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  sequence: ["SELECT", "UPDATE", "USAGE"],
  schema: ["USAGE", "CREATE"],
  routine: ["EXECUTE"],
  database: ["CREATE", "TEMPORARY", "CONNECT"],
  type: ["USAGE"],
};

/** Items such as `ann=r*w/admin`; null when nobody has said anything about the object, so that the defaults hold. */
export function aclItems(
  access: AccessVersion,
  object: Securable,
  defaults: PublicDefaults = postgresDefaults,
): readonly string[] | null {
  const isOfObject = (each: { readonly object: ObjectKind; readonly oid: number }) =>
    each.object === object.kind && each.oid === object.oid;
  const grants = access.grants.filter((grant) => isOfObject(grant) && grant.column === undefined);
  const revoked = access.revokedDefaults.filter(isOfObject).map(({ privilege }) => privilege);
  if (grants.length === 0 && revoked.length === 0) return null;

  const { add, texts } = collected(access);
  for (const privilege of defaults(object.kind, object.oid))
    if (!revoked.includes(privilege)) add(0, object.owner, privilege, false);
  for (const privilege of privilegesOf[object.kind])
    add(object.owner, object.owner, privilege, false);
  for (const { grantee, grantor, privilege, withGrantOption } of grants)
    if (grantee !== object.owner) add(grantee, grantor, privilege, withGrantOption);
  return texts();
}

/** As in attacl, of columns on which something is granted, and as in defaclacl. */
export function aclRows(access: AccessVersion) {
  const byColumn = new Map<string, Grant[]>();
  for (const grant of access.grants) {
    if (grant.column === undefined) continue;
    const key = `${grant.oid} ${grant.column}`;
    byColumn.set(key, [...(byColumn.get(key) ?? []), grant]);
  }
  return {
    columns: [...byColumn.values()].flatMap((grants) => {
      const [first] = grants;
      if (first?.column === undefined) return [];
      return [{ relation: first.oid, number: first.column, acl: columnAcl(access, grants) }];
    }),
    defaults: access.defaultPrivileges.map((entry) => ({
      ...entry,
      acl: defaultAcl(access, entry),
    })),
  };
}

function columnAcl(access: AccessVersion, grants: readonly Grant[]): readonly string[] {
  const { add, texts } = collected(access);
  for (const { grantee, grantor, privilege, withGrantOption } of grants)
    add(grantee, grantor, privilege, withGrantOption);
  return texts();
}

function defaultAcl(
  access: AccessVersion,
  { role, schema, object, items }: DefaultPrivileges,
): readonly string[] {
  const { add, texts } = collected(access);
  for (const { grantee, privilege, withGrantOption } of items)
    if (grantee === 0) add(0, role, privilege, withGrantOption);
  if (schema === 0) for (const privilege of privilegesOf[object]) add(role, role, privilege, false);
  for (const { grantee, privilege, withGrantOption } of items)
    if (grantee !== 0) add(grantee, role, privilege, withGrantOption);
  return texts();
}

function collected(access: AccessVersion) {
  const items = new Map<string, Item>();
  return {
    add(grantee: number, grantor: number, privilege: Privilege, isGrantable: boolean): void {
      const key = `${grantee} ${grantor}`;
      const item = items.get(key) ?? { grantee, grantor, privileges: new Map() };
      item.privileges.set(privilege, isGrantable);
      items.set(key, item);
    },
    texts: (): readonly string[] => [...items.values()].map((item) => itemText(item, access)),
  };
}

/** The items as PostgreSQL's text form of aclitem[]. */
export function aclText(items: readonly string[]): string {
  const quoted = items.map((item) =>
    /["\\{},\s]/.test(item) ? `"${item.replaceAll(/["\\]/g, "\\$&")}"` : item,
  );
  return `{${quoted.join(",")}}`;
}

interface Item {
  readonly grantee: number;
  readonly grantor: number;
  /** Whether with grant option. */
  readonly privileges: Map<Privilege, boolean>;
}

function itemText({ grantee, grantor, privileges }: Item, access: AccessVersion): string {
  const letters = privilegeLetters.map(([privilege, letter]) => {
    const isGrantable = privileges.get(privilege);
    if (isGrantable === undefined) return "";
    return isGrantable ? `${letter}*` : letter;
  });
  const to = grantee === 0 ? "" : roleName(grantee, access);
  return `${to}=${letters.join("")}/${roleName(grantor, access)}`;
}

/** A role that is gone is shown by its number, as PostgreSQL does. */
function roleName(oid: number, access: AccessVersion): string {
  const name = access.roleByOid(oid)?.name ?? String(oid);
  return /^[\p{L}\p{N}_]+$/u.test(name) ? name : quoteName(name);
}
