/** Unique indexes on expressions and on some of the rows are kept, told and enforced as PostgreSQL's are. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("unique indexes on expressions and some rows", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("tell the order of their columns, those on columns alone too", async () => {
    await pair.agree(`
      create table o (a int, b int, c int);
      create unique index ob on o (a, b desc, c nulls first);
      create unique index oc on o (a desc nulls last);
      select pg_get_indexdef(indexrelid), indoption from pg_index where indrelid = 'o'::regclass order by 1;
      select pg_index_column_has_property('ob'::regclass, 2, 'desc'), pg_index_column_has_property('oc'::regclass, 1, 'nulls_last');
      alter table o add unique using index ob;
      create table p (like o including indexes);
      select pg_get_indexdef(indexrelid), indoption from pg_index where indrelid = 'p'::regclass order by 1;
      insert into o values (1, 1, 1), (1, 1, 1);
      drop table o, p;
    `);
  });

  test("refuse a key that is there", async () => {
    await pair.agree(`
      create table t (id int, email text, deleted bool default false, n int);
      create unique index on t (lower(email));
      create unique index live on t (id) where not deleted;
      create unique index sum on t ((id + n), email) nulls not distinct where n > 5;
      create unique index bad on t ((random()));
      create unique index bad2 on t using gin (lower(email));
      select indexrelid::regclass, indisunique, indnullsnotdistinct, indkey, pg_get_indexdef(indexrelid) from pg_index where indrelid='t'::regclass order by 1;
      insert into t values (1, 'A@x');
      insert into t values (2, 'a@X');
      insert into t values (1, 'b');
      insert into t values (1, 'c', true), (1, 'd', true);
      insert into t values (3, 'e'), (4, 'E');
      insert into t values (5, 'f', false, 6);
      insert into t values (6, 'g', false, 6), (6, 'h', true, 6);
      insert into t values (7, null, false, 8), (8, null, false, 7);
      update t set deleted = false;
      update t set email = 'A@X' where id = 1 and not deleted;
      begin;
      insert into t values (50, 'tx');
      insert into t values (51, 'TX');
      rollback;
      begin;
      delete from t where email = 'A@X';
      insert into t values (60, 'a@x');
      commit;
      select * from t order by id, email;
      create table u (a text);
      insert into u values ('x'), ('X');
      create unique index on u (upper(a));
      create unique index on u (a) where a = 'x';
      alter table u rename a to b;
      insert into u values ('x');
      alter index u_a_idx rename to renamed;
      insert into u values ('x');
      drop index renamed;
      insert into u values ('x');
      drop index live;
      insert into t values (5, 'zzz');
      alter table t drop column email;
      insert into t(id) values (5);
      create unique index q on u (upper(b)) where b = 'q';
      merge into u using (values ('q')) v(k) on false when not matched then insert values (k);
    `);
  });

  test("are there after a restart, and when two sessions commit the same key", async () => {
    await pair.agree(`
      create table t (id int, email text);
      create unique index on t (lower(email));
      insert into t values (1, 'a');
    `);
    await pair.restart();
    const [one, two] = [await pair.ours(), await pair.ours()];
    try {
      await one.answers("set search_path = work;\n begin;\n insert into t values (2, 'B');");
      await two.answers("set search_path = work;\n insert into t values (3, 'b');");
      expect((await two.answer("insert into t values (4, 'A')")).error?.sqlstate).toBe("23505");
      const committed = await one.answer("commit");
      expect(committed.error).toMatchObject({
        sqlstate: "23505",
        detail: "Key (lower(email))=(b) already exists.",
      });
      expect((await two.answer("select id from t order by id")).rows).toEqual([["1"], ["3"]]);
    } finally {
      await one.end();
      await two.end();
    }
  });

  test("decide ON CONFLICT where their parts and their condition are named", async () => {
    await pair.agree(`
      create table t (id int primary key, email text, deleted bool default false, n int);
      create unique index mail on t (lower(email));
      create unique index live on t (n, (id % 10)) where not deleted and n > 0;
      insert into t values (1, 'A@x', false, 5), (2, 'b', true, 5), (3, 'c', false, 0);
      insert into t values (10, 'a@X', false, 1) on conflict (lower(email)) do nothing;
      insert into t values (10, 'a@X', false, 1) on conflict (lower(email)) do update set n = excluded.n, email = excluded.email returning *;
      insert into t values (11, 'd', false, 1) on conflict (lower(email)) do update set n = 99 returning id, n;
      insert into t values (12, 'E'), (13, 'e'), (14, null), (15, null) on conflict (lower(email)) do nothing returning id;
      insert into t values (16, 'f'), (17, 'F') on conflict (lower(email)) do update set n = 1;
      insert into t values (21, 'g', false, 1) on conflict (n, (id % 10)) where not deleted and n > 0 do nothing;
      insert into t values (21, 'g', true, 1), (22, 'h', false, 0) on conflict ((id % 10), n) where n > 0 and not deleted do nothing returning id;
      insert into t values (31, 'i', false, 1) on conflict (n, (id % 10)) where not deleted and n > 0 and id > 3 do update set email = excluded.email returning id, email;
      insert into t values (41, 'j', true, 7), (51, 'k', false, 7), (61, 'l', false, 7), (71, 'm', true, 7)
        on conflict (n, (id % 10)) where not deleted and n > 0 do nothing returning id;
      insert into t values (81, 'n', false, 7) on conflict (n, (id % 10)) do nothing;
      insert into t values (81, 'n', false, 7) on conflict (n, (id % 10)) where not deleted do nothing;
      insert into t values (81, 'n', false, 7) on conflict (upper(email)) do nothing;
      insert into t values (81, 'n', false, 7) on conflict (lower(email), id) do nothing;
      insert into t values (1, 'q'), (90, 'A@X'), (51, 'z'), (91, 'y', false, 7) on conflict do nothing returning id;
      insert into t as x values (91, 'A@X') on conflict (lower(email)) do update set n = x.n + 1 where x.n < 100 returning x.id, n;
      insert into t select id + 100, email from t where id < 20 order by id on conflict (lower(email)) do update set n = -1 returning id;
      insert into t values (1, 'new') on conflict (lower(email)) do nothing;
      create table plain (a int, b text);
      create unique index on plain (a) where b is null;
      insert into plain values (1, null), (1, 'x'), (1, 'y');
      insert into plain values (1, null) on conflict (a) where b is null do update set b = 'was null' returning *;
      insert into plain values (1, null) on conflict (a) where b is null do nothing returning *;
      insert into plain values (1, null) on conflict (a) where b is null do nothing returning *;
      select * from plain order by a, b;
      select * from t order by id;
    `);
  });
});
