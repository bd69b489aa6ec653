/** UPDATE and DELETE … WHERE CURRENT OF change the row that a cursor stands on, wherever it lies by now. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("WHERE CURRENT OF", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("changes a cursor's row, again and again, until it is gone", async () => {
    await pair.agree(`
      CREATE TABLE t (a int PRIMARY KEY, b text);
      INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z');
      BEGIN;
      INSERT INTO t VALUES (9, 'own');
      DECLARE c CURSOR FOR SELECT * FROM t ORDER BY a FOR UPDATE;
      UPDATE t SET b = 'q' WHERE CURRENT OF c;
      ROLLBACK;
      BEGIN;
      INSERT INTO t VALUES (9, 'own');
      DECLARE c CURSOR FOR SELECT * FROM t ORDER BY a FOR UPDATE;
      FETCH c;
      UPDATE t SET b = 'u' WHERE CURRENT OF c RETURNING *;
      UPDATE t SET b = b || 'v' WHERE CURRENT OF c RETURNING *;
      DELETE FROM t WHERE CURRENT OF c;
      DELETE FROM t WHERE CURRENT OF c;
      FETCH 2 c;
      DELETE FROM t WHERE CURRENT OF c RETURNING *;
      MOVE c;
      SAVEPOINT s;
      DELETE FROM t WHERE CURRENT OF c;
      ROLLBACK TO s;
      UPDATE t SET b = 'mine' WHERE CURRENT OF c;
      SELECT * FROM t ORDER BY a;
      COMMIT;
      SELECT * FROM t ORDER BY a;
    `);
  });

  test("is refused where there is no such row", async () => {
    await pair.agree(`
      CREATE TABLE t (a int PRIMARY KEY);
      CREATE TABLE other (a int);
      INSERT INTO t VALUES (1);
      BEGIN;
      UPDATE t SET a = 2 WHERE CURRENT OF nope;
      ROLLBACK;
      BEGIN;
      DECLARE c CURSOR FOR SELECT a FROM t FOR UPDATE;
      FETCH ALL c;
      DELETE FROM t WHERE CURRENT OF c;
      ROLLBACK;
      BEGIN;
      DECLARE c CURSOR FOR SELECT a FROM t FOR UPDATE;
      FETCH c;
      DELETE FROM other WHERE CURRENT OF c;
      ROLLBACK;
      BEGIN;
      DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t FOR UPDATE;
      ROLLBACK;
      BEGIN;
      DECLARE c SCROLL CURSOR FOR SELECT a FROM t FOR SHARE;
      ROLLBACK;
    `);
    const side = await pair.ours();
    const plain = await side.answers(`
      BEGIN;
      DECLARE c CURSOR FOR SELECT a FROM work.t;
      FETCH c;
      DELETE FROM work.t WHERE CURRENT OF c;
    `);
    expect(plain.at(-1)?.error).toMatchObject({ sqlstate: "0A000" });
    await side.end();
  });
});
