/** What PostgreSQL's SQL means where it stands on tables: their keys, their types, their columns. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { Pair } from "../ddl/side-by-side.ts";
import { postgres } from "../support/services.ts";

const service = await postgres();

describe.runIf(service)("statements on tables", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("a primary key grouped by decides the other columns", async () => {
    await pair.agree(`
      CREATE TABLE maker (id int PRIMARY KEY, name text, town text);
      CREATE TABLE part (a int, b int, maker int, title text, PRIMARY KEY (a, b));
      INSERT INTO maker VALUES (1, 'x', 'Ulm'), (2, 'y', NULL);
      INSERT INTO part VALUES (1, 1, 1, 'p'), (1, 2, 1, 'q'), (2, 1, 2, 'r');
      SELECT m.id, m.name, count(p.a) FROM maker m LEFT JOIN part p ON p.maker = m.id GROUP BY m.id ORDER BY m.name DESC;
      SELECT m.*, count(*) FROM maker m GROUP BY m.id HAVING m.town IS NULL OR m.name = 'x' ORDER BY 1;
      SELECT id, (SELECT max(title) FROM part WHERE maker = id AND title >= name) FROM maker GROUP BY id ORDER BY 1;
      SELECT title, count(*) FROM part GROUP BY a, b ORDER BY 1;
      SELECT title FROM part GROUP BY a;
      SELECT id, name FROM maker GROUP BY name;
      SELECT id, name FROM maker GROUP BY GROUPING SETS ((id), ());
      SELECT name FROM (SELECT * FROM maker) s GROUP BY id;
      CREATE VIEW counted AS SELECT m.id, m.name, count(*) AS n FROM maker m GROUP BY m.id;
      SELECT pg_get_viewdef('counted'::regclass);
      SELECT * FROM counted ORDER BY id`);
  });

  test("TABLESAMPLE takes a share of a table's rows", async () => {
    await pair.agree(`
      CREATE TABLE t (a int);
      INSERT INTO t SELECT * FROM generate_series(1, 1000);
      SELECT count(*) FROM t TABLESAMPLE BERNOULLI (100);
      SELECT count(*) BETWEEN 300 AND 700 FROM t AS s TABLESAMPLE BERNOULLI (50) WHERE s.a > 0;
      SELECT count(*) FROM (SELECT a FROM t TABLESAMPLE BERNOULLI (40) REPEATABLE (7)) x
        FULL JOIN (SELECT a FROM t TABLESAMPLE BERNOULLI (40) REPEATABLE (7)) y USING (a) WHERE x.a IS NULL OR y.a IS NULL;
      SELECT count(*) FROM t TABLESAMPLE SYSTEM (NULL);
      SELECT count(*) FROM t TABLESAMPLE SYSTEM (-1);
      CREATE VIEW v AS SELECT a FROM t TABLESAMPLE SYSTEM (50) REPEATABLE (2);
      SELECT pg_get_viewdef('v'::regclass);
      SELECT 1 FROM v TABLESAMPLE SYSTEM (1)`);
  });

  test("a time with a zone is as exact as its column", async () => {
    await pair.agree(`
      CREATE TABLE t (a timetz(2), b interval(1), c time(0));
      INSERT INTO t VALUES ('10:11:12.999+01', '1.55 sec', '10:00:00.5'), ('00:00:01.004-02', '-1.26 sec', NULL);
      SELECT * FROM t ORDER BY a`);
  });

  test("a part of an array or of jsonb is assigned to", async () => {
    await pair.agree(`
      CREATE TABLE t (id int PRIMARY KEY, a int[], n numeric(6,2)[], j jsonb);
      INSERT INTO t VALUES (1, '{1,2,3}', '{1.5}', '{"a": [1, {"b": 2}]}'), (2, NULL, NULL, NULL);
      UPDATE t SET a[1] = 10, a[3] = 30 RETURNING id, a;
      UPDATE t SET a[5] = 5 WHERE id = 1 RETURNING a;
      UPDATE t SET a[2:3] = '{8,9,7}' WHERE id = 1 RETURNING a;
      UPDATE t SET a[2:3] = '{8}' WHERE id = 1;
      UPDATE t SET a[4:] = ARRAY[6,6] WHERE id = 1 RETURNING a;
      UPDATE t SET a[1] = 'x' WHERE id = 1;
      UPDATE t SET n[1] = 1.239 WHERE id = 1 RETURNING n;
      UPDATE t SET id[1] = 1;
      UPDATE t SET a[NULL] = 1 WHERE id = 1;
      UPDATE t SET a = '{1}', a[1] = 2;
      UPDATE t SET j['a'][1]['b'] = '3', j['c'] = to_jsonb('x'::text) WHERE id = 1 RETURNING j;
      UPDATE t SET j['a'][4] = '5' WHERE id = 1 RETURNING j;
      UPDATE t SET j['a'][-9] = '1' WHERE id = 1;
      UPDATE t SET j['c']['d'] = '1' WHERE id = 1;
      UPDATE t SET j[2]['x'] = '1' WHERE id = 2 RETURNING j;
      UPDATE t SET j['q'] = 1 WHERE id = 2;
      INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a[2] = 77 RETURNING a;
      MERGE INTO t USING (VALUES (1)) s (k) ON s.k = t.id WHEN MATCHED THEN UPDATE SET a[1] = 5;
      SELECT a, j FROM t ORDER BY id`);
  });

  test("a function's row is one value, and its set a row of the select list for each", async () => {
    await pair.agree(`
      CREATE TABLE d (id int PRIMARY KEY, name text);
      INSERT INTO d VALUES (1, 'x'), (2, 'y');
      CREATE FUNCTION total(n int DEFAULT 1, OUT a bigint, OUT b numeric) LANGUAGE sql AS 'SELECT count(*), sum(id) * 1.5 FROM d WHERE id >= n';
      SELECT * FROM total();
      SELECT total(2), (total(1)).b;
      SELECT (total(2)).*;
      CREATE FUNCTION one(k int) RETURNS d LANGUAGE sql AS 'SELECT * FROM d WHERE id = k';
      SELECT one(1);
      SELECT (one(2)).name, one(9) IS NULL;
      SELECT * FROM one(2);
      CREATE FUNCTION every_one() RETURNS SETOF d LANGUAGE sql AS 'SELECT * FROM d ORDER BY id';
      SELECT every_one();
      SELECT (every_one()).name, 5;
      CREATE FUNCTION named(k int) RETURNS TABLE (a int, b text) LANGUAGE sql STRICT AS 'SELECT id, name FROM d WHERE id >= k ORDER BY 1';
      SELECT named(1);
      SELECT id, (named(id)).b FROM d ORDER BY 1, 2;
      SELECT named(NULL);
      SELECT count(*), named(2) FROM d;
      SELECT id FROM d WHERE id = named(1)`);
  });

  test("what is computed of bare numeric columns shows no zeros of the engine's", async () => {
    await pair.agree(`
      CREATE TABLE n (a numeric, b numeric, d numeric(10,2));
      INSERT INTO n VALUES (1.5, 2.25, 1.5), (3, 0.1, 2);
      SELECT a * b, a * a * b, (a * b)::text, a * b || '', d * 2, -(a * b) FROM n;
      SELECT sum(a * b), max(a * b) FROM n;
      SELECT DISTINCT a * b FROM n ORDER BY 1;
      SELECT x, x + 1 FROM (SELECT a * b AS x FROM n) s ORDER BY x;
      SELECT json_build_object('v', a * b, 'avg', d / 3) FROM n;
      SELECT json_agg(t) FROM (SELECT d, d / 3 AS third FROM n ORDER BY 1) t`);
  });

  test("a transaction has one number, and its end is told", async () => {
    await pair.agree(`
      BEGIN;
      SELECT txid_current_if_assigned();
      SELECT txid_current() = pg_current_xact_id()::text::bigint, txid_status(txid_current()),
        txid_current_if_assigned() = txid_current();
      SELECT pg_xact_status(pg_current_xact_id());
      SELECT pg_visible_in_snapshot(pg_current_xact_id(), pg_current_snapshot());
      COMMIT;
      SELECT txid_current_if_assigned() IS NULL;
      SELECT txid_status(txid_current() - 1) IS NOT NULL`);
  });

  test("a select list may be empty", async () => {
    await pair.agree(`
      CREATE TABLE t (a int);
      INSERT INTO t VALUES (1), (2);
      SELECT FROM t;
      SELECT FROM t WHERE a = 3;
      SELECT count(*) FROM (SELECT FROM t) x`);
  });

  test("a numeric without a scale drops no digit that it was given", async () => {
    const side = await pair.ours();
    await side.answers("CREATE TABLE exact (id int, n numeric)");
    const state = async (sql: string) => (await side.answer(sql)).error?.sqlstate;
    expect(await state("INSERT INTO exact VALUES (1, 1.23456789012)")).toBe("22003");
    expect(await state("INSERT INTO exact VALUES (1, '1.23456789012')")).toBe("22003");
    expect(await state("INSERT INTO exact VALUES (1, 1.2345678901), (2, 1.5000000000000)")).toBe(
      undefined,
    );
    expect(await state("UPDATE exact SET n = n * n WHERE id = 1")).toBe("22003");
    expect(await state("UPDATE exact SET n = n / 3 WHERE id = 2")).toBe(undefined);
    const { rows } = await side.answer("SELECT n FROM exact ORDER BY id");
    expect(rows).toEqual([["1.2345678901"], ["0.5"]]);
    await side.end();
  });
});
