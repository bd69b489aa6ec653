/** What is refused is refused in PostgreSQL's words, with its SQLSTATE, at its place: asked of a real one too. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import { loadParser, parse } from "../../src/query/parse.ts";
import { plan } from "../../src/query/statement.ts";
import { contextOf } from "../support/query-context.ts";
import { postgres } from "../support/services.ts";

const server = await postgres();
const client = server === undefined ? undefined : new Client({ ...server });

beforeAll(async () => {
  await loadParser();
  await client?.connect();
});
afterAll(() => client?.end());

interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly position: number | undefined;
}

async function ours(sql: string): Promise<Refusal> {
  const none = () => Promise.reject(new PgError("42601", "not DuckDB's either"));
  const context = contextOf("admin", { serialize: none, deserialize: none });
  try {
    for (const statement of parse(sql, new Set(context.catalog.buckets)))
      await plan(statement, [], context);
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const { sqlstate, message, details } = error;
    return { sqlstate, message, position: details.position };
  }
  throw new Error("it was planned");
}

/** In a transaction that knows the same table and roles, rolled back. */
async function theirs(of: Client, sql: string): Promise<Refusal> {
  await of.query(`BEGIN; CREATE ROLE ann; SET search_path = pg_temp;
    CREATE TEMP TABLE candidates (id int, name text, city text, pay numeric)`);
  try {
    await of.query(sql);
  } catch (error) {
    const { code = "", message, position } = error as Error & { code?: string; position?: string };
    return {
      sqlstate: code,
      message,
      position: position === undefined ? undefined : Number(position),
    };
  } finally {
    await of.query("ROLLBACK");
  }
  throw new Error("it was done");
}

const syntaxErrors: readonly string[] = [
  "selec 1",
  "select 1; selec 1",
  "select 'é😀', x from x where",
  "select * from a where b = = 1",
  "select 'abc",
  'select "abc',
  "select $$abc",
  "select 1 /* abc",
  "select 1 +",
  "update t set",
  "create table t (a int,)",
  "insert into t values (1",
  "select * from t t2 t3",
  "grant select on",
  "begin; selec 1; commit",
  "select 1 from from t",
  "drop table",
  "copy (select 1) from stdin",
  "select U&'\\00'",
  "alter table t add",
  'select ""',
  "select (((1)",
  "select * from t order by",
  "create role",
  "set x",
  "-- only\nselect é é é",
];

test.each(syntaxErrors)("%s is no SQL, for both alike", async (sql) => {
  const answer = await ours(sql);
  expect(answer.sqlstate).toMatch(/^42601|22025$/);
  if (client !== undefined) expect(answer).toEqual(await theirs(client, sql));
});

