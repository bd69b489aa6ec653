/** CREATE INDEX and what is done to indexes, as PostgreSQL 15 has it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("an index", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("is told to tools, and is what CLUSTER goes by", async () => {
    await pair.agree(`
      create table t (a int, b text, c jsonb, d int[], e point, f numeric);
      create index on t (a);
      create index on t (a, b desc nulls last);
      create index on t (lower(b));
      create index on t ((a+1));
      create index x1 on t using hash (b);
      create index x2 on t using gin (c);
      create index x3 on t using gin (c jsonb_path_ops);
      create index x4 on t using brin (a) with (pages_per_range=32);
      create index x6 on t (a) include (b, f);
      create index x8 on t using gin (b);
      create index x9 on t (c);
      create index x10 on t (e);
      create index if not exists x1 on t (a);
      create index x1 on t(a);
      create index on nope (a);
      create index on t (zz);
      create index concurrently xc on t (a);
      create index on t (random());
      create index on t (sum(a));
      create index x on t using hash (a,b);
      create index x on t using foo (a);
      create index x on t using hash (a desc);
      create index on t (a) with (fillfactor=70);
      create index on t using btree (d);
      select indexdef from pg_indexes where schemaname='work' order by indexname;
      select indexrelid::regclass::text, indnatts, indnkeyatts, indisunique, indkey, indoption, indexprs is not null, indpred is not null,indisclustered from pg_index where indrelid='t'::regclass order by 1;
      alter index x1 rename to xx1;
      alter index nope rename to y;
      alter index if exists nope rename to y;
      alter index xx1 rename to x2;
      alter table x2 rename to x2b;
      drop index xx1, x2b;
      drop index nope;
      drop index if exists nope;
      drop index t;
      drop table x3;
      reindex index x3;
      reindex table t;
      reindex table nope;
      reindex index nope;
      insert into t (a, b) select 100 - g, 'x' from generate_series(1, 5) g;
      cluster t using t_a_idx;
      select a from t;
      cluster t;
      cluster;
      cluster t using nope;
      alter table t cluster on t_a_idx;
      alter table t set without cluster;
      cluster t;
      alter index x3 set (fastupdate=off);
      alter index x6 reset (fillfactor);
      drop index concurrently x6;
      alter table t drop column b;
      select indexname from pg_indexes where schemaname='work' order by indexname;
      alter table t rename a to aa;
      select indexdef from pg_indexes where schemaname='work' order by indexname;
      create unique index u3 on t (aa) include (f);
      create unique index u4 on t using hash (aa);
      insert into t (aa) values (99);
      begin;
      create index rolled on t (aa);
      rollback;
      select count(*) from pg_class where relname = 'rolled';
    `);
  });

  test("of a key includes columns; extensions are there or not; tables can be locked", async () => {
    await pair.agree(`
      CREATE TABLE t (id int PRIMARY KEY, a int, b int, UNIQUE (a) INCLUDE (b));
      SELECT conname, pg_get_constraintdef(oid), conkey FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY 1;
      INSERT INTO t VALUES (1, 1, 1);
      INSERT INTO t VALUES (2, 1, 2);
      SELECT indexdef FROM pg_indexes WHERE tablename = 't' AND schemaname = 'work' ORDER BY 1;
      CREATE TABLE bad (a int, UNIQUE (a) INCLUDE (zz));
      ALTER TABLE t DROP COLUMN b;
      SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY 1;
      CREATE EXTENSION IF NOT EXISTS plpgsql;
      CREATE EXTENSION plpgsql;
      DROP EXTENSION IF EXISTS nope;
      DROP EXTENSION nope;
      BEGIN;
      LOCK TABLE t;
      LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE NOWAIT;
      COMMIT;
      LOCK TABLE t;
    `);
  });

  test("is there after a restart, and says on which rows it is", async () => {
    const before = await pair.ours();
    await before.answers(`
      CREATE SCHEMA kept;
      CREATE TABLE kept.t (a int, b text);
      CREATE INDEX partly ON kept.t (b) WHERE a > 0;
      CREATE UNIQUE INDEX part ON kept.t (b) WHERE a > 0;
    `);
    const oid = await before.answer(
      "SELECT 'kept.partly'::regclass::oid, pg_get_indexdef('kept.partly'::regclass)",
    );
    await before.end();
    await pair.restart();
    const after = await pair.ours();
    expect(
      await after.answer(
        "SELECT 'kept.partly'::regclass::oid, pg_get_indexdef('kept.partly'::regclass)",
      ),
    ).toEqual(oid);
    expect(oid.rows?.[0]?.[1]).toBe("CREATE INDEX partly ON kept.t USING btree (b) WHERE (a > 0)");
    await after.end();
  });
});
