/** Functions written in SQL are made, called, told of and dropped as in PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("functions in SQL", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("give a value for their arguments, by place and by name", async () => {
    await pair.agree(`
      CREATE FUNCTION plus(a int, b int DEFAULT 10) RETURNS int LANGUAGE sql AS 'SELECT a + b';
      SELECT plus(1, 2), plus(1), plus(a => 5), plus(b => 1, a => 2);
      SELECT plus('x');
      SELECT plus(1, 2, 3);
      CREATE FUNCTION plus(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 || '+' || $2 $$;
      SELECT plus('a', 'b'), plus(1, 1), plus('1', 2);
      CREATE FUNCTION twice(x numeric) RETURNS numeric RETURN x * 2;
      SELECT twice(4), twice(1.5), twice(NULL);
      CREATE FUNCTION half(x int) RETURNS int STRICT LANGUAGE sql BEGIN ATOMIC SELECT coalesce(x, 4) / 2; END;
      SELECT half(8), half(NULL);
      CREATE FUNCTION longest(VARIADIC texts text[]) RETURNS text LANGUAGE sql AS 'SELECT max(t) FROM unnest(texts) AS t';
      SELECT longest('a', 'ccc', 'bb'), longest(VARIADIC ARRAY['x', 'z']);
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z');
      CREATE FUNCTION name_of(wanted int) RETURNS text LANGUAGE sql STABLE AS 'SELECT b FROM t WHERE a = wanted';
      SELECT name_of(2), name_of(99);
      SELECT a, name_of(a), plus(a, a) FROM t WHERE plus(a) > 11 ORDER BY name_of(a) DESC;
      SELECT sum(plus(a)) FROM t GROUP BY a > 1 ORDER BY 1;
      CREATE FUNCTION how_many() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t';
      SELECT how_many(), how_many() + 1;
      CREATE FUNCTION same(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
      SELECT same(1), same('x'::text);
      CREATE FUNCTION nothing(a int) RETURNS void LANGUAGE sql AS 'SELECT a';
      SELECT nothing(1) IS NULL;
    `);
  });

  test("give rows in FROM", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z');
      CREATE FUNCTION upto(n int) RETURNS SETOF int LANGUAGE sql AS 'SELECT generate_series(1, n)';
      SELECT * FROM upto(3);
      SELECT u FROM upto(2) AS u ORDER BY 1;
      CREATE FUNCTION above(least int) RETURNS TABLE (id int, name text) LANGUAGE sql AS 'SELECT a, b FROM t WHERE a > least ORDER BY a';
      SELECT * FROM above(1);
      SELECT x.name FROM above(0) AS x WHERE x.id = 2;
      SELECT t.a, f.id FROM t, above(t.a) AS f ORDER BY 1, 2;
      SELECT t.a, f.p FROM t LEFT JOIN LATERAL above(t.a) AS f(p, q) ON true ORDER BY 1, 2;
      CREATE FUNCTION ends(OUT low int, OUT high int) LANGUAGE sql AS 'SELECT min(a), max(a) FROM t';
      SELECT * FROM ends();
      CREATE FUNCTION rows_of() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
      SELECT * FROM rows_of() ORDER BY 1 DESC;
      CREATE FUNCTION one(x int) RETURNS int LANGUAGE sql AS 'SELECT x';
      SELECT * FROM one(5);
      CREATE VIEW v AS SELECT id, one(id) AS same FROM above(1);
      SELECT * FROM v ORDER BY 1;
      SELECT pg_get_viewdef('v'::regclass);
      DROP FUNCTION one(int);
      DROP FUNCTION above;
      DROP FUNCTION one CASCADE;
      SELECT * FROM v;
    `);
  });

  test("that cannot be are refused", async () => {
    await pair.agree(`
      CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
      CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE OR REPLACE FUNCTION f(a int) RETURNS text LANGUAGE sql AS 'SELECT 1';
      CREATE OR REPLACE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1';
      SELECT f(1);
      CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql AS 'SELECT 1, 2';
      CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql AS 'SELECT ARRAY[1]';
      CREATE FUNCTION g(a int) RETURNS TABLE (x int, y text) LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION g(a int) LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION g(a int) RETURNS int AS 'SELECT 1';
      CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql;
      CREATE FUNCTION g(a int) RETURNS int LANGUAGE nope AS 'x';
      CREATE FUNCTION g(a int, a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION g(a int DEFAULT 1, b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      DROP FUNCTION nope;
      DROP FUNCTION nope(int);
      DROP FUNCTION IF EXISTS nope(int);
      CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
      DROP FUNCTION f;
      DROP FUNCTION f(text);
      DROP FUNCTION f;
      SELECT f(1);
    `);
  });

  test("are told by the catalogs, altered, and called by those who may", async () => {
    const caller = `caller_${process.pid}`;
    await pair.agree(`
      CREATE TABLE t (a int);
      INSERT INTO t VALUES (7);
      CREATE FUNCTION fd(a int, b text DEFAULT 'x', VARIADIC c int[] DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE STRICT SECURITY DEFINER COST 5 AS $$ SELECT a::text || b $$;
      CREATE FUNCTION fr(a int) RETURNS int RETURN a + 1;
      CREATE FUNCTION fa(x int) RETURNS SETOF int BEGIN ATOMIC SELECT x FROM t WHERE t.a > x; END;
      CREATE FUNCTION ft(n int) RETURNS TABLE (p int, q text) LANGUAGE sql STABLE ROWS 50 AS 'SELECT n, ''x''';
      SELECT pg_get_functiondef('fd'::regproc);
      SELECT pg_get_functiondef('fr'::regproc);
      SELECT pg_get_functiondef('fa'::regproc);
      SELECT pg_get_functiondef('ft'::regproc);
      SELECT proname, pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid), pg_get_function_result(oid), provolatile, proisstrict, prosecdef, proretset, pronargs, pronargdefaults, procost, prorows, prosrc FROM pg_proc WHERE pronamespace = 'work'::regnamespace ORDER BY 1;
      SELECT 'fd(int,text,int[])'::regprocedure, 'ft'::regproc;
      ALTER FUNCTION fr(int) RENAME TO fr2;
      ALTER FUNCTION fr2(int) IMMUTABLE STRICT;
      ALTER FUNCTION fr2(int) OWNER TO CURRENT_USER;
      SELECT provolatile, proisstrict FROM pg_proc WHERE proname = 'fr2';
      SELECT fr2(1);
      ALTER TABLE t RENAME a TO aa;
      SELECT * FROM fa(1);
      CREATE FUNCTION as_owner() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM work.t';
      CREATE FUNCTION as_caller() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM work.t';
      CREATE ROLE ${caller};
      GRANT USAGE ON SCHEMA work TO ${caller};
      SET ROLE ${caller};
      SELECT as_owner();
      SELECT as_caller();
      SET ROLE NONE;
      REVOKE EXECUTE ON FUNCTION as_owner() FROM PUBLIC;
      SET ROLE ${caller};
      SELECT as_owner();
      DROP FUNCTION as_caller();
      SET ROLE NONE;
      GRANT EXECUTE ON FUNCTION as_owner() TO ${caller};
      SET ROLE ${caller};
      SELECT as_owner();
      SET ROLE NONE;
      DROP FUNCTION as_owner, as_caller;
      DROP SCHEMA work;
      DROP SCHEMA work CASCADE;
      DROP ROLE ${caller};
    `);
  });

  test("come and go with their transaction, and outlive their server", async () => {
    await pair.agree(`
      BEGIN;
      CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
      SELECT f();
      SAVEPOINT s;
      DROP FUNCTION f();
      SELECT f();
      ROLLBACK TO s;
      SELECT f();
      ROLLBACK;
      SELECT f();
      CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';
    `);
    // So many changes that the names are kept in a snapshot.
    const busy = await pair.ours();
    for (let n = 0; n < 52; n++) await busy.answer(`COMMENT ON SCHEMA work IS '${n}'`);
    await busy.end();
    await pair.restart();
    const side = await pair.ours();
    expect((await side.answer("SELECT work.f()")).rows).toEqual([["2"]]);
    await side.end();
  });

  test("in another language say so", async () => {
    const side = await pair.ours();
    const refused = await side.answers(`
      CREATE FUNCTION p() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
      CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN END';
      DO 'BEGIN FOR i IN 1..2 LOOP END LOOP; END';
    `);
    expect(refused.map(({ error }) => error?.sqlstate)).toEqual(Array(3).fill("0A000"));
    expect(refused.every(({ error }) => error?.hint !== undefined)).toBe(true);
    await side.end();
  });
});
