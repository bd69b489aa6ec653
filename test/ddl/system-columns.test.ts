/** ctid tells where a row lies and finds it again, as long as nobody changes it: from one statement, session, server to the next. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("system columns", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("of a table's rows are told, compared, joined and grouped by", async () => {
    await pair.agree(`
      CREATE TABLE t (a int PRIMARY KEY, b text);
      INSERT INTO t SELECT g, 'b' || g FROM generate_series(1, 200) g;
      SELECT count(DISTINCT ctid), count(*), min(ctid) < max(ctid), count(xmin), max(cmin::text), max(xmax::text) FROM t;
      SELECT pg_typeof(ctid), pg_typeof(xmin), pg_typeof(cmin), pg_typeof(xmax), pg_typeof(cmax), pg_typeof(tableoid) FROM t LIMIT 1;
      SELECT count(*) FROM t WHERE ctid BETWEEN '(0,0)' AND '(4294967295,65535)';
      SELECT count(*) FROM t WHERE ctid = '(0,0)';
      SELECT x.a FROM t x JOIN t y ON x.ctid = y.ctid WHERE y.a > 197 ORDER BY 1;
      SELECT a FROM t WHERE ctid = (SELECT ctid FROM t WHERE a = 7);
      SELECT a FROM t WHERE ctid = ANY (ARRAY(SELECT ctid FROM t WHERE a IN (7, 9))) ORDER BY a;
      SELECT ctid, count(*) FROM t GROUP BY ctid HAVING count(*) > 1;
      SELECT count(*) FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) FROM t) x;
      SELECT '(1,2)'::tid < '(1,10)'::tid, '(10,1)'::tid > '(9,1)', ' ( 1,2) '::text::tid, '(1,2)'::tid = '(1,2)', greatest('(9,1)'::tid, '(10,1)');
      SELECT '(1,x)'::tid;
      SELECT ctid FROM (SELECT * FROM t) s;
      UPDATE t SET ctid = '(0,1)';
      CREATE VIEW v AS SELECT ctid AS place, a FROM t;
      SELECT pg_get_viewdef('v'::regclass);
      SELECT count(*) FROM v JOIN t ON t.ctid = v.place AND t.a = v.a;
    `);
  });

  test("find the row to be changed, which then lies elsewhere", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t SELECT g, 'b' || g FROM generate_series(1, 5) g;
      CREATE TABLE places AS SELECT ctid AS place, a FROM t;
      UPDATE t SET b = 'changed' WHERE ctid = (SELECT place FROM places WHERE a = 3);
      UPDATE t SET b = 'again' WHERE ctid = (SELECT place FROM places WHERE a = 3);
      DELETE FROM t WHERE ctid IN (SELECT place FROM places WHERE a < 3);
      DELETE FROM t USING places WHERE t.ctid = place AND places.a = 5 RETURNING t.*;
      SELECT * FROM t ORDER BY a;
      BEGIN;
      INSERT INTO t VALUES (9, 'own');
      TRUNCATE places;
      INSERT INTO places SELECT ctid, a FROM t;
      SAVEPOINT s;
      UPDATE t SET b = 'mine' FROM places WHERE ctid = place;
      ROLLBACK TO s;
      UPDATE t SET b = 'mine' FROM places WHERE t.ctid = place AND places.a IN (4, 9);
      SELECT count(*) FROM t JOIN places ON t.ctid = place;
      SELECT * FROM t ORDER BY a;
      DELETE FROM t WHERE ctid = (SELECT ctid FROM t WHERE a = 9);
      COMMIT;
      SELECT * FROM t ORDER BY a;
      SELECT count(*) FROM t a, t b WHERE a.ctid = b.ctid;
      DELETE FROM t a USING t b WHERE a.ctid < b.ctid;
      SELECT count(*) FROM t;
    `);
  });
});

describe("a row's ctid", () => {
  let server: RunningServer;
  let client: SqlClient;
  beforeAll(async () => {
    server = await startServer();
    client = await SqlClient.login(server);
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  const placeOf = async (a: number, from: SqlClient = client) =>
    must((await from.rows(`SELECT ctid FROM t WHERE a = ${a}`))[0]?.[0], "a row");

  test("is the same on another server, whatever happens to other rows", async () => {
    await client.run(
      "CREATE TABLE t (a int PRIMARY KEY, b text)",
      "INSERT INTO t SELECT g, 'b' FROM generate_series(1, 70000) g",
      "INSERT INTO t VALUES (80000, 'b')",
    );
    const before = await Promise.all([1, 40_000, 80_000].map((a) => placeOf(a)));
    await client.run(
      "DELETE FROM t WHERE a BETWEEN 2 AND 500",
      "UPDATE t SET b = 'c' WHERE a = 9000",
    );
    await client.run("INSERT INTO t VALUES (90000, 'b')", "ALTER TABLE t ADD c int");
    const other = await startServer({ data: server.data });
    const there = await SqlClient.login(other);
    try {
      for (const [i, a] of [1, 40_000, 80_000].entries()) {
        expect(await placeOf(a, there)).toBe(before[i]);
        const found = await there.rows(`SELECT a FROM t WHERE ctid = '${before[i]}'`);
        expect(found).toEqual([[String(a)]]);
      }
    } finally {
      await there.end();
      await other.stop();
    }
  });

  test("reads no other file than its own", async () => {
    const place = await placeOf(80_000);
    const plan = await client.rows(
      `EXPLAIN (ANALYZE, COSTS off) DELETE FROM t WHERE ctid = '${place}' AND a > 0`,
    );
    expect(plan.flat().join("\n")).not.toMatch(/rows=[67]\d{4}/);
  });

  test("asks for the privilege to read the whole table", async () => {
    await client.run(
      "CREATE ROLE someone",
      "GRANT USAGE ON SCHEMA primary TO someone",
      "GRANT SELECT (a) ON t TO someone",
      "SET ROLE someone",
    );
    expect(await client.answer("SELECT ctid FROM t LIMIT 1")).toEqual([
      expect.stringContaining("42501"),
    ]);
    await client.run("RESET ROLE", "GRANT SELECT ON t TO someone", "SET ROLE someone");
    expect(await client.rows("SELECT count(ctid) > 1 FROM t")).toEqual([["t"]]);
    await client.run("RESET ROLE");
  });
});
