/** Enum types, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("an enum", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("is a type of columns, literals and arrays, ordered by its labels", async () => {
    await pair.agree(`
      CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
      CREATE TABLE t (id int, m mood DEFAULT 'ok', ms mood[]);
      INSERT INTO t VALUES (1, 'sad', '{ok,happy}'), (2, DEFAULT, NULL), (3, 'happy', '{}'), (4, NULL, NULL);
      INSERT INTO t VALUES (5, 'nix');
      INSERT INTO t VALUES (5, 5);
      INSERT INTO t SELECT 5, 'nix' || '';
      INSERT INTO t SELECT 5, ('ni' || 'x')::mood;
      SELECT * FROM t ORDER BY m DESC, id;
      SELECT * FROM t ORDER BY m;
      SELECT id FROM t WHERE m > 'sad' ORDER BY m;
      SELECT id FROM t WHERE m = 'sad' OR 'happy' = m ORDER BY id;
      SELECT id FROM t WHERE m IN ('sad', 'happy') ORDER BY id;
      SELECT id FROM t WHERE m BETWEEN 'sad' AND 'ok' ORDER BY id;
      SELECT id FROM t WHERE m = ANY ('{sad,ok}') ORDER BY id;
      SELECT id FROM t WHERE m < ALL ('{ok,happy}') ORDER BY id;
      SELECT max(m), min(m), count(DISTINCT m) FROM t;
      SELECT max(m) FILTER (WHERE id < 3), min(m) OVER () FROM t GROUP BY m ORDER BY m LIMIT 1;
      SELECT id, max(m) OVER (ORDER BY id) FROM t ORDER BY id;
      SELECT id, rank() OVER (ORDER BY m DESC) FROM t ORDER BY id;
      SELECT array_agg(m ORDER BY m DESC) FROM t WHERE m IS NOT NULL;
      SELECT DISTINCT m FROM t ORDER BY m;
      SELECT m FROM t UNION SELECT 'ok' ORDER BY m DESC;
      SELECT DISTINCT ON (m) m, id FROM t ORDER BY m, id;
      SELECT m, count(*) FROM t GROUP BY m ORDER BY 1;
      SELECT greatest('sad'::mood, 'ok'), least(m, 'ok') FROM t ORDER BY id;
      SELECT array['ok', 'sad']::mood[] > '{ok,ok}', array['sad']::mood[] @> '{sad}', 'ok'::mood < 'happy';
      SELECT ROW('ok'::mood, 1) < ROW('happy'::mood, 0), nullif('ok'::mood, 'ok');
      SELECT enum_first(NULL::mood), enum_last('sad'::mood), enum_range(NULL::mood);
      SELECT enum_range('ok'::mood, NULL), enum_range(NULL, 'ok'::mood), enum_range('sad'::mood, 'ok'::mood);
      SELECT m = 'sad'::text FROM t;
      SELECT m || 'x', m::text, m::varchar(2) FROM t ORDER BY id;
      SELECT m::int FROM t;
      SELECT 'sad'::text::mood, mood 'ok', CAST('happy' AS mood);
      SELECT mood('sad');
      SELECT pg_typeof(m), pg_typeof(ms), to_json(m), to_jsonb(ms) FROM t WHERE id = 1;
      SELECT unnest(enum_range(NULL::mood));
      SELECT coalesce(m, 'happy') FROM t ORDER BY id;
      SELECT CASE WHEN id = 1 THEN 'ok' ELSE m END FROM t ORDER BY id;
      UPDATE t SET m = 'happy' WHERE m < 'ok' RETURNING id, m;
      UPDATE t SET m = 'bad';
      DELETE FROM t WHERE m = 'happy';
      SELECT ms[1], ms FROM t ORDER BY id;
      CREATE TABLE k (m mood PRIMARY KEY, n int);
      INSERT INTO k VALUES ('ok', 1), ('sad', 2);
      INSERT INTO k VALUES ('ok', 1);
      INSERT INTO k VALUES ('ok', 5) ON CONFLICT (m) DO UPDATE SET n = excluded.n;
      SELECT * FROM k ORDER BY m;
      ALTER TABLE k ADD CHECK (m <> 'happy');
      INSERT INTO k VALUES ('happy', 1);
      ALTER TABLE k DROP CONSTRAINT k_m_check, ALTER m TYPE text;
      SELECT * FROM k ORDER BY m;
      ALTER TABLE t ALTER m DROP DEFAULT, ALTER ms TYPE text[];
      ALTER TABLE t ALTER m TYPE mood USING m::text::mood;
      SELECT column_name, data_type, udt_schema, udt_name FROM information_schema.columns WHERE table_name = 't' AND table_schema = 'work' ORDER BY 1;
    `);
  });

  test("gets labels, and other names of them", async () => {
    await pair.agree(`
      CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
      CREATE TYPE mood AS ENUM ('x');
      CREATE TYPE none AS ENUM ();
      CREATE TYPE long AS ENUM ('0123456789012345678901234567890123456789012345678901234567890123456789');
      CREATE TYPE nowhere.mood AS ENUM ('a');
      CREATE TABLE mood (a int);
      CREATE TABLE t (id int, m mood, ms mood[]);
      INSERT INTO t VALUES (1, 'sad', '{ok,happy}'), (2, 'ok', NULL);
      ALTER TYPE mood ADD VALUE 'meh' AFTER 'sad';
      ALTER TYPE mood ADD VALUE 'meh';
      ALTER TYPE mood ADD VALUE IF NOT EXISTS 'meh';
      ALTER TYPE mood ADD VALUE 'first' BEFORE 'sad';
      ALTER TYPE mood ADD VALUE 'zz' BEFORE 'nope';
      INSERT INTO t VALUES (3, 'meh', '{first}');
      SELECT * FROM t ORDER BY m;
      ALTER TYPE mood RENAME VALUE 'ok' TO 'so-so';
      ALTER TYPE mood RENAME VALUE 'nix' TO 'so';
      ALTER TYPE mood RENAME VALUE 'happy' TO 'sad';
      SELECT * FROM t ORDER BY m;
      SELECT enum_range(NULL::mood);
      SELECT enumlabel, enumsortorder FROM pg_enum WHERE enumtypid = 'mood'::regtype ORDER BY enumsortorder;
      ALTER TYPE nope RENAME TO f;
      ALTER TYPE nope ADD VALUE 'f';
      ALTER TYPE mood RENAME TO mood;
      ALTER TYPE t RENAME TO tt;
      ALTER TYPE mood RENAME TO feeling;
      SELECT 'sad'::mood;
      SELECT id FROM t WHERE m = 'sad'::feeling;
      SELECT pg_typeof(m), pg_typeof(ms), 'feeling[]'::regtype, '_feeling'::regtype FROM t LIMIT 1;
      ALTER TYPE feeling OWNER TO nobody_there;
      BEGIN;
      ALTER TYPE feeling ADD VALUE 'later';
      SELECT 'sad'::feeling;
      SELECT 'later'::feeling;
      ROLLBACK;
      SELECT 'later'::feeling;
      BEGIN;
      ALTER TYPE feeling ADD VALUE 'later';
      COMMIT;
      SELECT 'later'::feeling > 'sad';
      BEGIN;
      ALTER TYPE feeling RENAME VALUE 'later' TO 'soon';
      SELECT 'soon'::feeling;
      ROLLBACK;
      SELECT 'soon'::feeling;
      CREATE SCHEMA elsewhere;
      ALTER TYPE feeling SET SCHEMA elsewhere;
      SELECT m FROM t WHERE m = 'sad';
      SELECT n.nspname, t.typname, a.typname FROM pg_type t JOIN pg_type a ON a.oid = t.typarray JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = 'feeling';
      SET search_path = work, elsewhere;
      DROP SCHEMA elsewhere CASCADE;
      SELECT * FROM t;
    `);
  });

  test("is dropped when nothing stands on it, or with what does", async () => {
    await pair.agree(`
      CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE t (id int, m mood, ms mood[]);
      CREATE TABLE u (m mood);
      DROP TYPE mood;
      DROP TYPE nope;
      DROP TYPE IF EXISTS nope;
      DROP TYPE IF EXISTS nowhere.nope;
      DROP TYPE t;
      DROP TYPE _mood;
      DROP DOMAIN mood;
      BEGIN;
      DROP TYPE mood CASCADE;
      SELECT * FROM t;
      ROLLBACK;
      SELECT * FROM t;
      DROP TYPE mood CASCADE;
      SELECT count(*) FROM information_schema.columns WHERE table_schema = 'work';
      CREATE TYPE mood AS ENUM ('again');
      DROP TYPE mood;
      CREATE TYPE lone AS ENUM ('a');
      DROP SCHEMA work;
      SELECT typname, typtype, typcategory, typlen, typbyval, typalign, typinput, typoutput, typdelim FROM pg_type WHERE typname IN ('lone', '_lone') ORDER BY 1;
      COMMENT ON TYPE lone IS 'one';
      SELECT obj_description('lone'::regtype, 'pg_type');
      GRANT USAGE ON TYPE lone TO PUBLIC;
      REVOKE USAGE ON TYPE lone FROM PUBLIC;
    `);
  });

  test("is what views and functions stand on", async () => {
    await pair.agree(`
      create type mood as enum ('sad','ok');
      create table t (id int, m mood);
      create view v as select id, m from t;
      create view w as select 'ok'::mood as x;
      create function f(x mood) returns int language sql as 'select 1';
      create function g() returns mood[] language sql as $$select '{ok}'::mood[]$$;
      drop type mood;
      drop type mood cascade;
      select * from t;
      select * from v;
      select * from w;
      select f(null);
    `);
  });

  test("is there after a restart with the same OIDs", async () => {
    const before = await pair.ours();
    await before.answers(`
      CREATE SCHEMA kept;
      CREATE TYPE kept.mood AS ENUM ('sad', 'ok', 'happy');
      CREATE TABLE kept.t (id int, m kept.mood, ms kept.mood[]);
      INSERT INTO kept.t VALUES (1, 'ok', '{sad}');
      ALTER TYPE kept.mood ADD VALUE 'new' BEFORE 'ok';
    `);
    const oids = `SELECT t.oid, typarray, e.oid, enumlabel FROM pg_type t JOIN pg_enum e ON enumtypid = t.oid
      WHERE typname = 'mood' AND typnamespace = 'kept'::regnamespace ORDER BY enumsortorder`;
    const old = await before.answer(oids);
    await before.end();
    await pair.restart();
    const after = await pair.ours();
    expect(await after.answer(oids)).toEqual(old);
    expect(old.rows?.map((row) => row[3])).toEqual(["sad", "new", "ok", "happy"]);
    const told = await after.answer("SELECT * FROM kept.t WHERE m > 'new'");
    expect(told.rows).toEqual([["1", "ok", "{sad}"]]);
    await after.end();
  });
});
