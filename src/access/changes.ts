/** Changes by name, as statements make them → facts by OID, checked; PostgreSQL's user.c and aclchk.c. */
import { isDeepStrictEqual } from "node:util";
import { PgError } from "../base/error.ts";
import type { AccessChange, DefaultItem, Grant, Role } from "./access.ts";
import { isBuiltin, type PublicDefaults } from "./decide.ts";
import { type AccessState, apply, type Fact, isSameEntry } from "./state.ts";

/** What only the catalog knows: for DROP ROLE's 2BP01. */
export interface Dependencies {
  /** What the role owns, as in `table primary.candidates`. */
  owned(role: number): Promise<readonly string[]>;
  /** What names it otherwise, as in `target of policy p on table t`. */
  named?(role: number): Promise<readonly string[]>;
  /** An object's description; undefined when it is gone. */
  describe(object: Grant["object"], oid: number, column?: number): Promise<string | undefined>;
}

/** The facts that bring the changes about, each checked against the state that those before it leave. */
export async function factsOf(
  changes: readonly AccessChange[],
  before: AccessState,
  defaults: PublicDefaults,
  dependencies: Dependencies,
): Promise<readonly Fact[]> {
  let state = before;
  const facts: Fact[] = [];
  for (const change of changes) {
    const made = await factsOfOne(change, state, defaults, dependencies);
    facts.push(...made);
    state = made.reduce(apply, state);
  }
  return facts;
}

async function factsOfOne(
  change: AccessChange,
  state: AccessState,
  defaults: PublicDefaults,
  dependencies: Dependencies,
): Promise<readonly Fact[]> {
  switch (change.kind) {
    case "create role":
      checkNewName(change.role.name, state);
      return [{ kind: "role", role: { oid: state.nextRoleOid, ...change.role } }];
    case "alter role":
      return alterRole(change, state);
    case "drop role":
      return dropRole(change.name, state, dependencies);
    case "grant role":
      return grantRole(change, state);
    case "revoke role": {
      const [role, member] = [find(change.role, state), find(change.member, state)];
      return [{ kind: "no member", role: role.oid, member: member.oid }];
    }
    case "grant":
      return grantFacts(change.grant, state, defaults);
    case "revoke":
      return revokeFacts(change, state, defaults);
    case "default privilege":
      return defaultFacts(change, state, defaults);
    case "settings":
      return [{ kind: "settings", settings: change.settings }];
    case "revoke all":
      return revokeAll(change.role, state, defaults);
    default:
      return change satisfies never;
  }
}

function alterRole(
  { name, set, rename }: AccessChange & { kind: "alter role" },
  state: AccessState,
): readonly Fact[] {
  const role = find(name, state);
  if (role.name.startsWith("pg_"))
    throw new PgError("42939", `role name "${name}" is reserved`, {
      detail: "Cannot alter reserved roles.",
    });
  if (rename !== undefined) checkNewName(rename, state);
  return [{ kind: "role", role: { ...role, ...set, name: rename ?? role.name } }];
}

async function dropRole(
  name: string,
  state: AccessState,
  dependencies: Dependencies,
): Promise<readonly Fact[]> {
  const role = find(name, state);
  if (isBuiltin(role)) {
    const message = `cannot drop role ${name} because it is required by the database system`;
    throw new PgError("2BP01", message);
  }
  const owned = (await dependencies.owned(role.oid)).map((object) => `owner of ${object}`);
  const granted = state.grants.filter(({ grantee, grantor }) =>
    [grantee, grantor].includes(role.oid),
  );
  const objects = new Map(
    granted.map((grant) => [`${grant.object} ${grant.oid} ${grant.column}`, grant]),
  );
  const privileges: string[] = [];
  for (const { object, oid, column } of objects.values()) {
    const description = await dependencies.describe(object, oid, column);
    if (description !== undefined) privileges.push(`privileges for ${description}`);
  }
  const dependents = [
    ...owned,
    ...(await defaultsOf(role.oid, state, dependencies)),
    ...privileges,
    ...((await dependencies.named?.(role.oid)) ?? []),
  ];
  if (dependents.length > 0) {
    const message = `role "${name}" cannot be dropped because some objects depend on it`;
    throw new PgError("2BP01", message, { detail: dependents.join("\n") });
  }
  return [{ kind: "no role", oid: role.oid }];
}

