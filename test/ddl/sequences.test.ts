/** Sequences, serial and identity columns, generated columns, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a sequence", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("gives numbers, and tells those it gave", async () => {
    await pair.agree(`
      create sequence sq start 5;
      select nextval('sq'), nextval('sq'), currval('sq');
      select * from sq;
      select last_value, log_cnt, is_called from work.sq;
      select lastval();
      create sequence sq;
      create sequence if not exists sq;
      select nextval('nope');
      select currval('nope');
      create sequence s2 increment by -1;
      select nextval('s2');
      select * from s2;
      select setval('s2', -100);
      select nextval('s2');
      select setval('s2', 1);
      select setval('s2', -10, false);
      select nextval('s2'), currval('s2');
    `);
  });

  test("ends at its bounds or begins again", async () => {
    await pair.agree(`
      create sequence c5 minvalue 1 maxvalue 5 cycle;
      select nextval('c5') from generate_series(1,12);
      create sequence c3 maxvalue 3;
      select nextval('c3') from generate_series(1,3);
      select nextval('c3');
      select nextval('c3') from generate_series(1,3);
    `);
  });

  test("has options that fit each other", async () => {
    await pair.agree(`
      create sequence e1 increment 0;
      create sequence e2 minvalue 10 maxvalue 5;
      create sequence e3 start 0;
      create sequence e4 start 10 maxvalue 5;
      create sequence e5 as text;
      create sequence e6 as smallint maxvalue 40000;
      create sequence e7 cache 0;
      create sequence e8 increment 1 increment 2;
      create sequence e9 as smallint;
      select nextval('e9'::regclass);
      select nextval('e9'::text::regclass);
      select nextval(null);
      select pg_typeof(nextval('e9'));
    `);
  });

  test("is altered within its transaction, and gives numbers beside it", async () => {
    await pair.agree(`
      create sequence e9 as smallint;
      select nextval('e9');
      alter sequence e9 increment 10;
      select nextval('e9');
      select * from e9;
      alter sequence e9 restart;
      select nextval('e9');
      alter sequence e9 restart with 77;
      select nextval('e9');
      alter sequence e9 maxvalue 50;
      alter sequence e9 restart with 0;
      alter sequence nope restart;
      alter sequence if exists nope restart;
      begin;
      alter sequence e9 restart with 5;
      select nextval('e9');
      rollback;
      select nextval('e9');
      begin;
      select nextval('e9');
      rollback;
      select nextval('e9');
      alter sequence e9 rename to e10;
      select nextval('e9');
      select nextval('e10');
      create table t (a int);
      select nextval('t');
      alter sequence t restart;
      drop sequence t;
      drop table e10;
      alter sequence e10 owned by t.a;
      alter sequence e10 owned by t;
      alter sequence e10 owned by t.b;
      alter sequence e10 owned by none;
      alter sequence e10 owned by t.a;
      drop table t;
      select nextval('e10');
      drop sequence nope;
      drop sequence if exists nope;
      select lastval();
    `);
  });

  test("can be temporary; is read only where all is; forgets on DISCARD", async () => {
    await pair.agree(`
      create sequence c5 minvalue 1 maxvalue 5 cycle;
      create temp sequence ts;
      select nextval('ts'), nextval('pg_temp.ts');
      drop sequence ts;
      begin read only;
      select nextval('c5');
      rollback;
      select setval('c5', 3), nextval('c5');
      select nextval('c5') + 1 as x, 'a' || nextval('c5')::text;
      discard sequences;
      select lastval();
      select currval('c5');
      select setval('c5', null);
      select nextval('c5'::regclass), 1 where false;
    `);
  });

  test("is dropped with those who draw from it, or not at all", async () => {
    await pair.agree(`
      create sequence s;
      create table t (a int default nextval('s'), b text);
      alter sequence s owned by t.a;
      insert into t(b) values ('x'),('y');
      select * from t;
      drop sequence s;
      drop sequence s cascade;
      insert into t(b) values ('z');
      create sequence s2 owned by t.a;
      drop table t;
      select nextval('s2');
      create sequence s;
      create table t (a int default nextval('work.s'::regclass), b text);
      create table u (a bigint default nextval('s') + 1);
      drop sequence s;
      drop table t;
      drop sequence s cascade;
    `);
  });

  test("is in the catalog", async () => {
    await pair.agree(`
      select * from information_schema.sequences where sequence_schema='work';
      create sequence s5 as smallint increment 3 minvalue 2 maxvalue 20 start 5 cycle;
      select sequence_schema, sequence_name, data_type, numeric_precision, numeric_precision_radix, numeric_scale, start_value, minimum_value, maximum_value, increment, cycle_option from information_schema.sequences where sequence_schema='work';
      select schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size, last_value from pg_sequences where schemaname='work';
      select nextval('s5');
      select last_value from pg_sequences where schemaname='work';
      select pg_sequence_last_value('s5');
      select seqtypid, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle from pg_sequence where seqrelid = 's5'::regclass;
      select attname, attnum, atttypid, attnotnull from pg_attribute where attrelid='s5'::regclass and attnum>0 order by 2;
    `);
  });

  test("is made by serial", async () => {
    await pair.agree(`
      create table t (id serial primary key, v text);
      insert into t(v) values ('a'),('b');
      insert into t(v) select 'c' || g from generate_series(1,3) g;
      insert into t values (default, 'd') returning *;
      insert into t values (100, 'e');
      select * from t order by id;
      select currval('t_id_seq'), lastval(), pg_get_serial_sequence('t', 'id'), pg_get_serial_sequence('t','v');
      select column_name, column_default, is_nullable, data_type, is_identity, identity_generation, is_generated, generation_expression from information_schema.columns where table_name='t' and table_schema='work' order by 1;
      drop sequence t_id_seq;
      alter sequence t_id_seq rename to renamed;
      insert into t(v) values ('x') returning id;
      select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid='t'::regclass;
      create table u (a int default nextval('renamed'));
      drop table t;
      drop table t cascade;
      insert into u default values returning *;
      drop table u;
      create table b (id bigserial, s smallserial, v int);
      insert into b(v) values (1),(2);
      select * from b;
    `);
  });

  test("is a part of an identity column", async () => {
    await pair.agree(`
      create table i1 (id int generated always as identity, v text);
      insert into i1(v) values('a') returning *;
      insert into i1 values (5, 'b');
      insert into i1 values (default, 'b') returning *;
      insert into i1 overriding system value values (5, 'b') returning *;
      insert into i1 overriding user value values (50, 'c') returning *;
      insert into i1 select 7, 'x';
      insert into i1 (id, v) values (default, 'p'), (8, 'q');
      update i1 set id = 9;
      update i1 set id = default returning *;
      insert into i1(v) select 'z' from generate_series(1,3) returning id;
      create table i2 (id bigint generated by default as identity (start 10 increment 5) primary key, v text);
      insert into i2(v) values('a'),('b') returning *;
      insert into i2 values (1,'c') returning *;
      insert into i2 overriding user value values (1,'c') returning *;
      select * from i2_id_seq;
      drop sequence i2_id_seq;
      alter table i2 alter id drop identity;
      insert into i2(v) values('a');
      alter table i2 alter id drop identity;
      alter table i2 alter id drop identity if exists;
      alter table i2 alter id add generated always as identity (start with 1000);
      insert into i2(v) values('a') returning *;
      alter table i2 alter id add generated always as identity;
      alter table i2 alter id set generated by default;
      alter table i2 alter id set generated always set increment by 10 set start with 5 restart;
      insert into i2(v) values('a') returning *;
      alter table i2 alter id restart with 7777;
      insert into i2(v) values('a') returning *;
      alter table i2 alter id set default 5;
      alter table i2 alter id drop default;
      alter table i2 alter id drop not null;
      alter table i2 alter v set generated always;
      alter table i2 alter v add generated always as identity;
      truncate i2 restart identity;
      insert into i2(v) values('a') returning *;
      truncate i2;
      insert into i2(v) values('a') returning *;
    `);
  });

  test("stands beside no other default", async () => {
    await pair.agree(`
      create table i0 (a int);
      create table x1 (a serial default 5);
      create table x2 (a serial null);
      create table x3 (a int default 1 generated always as identity);
      create table x4 (a text generated always as identity);
      create table x5 (a serial[]);
      create table x6 (a int generated always as identity generated by default as identity);
      create table x7 (a int, b int generated always as (a*2) stored default 5);
      create table x8 (a int, b int generated always as (a*2) stored generated always as identity);
    `);
  });

  test("numbers columns that are added; generated columns are computed", async () => {
    await pair.agree(`
      create table g (a int, b int generated always as (a*2) stored, c text default 'q');
      insert into g(a) values (2),(3) returning *;
      insert into g values (1, 5);
      insert into g values (1, default) returning *;
      insert into g(a,c) select x, 'n' from generate_series(1,3) x returning *;
      update g set a = a + 10 where a > 2 returning *;
      update g set b = 5;
      update g set b = default, c = 'u' where a = 1 returning *;
      select * from g order by 1,2,3;
      create table g2 (a int, b int generated always as (a*2) stored, c int generated always as (b+1) stored);
      create table g3 (a int, b timestamptz generated always as (now()) stored);
      create table g4 (a int, b int generated always as ((select 1)) stored);
      create table g5 (a int, b int generated always as (sum(a)) stored);
      create table g6 (a int, b int generated always as (nope) stored);
      create table g7 (a int, b int generated always as ('x'||a) stored);
      create table g8 (a int, b double precision generated always as (random()) stored);
      alter table g drop column a;
      alter table g alter a type bigint;
      alter table g rename a to aa;
      insert into g(aa) values (77) returning *;
      alter table g alter b set default 5;
      alter table g alter b drop default;
      alter table g alter b drop expression;
      insert into g values (1, 5) returning *;
      alter table g alter b drop expression;
      alter table g alter b drop expression if exists;
      alter table g add column z int generated always as (aa + b) stored;
      select * from g order by 1,2,3;
      alter table g drop column aa cascade;
      select * from g order by 1,2;
      alter table g add column n serial;
      select n from g order by 1;
      alter table g add column m bigint generated always as identity;
      select m from g order by 1;
      insert into g(c) values ('new') returning n, m;
      select attname, attidentity, attgenerated, atthasdef from pg_attribute where attrelid = 'g'::regclass and attnum > 0 and not attisdropped order by 1;
    `);
  });

  test("comes with LIKE, MERGE, ON CONFLICT and temporary tables", async () => {
    await pair.agree(`
      create table i1 (id int generated always as identity, v text);
      create table i2 (id bigint generated by default as identity primary key, v text);
      create table g (a int, n serial);
      create table l1 (like i1 including all);
      insert into l1(v) values ('l') returning *;
      create table l2 (like g);
      merge into i2 using (values (1,'m'),(5000,'n')) s(i,w) on id = i when not matched then insert (v) values (w);
      insert into i2 (id, v) overriding system value values (5, 'conf') on conflict (id) do update set v = 'upd' returning *;
      create table cg (k int primary key, d int generated always as (k * 10) stored);
      insert into cg values (1) on conflict (k) do nothing;
      insert into cg values (1) on conflict (k) do update set k = 2 returning *;
      create temp table tt (id serial, v text);
      insert into tt(v) values ('a') returning *;
      drop table tt;
      begin;
      create table r1 (id serial, v int);
      insert into r1(v) values (1);
      rollback;
      select nextval('r1_id_seq');
      create table q1 (a int);
      alter table q1 add column id serial primary key;
      alter table q1 drop column id;
      select nextval('q1_id_seq');
    `);
  });

  test("asks for privileges of its own", async () => {
    await pair.agree(`
      CREATE ROLE sequence_tester;
      CREATE SEQUENCE s5;
      CREATE TABLE t (a int);
      GRANT usage ON SEQUENCE s5 TO sequence_tester;
      SELECT has_sequence_privilege('sequence_tester', 's5', 'usage'), has_sequence_privilege('sequence_tester', 's5', 'select');
      GRANT SELECT, UPDATE ON SEQUENCE s5 TO sequence_tester;
      GRANT INSERT ON SEQUENCE s5 TO sequence_tester;
      REVOKE ALL ON SEQUENCE s5 FROM sequence_tester;
      GRANT ALL ON ALL SEQUENCES IN SCHEMA work TO sequence_tester;
      SELECT has_sequence_privilege('sequence_tester', 's5', 'select');
      GRANT USAGE ON SEQUENCE t TO sequence_tester;
      REVOKE ALL ON SEQUENCE s5 FROM sequence_tester;
      GRANT USAGE ON SCHEMA work TO sequence_tester;
      SET ROLE sequence_tester;
      SELECT nextval('work.s5');
      SELECT currval('work.s5');
      SELECT setval('work.s5', 5);
      SELECT * FROM work.s5;
      DROP SEQUENCE work.s5;
      ALTER SEQUENCE work.s5 RESTART;
      SET ROLE NONE;
      REVOKE ALL ON SCHEMA work FROM sequence_tester;
      DROP ROLE sequence_tester;
    `);
  });

  test("fills a million rows in their order by one block", { timeout: 60_000 }, async () => {
    const client = await SqlClient.login(pair.server);
    await client.run(
      "CREATE SCHEMA million",
      "SET search_path = million",
      "CREATE TABLE m (id bigserial, v int)",
      "INSERT INTO m (v) SELECT g FROM generate_series(1, 1000000) AS g",
    );
    const counts = "SELECT count(*), count(DISTINCT id), max(id), sum((id <> v)::int) FROM m";
    expect(await client.rows(counts)).toEqual([["1000000", "1000000", "1000000", "0"]]);
    expect(await client.value("SELECT nextval('m_id_seq')")).toBe("1000001");
    await client.copyIn("COPY m (v) FROM STDIN", "7\n".repeat(50_000));
    expect(await client.value("SELECT count(*) - count(DISTINCT id) FROM m")).toBe("0");
    await client.end();
  });
});
