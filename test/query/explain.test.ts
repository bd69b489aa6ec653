/** EXPLAIN in its four formats: what does not depend on how a row is found is PostgreSQL 15's to the letter. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";

const oracle = await postgres();
let server: RunningServer;
let ours: SqlClient;
let theirs: SqlClient;
const table = "explained";

beforeAll(async () => {
  server = await startServer();
  ours = await SqlClient.login(server);
  const made = [
    `DROP TABLE IF EXISTS ${table}`,
    `CREATE TABLE ${table}(a int, b text)`,
    `INSERT INTO ${table} VALUES (1, 'x'), (2, 'y')`,
  ];
  await ours.run(...made);
  if (!oracle) return;
  theirs = await SqlClient.login(oracle);
  await theirs.run(...made);
});

afterAll(async () => {
  await theirs?.run(`DROP TABLE ${table}`);
  await theirs?.end();
  await ours?.end();
  await server?.stop();
});

const statements = [
  "EXPLAIN (COSTS OFF) SELECT 1",
  `EXPLAIN (COSTS OFF) SELECT * FROM ${table}`,
  `EXPLAIN (COSTS OFF) UPDATE ${table} SET b = 'z'`,
  `EXPLAIN (COSTS OFF) DELETE FROM ${table}`,
  `EXPLAIN (COSTS OFF) INSERT INTO ${table} VALUES (3, 'z')`,
  ...["JSON", "YAML", "XML"].flatMap((format) => [
    `EXPLAIN (FORMAT ${format}, COSTS OFF) SELECT * FROM ${table}`,
    `EXPLAIN (FORMAT ${format}, COSTS OFF) DELETE FROM ${table}`,
    `EXPLAIN (FORMAT ${format}, ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM ${table}`,
  ]),
  `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM ${table}`,
  "EXPLAIN (WAL) SELECT 1",
  "EXPLAIN (TIMING) SELECT 1",
  "EXPLAIN (NONSENSE) SELECT 1",
  "EXPLAIN (FORMAT NONSENSE) SELECT 1",
  "EXPLAIN EXECUTE nothing",
];

describe.runIf(oracle)("as PostgreSQL", () => {
  test.each(statements)("%s", async (sql) => {
    expect(await ours.answer(sql)).toEqual(await must(theirs, "a PostgreSQL").answer(sql));
  });
});

const line =
  /^(?:\s*-> {2})?\S.* {2}\(cost=\d+\.\d\d\.\.\d+\.\d\d rows=\d+ width=\d+\)(?: \(actual time=\d+\.\d{3}\.\.\d+\.\d{3} rows=\d+ loops=1\))?$/;

test("each node has its cost, and under ANALYZE its time, in the first line", async () => {
  const sql = `SELECT b, count(*) FROM ${table} JOIN generate_series(1, 100) g ON g = a WHERE a > 0 GROUP BY b ORDER BY 2`;
  for (const analyze of ["", "ANALYZE "]) {
    const lines = (await ours.rows(`EXPLAIN ${analyze}${sql}`)).map(([text]) => text ?? "");
    const nodes = lines.filter((text) => text.includes("(cost="));
    expect(nodes.length).toBeGreaterThan(3);
    for (const text of nodes) expect(text).toMatch(line);
    expect(lines.join()).not.toContain(".parquet");
    expect(lines.at(-1)?.startsWith("Execution Time: ")).toBe(analyze !== "");
  }
});

test("a relation of the catalog is named where it is read alone", async () => {
  const [[line = ""] = []] = await ours.rows("EXPLAIN SELECT typname FROM pg_type");
  expect(line).toMatch(/^Seq Scan on pg_type {2}\(cost=/);
});

test("what writes is run by ANALYZE alone, also in WITH", async () => {
  const sql = `WITH made AS (INSERT INTO ${table} VALUES (9, 'n') RETURNING a) SELECT * FROM made`;
  const count = () => ours.value(`SELECT count(*) FROM ${table} WHERE a = 9`);
  const [plan] = JSON.parse((await ours.value(`EXPLAIN (FORMAT JSON) ${sql}`)) ?? "");
  expect(plan.Plan.Plans[0]).toMatchObject({
    "Node Type": "ModifyTable",
    Operation: "Insert",
    "Parent Relationship": "InitPlan",
    "Relation Name": table,
  });
  expect(plan.Plan["Total Cost"]).toBeGreaterThan(0);
  expect(await count()).toBe("0");
  await ours.rows(`EXPLAIN ANALYZE ${sql}`);
  expect(await count()).toBe("1");
});

test("a prepared statement is explained with the values it is given", async () => {
  await ours.run(`PREPARE one(int) AS SELECT * FROM ${table} WHERE a = $1 + 0`);
  const lines = await ours.rows(
    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE one(2)",
  );
  expect(lines[0]?.[0]).toBe(`Seq Scan on ${table} (actual rows=1 loops=1)`);
});
