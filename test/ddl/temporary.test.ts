/** Temporary tables are a session's own, as PostgreSQL 15's are, and leave nothing behind. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a temporary table", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("hides a table of its name, and is written like any other", async () => {
    await pair.agree(`
      CREATE TABLE both (a int);
      INSERT INTO both VALUES (1);
      CREATE TEMP TABLE both (a int, b text DEFAULT 'q');
      INSERT INTO both VALUES (2);
      SELECT * FROM both;
      SELECT * FROM work.both;
      SELECT * FROM pg_temp.both;
      ALTER TABLE both ADD c int DEFAULT 4;
      UPDATE both SET a = a + 1;
      INSERT INTO both SELECT a, 'w', a FROM work.both;
      DELETE FROM both WHERE c = 4;
      SELECT * FROM both;
      ALTER TABLE both RENAME TO other;
      SELECT * FROM both;
      SELECT * FROM other;
      ALTER TABLE other SET SCHEMA work;
      DROP TABLE other;
      SELECT * FROM other;
    `);
  });

  test("loses its rows or itself at COMMIT when it says so", async () => {
    await pair.agree(`
      CREATE TEMPORARY TABLE emptied (a int) ON COMMIT DELETE ROWS;
      INSERT INTO emptied VALUES (1);
      SELECT * FROM emptied;
      BEGIN;
      INSERT INTO emptied VALUES (1), (2);
      SELECT * FROM emptied ORDER BY a;
      COMMIT;
      SELECT * FROM emptied;
      CREATE TEMP TABLE gone (a int) ON COMMIT DROP;
      SELECT * FROM gone;
      BEGIN;
      CREATE TEMP TABLE gone (a int) ON COMMIT DROP;
      INSERT INTO gone VALUES (5);
      SELECT * FROM gone;
      COMMIT;
      SELECT * FROM gone;
      CREATE TEMP TABLE kept (a int) ON COMMIT PRESERVE ROWS;
      INSERT INTO kept VALUES (3);
      SELECT * FROM kept;
    `);
  });

  test("is made by a query, and by its schema's name alone", async () => {
    await pair.agree(`
      CREATE TEMP TABLE made AS SELECT 7 AS x;
      SELECT * INTO TEMP copied FROM made;
      CREATE TABLE pg_temp.named (a int);
      CREATE TEMP TABLE work.t (a int);
      CREATE TABLE t (a int) ON COMMIT DROP;
      CREATE TEMP TABLE IF NOT EXISTS named (b int);
      SELECT relname, relpersistence, relkind FROM pg_class WHERE relname IN ('made', 'copied', 'named') ORDER BY 1;
      SELECT pg_table_is_visible('pg_temp.named'::regclass), pg_my_temp_schema() <> 0;
      SELECT table_schema LIKE 'pg_temp%', table_type, commit_action FROM information_schema.tables WHERE table_name = 'named';
      SELECT * FROM made, copied, named;
      SET search_path = pg_temp, work;
      CREATE TABLE first (a int);
      SELECT relpersistence FROM pg_class WHERE relname = 'first';
      DISCARD TEMP;
      SELECT * FROM made;
      CREATE TEMP TABLE made (a int);
      DISCARD ALL;
      SELECT * FROM pg_temp.made;
    `);
  });

  test("refers to none that stays, nor the other way round", async () => {
    await pair.agree(`
      CREATE TABLE stays (a int PRIMARY KEY);
      CREATE TEMP TABLE goes (a int PRIMARY KEY, b int REFERENCES stays);
      CREATE TEMP TABLE goes (a int PRIMARY KEY, b int REFERENCES goes, CHECK (a > 0), UNIQUE (b));
      CREATE TABLE wrong (a int REFERENCES goes);
      INSERT INTO goes VALUES (1, 1);
      INSERT INTO goes VALUES (1, NULL);
      INSERT INTO goes VALUES (2, 5);
      INSERT INTO goes VALUES (-2, NULL);
      INSERT INTO goes VALUES (2, NULL) ON CONFLICT DO NOTHING;
      SELECT * FROM goes ORDER BY a;
      DELETE FROM goes WHERE a = 1;
      SELECT conname, contype FROM pg_constraint WHERE conrelid = 'goes'::regclass ORDER BY 1;
    `);
  });

  test("is part of the transaction with others", async () => {
    await pair.agree(`
      CREATE TABLE shared (a int);
      CREATE TEMP TABLE own (a int);
      BEGIN;
      INSERT INTO shared VALUES (1);
      INSERT INTO own VALUES (1);
      COMMIT;
      BEGIN;
      INSERT INTO shared VALUES (2);
      INSERT INTO own VALUES (2);
      CREATE TEMP TABLE undone (a int);
      SAVEPOINT s;
      DROP TABLE own;
      ROLLBACK TO s;
      SELECT * FROM own ORDER BY a;
      ROLLBACK;
      SELECT * FROM shared, own;
      SELECT * FROM undone;
    `);
  });

  test("is nobody else's, and gone with its session", async () => {
    const [mine, other] = [await pair.ours(), await pair.ours()];
    await mine.answers("CREATE TEMP TABLE mine (a int);\nINSERT INTO mine VALUES (1)");
    expect((await other.answer("SELECT * FROM mine")).error?.sqlstate).toBe("42P01");
    const told = "SELECT count(*) FROM pg_class WHERE relname = 'mine'";
    expect((await mine.answer(told)).rows).toEqual([["1"]]);
    expect((await other.answer(told)).rows).toEqual([["0"]]);
    expect(folders()).toHaveLength(1);
    await mine.end();
    await expect.poll(folders).toHaveLength(0);
    await other.answers("CREATE TEMP TABLE left_behind (a int)");
    await pair.restart();
    expect(folders()).toHaveLength(0);
    await other.end();
  });

  test("wants the privilege TEMPORARY", async () => {
    const [admin, plain] = [await pair.ours(), "ann_of_temporary"];
    await admin.answers(`CREATE ROLE ${plain} LOGIN PASSWORD 'x';
      REVOKE TEMPORARY ON DATABASE lakehouse FROM PUBLIC;
      SET ROLE ${plain}`);
    expect((await admin.answer("CREATE TEMP TABLE t (a int)")).error).toMatchObject({
      sqlstate: "42501",
      message: 'permission denied to create temporary tables in database "lakehouse"',
    });
    await admin.answers("RESET ROLE;\nGRANT TEMPORARY ON DATABASE lakehouse TO PUBLIC");
    await admin.answer(`SET ROLE ${plain}`);
    const made = await admin.answers(
      "CREATE TEMP TABLE t (a int);\nINSERT INTO t VALUES (1);\nTABLE t",
    );
    expect(made.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    await admin.end();
  });

  /** Of sessions, in those of processes. */
  function folders(): readonly string[] {
    const root = join(pair.server.data, ".temporary");
    if (!existsSync(root)) return [];
    return readdirSync(root).flatMap((name) => readdirSync(join(root, name)));
  }
});
