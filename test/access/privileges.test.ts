/** The same roles, memberships and grants here and in a real PostgreSQL: the same answers to every has_…_privilege. */
import { tmpdir } from "node:os";
import { Client } from "pg";
import { expect, test } from "vitest";
import type { AccessChange, ObjectKind, Privilege } from "../../src/access/access.ts";
import { aclItems, privilegesOf } from "../../src/access/acl.ts";
import { openAccess } from "../../src/access/open-access.ts";
import { must } from "../../src/base/assert.ts";
import { MemoryBucket } from "../../src/storage/memory.ts";
import { postgres } from "../support/services.ts";

const server = await postgres();

/** Each has the attributes given; lw_ so that they are nobody else's on a shared server. */
const roles: Readonly<Record<string, string>> = {
  lw_owner: "",
  lw_reader: "",
  lw_member: "",
  lw_noinherit: "NOINHERIT",
  lw_below: "",
  lw_data: "",
  lw_writer: "",
  lw_super: "SUPERUSER",
  lw_nobody: "",
};
const memberships: readonly (readonly [role: string, member: string])[] = [
  ["lw_reader", "lw_member"],
  ["lw_reader", "lw_noinherit"],
  ["lw_noinherit", "lw_below"],
  ["lw_owner", "lw_below"],
  ["pg_read_all_data", "lw_data"],
  ["pg_write_all_data", "lw_writer"],
];
type Statement = readonly [
  verb: "GRANT" | "REVOKE",
  privilege: Privilege,
  kind: ObjectKind,
  name: string,
  grantee: string,
  option?: boolean,
];
const statements: readonly Statement[] = [
  ["GRANT", "SELECT", "table", "lw_s.one", "lw_reader"],
  ["GRANT", "UPDATE", "table", "lw_s.one", "lw_reader", true],
  ["GRANT", "INSERT", "table", "lw_s.one", "public"],
  ["GRANT", "DELETE", "table", "lw_s.one", "lw_noinherit"],
  ["GRANT", "TRUNCATE", "table", "lw_s.one", "lw_reader"],
  ["REVOKE", "TRUNCATE", "table", "lw_s.one", "lw_reader"],
  ["GRANT", "USAGE", "schema", "lw_s", "lw_reader"],
  ["GRANT", "CREATE", "schema", "lw_s", "lw_below"],
  ["REVOKE", "EXECUTE", "routine", "lw_s.f()", "public"],
  ["GRANT", "EXECUTE", "routine", "lw_s.f()", "lw_member"],
  ["REVOKE", "EXECUTE", "routine", "lw_s.g()", "public"],
  ["GRANT", "EXECUTE", "routine", "lw_s.g()", "public"],
];
const objects: readonly (readonly [ObjectKind, string])[] = [
  ["table", "lw_s.one"],
  ["table", "lw_s.two"],
  ["schema", "lw_s"],
  ["routine", "lw_s.f()"],
  ["routine", "lw_s.g()"],
  ["routine", "lw_s.h()"],
];
const routineWord: Partial<Record<ObjectKind, string>> = { routine: "function" };
const word = (kind: ObjectKind) => routineWord[kind] ?? kind;

