import { beforeAll, expect, test } from "vitest";
import { candidates, contextOf, type roles } from "../../test/support/query-context.ts";
import { PgError } from "../base/error.ts";
import { loadParser, parse } from "./parse.ts";
import type { PlannedStatement } from "./plan.ts";
import type { QueryContext } from "./query.ts";
import { plan } from "./statement.ts";

beforeAll(loadParser);

/** Superusers' statements are not verified, so nothing here needs an engine. */
const noEngine: QueryContext["engine"] = {
  serialize: () => Promise.reject(new Error("no engine here")),
  deserialize: () => Promise.reject(new Error("no engine here")),
};

interface Asker {
  readonly as?: keyof typeof roles;
  readonly settings?: Readonly<Record<string, string>>;
  readonly more?: Partial<QueryContext>;
  readonly types?: readonly number[];
}

async function planned(sql: string, asker: Asker = {}): Promise<PlannedStatement> {
  const context = {
    ...contextOf(asker.as ?? "admin", noEngine, asker.settings),
    ...asker.more,
  };
  const [statement, ...more] = parse(sql, new Set(context.catalog.buckets));
  if (statement === undefined || more.length > 0) throw new Error("not one statement");
  return plan(statement, asker.types ?? [], context);
}

async function failure(sql: string, asker: Asker = {}) {
  try {
    await planned(sql, asker);
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error(`planned: ${sql}`);
}

const planOf = async (sql: string, asker?: Asker) => (await planned(sql, asker)).plan;

test.each<[string, object]>([
  [
    "begin isolation level serializable, read only, not deferrable",
    {
      kind: "begin",
      tag: "BEGIN",
      modes: { isolation: "serializable", readOnly: true, deferrable: false },
    },
  ],
  [
    "start transaction read write",
    { kind: "begin", tag: "START TRANSACTION", modes: { readOnly: false } },
  ],
  ["commit and chain", { kind: "commit", chain: true }],
  ["end", { kind: "commit", chain: false }],
  ["abort", { kind: "rollback", chain: false }],
  ["savepoint a", { kind: "savepoint", name: "a" }],
  ["release savepoint a", { kind: "release", name: "a" }],
  ["prepare transaction 'x'", { kind: "prepare transaction" }],
  ["rollback to a", { kind: "rollback to", name: "a" }],
  [
    "set transaction isolation level repeatable read, read only",
    {
      kind: "set transaction",
      scope: "transaction",
      modes: { isolation: "repeatable read", readOnly: true },
    },
  ],
  [
    "set session characteristics as transaction read only",
    { kind: "set transaction", scope: "session", modes: { readOnly: true } },
  ],
  [
    "set extra_float_digits = 3",
    { kind: "set", name: "extra_float_digits", value: "3", isLocal: false, tag: "SET" },
  ],
  [
    "set local statement_timeout to '5s'",
    { kind: "set", name: "statement_timeout", value: "5s", isLocal: true },
  ],
  ["set datestyle = ISO, MDY", { kind: "set", name: "datestyle", value: "iso, mdy" }],
  [
    "set search_path = \"$user\", a, 'B c'",
    { kind: "set", name: "search_path", value: '"$user", a, "B c"' },
  ],
  ["set search_path to ''", { kind: "set", value: '""' }],
  ["set search_path to primary, public", { kind: "set", value: "primary, public" }],
  ["set x.y to default", { kind: "set", name: "x.y", value: undefined, tag: "SET" }],
  ["reset x.y", { kind: "set", name: "x.y", value: undefined, tag: "RESET" }],
  ["reset all", { kind: "reset all" }],
  ["set names 'utf8'", { kind: "set", name: "client_encoding", value: "utf8" }],
  ["set time zone 'Europe/Zurich'", { kind: "set", name: "timezone", value: "Europe/Zurich" }],
  [
    "set time zone interval '+00:00' hour to minute",
    { kind: "set", name: "timezone", value: "<+00>-00" },
  ],
  [
    "set time zone interval '-05:30' hour to minute",
    { kind: "set", name: "timezone", value: "<-05:30>+05:30" },
  ],
  ["set time zone -7", { kind: "set", name: "timezone", value: "<-07>+07" }],
  ["set time zone 5.5", { kind: "set", name: "timezone", value: "<+05:30>-05:30" }],
  ["set time zone local", { kind: "set", name: "timezone", value: undefined }],
  ["set role ann", { kind: "set role", name: "ann", isLocal: false, tag: "SET" }],
  ["set role none", { kind: "set role", name: undefined }],
  ["reset role", { kind: "set role", name: undefined, tag: "RESET" }],
  ["set session authorization 'ann'", { kind: "set session authorization", name: "ann" }],
  ["set session authorization default", { kind: "set session authorization", name: undefined }],
  ["show TimeZone", { kind: "show", name: "timezone" }],
  ["show all", { kind: "show all" }],
  [
    "declare c scroll cursor with hold for select 1",
    { kind: "declare", name: "c", scroll: true, hold: true, binary: false },
  ],
  [
    "declare c binary no scroll cursor for select 1",
    { kind: "declare", scroll: false, hold: false, binary: true },
  ],
  ["close c", { kind: "close", name: "c" }],
  ["close all", { kind: "close", name: undefined }],
  [
    "prepare p(int, text[]) as  select $1",
    { kind: "prepare", name: "p", sql: "select $1", offset: 27, parameterTypes: [23, 1009] },
  ],
  ["prepare p as from candidates", { kind: "prepare", sql: "from candidates", offset: 13 }],
  ["deallocate all", { kind: "deallocate", name: undefined }],
  ["deallocate prepare p", { kind: "deallocate", name: "p" }],
  ["discard all", { kind: "discard", target: "all" }],
  ["discard temp", { kind: "discard", target: "temporary" }],
  ["listen a", { kind: "listen", channel: "a" }],
  ["unlisten *", { kind: "unlisten", channel: undefined }],
  ["notify a, 'b'", { kind: "notify", channel: "a", payload: "b" }],
  ["lock table candidates in share mode", { kind: "lock table", mode: 5, noWait: false }],
  ["analyze", { kind: "analyze", targets: undefined }],
  [
    "analyze primary.candidates (id)",
    { kind: "analyze", targets: [{ relation: candidates, columns: ["id"] }] },
  ],
  [
    "select set_config('search_path', '', false)",
    {
      kind: "set config",
      name: { text: "search_path" },
      value: { text: "" },
      isLocal: { text: "f" },
    },
  ],
  ["insert into candidates values (1)", { kind: "insert", target: candidates }],
  [
    "explain (analyze, format json, costs off) select 1",
    {
      kind: "explain",
      options: { analyze: true, format: "json", costs: false, timing: true, summary: true },
    },
  ],
  [
    "explain select * from candidates",
    {
      kind: "explain",
      options: { analyze: false, format: "text", costs: true, timing: false, summary: false },
    },
  ],
  ["drop table candidates, if_not.there", { error: "3F000" }],
  [
    "drop table if exists candidates, not_there cascade",
    { kind: "drop table", targets: [candidates], missing: ["not_there"] },
  ],
  [
    "alter table candidates rename to people",
    { kind: "rename table", target: candidates, to: "people" },
  ],
  ["alter table if exists nothing rename to people", { kind: "nothing", tag: "ALTER TABLE" }],
  [
    "alter table candidates owner to bob",
    { kind: "alter table", target: candidates, after: { ...candidates, owner: 16_401 } },
  ],
  [
    "comment on table candidates is 'x'",
    { kind: "comment", target: candidates, column: 0, text: "x" },
  ],
  ["comment on column candidates.city is ''", { kind: "comment", column: 3, text: null }],
  [
    "create schema if not exists s authorization ann",
    { kind: "create schema", name: "s", ifNotExists: true, owner: "ann" },
  ],
  ["create schema authorization ann", { kind: "create schema", name: "ann", owner: "ann" }],
  [
    "drop schema if exists testing, nope cascade",
    { kind: "drop schema", names: ["testing"], missing: ["nope"], cascade: true },
  ],
  [
    "create role r login password 'x' connection limit 3 in role ann role bob valid until 'infinity'",
    {
      kind: "create role",
      name: "r",
      options: { login: true, password: "x", connectionLimit: 3, validUntil: "infinity" },
      inRoles: ["ann"],
      members: ["bob"],
    },
  ],
  ["create user u", { kind: "create role", options: { login: true } }],
  [
    "create group g nosuperuser",
    { kind: "create role", options: { login: false, superuser: false } },
  ],
  [
    "alter role ann with nologin password null",
    { kind: "alter role", name: "ann", options: { login: false, password: null } },
  ],
  [
    "alter user ann rename to anna",
    { kind: "alter role", name: "ann", rename: "anna", options: {} },
  ],
  [
    "alter group ann add user bob",
    { kind: "grant role", isGrant: true, roles: ["ann"], members: ["bob"] },
  ],
  [
    "drop role if exists nobody, bob",
    { kind: "drop role", names: ["nobody", "bob"], ifExists: true },
  ],
  [
    "grant ann to bob with admin option",
    { kind: "grant role", isGrant: true, roles: ["ann"], members: ["bob"], admin: true },
  ],
  ["revoke admin option for ann from bob", { kind: "grant role", isGrant: false, admin: true }],
  [
    "grant select, insert on candidates to bob, public",
    {
      kind: "grant",
      isGrant: true,
      privileges: ["SELECT", "INSERT"],
      objects: [{ kind: "table", oid: candidates.oid }],
      grantees: ["bob", "public"],
    },
  ],
  [
    "grant all on all tables in schema testing to bob with grant option",
    { kind: "grant", objects: [{ kind: "table", oid: 17_002 }], withGrantOption: true },
  ],
  [
    "revoke all privileges on schema primary from bob",
    {
      kind: "grant",
      isGrant: false,
      privileges: ["USAGE", "CREATE"],
      objects: [{ kind: "schema", oid: 16_500 }],
    },
  ],
  [
    "grant temp on database lakehouse to bob",
    { kind: "grant", privileges: ["TEMPORARY"], objects: [{ kind: "database" }] },
  ],
  [
    "copy candidates (id, city) from stdin csv header",
    {
      kind: "copy in",
      target: candidates,
      columns: [{ name: "id" }, { name: "city" }],
      options: { format: "csv", header: true, delimiter: ",", null: "", quote: '"', escape: '"' },
    },
  ],
  [
    "copy candidates from stdin",
    { kind: "copy in", options: { format: "text", delimiter: "\t", null: "\\N", header: false } },
  ],
  ["copy binary candidates to stdout", { kind: "copy out", options: { format: "binary" } }],
  [
    "copy (select 1) to stdout (format csv, delimiter ';', force_quote *, null 'x', header match)",
    { error: "0A000" },
  ],
  [
    "copy (select 1) to stdout (format csv, delimiter ';', force_quote *, null 'x')",
    { kind: "copy out", options: { delimiter: ";", forceQuote: "*", null: "x" } },
  ],
])("%s", async (sql, expected) => {
  if ("error" in expected) expect((await failure(sql)).sqlstate).toBe(expected.error);
  else expect(await planOf(sql)).toMatchObject(expected);
});

test("CREATE TABLE carries types, NOT NULL and defaults as written", async () => {
  const sql = `create table if not exists t (
    a varchar(3)[] not null default array['x', 'y'] , b numeric(10, 2) default (1 + 2) null,
    "C" pg_catalog.int8, d timestamp(3) with time zone default now() not null, e char, f float(24), g text collate "C")`;
  expect(await planOf(sql)).toMatchObject({
    kind: "create table",
    schema: "primary",
    name: "t",
    ifNotExists: true,
    columns: [
      { name: "a", typeOid: 1015, typmod: 7, notNull: true, defaultText: "array['x', 'y']" },
      { name: "b", typeOid: 1700, typmod: 655_366, notNull: false, defaultText: "(1 + 2)" },
      { name: "C", typeOid: 20, typmod: -1, defaultText: null },
      { name: "d", typeOid: 1184, typmod: 3, notNull: true, defaultText: "now()" },
      { name: "e", typeOid: 1042, typmod: 5 },
      { name: "f", typeOid: 700 },
      { name: "g", typeOid: 25 },
    ],
  });
});

test.each([
  "case when true then null else 1 end",
  "1 + 2 * (3)",
  "(now() at time zone 'utc')",
  "null::int",
  "concat('é,)😀 not null', $$a not null$$)",
  "cast(null as int)",
  "interval '1' day",
])("DEFAULT %s is kept as written, whatever follows", async (text) => {
  for (const rest of [" not null", " null", ", b int", ""]) {
    const made = await planOf(`create table t (é text, a text default ${text}${rest})`);
    const columns = made.kind === "create table" ? made.columns : [];
    expect(columns[1]?.defaultText).toBe(text);
  }
});

test.each([
  ["int", "'05'", "5"],
  ["bigint", "'5'", "'5'::bigint"],
  ["int", "-1", "'-1'::integer"],
  ["numeric(9,2)", "7.50", "7.50"],
  ["bool", "'t'", "true"],
  ["varchar(5)", "$$it's$$", "'it''s'::character varying"],
  ["char(3)", "'a'", "'a'::bpchar"],
  ["date", "'2020-1-2'", "'2020-01-02'::date"],
  ["int[]", "'{1, 2}'", "'{1,2}'::integer[]"],
  ["timestamptz", "current_timestamp", "CURRENT_TIMESTAMP"],
  ["text", "null", null],
])("a column of type %s keeps DEFAULT %s as PostgreSQL shows it", async (type, text, kept) => {
  const made = await planOf(`create table t (a ${type} default ${text})`);
  const columns = made.kind === "create table" ? made.columns : [];
  expect(columns[0]?.defaultText).toBe(kept);
});

test("a new table goes to lakehouse.bucket, else to the first bucket of the search path", async () => {
  const settings = { "lakehouse.bucket": "testing" };
  expect(await planOf("create table t (a int)", { settings })).toMatchObject({ schema: "testing" });
  expect(await planOf("create table t (a int)")).toMatchObject({ schema: "primary" });
  const path = { searchPath: ["nowhere", "public", "primary"] };
  expect(await planOf("create table t as select 1", { more: path })).toMatchObject({
    schema: "public",
  });
  const unknown = await failure("create table t (a int)", {
    settings: { "lakehouse.bucket": "x" },
  });
  expect(unknown).toMatchObject({ sqlstate: "3F000", message: 'schema "x" does not exist' });
  expect(unknown.details.hint).toBe(
    "Valid buckets are public, primary, testing, profile:ann, hidden.",
  );
  expect(await failure("create table t (a int)", { more: { searchPath: [] } })).toMatchObject({
    sqlstate: "3F000",
    message: "no schema has been selected to create in",
  });
});

test("CREATE TABLE AS and SELECT INTO differ in their tag alone", async () => {
  expect(
    await planOf("create table t (x) as select id from candidates with no data"),
  ).toMatchObject({
    columns: [{ name: "x", typeOid: 23 }],
    as: { withData: false, tag: "CREATE TABLE AS" },
  });
  expect(await planOf("select id into t from candidates")).toMatchObject({
    as: { withData: true, tag: "SELECT" },
  });
});

test("result columns are known without running anything", async () => {
  const names = async (sql: string, asker?: Asker) =>
    (await planned(sql, asker)).columns?.map(({ name }) => name);
  expect(await names("show timezone")).toEqual(["TimeZone"]);
  expect(await names("show all")).toEqual(["name", "setting", "description"]);
  expect(await names("explain select 1")).toEqual(["QUERY PLAN"]);
  expect(await names("set x.y = 1")).toBeUndefined();
  const cursor = await planned("select id from candidates");
  const more = { cursor: () => cursor, prepared: () => cursor };
  expect(await names("fetch backward 2 from c", { more })).toEqual(["id"]);
  expect(await names("move 2 from c", { more })).toBeUndefined();
  expect(await names("execute p", { more })).toEqual(["id"]);
});

test.each<[string, object]>([
  ["fetch c", { kind: "forward", count: 1 }],
  ["fetch all from c", { kind: "forward", count: Number.POSITIVE_INFINITY }],
  ["fetch backward all in c", { kind: "backward", count: Number.POSITIVE_INFINITY }],
  ["fetch prior c", { kind: "backward", count: 1 }],
  ["fetch first c", { kind: "absolute", count: 1 }],
  ["fetch last c", { kind: "absolute", count: -1 }],
  ["fetch relative -2 c", { kind: "relative", count: -2 }],
  ["fetch -3 c", { kind: "forward", count: -3 }],
])("%s has its direction", async (sql, direction) => {
  const cursor = await planned("select id from candidates");
  expect(await planOf(sql, { more: { cursor: () => cursor } })).toMatchObject({ direction });
});

test("what changes nothing is allowed in a read-only transaction", async () => {
  const isReadOnly = async (sql: string) => (await planned(sql)).isReadOnly;
  for (const sql of [
    "select 1",
    "show x",
    "set x.y = 1",
    "copy candidates to stdout",
    "explain select 1",
    "begin",
  ])
    expect(await isReadOnly(sql), sql).toBe(true);
  for (const sql of [
    "create table t (a int)",
    "insert into candidates values (1)",
    "copy candidates from stdin",
    "drop table candidates",
    "grant select on candidates to bob",
    "create role x",
    "explain analyze insert into candidates values (1)",
  ])
    expect(await isReadOnly(sql), sql).toBe(false);
});

test.each([
  "do 'begin x := 1; end'",
  "alter table candidates inherit testing.people",
  "copy candidates from '/etc/passwd'",
  "copy candidates to program 'sh'",
  "set transaction snapshot 'x'",
  "create table t (a int, exclude using gist (a with =))",
  "security label on table candidates is 'x'",
])("%s says that it is not supported", async (sql) => {
  expect(await failure(sql)).toMatchObject({ sqlstate: "0A000" });
});

test.each<[keyof typeof roles, string, string]>([
  ["bob", "drop table candidates", "must be owner of table candidates"],
  ["bob", "alter table candidates rename to x", "must be owner of table candidates"],
  ["bob", "comment on table candidates is 'x'", "must be owner of table candidates"],
  ["bob", "drop schema primary", "must be owner of schema primary"],
  ["bob", "create table primary.t (a int)", "permission denied for schema primary"],
  ["bob", "create schema s", "permission denied for database lakehouse"],
  ["bob", "copy candidates from stdin", "permission denied for table candidates"],
  ["bob", "copy testing.people from stdin", "permission denied for table people"],
  ["bob", "copy hidden.salaries from stdin", "permission denied for schema hidden"],
  ["bob", "copy pg_authid from stdin", 'permission denied: "pg_authid" is a system catalog'],
  ["bob", "grant select on candidates to bob", "permission denied for table candidates"],
  ["bob", "create role x", "permission denied to create role"],
  ["bob", "alter role ann password 'x'", "permission denied"],
  ["bob", "drop role ann", "permission denied to drop role"],
  ["bob", "grant ann to bob", 'must have admin option on role "ann"'],
  ["maker", "create role x superuser", "must be superuser to create superusers"],
  [
    "maker",
    "alter role admin nologin",
    "must be superuser to alter superuser roles or change superuser attribute",
  ],
  ["maker", "drop role admin", "must be superuser to drop superusers"],
  ["ann", "alter table candidates owner to bob", 'must be member of role "bob"'],
  [
    "ann",
    "copy candidates from '/x'",
    "must be superuser or have privileges of the pg_read_server_files role to COPY from a file",
  ],
  ["bob", "lock table testing.people", "permission denied for table people"],
])("%s may not %s", async (as, sql, message) => {
  expect(await failure(sql, { as })).toMatchObject({ sqlstate: "42501", message });
});

test.each<[keyof typeof roles, string]>([
  ["ann", "drop table candidates"],
  ["ann", "create table primary.t (a int)"],
  ["ann", "grant select on candidates to bob"],
  ["ann", "copy candidates from stdin"],
  ["bob", "alter role bob password 'x'"],
  ["maker", "create role x"],
  ["bob", "set role none"],
])("%s may %s", async (as, sql) => {
  expect((await planned(sql, { as })).plan).toBeDefined();
});