test.each<[string, string, string, number?]>([
  ["create table t (a int, a int)", "42701", 'column "a" specified more than once'],
  ["create table t (a nosuch)", "42704", 'type "nosuch" does not exist', 19],
  ["create table t (a varchar(0))", "22023", "length for type varchar must be at least 1", 19],
  ["create table t (a anyelement)", "42P16", 'column "a" has pseudo-type anyelement'],
  [
    "create table t (a int not null null)",
    "42601",
    'conflicting NULL/NOT NULL declarations for column "a" of table "t"',
    32,
  ],
  ["create table nos.t (a int)", "3F000", 'schema "nos" does not exist', 14],
  ["create table pg_catalog.t (a int)", "42501", 'permission denied to create "pg_catalog.t"'],
  ["drop table nos.t", "3F000", 'schema "nos" does not exist'],
  ["drop table nost", "42P01", 'table "nost" does not exist'],
  ["drop table pg_class", "42501", 'permission denied: "pg_class" is a system catalog'],
  ["alter table nos.t rename to x", "3F000", 'schema "nos" does not exist'],
  ["comment on table nost is 'x'", "42P01", 'relation "nost" does not exist'],
  [
    "comment on column candidates.zz is 'x'",
    "42703",
    'column "zz" of relation "candidates" does not exist',
  ],
  ["drop schema nos", "3F000", 'schema "nos" does not exist'],
  ["create schema pg_x", "42939", 'unacceptable schema name "pg_x"'],
  ["copy nos to stdout", "42P01", 'relation "nos" does not exist'],
  ["copy candidates (id, id) from stdin", "42701", 'column "id" specified more than once'],
  [
    "copy candidates (zz) from stdin",
    "42703",
    'column "zz" of relation "candidates" does not exist',
  ],
  [
    "copy candidates from stdin (format csv, null 'a,b')",
    "0A000",
    "COPY delimiter must not appear in the NULL specification",
  ],
  [
    "copy candidates from stdin (format csv, null 'a\"b')",
    "0A000",
    "CSV quote character must not appear in the NULL specification",
  ],
  [
    "copy candidates from stdin (delimiter 'ab')",
    "0A000",
    "COPY delimiter must be a single one-byte character",
  ],
  ["copy candidates from stdin (delimiter 'a')", "22023", 'COPY delimiter cannot be "a"'],
  [
    "copy candidates from stdin (format binary, header)",
    "0A000",
    "cannot specify HEADER in BINARY mode",
  ],
  [
    "copy candidates from stdin (format binary, delimiter ',')",
    "42601",
    "cannot specify DELIMITER in BINARY mode",
  ],
  [
    "copy candidates from stdin (header match, header)",
    "42601",
    "conflicting or redundant options",
    43,
  ],
  [
    "copy candidates to stdout (header match)",
    "0A000",
    'cannot use "match" with HEADER in COPY TO',
  ],
  ["copy candidates from stdin (header 2)", "42601", 'header requires a Boolean value or "match"'],
  ["copy candidates from stdin (nope)", "42601", 'option "nope" not recognized', 29],
  ["copy candidates from stdin (format xml)", "22023", 'COPY format "xml" not recognized', 29],
  ["copy candidates from stdin (quote 'a')", "0A000", "COPY quote available only in CSV mode"],
  [
    "copy candidates from stdin (format csv, quote ',')",
    "22023",
    "COPY delimiter and quote must be different",
  ],
  [
    "copy candidates from stdin (force_quote *)",
    "0A000",
    "COPY force quote available only in CSV mode",
  ],
  [
    "copy candidates from stdin (format csv, force_quote *)",
    "0A000",
    "COPY force quote only available using COPY TO",
  ],
  [
    "copy candidates to stdout (format csv, force_null (id))",
    "0A000",
    "COPY force null only available using COPY FROM",
  ],
  [
    "copy candidates from stdin (format csv, force_null *)",
    "22023",
    'argument to option "force_null" must be a list of column names',
    41,
  ],
  [
    "copy candidates from stdin (format csv, force_null (zz))",
    "42703",
    'column "zz" of relation "candidates" does not exist',
  ],
  [
    "copy candidates (id) from stdin (format csv, force_null (city))",
    "42P10",
    'FORCE_NULL column "city" not referenced by COPY',
  ],
  [
    "copy candidates from stdin (encoding 'nope')",
    "22023",
    'argument to option "encoding" must be a valid encoding name',
    29,
  ],
  ["copy candidates from stdin (delimiter)", "42601", "delimiter requires a parameter"],
  ["copy candidates from stdin (freeze 7)", "42601", "freeze requires a Boolean value"],
  ["drop role nobody", "42704", 'role "nobody" does not exist'],
  ["alter role nobody login", "42704", 'role "nobody" does not exist'],
  ["grant nobody to ann", "42704", 'role "nobody" does not exist'],
  ["create role pg_x", "42939", 'role name "pg_x" is reserved'],
  ["create role a in role nobody", "42704", 'role "nobody" does not exist'],
  [
    "create role a valid until 'foo'",
    "22007",
    'invalid input syntax for type timestamp with time zone: "foo"',
  ],
  ["create role a password 'a' password 'b'", "42601", "conflicting or redundant options", 28],
  ["alter role admin rename to boss", "0A000", "session user cannot be renamed"],
  ["grant foo on candidates to public", "42601", 'unrecognized privilege type "foo"'],
  ["grant usage on candidates to public", "0LP01", "invalid privilege type USAGE for table"],
  ["grant select on schema primary to public", "0LP01", "invalid privilege type SELECT for schema"],
  ["grant select on candidates to nobody", "42704", 'role "nobody" does not exist'],
  [
    "grant select on candidates to public with grant option",
    "0LP01",
    "grant options can only be granted to roles",
  ],
  ["alter table candidates owner to nobody", "42704", 'role "nobody" does not exist'],
  ["call nosuch(1)", "42883", "procedure nosuch(integer) does not exist", 6],
  ["call abs(1)", "42809", "abs(integer) is not a procedure", 6],
  ["set statement_timeout = 1, 2", "22023", "SET statement_timeout takes only one argument"],
  ["explain (foo) select 1", "42601", 'unrecognized EXPLAIN option "foo"', 10],
  [
    "explain (format foo) select 1",
    "22023",
    'unrecognized value for EXPLAIN option "format": "foo"',
    10,
  ],
  ["explain (format) select 1", "42601", "format requires a parameter"],
  ["explain (analyze 3) select 1", "42601", "analyze requires a Boolean value"],
  ["explain (timing) select 1", "22023", "EXPLAIN option TIMING requires ANALYZE"],
  ["execute nosuch", "26000", 'prepared statement "nosuch" does not exist'],
  ["prepare p(nosuch) as select 1", "42704", 'type "nosuch" does not exist', 11],
  ["fetch c", "34000", 'cursor "c" does not exist'],
])("%s", async (sql, sqlstate, message, position) => {
  const expected = { sqlstate, message, position };
  expect(await ours(sql)).toEqual(expected);
  // Names that mean something here alone are not asked of the other.
  if (client !== undefined && !/primary|admin|nosc/.test(sql))
    expect(await theirs(client, sql)).toEqual(expected);
});