async function defaultsOf(
  role: number,
  state: AccessState,
  { describe }: Dependencies,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of state.defaultPrivileges ?? []) {
    const isOwn = entry.role === role;
    if (!isOwn && !entry.items.some(({ grantee }) => grantee === role)) continue;
    const schema = entry.schema === 0 ? undefined : await describe("schema", entry.schema);
    if (entry.schema !== 0 && schema === undefined) continue;
    const name = state.roles.find(({ oid }) => oid === entry.role)?.name ?? String(entry.role);
    const where = schema === undefined ? "" : ` in ${schema}`;
    const what = `default privileges on new ${newObjects[entry.object]} belonging to role ${name}${where}`;
    found.push(`${isOwn ? "owner of" : "privileges for"} ${what}`);
  }
  return found;
}

const newObjects: Readonly<Record<Grant["object"], string>> = {
  table: "relations",
  sequence: "sequences",
  schema: "schemas",
  routine: "functions",
  database: "databases",
  type: "types",
};

function grantRole(
  { role: roleName, member: memberName, admin }: AccessChange & { kind: "grant role" },
  state: AccessState,
): readonly Fact[] {
  const [role, member] = [find(roleName, state), find(memberName, state)];
  if (reaches(role.oid, member.oid, state))
    throw new PgError("0LP01", `role "${roleName}" is a member of role "${memberName}"`);
  const known = state.memberships.find(
    (each) => each.role === role.oid && each.member === member.oid,
  );
  if (known && (known.admin || !admin)) return [];
  return [{ kind: "member", membership: { role: role.oid, member: member.oid, admin } }];
}

function grantFacts(grant: Grant, state: AccessState, defaults: PublicDefaults): readonly Fact[] {
  const { object, oid, grantee, privilege } = grant;
  if (grantee === 0 && grant.withGrantOption)
    throw new PgError("0LP01", "grant options can only be granted to roles");
  if (grantee === 0 && grant.column === undefined && defaults(object, oid).includes(privilege))
    return [{ kind: "default", revoked: { object, oid, privilege }, isRevoked: false }];
  // A GRANT without the option does not take away one given before.
  const known = matching(grant, state).find(({ grantor }) => grantor === grant.grantor);
  const withGrantOption = grant.withGrantOption || known?.withGrantOption === true;
  return [{ kind: "grant", grant: { ...grant, withGrantOption } }];
}

function revokeFacts(
  { grant: revoked, optionOnly = false, cascade = false }: AccessChange & { kind: "revoke" },
  state: AccessState,
  defaults: PublicDefaults,
): readonly Fact[] {
  const { object, oid, grantee, privilege } = revoked;
  const rest = state.grants.filter(
    (grant) => grant.object === object && grant.oid === oid && grant.privilege === privilege,
  );
  const further =
    grantee === 0
      ? []
      : rest.filter((grant) => grant.grantor === grantee && grant.grantee !== grantee);
  if (further.length > 0 && !cascade)
    throw new PgError("2BP01", "dependent privileges exist", {
      hint: "Use CASCADE to revoke them too.",
    });
  const facts = matching(revoked, state).map(
    (grant): Fact =>
      optionOnly
        ? { kind: "grant", grant: { ...grant, withGrantOption: false } }
        : { kind: "no grant", grant },
  );
  facts.push(...withFurther(further, rest).map((grant): Fact => ({ kind: "no grant", grant })));
  if (optionOnly) return facts;
  // What is taken away from a table is taken away from each of its columns.
  if (revoked.column === undefined)
    for (const grant of rest)
      if (grant.column !== undefined && grant.grantee === grantee)
        facts.push({ kind: "no grant", grant });
  if (revoked.column !== undefined) return facts;
  if (grantee !== 0 || !defaults(object, oid).includes(privilege)) return facts;
  return [...facts, { kind: "default", revoked: { object, oid, privilege }, isRevoked: true }];
}