async function setUp(client: Client): Promise<Map<string, { oid: number; owner: number }>> {
  for (const [name, attributes] of Object.entries(roles))
    await client.query(`CREATE ROLE ${name} ${attributes}`);
  for (const [role, member] of memberships) await client.query(`GRANT ${role} TO ${member}`);
  await client.query("CREATE SCHEMA lw_s AUTHORIZATION lw_owner");
  await client.query("SET ROLE lw_owner");
  await client.query("CREATE TABLE lw_s.one (a int)");
  await client.query("CREATE TABLE lw_s.two (a int)");
  for (const name of ["f", "g", "h"])
    await client.query(`CREATE FUNCTION lw_s.${name}() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  for (const [verb, privilege, kind, name, grantee, option] of statements) {
    const preposition = verb === "GRANT" ? "TO" : "FROM";
    const suffix = option ? " WITH GRANT OPTION" : "";
    await client.query(
      `${verb} ${privilege} ON ${word(kind)} ${name} ${preposition} ${grantee}${suffix}`,
    );
  }
  await client.query("RESET ROLE");
  const found = new Map<string, { oid: number; owner: number }>();
  for (const [kind, name] of objects)
    found.set(name, { oid: await oidOf(client, kind, name), owner: 0 });
  return found;
}

async function oidOf(client: Client, kind: ObjectKind, name: string): Promise<number> {
  const type = { table: "regclass", schema: "regnamespace", routine: "regprocedure" }[
    kind as "table" | "schema" | "routine"
  ];
  const { rows } = await client.query(`SELECT $1::${type}::oid AS oid`, [name]);
  // Where buckets' objects are numbered here; further down they would be the system's.
  return Number(rows[0].oid) + 2 ** 20;
}

test.skipIf(!server)("privileges are decided, and printed, as PostgreSQL does", async () => {
  const client = new Client(server);
  await client.connect();
  await client.query("BEGIN");
  try {
    const known = await setUp(client);
    const access = await openAccess({
      bucket: new MemoryBucket("primary", tmpdir()),
      superuserName: "admin",
    });
    const created = await access.commit(
      Object.entries(roles).map(
        ([name, attributes]): AccessChange => ({
          kind: "create role",
          role: {
            name,
            isSuperuser: attributes === "SUPERUSER",
            canLogin: false,
            canCreateRole: false,
            canCreateDatabase: false,
            inherits: attributes !== "NOINHERIT",
            connectionLimit: -1,
            validUntil: null,
            verifier: null,
            comment: null,
          },
        }),
      ),
    );
    const owner = must(created.role("lw_owner"), "it was made").oid;
    const objectOf = (kind: ObjectKind, name: string) => ({
      kind,
      owner,
      oid: must(known.get(name), name).oid,
    });
    const version = await access.commit([
      ...memberships.map(
        ([role, member]): AccessChange => ({ kind: "grant role", role, member, admin: false }),
      ),
      ...statements.map(([verb, privilege, kind, name, granteeName, option]): AccessChange => {
        const { oid } = objectOf(kind, name);
        const grantee =
          granteeName === "public" ? 0 : must(created.role(granteeName), granteeName).oid;
        const grant = { object: kind, oid, grantee, privilege };
        return verb === "GRANT"
          ? { kind: "grant", grant: { ...grant, grantor: owner, withGrantOption: option === true } }
          : { kind: "revoke", grant };
      }),
    ]);

    const ours: string[] = [];
    const theirs: string[] = [];
    for (const name of Object.keys(roles)) {
      const role = must(version.role(name), name);
      for (const [kind, object] of objects) {
        for (const privilege of privilegesOf[kind]) {
          const { rows } = await client.query(
            `SELECT has_${word(kind)}_privilege($1, $2::text, $3) AS may,
                    has_${word(kind)}_privilege($1, $2::text, $3 || ' WITH GRANT OPTION') AS grants`,
            [name, object, privilege],
          );
          const line = (may: boolean, grants: boolean) =>
            `${name} ${privilege} ${object}: ${may} ${grants}`;
          const securable = objectOf(kind, object);
          ours.push(
            line(
              version.may(role, privilege, securable),
              version.grantor(role, privilege, securable) !== undefined,
            ),
          );
          theirs.push(line(rows[0].may, rows[0].grants));
        }
      }
      for (const other of Object.keys(roles)) {
        const { rows } = await client.query(
          "SELECT pg_has_role($1, $2, 'MEMBER') AS m, pg_has_role($1, $2, 'USAGE') AS u",
          [name, other],
        );
        const to = must(version.role(other), other).oid;
        ours.push(
          `${name} in ${other}: ${version.isMember(role.oid, to)} ${version.inherits(role.oid, to)}`,
        );
        theirs.push(`${name} in ${other}: ${rows[0].m} ${rows[0].u}`);
      }
    }
    const acls = await client.query(
      `SELECT 'lw_s.' || relname AS name, relacl::text[] AS acl FROM pg_class WHERE relnamespace = 'lw_s'::regnamespace
       UNION ALL SELECT 'lw_s', nspacl::text[] FROM pg_namespace WHERE nspname = 'lw_s'
       UNION ALL SELECT 'lw_s.' || proname || '()', proacl::text[] FROM pg_proc WHERE pronamespace = 'lw_s'::regnamespace`,
    );
    // Differs: g's default was taken away and given back; here that is the default again, and null.
    for (const { name, acl } of acls.rows.filter((row) => row.name !== "lw_s.g()")) {
      const [kind] = must(
        objects.find(([, each]) => each === name),
        name,
      );
      ours.push(`${name}: ${aclItems(version, objectOf(kind, name))?.join(" ")}`);
      theirs.push(`${name}: ${acl?.join(" ")}`);
    }
    expect(ours).toEqual(theirs);
  } finally {
    await client.query("ROLLBACK");
    await client.end();
  }
});
