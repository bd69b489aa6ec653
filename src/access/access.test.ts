import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { MemoryBucket } from "../storage/memory.ts";
import type { Bucket } from "../storage/storage.ts";
import type { AccessChange, ObjectKind, Privilege, Role } from "./access.ts";
import { aclItems, aclText } from "./acl.ts";
import { openAccess } from "./open-access.ts";

const bucketOf = () => new MemoryBucket("primary", tmpdir());
const open = (bucket: Bucket = bucketOf(), superuserName = "admin") =>
  openAccess({ bucket, superuserName });

const role = (name: string, more: Partial<Role> = {}): AccessChange => ({
  kind: "create role",
  role: {
    name,
    isSuperuser: false,
    canLogin: true,
    canCreateRole: false,
    canCreateDatabase: false,
    inherits: true,
    connectionLimit: -1,
    validUntil: null,
    verifier: null,
    comment: null,
    ...more,
  },
});

const table = { kind: "table", oid: 300_000, owner: 10 } as const;

async function fault(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no error";
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const { detail } = error.details;
    return `${error.sqlstate}: ${error.message}${detail ? ` (${detail})` : ""}`;
  }
}

test("a lakehouse is born with its roles", async () => {
  const access = await (await open()).current();
  expect(access.roles.map(({ oid, name, canLogin }) => [oid, name, canLogin])).toEqual([
    [10, "admin", true],
    [6181, "pg_read_all_data", false],
    [6182, "pg_write_all_data", false],
    [3373, "pg_monitor", false],
    [3374, "pg_read_all_settings", false],
    [3375, "pg_read_all_stats", false],
    [4200, "pg_signal_backend", false],
    [2_000_000_000, "recruiter", false],
    [2_000_000_001, "analyst", false],
    [2_000_000_002, "agent", false],
  ]);
});

test("what is committed is there for the next who opens the bucket, dates included", async () => {
  const bucket = bucketOf();
  const validUntil = new Date("2030-01-01T00:00:00Z");
  await (await open(bucket)).commit([role("ann", { validUntil })]);
  const access = await (await open(bucket)).current();
  expect(access.role("ann")).toMatchObject({ oid: 2_000_000_003, validUntil });
});

test("two servers on one bucket see each other's changes, and lose none when they race", async () => {
  const bucket = bucketOf();
  const [one, other] = await Promise.all([open(bucket), open(bucket)]);
  const names = Array.from({ length: 80 }, (_, at) => `role_${at}`);
  await Promise.all(names.map((name, at) => (at % 2 === 0 ? one : other).commit([role(name)])));
  const seen = await Promise.all([one.current(), other.current(), (await open(bucket)).current()]);
  for (const access of seen) {
    expect(names.every((name) => access.role(name))).toBe(true);
    expect(new Set(access.roles.map(({ oid }) => oid)).size).toBe(access.roles.length);
  }
  expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
});

test("a reader starts at the newest snapshot, not at the beginning", async () => {
  const bucket = bucketOf();
  const access = await open(bucket);
  for (let at = 0; at < 70; at++) await access.commit([role(`role_${at}`)]);
  for (const { key } of (await bucket.list("_lakehouse/access/")).slice(0, 64))
    await bucket.delete(key);
  expect((await (await open(bucket)).current()).roles.length).toBe(80);
});

test("changes are made all or none", async () => {
  const access = await open();
  expect(await fault(access.commit([role("ann"), role("ann")]))).toBe(
    '42710: role "ann" already exists',
  );
  expect((await access.current()).role("ann")).toBeUndefined();
});

test("roles are refused what PostgreSQL refuses them", async () => {
  const access = await open();
  await access.commit([role("ann"), role("bob")]);
  await access.commit([{ kind: "grant role", role: "ann", member: "bob", admin: false }]);
  const faults = await Promise.all(
    (
      [
        role("public"),
        role("pg_mine"),
        { kind: "alter role", name: "nobody", set: {} },
        { kind: "alter role", name: "pg_monitor", set: { canLogin: true } },
        { kind: "alter role", name: "ann", set: {}, rename: "bob" },
        { kind: "drop role", name: "nobody" },
        { kind: "drop role", name: "admin" },
        { kind: "grant role", role: "bob", member: "ann", admin: false },
        { kind: "grant role", role: "ann", member: "ann", admin: false },
      ] satisfies AccessChange[]
    ).map((change) => fault(access.commit([change]))),
  );
  expect(faults).toEqual([
    '42939: role name "public" is reserved',
    '42939: role name "pg_mine" is reserved (Role names starting with "pg_" are reserved.)',
    '42704: role "nobody" does not exist',
    '42939: role name "pg_monitor" is reserved (Cannot alter reserved roles.)',
    '42710: role "bob" already exists',
    '42704: role "nobody" does not exist',
    "2BP01: cannot drop role admin because it is required by the database system",
    '0LP01: role "bob" is a member of role "ann"',
    '0LP01: role "ann" is a member of role "ann"',
  ]);
});

