/** Ways to read what one may not. On both roads each is an error or reads nothing but what was granted. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOf } from "../../test/support/query-context.ts";
import { PgError } from "../base/error.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { loadParser, parse } from "./parse.ts";
import { plan } from "./statement.ts";

let engine: Engine;
beforeAll(async () => {
  await loadParser();
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lakewire-attacks-"));
  engine = await openEngine({ temporaryDirectory });
});
afterAll(() => engine.close());

/** What bob's statement would read; or the SQLSTATE it is refused with. */
async function reads(sql: string): Promise<string> {
  const context = contextOf("bob", engine);
  try {
    const names: string[] = [];
    for (const statement of parse(sql, new Set(context.catalog.buckets))) {
      const { relations } = await plan(statement, [], context);
      names.push(...relations.map(({ name }) => name));
    }
    return `reads ${[...new Set(names)].join(", ") || "nothing"}`;
  } catch (error) {
    if (error instanceof PgError) return error.sqlstate;
    throw error;
  }
}

const blanks = ["\u00a0", "\u2003", "\u3000", "\ufeff", "\u200b", "\u0085", "\u2028", "\v"];

const attacks: readonly string[] = [
  ...blanks.flatMap((blank) => [
    `select name as a${blank}from${blank}people`,
    `select name as a${blank}from${blank}testing.people`,
    `select amount${blank}from hidden.salaries`,
    `select *${blank}from${blank}sqlite_master`,
  ]),
  "select * from hidden.salaries",
  'select * from "hidden"."salaries"',
  "select * from lakehouse.hidden.salaries",
  "select * from testing.people",
  "select * from people",
  "select * from salaries",
  "select count(*) from salaries",
  "table testing.people",
  "select (select max(name) from testing.people)",
  "select exists (select from testing.people)",
  "select array(select name from testing.people)",
  "select * from unnest(array(select name from testing.people))",
  "select 1 where 'x' in (select name from testing.people)",
  "select * from candidates, lateral (select * from testing.people) p",
  "select * from candidates natural join testing.people",
  "select * from candidates union all select id, name, name, id from testing.people",
  "select id from candidates order by (select max(id) from testing.people)",
  "select id from candidates limit (select max(id) from testing.people)",
  "select count(*) filter (where id in (select id from testing.people)) from candidates",
  "select sum(id) over (order by (select max(id) from testing.people)) from candidates",
  "values ((select max(name) from testing.people))",
  "with people as (select * from people) select * from people",
  "with people as (select * from testing.people) select * from people",
  "with recursive people as (select * from people) select * from people",
  "with a as (select 1), people as (select * from b), b as (select * from people) select * from people",
  "with sqlite_master as (select * from sqlite_master) select * from sqlite_master",
  "with a as (insert into candidates select * from hidden.salaries returning id) select * from a",
  "select * from (with candidates as (select * from testing.people) select * from candidates) c",
  "select * from sqlite_master",
  "select * from duckdb_tables()",
  "select * from duckdb_secrets()",
  "select * from pragma_storage_info('x')",
  "select * from pg_shim.pg_authid",
  "select * from pg_authid",
  "select * from pg_catalog.pg_authid",
  "select * from memory.main.x",
  "select * from main.x",
  "select * from 'x.parquet'",
  'select * from "x.parquet"',
  "select * from read_parquet('x.parquet')",
  "select * from read_csv('/etc/passwd')",
  "select * from read_text('/etc/passwd')",
  "select * from read_blob('/etc/passwd')",
  "select * from glob('/*')",
  "select * from query('select 1')",
  "select * from query_table('people')",
  "select * from json_execute_serialized_sql('{}')",
  "select json_serialize_sql('select 1')",
  "select pg_read_file('/etc/passwd')",
  "select pg_ls_dir('/')",
  "select lo_import('/etc/passwd')",
  "select getenv('HOME')",
  "select system.main.getenv('HOME')",
  "select main.getenv('HOME')",
  "select stats(name) from candidates",
  "select write_log('x')",
  "select nextval('x')",
  "select getvariable('x')",
  "select sleep_ms(100000)",
  "select table_name from duckdb_columns()",
  "copy candidates from '/etc/passwd'",
  "copy candidates to '/etc/x'",
  "copy candidates to program 'sh'",
  "copy testing.people to stdout",
  "copy (select * from testing.people) to stdout",
  "copy hidden.salaries to stdout",
  "create table testing.x as select * from testing.people",
  "create table primary.x as select 1",
  "insert into candidates select 1",
  "insert into candidates (id) select id from testing.people returning *",
  "explain select * from testing.people",
  "explain analyze select * from testing.people",
  "declare c cursor for select * from testing.people",
  "prepare p as select * from testing.people; execute p",
  "select 1; select * from testing.people",
  "select 1 /* ; */ ; /* select 2 -- */ select * from testing.people",
  "select 'a' 'b' from testing.people",
  "select $$ from candidates $$ from testing.people",
  "select E'\\'' from testing.people --'",
  'select U&"n\\0061me" from testing.people',
  'select * from U&"hidden".U&"salaries"',
  'select name::text collate "C" from testing.people',
  "select people from testing.people",
  "select (people).name from testing.people",
  "select row_to_json(people) from testing.people",
  "select * from testing.people tablesample system (10)",
  "select * from only testing.people",
  "select * from rows from (unnest(array[1]), read_csv('x')) as r",
  "select * from testing.people for update",
  "lock table testing.people",
  "create macro right(a, b) as a",
  "create view v as select * from testing.people",
  "create function f() returns int language sql as 'select 1'",
  "attach 'x' as y",
  "install httpfs",
  "load httpfs",
  "pragma enable_profiling",
  "export database 'x'",
  "set enable_external_access = true; select * from read_csv('x')",
  "call pragma_version()",
  "do $$ begin end $$",
  "grant select on testing.people to bob",
  "alter table testing.people owner to bob",
  "set role admin; select 1 from testing.people",
  "select has_table_privilege('nobody', 'hidden.salaries', 'select')",
];

test.each(attacks)("%j gets nowhere", async (sql) => {
  expect(await reads(sql)).toMatch(/^([0-9A-Z]{5}|reads (nothing|candidates|pg_class))$/);
});

test("and what was granted is read", async () => {
  expect(await reads("select * from candidates")).toBe("reads candidates");
  expect(await reads("select * from primary.candidates c where pay > 10 order by name")).toBe(
    "reads candidates",
  );
  expect(await reads("with candidates as (select * from candidates) table candidates")).toBe(
    "reads candidates",
  );
  expect(await reads("from candidates select name")).toBe("reads candidates");
  expect(await reads("select relname from pg_class")).toBe("reads pg_class");
});
