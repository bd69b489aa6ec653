/** Privileges on columns, default privileges, REVOKE's further forms, DROP OWNED, settings kept for roles and the database. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { Pair } from "../ddl/side-by-side.ts";
import { postgres } from "../support/services.ts";

const service = await postgres();
const [ann, bob, carl] = ["gr_ann", "gr_bob", "gr_carl"].map((name) => `${name}_${process.pid}`);

describe.runIf(service)("grants", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("on columns let one read and write those alone", async () => {
    await pair.agree(`
      create role ${ann};
      create role ${bob};
      create table t (a int primary key, b text, c int default 7);
      insert into t values (1, 'one', 10), (2, 'two', 20);
      grant usage on schema work to ${ann}, ${bob};
      grant select (a, b), insert (a), update (b) on t to ${ann} with grant option;
      grant all (c) on t to ${bob};
      grant delete (a) on t to ${bob};
      grant select (nope) on t to ${bob};
      grant usage (a) on schema work to ${bob};
      set role ${ann};
      select a, b from t order by a;
      select count(*) from t;
      select c from t;
      select * from t;
      select t from t;
      select a from t where c = 10;
      select a from t order by c;
      insert into t (a) values (3);
      insert into t (a, b) values (4, 'x');
      insert into t values (5);
      insert into t (a) values (6) returning a;
      insert into t (a) values (6) returning c;
      update t set b = 'new' where a = 1;
      update t set b = 'new' where c = 1;
      update t set c = 1;
      delete from t;
      grant select (a) on t to ${bob};
      grant select (c) on t to ${bob};
      reset role;
      set role ${bob};
      select a from t order by 1;
      select b from t;
      reset role;
      select attname, replace(attacl::text, current_user, 'me') from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
      select has_table_privilege('${ann}', 't', 'select'), has_any_column_privilege('${ann}', 't', 'select'),
        has_column_privilege('${ann}', 't', 'a', 'select'), has_column_privilege('${ann}', 't', 'c', 'select'),
        has_column_privilege('${ann}', 't', 'a', 'select with grant option'), has_column_privilege('${bob}', 't', 3::int2, 'references'),
        has_column_privilege('${bob}', 't', 9::int2, 'select');
      select grantee, column_name, privilege_type, is_grantable from information_schema.column_privileges
        where table_name = 't' and grantee in ('${ann}', '${bob}') order by 1, 2, 3;
      revoke select (a) on t from ${ann};
      revoke select (a) on t from ${ann} cascade;
      revoke grant option for select (b) on t from ${ann};
      select attname, replace(attacl::text, current_user, 'me') from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
      revoke select on t from ${ann};
      revoke all on t from ${bob};
      select attname, replace(attacl::text, current_user, 'me') from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
      drop role ${bob};
      drop role ${ann};
      drop owned by ${ann}, ${bob};
      drop role ${ann};
      drop role ${bob};
    `);
  });

  test("are taken back by CASCADE, or their option alone", async () => {
    await pair.agree(`
      create role ${ann};
      create role ${bob};
      create role ${carl};
      create table t (a int);
      grant usage on schema work to ${ann}, ${bob};
      grant select on t to ${ann} with grant option;
      set role ${ann};
      grant select on t to ${bob} with grant option;
      reset role;
      set role ${bob};
      grant select on t to ${carl};
      reset role;
      revoke select on t from ${ann};
      select replace(relacl::text, current_user, 'me') from pg_class where oid = 't'::regclass;
      revoke grant option for select on t from ${ann} cascade;
      select replace(relacl::text, current_user, 'me') from pg_class where oid = 't'::regclass;
      grant select on t to ${ann} with grant option;
      set role ${ann};
      grant select on t to ${bob};
      reset role;
      revoke select on t from ${ann} cascade;
      select has_table_privilege('${ann}', 't', 'select'), has_table_privilege('${bob}', 't', 'select');
      drop owned by ${ann};
      drop owned by ${bob};
      drop role ${ann};
      drop role ${bob};
      drop role ${carl};
    `);
  });

  test("by default are those that things are born with", async () => {
    await pair.agree(`
      create role ${ann};
      create role ${bob};
      grant usage, create on schema work to ${ann};
      create table before (a int);
      alter default privileges grant select on tables to ${bob};
      alter default privileges in schema work grant insert on tables to ${bob} with grant option;
      alter default privileges in schema work grant usage on sequences to ${bob};
      alter default privileges revoke execute on functions from public;
      alter default privileges for role ${ann} grant all on tables to public;
      alter default privileges revoke usage on types from public;
      alter default privileges in schema nope grant select on tables to ${bob};
      alter default privileges for role nope grant select on tables to ${bob};
      alter default privileges grant select on tables to nope;
      alter default privileges in schema work grant usage on schemas to ${bob};
      select defaclrole::regrole = current_user::regrole as mine, defaclnamespace::regnamespace, defaclobjtype,
        (aclexplode(defaclacl)).grantee::regrole = '${bob}'::regrole as bobs, (aclexplode(defaclacl)).privilege_type,
        (aclexplode(defaclacl)).is_grantable from pg_default_acl order by 1, 2, 3, 4, 5;
      create table t (a serial, b int);
      create view v as select 1 as one;
      create sequence s;
      create function f() returns int language sql as 'select 1';
      create type e as enum ('x');
      begin;
      create table gone (a int);
      rollback;
      select relname, has_table_privilege('${bob}', oid, 'select'), has_table_privilege('${bob}', oid, 'insert with grant option')
        from pg_class where relnamespace = 'work'::regnamespace and relkind in ('r', 'v') order by 1;
      select has_sequence_privilege('${bob}', 's', 'usage'), has_sequence_privilege('${bob}', 't_a_seq', 'usage'),
        has_function_privilege('${bob}', 'f()', 'execute'), has_type_privilege('${bob}', 'e', 'usage');
      set role ${ann};
      create table anns (a int);
      reset role;
      set role ${bob};
      alter default privileges for role ${ann} grant select on tables to ${bob};
      reset role;
      select has_table_privilege('${bob}', 'anns', 'delete');
      alter default privileges for role ${ann} revoke all on tables from public;
      alter default privileges revoke select on tables from ${bob};
      alter default privileges in schema work revoke all on tables from ${bob};
      alter default privileges in schema work revoke all on sequences from ${bob};
      alter default privileges grant execute on functions to public;
      alter default privileges grant usage on types to public;
      select count(*) from pg_default_acl;
      alter default privileges for role ${ann} grant select on tables to ${bob};
      drop owned by ${ann};
      drop owned by ${bob};
      select count(*) from pg_default_acl;
      select to_regclass('anns');
      drop role ${ann};
      drop role ${bob};
    `);
  });

  test("and what a role owns go with DROP OWNED", async () => {
    const side = await pair.agree(`
      create role ${ann};
      create role ${bob};
      create schema work_${ann} authorization ${ann};
      create type e as enum ('x');
      alter type e owner to ${ann};
      create table t (a int primary key, e e);
      create table other (a int references t);
      create view v as select a from t;
      create table work_${ann}.inside (a int);
      create function f() returns int language sql as 'select 1';
      alter function f() owner to ${ann};
      alter table t owner to ${ann};
      set role ${bob};
      drop owned by ${ann};
      reset role;
      begin;
      set local client_min_messages = warning;
      drop owned by ${ann} cascade;
      select to_regclass('t'), to_regclass('v'), to_regclass('other'), to_regtype('e'), to_regnamespace('work_${ann}');
      rollback;
      select to_regclass('t'), to_regclass('v'), to_regclass('other'), to_regtype('e'), to_regnamespace('work_${ann}');
      drop view v;
      drop table other;
      drop table work_${ann}.inside;
      drop owned by ${ann};
      select to_regclass('t'), to_regtype('e'), to_regnamespace('work_${ann}');
      drop role ${ann};
      drop role ${bob};
    `);
    expect(side.at(-2)?.error).toBeUndefined();
  });

  test("outlive the server", async () => {
    const admin = await pair.ours();
    await admin.answers(`
      create role keeper;
      create table public.kept (a int, b int);
      grant select (b) on public.kept to keeper;
      alter default privileges grant select on tables to keeper;
      alter database lakehouse set work_mem = '5MB';
      alter role all set statement_timeout = '9min';
      alter role keeper in database lakehouse set work_mem = '6MB';
    `);
    await admin.end();
    await pair.restart();
    const again = await pair.ours();
    const [column, born, settings, values] = await again.answers(`
      select has_column_privilege('keeper', 'public.kept', 'b', 'select'), has_column_privilege('keeper', 'public.kept', 'a', 'select');
      select defaclacl from pg_default_acl;
      select setdatabase, setrole::regrole, setconfig from pg_db_role_setting order by 1, 2;
      select name, setting, source from pg_settings where name in ('work_mem', 'statement_timeout') order by 1;
    `);
    expect([column?.rows, born?.rows, settings?.rows, values?.rows]).toEqual([
      [["t", "f"]],
      [["{admin=arwdDxt/admin,keeper=r/admin}"]],
      [
        ["0", "-", "{statement_timeout=9min}"],
        ["16384", "-", "{work_mem=5MB}"],
        ["16384", "keeper", "{work_mem=6MB}"],
      ],
      [
        ["statement_timeout", "540000", "global"],
        ["work_mem", "5120", "database"],
      ],
    ]);
    const reset = await again.answers(`
      alter database lakehouse reset all;
      alter role all reset statement_timeout;
      alter role keeper in database lakehouse reset work_mem;
      select count(*) from pg_db_role_setting;
      drop owned by keeper;
      drop role keeper;
    `);
    expect(reset.at(3)?.rows).toEqual([["0"]]);
    expect(reset.flatMap(({ error }) => error ?? [])).toEqual([]);
    await again.end();
  });
});