test("a role that something depends on cannot be dropped, and its number is never used again", async () => {
  const bucket = bucketOf();
  const access = await openAccess({
    bucket,
    superuserName: "admin",
    dependencies: {
      owned: async (oid) => (oid === 2_000_000_003 ? ["table primary.hers"] : []),
      describe: async (_kind, oid) => (oid === 1 ? undefined : "table primary.candidates"),
    },
  });
  const { roleByOid } = await access.commit([role("ann"), role("bob"), role("carl")]);
  expect(roleByOid(2_000_000_003)?.name).toBe("ann");
  const grant = (oid: number, grantee: number): AccessChange => ({
    kind: "grant",
    grant: {
      object: "table",
      oid,
      grantee,
      grantor: 10,
      privilege: "SELECT",
      withGrantOption: false,
    },
  });
  await access.commit([grant(20_000, 2_000_000_003), grant(1, 2_000_000_004)]);
  expect(await fault(access.commit([{ kind: "drop role", name: "ann" }]))).toBe(
    '2BP01: role "ann" cannot be dropped because some objects depend on it (owner of table primary.hers\nprivileges for table primary.candidates)',
  );
  await access.commit([{ kind: "drop role", name: "bob" }]);
  await access.commit([{ kind: "drop role", name: "carl" }]);
  expect((await access.commit([role("dora")])).role("dora")?.oid).toBe(2_000_000_006);
});

test("the superuser goes by the name the configuration gives it", async () => {
  const bucket = bucketOf();
  await (await open(bucket)).commit([role("ann")]);
  expect((await (await open(bucket, "root")).current()).roleByOid(10)?.name).toBe("root");
  expect(await fault(open(bucket, "ann"))).toBe('42710: role "ann" already exists');
});

test("everybody reads the system's relations, but for those PostgreSQL keeps to itself", async () => {
  const version = await (await open()).commit([role("ann")]);
  const ann = must(version.role("ann"), "she was made");
  const may = (privilege: Privilege, kind: ObjectKind, oid: number) =>
    version.may(ann, privilege, { kind, oid, owner: 10 });
  const [pgClass, pgAuthid, pgShadow, lakehouseBuckets] = [1259, 1260, 12005, 89_001];
  expect([
    may("SELECT", "table", pgClass),
    may("SELECT", "table", lakehouseBuckets),
    may("INSERT", "table", pgClass),
    may("SELECT", "table", pgAuthid),
    may("SELECT", "table", pgShadow),
    may("SELECT", "table", table.oid),
  ]).toEqual([true, true, false, false, false, false]);
  const [pgCatalog, publicSchema, lakehouse, bucket] = [11, 2200, 88_001, 2 ** 18];
  expect([
    may("USAGE", "schema", pgCatalog),
    may("USAGE", "schema", publicSchema),
    may("USAGE", "schema", lakehouse),
    may("CREATE", "schema", publicSchema),
    may("USAGE", "schema", bucket),
    may("EXECUTE", "routine", 90_001),
    may("CONNECT", "database", 16_384),
  ]).toEqual([true, true, true, false, false, true, true]);
});

test("grants are written as PostgreSQL writes them", async () => {
  const access = await open();
  const before = await access.commit([role("ann"), role("Bob B")]);
  expect(aclItems(before, table)).toBeNull();
  const [ann, bob] = [before.role("ann")?.oid ?? 0, before.role("Bob B")?.oid ?? 0];
  const grant = (grantee: number, privilege: "SELECT" | "UPDATE", withGrantOption = false) => ({
    kind: "grant" as const,
    grant: {
      object: "table" as const,
      oid: table.oid,
      grantee,
      grantor: 10,
      privilege,
      withGrantOption,
    },
  });
  const version = await access.commit([
    grant(ann, "UPDATE"),
    grant(ann, "SELECT", true),
    grant(0, "SELECT"),
    grant(bob, "SELECT"),
  ]);
  const items = aclItems(version, table) ?? [];
  expect(aclText(items)).toBe('{admin=arwdDxt/admin,ann=r*w/admin,=r/admin,"\\"Bob B\\"=r/admin"}');
});

test("a damaged entry is named", async () => {
  const bucket = bucketOf();
  await open(bucket);
  await bucket.put("_lakehouse/access/00000000000000000001.json", Buffer.from("{"));
  expect(await fault(open(bucket))).toMatch(
    /^XX001: roles and grants cannot be read from _lakehouse\/access\/0+1\.json/,
  );
});
