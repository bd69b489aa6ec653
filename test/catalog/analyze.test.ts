/** ANALYZE and what is told of columns: within a few per cent of what PostgreSQL 15 tells of the same rows. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

const rows = [
  "CREATE TABLE figured (a int, b text, c bool, d numeric)",
  `INSERT INTO figured SELECT i % 10, CASE WHEN i % 4 = 0 THEN NULL ELSE 'x' || i END, NULL, i * 1.5
     FROM generate_series(1, 1000) AS i`,
];
const figures =
  "SELECT attname, inherited, null_frac, n_distinct FROM pg_stats WHERE tablename = 'figured' ORDER BY attname";

test("null shares and distinct values are those PostgreSQL tells of such rows", async () => {
  await admin.run(...rows);
  expect(await admin.rows(figures)).toEqual([]);
  await admin.run("ANALYZE figured");
  const theirs = [
    ["a", "f", 0, 10],
    ["b", "f", 0.25, -0.75],
    ["c", "f", 1, 0],
    ["d", "f", 0, -1],
  ] as const;
  const ours = await admin.rows(figures);
  expect(ours.length).toBe(4);
  for (const [at, [name, inherited, nullShare, distinct]] of theirs.entries()) {
    const [ourName, ourInherited, ourNulls, ourDistinct] = ours[at] ?? [];
    expect([ourName, ourInherited]).toEqual([name, inherited]);
    expect(Number(ourNulls)).toBeCloseTo(nullShare, 2);
    expect(Math.abs(Number(ourDistinct) - distinct)).toBeLessThanOrEqual(Math.abs(distinct) * 0.15);
  }
  expect(
    await admin.rows(
      "SELECT relname, n_live_tup, last_analyze IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'figured'",
    ),
  ).toEqual([["figured", "1000", "t"]]);
  expect(
    await admin.rows("SELECT reltuples, relpages = 0 FROM pg_class WHERE relname = 'figured'"),
  ).toEqual([["1000", "t"]]);
});

test("nulls are known from the log at once, distinct values as of the last ANALYZE, also after a restart", async () => {
  await admin.run(
    "CREATE TABLE later (k int, v text)",
    "INSERT INTO later VALUES (1, 'a'), (2, NULL)",
  );
  const told = () =>
    admin.rows(
      "SELECT name, null_fraction, distinct_estimate FROM lakehouse.columns WHERE dataset = 'later' ORDER BY position",
    );
  expect(await told()).toEqual([
    ["k", "0", null],
    ["v", "0.5", null],
  ]);
  await admin.run("ANALYZE later (k)");
  expect((await told()).map(([, , distinct]) => distinct)).toEqual(["2", null]);
  await admin.run("INSERT INTO later VALUES (3, NULL), (4, NULL)");
  expect(await told()).toEqual([
    ["k", "0", "2"],
    ["v", "0.75", null],
  ]);
  await admin.run("VACUUM (ANALYZE) later");
  expect((await told()).map(([, , distinct]) => distinct)).toEqual(["4", "1"]);
});

test("a role is told of columns it may read, and analyzes what it owns", async () => {
  await admin.run(
    "CREATE TABLE secret (a int)",
    "INSERT INTO secret VALUES (1)",
    "ANALYZE",
    "CREATE ROLE eve LOGIN PASSWORD 'eve'",
    "GRANT USAGE ON SCHEMA primary TO eve",
  );
  const eve = await SqlClient.login({ ...server, user: "eve", password: "eve" });
  const seen = () => eve.value("SELECT count(*) FROM pg_stats WHERE tablename = 'secret'");
  expect(await seen()).toBe("0");
  expect(await eve.refusal("ANALYZE secret")).toMatchObject({ code: "42501" });
  await admin.run("GRANT SELECT ON secret TO eve");
  expect(await seen()).toBe("1");
  await eve.end();
});

test("a column that is none or is named twice is refused as PostgreSQL does", async () => {
  await admin.run("CREATE TABLE two (a int, b int)");
  expect(await admin.refusal("ANALYZE two (zz)")).toMatchObject({
    code: "42703",
    message: 'column "zz" of relation "two" does not exist',
  });
  expect(await admin.refusal("ANALYZE two (a, a)")).toMatchObject({
    code: "42701",
    message: 'column "a" of relation "two" appears more than once',
  });
});
