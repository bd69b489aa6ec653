/**
 * A role that may read one table, over the wire and on both roads: no row of another table, no file, no secret, nothing
 * of the engine's insides, in answers, errors or the server's log.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer({ environment: { LAKEWIRE_TEST_SECRET: "environment-secret" } });
  admin = await SqlClient.login(server);
  await admin.run(
    "CREATE ROLE eve LOGIN PASSWORD 'eve''s own'",
    "CREATE TABLE granted(a int, b text)",
    "INSERT INTO granted VALUES (1, 'open')",
    "CREATE TABLE secrets(ssn text, v int)",
    "INSERT INTO secrets VALUES ('row-secret-1', 7)",
    "CREATE SCHEMA hidden",
    "CREATE TABLE hidden.deeper(ssn text)",
    "INSERT INTO hidden.deeper VALUES ('row-secret-2')",
    "GRANT USAGE ON SCHEMA primary TO eve",
    "GRANT SELECT ON granted TO eve",
  );
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

const names = [
  "secrets",
  "primary.secrets",
  "hidden.deeper",
  '"hidden"."deeper"',
  "lakehouse.hidden.deeper",
];

const onTables = (t: string): readonly string[] => [
  `select * from ${t}`,
  `from ${t}`,
  `from ${t} select *`,
  `select count(*) from ${t}`,
  `table ${t}`,
  `select (select max(x) from (select * from ${t}) s(x))`,
  `with a as (select * from ${t}) select * from a`,
  `with secrets as (select * from secrets) select * from secrets`,
  `select * from granted, lateral (select * from ${t}) s`,
  `select * from granted where exists(select from ${t})`,
  `copy ${t} to stdout`,
  `copy (select * from ${t}) to stdout`,
  `explain select * from ${t}`,
  `explain analyze select * from ${t}`,
  `declare c cursor with hold for select * from ${t}`,
  `create table steal as select * from ${t}`,
  `insert into granted select 1, s::text from ${t} s`,
  `insert into ${t} values (1)`,
  `insert into ${t} select * from ${t} returning *`,
  `summarize ${t}`,
  `describe ${t}`,
  `show ${t}`,
  `pivot ${t} on ssn`,
  `unpivot ${t} on ssn`,
  `select unnest(array(select s::text from ${t} s))`,
  `select * from query('select * from ${t}')`,
  `select * from query_table('${t}')`,
  `select * from ${t} at (version => 0)`,
  `select * from ${t} tablesample 10%`,
  `select * from only ${t}`,
  `delete from ${t} returning *`,
  `update ${t} set v=1 returning *`,
  `truncate ${t}`,
  `drop table ${t}`,
  `alter table ${t} rename to x`,
  `comment on table ${t} is 'x'`,
  `grant select on ${t} to eve`,
  `lock table ${t}`,
  `analyze ${t}`,
  `vacuum ${t}`,
  `select pg_relation_size('${t}')`,
  `select '${t}'::regclass`,
  `prepare p as select * from ${t}`,
  `select * from vector_search('${t}','x')`,
  `select * from vector_search(index => 'secrets', query => 'x', filter => 'true')`,
  `call create_vector_index('i', dataset => '${t}', text_column => 'ssn')`,
  `merge into granted using ${t} s on true when matched then update set b=s.ssn`,
  `select * from granted natural join ${t}`,
  `select * from granted o join ${t} s on o.b<>s.ssn`,
  `select * from granted order by (select ssn from ${t} limit 1)`,
  `select * from granted limit (select count(*) from ${t})`,
  `select first_value((select ssn from ${t} limit 1)) over ()`,
  `select case when (select count(*) from ${t})>0 then 1 end`,
  `from granted positional join ${t}`,
  `from granted asof join ${t} using (a)`,
  `select columns(*) from ${t}`,
  `select 'x' in (from ${t} select ssn)`,
  `select list_transform((select list(ssn) from ${t}), x -> x)`,
  `select [x for x in (select list(ssn) from ${t})]`,
  `select histogram(ssn) from ${t}`,
  `execute immediate 'select * from ${t}'`,
  `do $$ begin perform * from ${t}; end $$`,
];

const onFiles = (f: string): readonly string[] => [
  `select * from ${f}`,
  `from ${f}`,
  `select * from "${f.slice(1, -1)}"`,
  `select * from read_parquet(${f})`,
  `select * from read_csv(${f})`,
  `select * from read_text(${f})`,
  `select * from read_blob(${f})`,
  `select * from read_json(${f})`,
  `select * from parquet_scan(${f})`,
  `select * from parquet_metadata(${f})`,
  `select * from glob(${f})`,
  `select * from sniff_csv(${f})`,
  `copy granted from ${f}`,
  `copy granted to ${f}`,
  `copy (select 1) to ${f}`,
  `copy granted from program 'cat ${f.slice(1, -1)}'`,
  `attach ${f} as x`,
  `import database ${f}`,
  `export database ${f}`,
  `load ${f}`,
  `install ${f}`,
  `select pg_read_file(${f})`,
  `select pg_read_binary_file(${f})`,
  `select pg_ls_dir(${f})`,
  `select pg_stat_file(${f})`,
  `select lo_import(${f})`,
  `select * from ingest_file(${f}, dataset => 'mine')`,
  `call ingest_file(${f}, dataset => 'granted')`,
  `call import_legacy_catalog(${f})`,
  `select * from storage_list('primary','')`,
  `select * from storage_list('hidden')`,
  `select storage_get('primary',${f})`,
  `select * from granted where b = (select content from read_text(${f}))`,
  `select * from (values (1)) v, read_text(${f})`,
  `select read_text(${f})`,
  `select * from range(3), read_text(${f})`,
  `create table x as from read_csv(${f})`,
  `create view v as select * from read_text(${f})`,
  `summarize ${f}`,
  `describe ${f}`,
  `select * from duckdb_tables`,
  `pragma database_list`,
  `copy database x to y`,
  `create macro m() as table select * from ${f}`,
  `create secret s (type s3)`,
];

const others: readonly string[] = [
  "select * from pg_authid",
  "select rolpassword from pg_authid",
  "select * from pg_shadow",
  "select passwd from pg_shadow",
  "select passwd, useconfig from pg_user",
  "select * from pg_roles",
  "select rolpassword from pg_roles",
  "select * from pg_settings",
  "show all",
  "select current_setting('lakehouse.admin_password')",
  "select * from lakehouse.server_health",
  "select * from lakehouse.buckets",
  "select * from lakehouse.vector_indexes",
  "select * from pg_stat_activity",
  "select * from pg_hba_file_rules",
  "select * from pg_file_settings",
  "select * from pg_largeobject",
  "select * from pg_statistic",
  "select * from pg_stats",
  "select * from pg_class",
  "select * from pg_attribute",
  "select * from information_schema.tables",
  "select * from information_schema.columns",
  "select * from pg_tables",
  "select * from pg_prepared_statements",
  "select * from pg_cursors",
  "select * from pg_user_mappings",
  "select * from pg_subscription",
  "select getenv('HOME')",
  "select getvariable('x')",
  "select * from duckdb_settings()",
  "select * from duckdb_secrets()",
  "select * from duckdb_views()",
  "select * from duckdb_columns()",
  "select * from duckdb_functions()",
  "select * from duckdb_databases()",
  "select * from duckdb_logs",
  "select * from pragma_storage_info('x')",
  "select * from pragma_table_info('secrets')",
  "pragma show_tables",
  "select * from sqlite_master",
  "select * from stage.t1",
  "select * from call.c1",
  "select * from cursor.k1",
  "select * from system.main.duckdb_tables",
  "select * from core.x",
  "select * from pg_catalog.duckdb_tables",
  "select * from temp.x",
  "set role admin",
  "set session authorization admin",
  "reset role",
  "set lakehouse.bucket='hidden'; create table zz(a int)",
  "create table hidden.zz(a int)",
  "create schema evil",
  "create role r2 superuser",
  "alter role eve superuser",
  "alter role eve createrole",
  "alter role admin password 'x'",
  "grant admin to eve",
  "drop role admin",
  "create or replace function f() returns int language sql as 'select 1'",
  "create extension dblink",
  "select dblink('x','y')",
  "checkpoint",
  "call enable_logging()",
  "select nextval('x')",
  "select write_log('x')",
  "select sleep_ms(1)",
  "select json_execute_serialized_sql('x')",
  "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
  "select json_serialize_sql('select 1')",
  "set search_path=hidden; select * from h",
  "set search_path=stage,call; select * from t1",
  "set enable_external_access=true",
  "set temp_directory='/tmp'",
  "set s3_region='x'",
  "use hidden",
  "detach x",
  "force checkpoint",
  "select pg_reload_conf()",
  "select pg_terminate_backend(1)",
  "select pg_cancel_backend(1)",
  "select has_table_privilege('secrets','select')",
  "select has_table_privilege('admin','secrets','select')",
  "select current_schemas(true), current_database(), current_schema()",
  "select pg_typeof(row(1,2)), pg_typeof(granted) from granted",
  "select pg_get_viewdef('pg_roles'::regclass)",
  "select stats(b) from granted",
  "select alias(b), typeof(b) from granted",
  "select rowid from granted",
  "select filename from granted",
  "select file_row_number from granted",
  "select granted.filename from granted",
  "select ctid, tableoid, xmin from granted",
  "select granted from granted",
  "select granted.* from granted",
  'select "@mark" from granted',
  "select * exclude(a) from granted",
  "select a/0 from granted",
  "select b::int from granted",
  "select error(b) from granted",
  "select error('PGERR:00000:x')",
  "select error('PGERR:XX000:boo')",
  "select cast(b as date) from granted",
  "select to_regclass('hidden.deeper')",
  "select 'hidden.deeper'::regclass::oid",
  "select obj_description('secrets'::regclass)",
  "select pg_total_relation_size('hidden.deeper')",
  "select pg_get_userbyid(10)",
  "select * from pg_locks",
  "select pg_backend_pid()",
  "select inet_server_addr(), inet_client_addr(), version()",
  "select pg_postmaster_start_time(), pg_conf_load_time()",
  "listen x",
  "notify x, 'y'",
  "select txid_current()",
  "reset all",
  "discard all",
  "select set_config('role','admin',false)",
  "select set_config('session_authorization','admin',false)",
  "select set_config('is_superuser','on',false)",
  "set is_superuser=on",
  "set local role admin",
  "select * from pg_catalog.pg_proc where proname='x'",
  "create temp table tt as select 1",
  "create type ty as enum('a')",
  "create domain d as int",
  "create sequence sq",
  "create operator @@@ (leftarg=int)",
  "create cast (int as text) with inout",
  "create aggregate ag(int) (sfunc=x,stype=int)",
];

/** What nobody but the admin may see, wherever it comes from. */
const secrets = (): readonly RegExp[] => [
  /row-secret/,
  /environment-secret/,
  /SCRAM-SHA-256\$/,
  /root:x:/,
  new RegExp(server.data),
  new RegExp(server.password),
  /secrets-[0-9a-f]{8}/,
  /\b(?:stage\.t|call\.c|cursor\.k)\d/,
  /read_parquet\(/i,
  /(?:Binder|Catalog|Parser|INTERNAL) Error|exception_type|system\.main/,
];

function attacks(): readonly string[] {
  const primary = join(server.data, "primary");
  const folder = readdirSync(primary).find((name) => name.startsWith("secrets-")) ?? "";
  const files = [
    join(primary, folder, "*.parquet"),
    join(server.data, "admin.pgpass"),
    "/etc/passwd",
    "/proc/self/environ",
  ];
  return [
    ...names.flatMap(onTables),
    ...files.map((file) => `'${file}'`).flatMap(onFiles),
    ...others,
  ];
}

async function answerOf(client: pg.Client, sql: string, isExtended: boolean): Promise<string> {
  try {
    const query = isExtended ? { text: sql, queryMode: "extended" } : sql;
    const results = await client.query(query as string);
    return JSON.stringify([results].flat().map(({ rows }) => rows));
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    // Nothing of it is a bug of ours, or a fault of a disk that should not have been touched.
    expect(error.code, `${sql}: ${error.message}`).not.toMatch(/^(XX|58)/);
    return [error.message, error.detail, error.hint, error.where].join("\n");
  }
}

test.each([false, true])("nothing is told, extended protocol: %s", async (isExtended) => {
  const { host, port, database } = server;
  const client = new pg.Client({ host, port, database, user: "eve", password: "eve's own" });
  await client.connect();
  expect(await answerOf(client, "SELECT * FROM granted", isExtended)).toContain("open");
  const told: string[] = [];
  for (const sql of attacks()) {
    const answer = await answerOf(client, sql, isExtended);
    const found = secrets().flatMap((secret) => secret.exec(answer)?.[0] ?? []);
    // What an attacker said himself is no news to him.
    if (found.some((text) => !sql.includes(text))) told.push(`${sql}: ${answer.slice(0, 200)}`);
    await client.query("ROLLBACK; RESET ROLE; RESET ALL");
  }
  await client.end();
  expect(told).toEqual([]);
  expect(server.output()).not.toMatch(/row-secret|SCRAM-SHA-256\$|eve's own/);
  expect(await admin.value("SELECT count(*) FROM granted")).toBe("1");
  expect(await admin.value("SELECT count(*) FROM secrets")).toBe("1");
});