/** SetDefaultACL of aclchk.c: an entry that says what holds anyway is none. */
function defaultFacts(
  { isGrant, entry, item }: AccessChange & { kind: "default privilege" },
  state: AccessState,
  defaults: PublicDefaults,
): readonly Fact[] {
  const born: readonly DefaultItem[] =
    entry.schema === 0
      ? defaults(entry.object, newOid).map((privilege) => ({
          grantee: 0,
          privilege,
          withGrantOption: false,
        }))
      : [];
  const known = (state.defaultPrivileges ?? []).find((each) => isSameEntry(each, entry));
  const before = known?.items ?? born;
  const isItem = ({ grantee, privilege }: DefaultItem) =>
    grantee === item.grantee && privilege === item.privilege;
  const had = before.find(isItem);
  const others = before.filter((each) => !isItem(each));
  const given = { ...item, withGrantOption: item.withGrantOption || had?.withGrantOption === true };
  const left = isGrant
    ? [...others, given]
    : item.withGrantOption && had !== undefined
      ? [...others, { ...had, withGrantOption: false }]
      : others;
  const isGone =
    left.length === born.length &&
    born.every((each) => left.some((one) => isDeepStrictEqual(one, each)));
  if (isGone && known === undefined) return [];
  const oid = known?.oid ?? state.nextRoleOid;
  return [{ kind: "default privileges", entry: { oid, ...entry, items: left }, isGone }];
}

/** Of what people make. */
const newOid = 2 ** 32 - 1;

function revokeAll(role: number, state: AccessState, defaults: PublicDefaults): readonly Fact[] {
  const grants = state.grants
    .filter(({ grantee, grantor }) => grantee === role || grantor === role)
    .map((grant): Fact => ({ kind: "no grant", grant }));
  const entries = (state.defaultPrivileges ?? []).flatMap((entry): Fact[] => {
    if (entry.role === role) return [{ kind: "default privileges", entry, isGone: true }];
    const items = entry.items.filter(({ grantee }) => grantee !== role);
    if (items.length === entry.items.length) return [];
    const bornCount = entry.schema === 0 ? defaults(entry.object, newOid).length : 0;
    const isGone = items.length === bornCount && items.every(({ grantee }) => grantee === 0);
    return [{ kind: "default privileges", entry: { ...entry, items }, isGone }];
  });
  return [...grants, ...entries];
}

/** Grants made by those who were granted the privilege, and so on. */
function withFurther(first: readonly Grant[], rest: readonly Grant[]): readonly Grant[] {
  const found = new Set(first);
  for (const { grantee } of found)
    for (const grant of rest) if (grant.grantor === grantee) found.add(grant);
  return [...found];
}

function matching(
  { object, oid, column, grantee, privilege }: Omit<Grant, "grantor" | "withGrantOption">,
  state: AccessState,
): readonly Grant[] {
  return state.grants.filter(
    (grant) =>
      grant.object === object &&
      grant.oid === oid &&
      grant.column === column &&
      grant.grantee === grantee &&
      grant.privilege === privilege,
  );
}

function find(name: string, state: AccessState): Role {
  const role = state.roles.find((each) => each.name === name);
  if (!role) throw new PgError("42704", `role "${name}" does not exist`);
  return role;
}

function checkNewName(name: string, state: AccessState): void {
  if (name === "public" || name === "none")
    throw new PgError("42939", `role name "${name}" is reserved`);
  if (name.startsWith("pg_"))
    throw new PgError("42939", `role name "${name}" is reserved`, {
      detail: 'Role names starting with "pg_" are reserved.',
    });
  if (state.roles.some((role) => role.name === name))
    throw new PgError("42710", `role "${name}" already exists`);
}

/** True when `from` is a member of `to`, at whatever distance, or is it. */
function reaches(from: number, to: number, state: AccessState): boolean {
  const found = new Set([from]);
  for (const oid of found)
    for (const { role, member } of state.memberships) if (member === oid) found.add(role);
  return found.has(to);
}
