/** Views are made, changed, read and dropped as in PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("views", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("what a table or a view is read by goes only with CASCADE, and is told in order", async () => {
    await pair.agree(`
      CREATE TABLE t (a int PRIMARY KEY, b text);
      CREATE VIEW v AS SELECT * FROM t;
      CREATE VIEW w AS SELECT a FROM v;
      CREATE TABLE f (a int REFERENCES t);
      CREATE VIEW x AS SELECT a FROM t;
      CREATE VIEW y AS SELECT v.a FROM v JOIN x USING (a);
      DROP TABLE t;
      DROP VIEW v;
      DROP VIEW v, x;
      DROP VIEW x RESTRICT;
      ALTER TABLE t DROP COLUMN b;
      ALTER TABLE t ALTER a TYPE text;
      ALTER TABLE t ALTER b TYPE varchar;
      DROP TABLE v;
      DROP VIEW t;
      DROP MATERIALIZED VIEW v;
      DROP VIEW IF EXISTS nope;
      DROP VIEW nope;
      ALTER TABLE t DROP COLUMN b CASCADE;
      SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'work'::regnamespace ORDER BY 1;
      DROP TABLE t CASCADE;
      SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'work'::regnamespace ORDER BY 1;
      SELECT conname FROM pg_constraint WHERE conrelid = 'f'::regclass;
    `);
  });

  test("a view keeps the columns it was made with", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'x'), (2, 'y');
      CREATE VIEW v(x, y, z) AS SELECT * FROM t;
      CREATE VIEW v(x, x) AS SELECT * FROM t;
      CREATE VIEW v AS SELECT a, b AS a FROM t;
      CREATE VIEW v AS SELECT * FROM t;
      CREATE VIEW v AS SELECT * FROM t;
      CREATE VIEW r(x) AS SELECT * FROM t;
      ALTER TABLE t ADD COLUMN c int DEFAULT 7;
      SELECT * FROM v ORDER BY 1;
      SELECT * FROM r ORDER BY 1;
      ALTER TABLE t RENAME a TO aa;
      ALTER TABLE t RENAME c TO a;
      ALTER TABLE t RENAME TO t2;
      CREATE TABLE t (a text);
      SELECT * FROM v ORDER BY 1;
      SELECT v.a, v FROM v ORDER BY 1;
      ALTER TABLE t2 DROP COLUMN a;
      SELECT * FROM v NATURAL JOIN r;
      CREATE OR REPLACE VIEW t AS SELECT 1;
      CREATE OR REPLACE VIEW v AS SELECT 1 AS a;
      CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b;
      CREATE OR REPLACE VIEW v AS SELECT 1 AS c, 'x'::text AS b;
      CREATE OR REPLACE VIEW v AS SELECT aa AS a, b, 5 AS c FROM t2;
      SELECT * FROM v ORDER BY 1;
      CREATE OR REPLACE VIEW v AS SELECT * FROM v;
      SELECT * FROM v;
    `);
  });

  test("what cannot be a view is refused", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      CREATE VIEW p AS SELECT $1;
      CREATE UNLOGGED VIEW p AS SELECT 1;
      CREATE VIEW p AS WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x;
      CREATE VIEW p WITH (foo = 1) AS SELECT 1;
      CREATE VIEW p WITH (security_barrier = maybe) AS SELECT 1;
      CREATE VIEW p WITH (check_option = foo) AS SELECT a FROM t;
      CREATE VIEW p AS SELECT DISTINCT a FROM t WITH CHECK OPTION;
      CREATE VIEW p AS SELECT a + 1 AS b FROM t WITH LOCAL CHECK OPTION;
      CREATE VIEW p AS SELECT row(1, 2);
      CREATE VIEW p AS SELECT nope FROM t;
      CREATE VIEW p AS SELECT * FROM nope;
      CREATE VIEW nope.p AS SELECT 1;
      CREATE VIEW t AS SELECT 1;
    `);
  });

  test("ALTER VIEW and what ALTER TABLE does to views", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'x');
      CREATE VIEW v AS SELECT a, b, 5 AS c FROM t;
      ALTER VIEW v RENAME TO vv;
      ALTER VIEW vv RENAME COLUMN c TO d;
      ALTER VIEW vv RENAME COLUMN zz TO d;
      ALTER VIEW vv RENAME COLUMN a TO d;
      ALTER VIEW t RENAME TO q;
      ALTER VIEW t RENAME COLUMN a TO q;
      ALTER TABLE vv RENAME TO v;
      SELECT * FROM v;
      ALTER VIEW v ALTER COLUMN a SET DEFAULT 7;
      ALTER VIEW v ALTER COLUMN a SET DEFAULT 'x';
      ALTER VIEW v ALTER COLUMN a DROP DEFAULT;
      ALTER VIEW v OWNER TO CURRENT_USER;
      ALTER TABLE v OWNER TO CURRENT_USER;
      ALTER VIEW v SET (security_barrier, security_invoker = on);
      SELECT reloptions FROM pg_class WHERE relname = 'v' AND relnamespace = 'work'::regnamespace;
      ALTER VIEW v RESET (security_barrier);
      ALTER VIEW v SET (fillfactor = 10);
      SELECT reloptions FROM pg_class WHERE relname = 'v' AND relnamespace = 'work'::regnamespace;
      ALTER TABLE v ADD COLUMN e int;
      ALTER TABLE v DROP COLUMN a;
      ALTER TABLE v ALTER a TYPE text;
      ALTER TABLE v ADD PRIMARY KEY (a);
      ALTER TABLE v ALTER a SET NOT NULL;
      ALTER VIEW IF EXISTS nope RENAME TO x;
      CREATE UNIQUE INDEX ON v (a);
      TRUNCATE v;
      COPY v TO STDOUT;
      ANALYZE v;
      VACUUM v;
      CREATE TABLE f (a int REFERENCES v);
      COMMENT ON VIEW v IS 'hi';
      COMMENT ON VIEW t IS 'hi';
      COMMENT ON TABLE v IS 'hi';
      COMMENT ON COLUMN v.a IS 'col';
      SELECT obj_description('v'::regclass), col_description('v'::regclass, 1);
      SELECT xmin FROM v;
      SELECT ctid FROM v;
      SELECT tableoid FROM v;
    `);
  });

  test("views stand on views, queries of every kind, temporary tables and the catalog", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t SELECT n, 'b' || n % 3 FROM generate_series(1, 20) AS n;
      CREATE VIEW sums AS SELECT b, sum(a) AS total, count(*) FROM t GROUP BY b;
      CREATE VIEW top AS SELECT * FROM sums ORDER BY total DESC LIMIT 2;
      SELECT * FROM top ORDER BY b;
      SELECT t.a, top.total FROM t JOIN top USING (b) WHERE a < 4 ORDER BY 1;
      CREATE RECURSIVE VIEW r(n) AS VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5;
      SELECT * FROM r ORDER BY n;
      CREATE VIEW u AS SELECT a FROM t WHERE a < 3 UNION SELECT n FROM r;
      SELECT * FROM u ORDER BY 1;
      CREATE VIEW w AS SELECT a, row_number() OVER (PARTITION BY b ORDER BY a) FROM t;
      SELECT * FROM w WHERE a > 17 ORDER BY 1;
      CREATE VIEW s AS SELECT a, (SELECT max(total) FROM sums WHERE sums.b = t.b) FROM t;
      SELECT * FROM s WHERE a IN (SELECT a FROM u) ORDER BY 1;
      CREATE VIEW vals(k, v) AS VALUES (1, 'one'), (2, 'two');
      SELECT k, v, a FROM vals LEFT JOIN t ON a = k ORDER BY k;
      CREATE VIEW c AS SELECT relname FROM pg_class WHERE relnamespace = 'work'::regnamespace AND relkind = 'r';
      SELECT * FROM c ORDER BY 1;
      CREATE TEMP TABLE tt (a int);
      CREATE VIEW vt AS SELECT * FROM tt;
      CREATE TEMP VIEW vt2 AS SELECT * FROM t;
      SELECT relname, relpersistence FROM pg_class WHERE relname LIKE 'vt%' ORDER BY 1;
      SELECT count(*) FROM vt2;
      DROP TABLE tt CASCADE;
      TABLE top;
    `);
  });

  test("a view comes and goes with its transaction, and outlives its server", async () => {
    await pair.agree(`
      CREATE TABLE t (a int);
      INSERT INTO t VALUES (1);
      BEGIN;
      CREATE VIEW v AS SELECT a FROM t;
      SAVEPOINT s;
      DROP VIEW v;
      SELECT * FROM v;
      ROLLBACK TO s;
      SELECT * FROM v;
      CREATE OR REPLACE VIEW v AS SELECT a + 1 AS a FROM t;
      SELECT * FROM v;
      ROLLBACK TO s;
      SELECT * FROM v;
      ROLLBACK;
      SELECT * FROM v;
      CREATE VIEW v AS SELECT a, a * 2 AS twice FROM t;
    `);
    const other = await pair.ours();
    await other.answer("SET search_path = work");
    const seen = await other.answer("SELECT * FROM v");
    expect(seen.rows).toEqual([["1", "2"]]);
    await other.end();
    await pair.restart();
    const again = await pair.ours();
    expect((await again.answer("SELECT * FROM work.v")).rows).toEqual([["1", "2"]]);
    await again.end();
  });

  test("what a view reads is its owner's to read; with security_invoker the reader's", async () => {
    const script = (maker: string, reader: string) => `
      CREATE SCHEMA IF NOT EXISTS work;
      DROP ROLE IF EXISTS ${reader};
      CREATE ROLE ${reader};
      GRANT USAGE ON SCHEMA work TO ${reader};
      CREATE TABLE t (a int);
      INSERT INTO t VALUES (1);
      CREATE VIEW v AS SELECT a FROM t;
      CREATE VIEW i WITH (security_invoker) AS SELECT a FROM t;
      CREATE VIEW over AS SELECT * FROM i;
      CREATE VIEW secret AS SELECT rolname FROM pg_authid WHERE rolname = '${reader}';
      GRANT SELECT ON v, i, over, secret TO ${reader};
      SET ROLE ${reader};
      SELECT * FROM t;
      SELECT * FROM v;
      SELECT * FROM i;
      SELECT * FROM over;
      SELECT count(*) FROM secret;
      CREATE VIEW mine AS SELECT 1;
      DROP VIEW v;
      ALTER VIEW v RENAME TO w;
      SET ROLE NONE;
      REVOKE SELECT ON v FROM ${reader};
      SET ROLE ${reader};
      SELECT * FROM v;
      SET ROLE NONE;
      DROP SCHEMA work CASCADE;
      DROP ROLE ${reader};
      SELECT '${maker}' IS NOT NULL`;
    await pair.agree(script("maker", `reader_${process.pid}`));
  });

  test("one that shows a table is written through", async () => {
    const writer = `writer_${process.pid}`;
    await pair.agree(`
      CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'tb', c int);
      INSERT INTO t VALUES (1, 'x', 10), (2, 'y', 20);
      CREATE VIEW v AS SELECT a, b AS bb, c + 1 AS c1 FROM t WHERE a < 100;
      INSERT INTO v (a, bb) VALUES (3, 'z');
      INSERT INTO v (a) VALUES (4), (200);
      INSERT INTO v (a, c1) VALUES (5, 1);
      INSERT INTO v (a, nope) VALUES (5, 1);
      INSERT INTO v (bb) VALUES ('none');
      INSERT INTO v (a) VALUES (1);
      UPDATE v SET bb = 'upd' WHERE a = 1;
      UPDATE v SET c1 = 5;
      UPDATE v SET bb = bb || c1 WHERE a = 2;
      UPDATE v AS q SET bb = 'al' WHERE q.c1 IS NULL AND q.a = 3;
      DELETE FROM v WHERE bb = 'tb';
      SELECT * FROM t ORDER BY a;
      DELETE FROM v;
      SELECT * FROM t;
      CREATE VIEW plain AS SELECT b, a FROM t;
      INSERT INTO plain SELECT 'p', 7;
      SELECT * FROM plain ORDER BY a;
      CREATE VIEW d AS SELECT DISTINCT a FROM t;
      INSERT INTO d VALUES (1);
      UPDATE d SET a = 1;
      DELETE FROM d;
      CREATE VIEW g AS SELECT a, count(*) FROM t GROUP BY a;
      DELETE FROM g;
      CREATE VIEW j AS SELECT t.a FROM t, t t2;
      INSERT INTO j VALUES (1);
      CREATE VIEW e AS SELECT a + 1 AS x FROM t;
      INSERT INTO e VALUES (1);
      UPDATE e SET x = 1;
      CREATE ROLE ${writer};
      GRANT USAGE ON SCHEMA work TO ${writer};
      GRANT SELECT, INSERT ON v TO ${writer};
      SET ROLE ${writer};
      INSERT INTO v (a) VALUES (8);
      UPDATE v SET bb = 'no';
      DELETE FROM v;
      INSERT INTO t (a) VALUES (9);
      SET ROLE NONE;
      SELECT a, b FROM t ORDER BY a;
      DROP SCHEMA work CASCADE;
      DROP ROLE ${writer};
    `);
  });

  test("security_barrier keeps a reader's conditions from rows the view does not show", async () => {
    const answers = await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'hidden'), (2, 'x'), (3, 'y');
      CREATE VIEW safe WITH (security_barrier) AS SELECT a, b FROM t WHERE length(b) < 3 AND a <> 1;
      SELECT a FROM safe WHERE 10 / (a - 1) > 0 ORDER BY a;
      SELECT s.a FROM safe AS s JOIN t ON t.a = s.a AND 10 / (s.a - 1) > 5 ORDER BY 1;
      SELECT pg_get_viewdef('safe'::regclass);
    `);
    expect(answers[3]?.rows).toEqual([["2"], ["3"]]);
    const side = await pair.ours();
    const plan = await side.answer("EXPLAIN SELECT a FROM work.safe WHERE 10 / (a - 1) > 0");
    expect(plan.error).toBeUndefined();
    await side.end();
  });

  test("a past version stays what a view shows", async () => {
    const side = await pair.ours();
    await side.answers(`
      CREATE TABLE primary.past (a int);
      INSERT INTO primary.past VALUES (1);
      CREATE VIEW primary.was AS SELECT * FROM primary.past AT (VERSION => 1);
      ALTER TABLE primary.past ADD b int DEFAULT 5;
      INSERT INTO primary.past VALUES (2, 6);
    `);
    expect((await side.answer("SELECT * FROM primary.was")).rows).toEqual([["1"]]);
    await side.answer("DROP TABLE primary.past CASCADE");
    await side.end();
  });
});
