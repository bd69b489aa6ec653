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

  test("decide no ON CONFLICT, and say so", async () => {
    const side = await pair.ours();
    const refused = await side.answers(`
      create table if not exists public.decided (a text);
      create unique index on public.decided (lower(a));
      insert into public.decided values ('x') on conflict do nothing;
      insert into public.decided values ('x') on conflict (lower(a)) do nothing;
    `);
    expect(refused.map(({ error }) => error?.sqlstate)).toEqual([
      undefined,
      undefined,
      "0A000",
      "0A000",
    ]);
    await side.end();
  });
});
