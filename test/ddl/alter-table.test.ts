/** ALTER TABLE answers, and leaves behind, what it does in PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("ALTER TABLE", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  const columnsOf = (table: string) =>
    `SELECT column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, numeric_precision
     FROM information_schema.columns WHERE table_name = '${table}' AND table_schema = 'work' ORDER BY 2`;

  test("adds columns, with a default for the rows that are there", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text DEFAULT 'x');
      INSERT INTO t VALUES (1, 'p'), (2, NULL);
      ALTER TABLE t ADD COLUMN c int;
      ALTER TABLE t ADD d numeric(10, 2) DEFAULT 7.5 NOT NULL, ADD COLUMN e timestamp DEFAULT '2020-1-1';
      INSERT INTO t (a) VALUES (3);
      SELECT * FROM t ORDER BY a;
      ALTER TABLE t ADD f int NOT NULL;
      ALTER TABLE t ADD c text;
      ALTER TABLE t ADD COLUMN IF NOT EXISTS c text;
      ALTER TABLE t ADD xmin int;
      ALTER TABLE t ADD g void;
      ALTER TABLE t ADD g int DEFAULT 'x';
      ALTER TABLE t ADD g text DEFAULT (SELECT 'x');
      ALTER TABLE nope ADD x int;
      ALTER TABLE IF EXISTS nope ADD x int;
      ${columnsOf("t")};
      DELETE FROM t;
      ALTER TABLE t ADD f int NOT NULL;
      SELECT * FROM t;
    `);
  });

  test("drops columns, whose numbers nobody gets again", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text, c int);
      INSERT INTO t VALUES (1, 'p', 10), (2, 'q', 20);
      ALTER TABLE t DROP COLUMN b;
      ALTER TABLE t DROP COLUMN b;
      ALTER TABLE t DROP COLUMN IF EXISTS b;
      ALTER TABLE t DROP ctid;
      SELECT * FROM t ORDER BY a;
      ALTER TABLE t ADD b int;
      INSERT INTO t VALUES (3, 30, 300);
      SELECT * FROM t ORDER BY a;
      SELECT attnum, attname FROM pg_attribute WHERE attrelid = 'work.t'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1;
      ALTER TABLE t DROP a, ADD a text DEFAULT 'new', DROP c;
      SELECT a, b FROM t ORDER BY b;
      SELECT relnatts FROM pg_class WHERE oid = 'work.t'::regclass;
      ${columnsOf("t")};
    `);
  });

  test("renames columns and tables", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'p');
      ALTER TABLE t RENAME COLUMN a TO "A b";
      ALTER TABLE t RENAME b TO a;
      INSERT INTO t VALUES (2, 'q');
      SELECT * FROM t ORDER BY 1;
      ALTER TABLE t RENAME zz TO y;
      ALTER TABLE t RENAME a TO "A b";
      ALTER TABLE t RENAME a TO ctid;
      ALTER TABLE t RENAME TO u;
      SELECT "A b", a FROM u ORDER BY 1;
      SELECT * FROM t;
      ALTER TABLE IF EXISTS t RENAME COLUMN a TO b;
      ALTER TABLE u RENAME TO u;
      ${columnsOf("u")};
    `);
  });

  test("changes types, by USING where PostgreSQL wants one", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text DEFAULT 'x', c varchar(5), d int DEFAULT 5);
      INSERT INTO t VALUES (1, '10', 'abc'), (2, NULL, 'abcde');
      ALTER TABLE t ALTER a TYPE bigint, ALTER COLUMN c SET DATA TYPE text;
      ALTER TABLE t ALTER b TYPE int;
      ALTER TABLE t ALTER b TYPE int USING b;
      ALTER TABLE t ALTER b TYPE int USING (SELECT 1);
      ALTER TABLE t ALTER b TYPE int USING sum(a);
      ALTER TABLE t ALTER b TYPE int USING b::int;
      ALTER TABLE t ALTER b DROP DEFAULT, ALTER b TYPE int USING b::int + a;
      ALTER TABLE t ALTER c TYPE varchar(3);
      ALTER TABLE t ALTER c TYPE varchar(5);
      ALTER TABLE t ALTER d TYPE text;
      ALTER TABLE t ALTER zz TYPE int;
      ALTER TABLE t ALTER a TYPE int USING zz;
      ALTER TABLE t ALTER a TYPE date USING '2020-01-01'::date + a::int;
      INSERT INTO t (b) VALUES (7);
      SELECT * FROM t ORDER BY b;
      ${columnsOf("t")};
    `);
  });

  test("sets and drops defaults and NOT NULL", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b int);
      INSERT INTO t VALUES (1, NULL);
      ALTER TABLE t ALTER b SET NOT NULL;
      ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET DEFAULT 3 + 4;
      INSERT INTO t (a) VALUES (2);
      INSERT INTO t (b) VALUES (2);
      ALTER TABLE t ALTER a DROP NOT NULL, ALTER b DROP DEFAULT;
      INSERT INTO t (b) VALUES (2);
      ALTER TABLE t ALTER a SET DEFAULT 'zz';
      ALTER TABLE t ALTER zz SET DEFAULT 1;
      ALTER TABLE t ALTER zz SET NOT NULL;
      UPDATE t SET b = 0 WHERE b IS NULL;
      ALTER TABLE t ALTER b SET NOT NULL;
      SELECT * FROM t ORDER BY a;
    `);
  });

  const everything = `
    SELECT * FROM t ORDER BY 1;
    ALTER TABLE t ADD c text DEFAULT 'w', ADD d int;
    INSERT INTO t VALUES (3, 'r', 'x', 1);
    SELECT * FROM t ORDER BY 1;
    SAVEPOINT one;
    ALTER TABLE t RENAME a TO aa;
    ALTER TABLE t ALTER c DROP DEFAULT, ALTER c TYPE int USING length(c) + 10;
    UPDATE t SET c = c + 1 WHERE aa = 3;
    DELETE FROM t WHERE aa = 1;
    SELECT * FROM t ORDER BY 1;
    SAVEPOINT two;
    ALTER TABLE t DROP b;
    INSERT INTO t VALUES (4, 44, 5);
    SELECT * FROM t ORDER BY 1;
    ROLLBACK TO two;
    INSERT INTO t VALUES (5, 'bb', 55, 6);
    SELECT * FROM t ORDER BY 1;
    SAVEPOINT three;
    ALTER TABLE t RENAME TO u;
    SELECT * FROM u ORDER BY 1;
    ROLLBACK TO three;
  `;

  test("is seen in its own transaction and undone with it", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'p'), (2, 'q');
      BEGIN;
      ${everything}
      ROLLBACK;
      SELECT * FROM t ORDER BY 1;
      ${columnsOf("t")};
      BEGIN;
      ${everything}
      ROLLBACK TO one;
      SELECT * FROM t ORDER BY 1;
      COMMIT;
      SELECT * FROM t ORDER BY 1;
      ${columnsOf("t")};
    `);
  });

  test("is mixed with writes of every kind", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'x'), (2, 'y');
      BEGIN;
      ALTER TABLE t ADD c int;
      TRUNCATE t;
      INSERT INTO t VALUES (5, 'q', 1);
      SAVEPOINT s;
      ALTER TABLE t DROP a;
      ALTER TABLE t ALTER b TYPE int USING 3;
      SELECT * FROM t;
      ROLLBACK TO s;
      SELECT * FROM t;
      COMMIT;
      BEGIN;
      DELETE FROM t;
      ALTER TABLE t ADD d int DEFAULT 4;
      INSERT INTO t VALUES (1, 'z', 2, 3);
      ALTER TABLE t ALTER a TYPE bigint;
      UPDATE t SET d = d + 1;
      SELECT * FROM t;
      COMMIT;
      BEGIN;
      UPDATE t SET b = 'upd';
      ALTER TABLE t RENAME b TO bb;
      UPDATE t SET bb = bb || '!';
      COMMIT;
      SELECT * FROM t;
      BEGIN;
      DROP TABLE t;
      CREATE TABLE t (z int);
      ALTER TABLE t ADD y int DEFAULT 1;
      INSERT INTO t VALUES (1);
      SELECT * FROM t;
      ROLLBACK;
      BEGIN;
      ALTER TABLE t RENAME TO u;
      CREATE TABLE t (q int);
      INSERT INTO t VALUES (9);
      COMMIT;
      SELECT * FROM u, t;
      BEGIN;
      ALTER TABLE u ADD k1 int DEFAULT 1;
      SAVEPOINT a;
      ALTER TABLE u ADD k2 int DEFAULT 2;
      SAVEPOINT b;
      ALTER TABLE u DROP k1;
      ROLLBACK TO a;
      ALTER TABLE u ADD k3 text DEFAULT 'three';
      INSERT INTO u (a) VALUES (100);
      COMMIT;
      MERGE INTO u USING (VALUES (1), (7)) v (x) ON u.a = v.x
      WHEN MATCHED THEN UPDATE SET bb = 'merged' WHEN NOT MATCHED THEN INSERT (a) VALUES (x);
      INSERT INTO u (a, bb) VALUES (8, 'ret') RETURNING *;
      SELECT * FROM u ORDER BY a;
      SELECT attname, attnum FROM pg_attribute WHERE attrelid = 'u'::regclass AND attnum > 0 ORDER BY attnum;
    `);
  });

  test("of a table made in the same transaction is one table", async () => {
    await pair.agree(`
      BEGIN;
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'p');
      ALTER TABLE t ADD c int DEFAULT 5, DROP b;
      INSERT INTO t VALUES (2, 6);
      ALTER TABLE t RENAME TO u;
      COMMIT;
      SELECT * FROM u ORDER BY 1;
      ${columnsOf("u")};
    `);
  });

  test("survives a restart, and another server on the folder sees it", async () => {
    await pair.agree(`
      CREATE TABLE kept (a int, b text, c int);
      INSERT INTO kept VALUES (1, 'p', 3);
      ALTER TABLE kept RENAME a TO z;
      ALTER TABLE kept DROP b, ADD d text DEFAULT 'new';
      INSERT INTO kept VALUES (2, 4, 'more');
    `);
    const rows = [
      ["1", "3", "new"],
      ["2", "4", "more"],
    ];
    const query = "SELECT z, c, d FROM work.kept ORDER BY 1";
    const other = await startServer({ data: pair.server.data });
    const there = await pair.ours(other);
    expect((await there.answer(query)).rows).toEqual(rows);
    await there.answer("ALTER TABLE work.kept RENAME d TO dd");
    await there.end();
    const here = await pair.ours();
    expect((await here.answer("SELECT dd FROM work.kept ORDER BY z")).rows).toEqual([
      ["new"],
      ["more"],
    ]);
    await here.end();
    await other.kill();
    await pair.restart();
    const again = await pair.ours();
    expect((await again.answer("SELECT z, c, dd FROM work.kept ORDER BY 1")).rows).toEqual(rows);
    await again.end();
  });
});
