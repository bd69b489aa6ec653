/** CREATE TABLE, schemas and what is between them, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a table", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("is made LIKE another, with what INCLUDING names", async () => {
    await pair.agree(`
      CREATE TABLE base (a int PRIMARY KEY, b text DEFAULT 'q' NOT NULL UNIQUE, c int CHECK (c > 0), d date);
      COMMENT ON COLUMN base.b IS 'second';
      CREATE TABLE plain (LIKE base);
      CREATE TABLE whole (x int, LIKE base INCLUDING ALL, y int);
      CREATE TABLE some (LIKE base INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
      CREATE TABLE twice (LIKE base, a int);
      CREATE TABLE none (LIKE nope);
      INSERT INTO whole VALUES (1, 2, 'b', -1, NULL, 3);
      INSERT INTO whole VALUES (1, 2, 'b', 1, NULL, 3);
      INSERT INTO whole VALUES (1, 2, 'c', 1, NULL, 3);
      INSERT INTO some (a, c) VALUES (1, -1);
      INSERT INTO some (a, c) VALUES (1, 1);
      INSERT INTO plain (a) VALUES (1);
      SELECT conrelid::regclass, conname, contype, conkey FROM pg_constraint
      WHERE conrelid IN ('plain'::regclass, 'whole'::regclass, 'some'::regclass) ORDER BY conrelid::regclass::text, conname;
      SELECT table_name, column_name, ordinal_position, column_default, is_nullable
      FROM information_schema.columns WHERE table_schema = 'work' ORDER BY 1, 3;
      SELECT col_description('whole'::regclass, 3), col_description('plain'::regclass, 2);
    `);
  });

  test("is made LIKE another with its indexes, those that hold rows apart among them", async () => {
    await pair.agree(`
      CREATE TABLE stem (a int, b text, c int);
      CREATE INDEX ON stem (b, c DESC);
      CREATE INDEX odd ON stem (lower(b)) INCLUDE (a) WHERE c > 0;
      CREATE UNIQUE INDEX ON stem (c);
      CREATE UNIQUE INDEX ON stem (lower(b));
      CREATE UNIQUE INDEX ON stem (a) WHERE c > 10;
      ALTER TABLE stem ADD UNIQUE (a, b);
      CREATE TABLE leaf (x int, LIKE stem INCLUDING INDEXES);
      CREATE TABLE bare (LIKE stem);
      SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'work' AND tablename IN ('leaf', 'bare') ORDER BY 1;
      SELECT conname, contype FROM pg_constraint WHERE conrelid = 'leaf'::regclass ORDER BY 1;
      INSERT INTO leaf VALUES (1, 1, 'one', 1);
      INSERT INTO leaf VALUES (1, 2, 'ONE', 2);
      INSERT INTO leaf VALUES (1, 2, 'two', 1);
      INSERT INTO leaf VALUES (1, 3, 'three', 11), (1, 3, 'four', 12);
      INSERT INTO bare VALUES (1, 'one', 1), (1, 'ONE', 1);
      SELECT count(*) FROM leaf;
    `);
  });

  test("keeps PostgreSQL's storage parameters as advice", async () => {
    await pair.agree(`
      CREATE TABLE f (a int) WITH (fillfactor = 70, autovacuum_enabled = false);
      SELECT reloptions FROM pg_class WHERE relname = 'f';
      ALTER TABLE f SET (fillfactor = 80);
      SELECT reloptions FROM pg_class WHERE relname = 'f';
      ALTER TABLE f RESET (fillfactor, autovacuum_enabled);
      SELECT reloptions FROM pg_class WHERE relname = 'f';
      ALTER TABLE f SET (fillfactor = 5);
      ALTER TABLE f SET (foo = 5);
      CREATE TABLE g (a int) WITH (foo = 1);
      CREATE TABLE h WITH (fillfactor = 70) AS SELECT 1 AS x;
      SELECT reloptions FROM pg_class WHERE relname = 'h';
      CREATE UNLOGGED TABLE u (a int);
      INSERT INTO u VALUES (1);
      ALTER TABLE u SET LOGGED;
      SELECT * FROM u;
    `);
  });

  test("can be without columns until it has some", async () => {
    await pair.agree(`
      CREATE TABLE z ();
      ALTER TABLE z ADD a int, ADD b text;
      INSERT INTO z VALUES (1, 'x');
      SELECT * FROM z;
    `);
  });

  test("is in the schema it is moved to, its rows and columns with it", async () => {
    await pair.agree(`
      DROP SCHEMA IF EXISTS other CASCADE;
      CREATE SCHEMA other;
      CREATE TABLE t (a int);
      CREATE TABLE other.taken (a int);
      CREATE TABLE taken (a int);
      INSERT INTO t VALUES (1);
      ALTER TABLE taken SET SCHEMA other;
      ALTER TABLE t SET SCHEMA nope;
      ALTER TABLE t SET SCHEMA work;
      BEGIN;
      INSERT INTO t VALUES (2);
      ALTER TABLE t ADD b int DEFAULT 5;
      ALTER TABLE t SET SCHEMA other;
      INSERT INTO other.t VALUES (3, 4);
      SELECT * FROM other.t ORDER BY a;
      SAVEPOINT s;
      ALTER TABLE other.t SET SCHEMA work;
      SELECT count(*) FROM t;
      ROLLBACK TO s;
      COMMIT;
      SELECT * FROM work.t;
      SELECT * FROM other.t ORDER BY a;
      ALTER TABLE other.t RENAME a TO aa;
      SELECT aa, b FROM other.t ORDER BY aa;
      SELECT table_schema FROM information_schema.tables WHERE table_name = 't' ORDER BY 1;
      DROP TABLE other.t;
      DROP SCHEMA other CASCADE;
    `);
  });

  test("and its schema are made, and names in several schemas change, in one transaction", async () => {
    await pair.agree(`
      DROP SCHEMA IF EXISTS one CASCADE;
      DROP SCHEMA IF EXISTS two CASCADE;
      BEGIN;
      CREATE SCHEMA one;
      CREATE TABLE one.t (a int);
      INSERT INTO one.t VALUES (1);
      COMMIT;
      SELECT * FROM one.t;
      BEGIN;
      CREATE SCHEMA two;
      CREATE TABLE two.t AS SELECT * FROM one.t;
      DROP TABLE one.t;
      CREATE TABLE t (a int);
      COMMIT;
      SELECT * FROM two.t;
      SELECT * FROM one.t;
      BEGIN;
      CREATE SCHEMA three;
      CREATE TABLE three.t (a int);
      SELECT relname, relnamespace::regnamespace FROM pg_class WHERE relname = 't' AND relnamespace = 'three'::regnamespace;
      ROLLBACK;
      SELECT * FROM three.t;
      COMMENT ON SCHEMA one IS 'first';
      SELECT obj_description('one'::regnamespace, 'pg_namespace');
      DROP SCHEMA two;
      DROP SCHEMA two CASCADE;
      DROP SCHEMA one;
    `);
  });

  test("is partitioned by what its columns hold", async () => {
    await pair.agree(`
      CREATE TABLE pt (a int, b date, c text) PARTITION BY LIST (c);
      CREATE TABLE pt2 (a int, b date, "C d" text) PARTITION BY RANGE (b, "C d");
      CREATE TABLE pt3 (a int, b int) PARTITION BY LIST (a, b);
      CREATE TABLE pt3 (a int) PARTITION BY LIST (x);
      SELECT partstrat, partnatts, partattrs, partexprs FROM pg_partitioned_table
      WHERE partrelid IN ('pt'::regclass, 'pt2'::regclass) ORDER BY 1;
      SELECT relkind, relam, relfilenode FROM pg_class WHERE relname = 'pt';
      ALTER TABLE pt DROP c;
      ALTER TABLE pt ALTER c TYPE int USING 1;
      ALTER TABLE pt RENAME c TO cc;
      SELECT pg_get_partkeydef('pt'::regclass), pg_get_partkeydef('pt2'::regclass);
      SELECT table_type FROM information_schema.tables WHERE table_name = 'pt';
    `);
    const ours = await pair.ours();
    const answers = await ours.answers(`
      INSERT INTO work.pt VALUES (1, '2020-01-01', 'x'), (2, NULL, 'y'), (3, NULL, NULL);
      UPDATE work.pt SET cc = 'z' WHERE a = 1;
      ALTER TABLE work.pt ADD d int DEFAULT 5, ALTER a TYPE text;
      SELECT * FROM work.pt WHERE cc = 'y' OR cc IS NULL OR a = '1' ORDER BY a;
      CREATE TABLE work.part PARTITION OF work.pt FOR VALUES IN ('x');
      CREATE TABLE work.part (a int, b int) PARTITION BY HASH (a);
      CREATE TABLE work.part (a int, b int) PARTITION BY RANGE ((a + 1));
    `);
    expect(answers[3]?.rows).toEqual([
      ["1", "2020-01-01", "z", "5"],
      ["2", null, "y", "5"],
      ["3", null, null, "5"],
    ]);
    const refused = answers.slice(4).map(({ error }) => error?.sqlstate);
    expect(refused).toEqual(["0A000", "0A000", "0A000"]);
    await ours.end();
  });

  test("keeps the bucket alive that its data lies in", async () => {
    const ours = await pair.ours();
    await ours.answers(`CREATE SCHEMA host;
      CREATE TABLE host.guest (a int);
      INSERT INTO host.guest VALUES (1);
      ALTER TABLE host.guest SET SCHEMA public`);
    expect((await ours.answer("DROP SCHEMA host CASCADE")).error).toMatchObject({
      sqlstate: "2BP01",
      detail: "data of table public.guest lies in bucket host",
    });
    expect((await ours.answer("SELECT * FROM public.guest")).rows).toEqual([["1"]]);
    await ours.answers("DROP TABLE public.guest;\nDROP SCHEMA host");
    await ours.end();
  });
});
