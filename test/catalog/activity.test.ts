/** What the server counts, as relations that can be joined: statements, transactions, tables, sessions. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
  await admin.run("CREATE TABLE counted(a int PRIMARY KEY, b text)");
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

test("statements that differ in constants alone are one row of pg_stat_statements", async () => {
  await admin.rows("SELECT * FROM pg_stat_statements_reset()");
  for (const n of [1, 2, 3]) await admin.rows(`SELECT g FROM generate_series(1, ${n}) g`);
  await admin.rows("SELECT g FROM generate_series(1, $1::int) g", 4);
  const sql = `SELECT calls, rows, query, min_exec_time <= max_exec_time AND total_exec_time > 0, toplevel, datname, rolname
    FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid JOIN pg_roles ON pg_roles.oid = userid
    WHERE query LIKE 'SELECT g %' ORDER BY calls DESC`;
  expect(await admin.rows(sql)).toEqual([
    ["4", "10", "SELECT g FROM generate_series($1, $2) g", "t", "t", "lakehouse", "admin"],
  ]);
  expect(await admin.value("SELECT dealloc FROM pg_stat_statements_info")).toBe("0");
});

test("pg_stat_statements has the columns of the extension's version 1.10, in its order", async () => {
  const names = await admin.rows(
    "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_stat_statements'::regclass AND attnum > 0 ORDER BY attnum",
  );
  expect(names.flat().join(" ")).toBe(
    "userid dbid toplevel queryid query plans total_plan_time min_plan_time max_plan_time mean_plan_time stddev_plan_time calls total_exec_time min_exec_time max_exec_time mean_exec_time stddev_exec_time rows shared_blks_hit shared_blks_read shared_blks_dirtied shared_blks_written local_blks_hit local_blks_read local_blks_dirtied local_blks_written temp_blks_read temp_blks_written blk_read_time blk_write_time temp_blk_read_time temp_blk_write_time wal_records wal_fpi wal_bytes jit_functions jit_generation_time jit_inlining_count jit_inlining_time jit_optimization_count jit_optimization_time jit_emission_count jit_emission_time",
  );
});

test("others see that there are statements, and not which; passwords are nobody's to see", async () => {
  await admin.run("CREATE ROLE eve LOGIN PASSWORD 'eve''s secret'");
  const eve = await SqlClient.login({ ...server, user: "eve", password: "eve's secret" });
  const sql =
    "SELECT DISTINCT query FROM pg_stat_statements JOIN pg_roles ON userid = oid WHERE rolname = 'admin'";
  expect(await eve.rows(sql)).toEqual([["<insufficient privilege>"]]);
  expect((await eve.refusal("SELECT * FROM pg_stat_statements_reset()")).code).toBe("42501");
  await eve.end();
  const roles = "SELECT query FROM pg_stat_statements WHERE query LIKE 'CREATE ROLE%'";
  expect(await admin.rows(roles)).toEqual([["CREATE ROLE eve LOGIN PASSWORD $1"]]);
});

test("tables count their scans and the rows written, whatever the statement is called", async () => {
  await admin.run(
    "SELECT pg_stat_reset()",
    "INSERT INTO counted SELECT g, 'x' FROM generate_series(1, 10) g",
    "UPDATE counted SET b = 'y' WHERE a <= 4",
    "DELETE FROM counted WHERE a > 8",
    "INSERT INTO counted VALUES (1, 'z'), (20, 'z') ON CONFLICT (a) DO UPDATE SET b = 'z'",
    "VACUUM counted",
    "ANALYZE counted",
    "SELECT * FROM counted",
  );
  const sql = `SELECT n_tup_ins, n_tup_upd, n_tup_del, n_live_tup, vacuum_count, analyze_count, seq_scan > 0,
      last_vacuum > now() - interval '1 minute', pg_stat_get_tuples_inserted(relid)
    FROM pg_stat_user_tables WHERE relname = 'counted'`;
  expect(await admin.rows(sql)).toEqual([["11", "5", "2", "9", "1", "1", "t", "t", "11"]]);
});

test("the database counts transactions and sessions", async () => {
  const sql =
    "SELECT xact_commit, xact_rollback, sessions, sessions_killed, tup_inserted, numbackends FROM pg_stat_database WHERE datname = current_database()";
  const before = (await admin.rows(sql))[0]?.map(Number) ?? [];
  const other = await SqlClient.login(server);
  await other.run("BEGIN", "INSERT INTO counted VALUES (30, 'x')", "ROLLBACK", "SELECT 1");
  const pid = await other.value("SELECT pg_backend_pid()");
  await admin.run(`SELECT pg_terminate_backend(${pid})`);
  await expect
    .poll(() => admin.value(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid}`))
    .toBe("0");
  const after = (await admin.rows(sql))[0]?.map(Number) ?? [];
  const [commits = 0, ...rest] = after.map((value, at) => value - (before[at] ?? 0));
  expect(commits).toBeGreaterThanOrEqual(3);
  expect(rest).toEqual([1, 1, 1, 1, 0]);
});

test("a session can say which channels it listens to", async () => {
  const listener = await SqlClient.login(server);
  await listener.run("LISTEN b", 'LISTEN "a B"');
  expect(await listener.rows("SELECT * FROM pg_listening_channels() AS c ORDER BY c")).toEqual([
    ["a B"],
    ["b"],
  ]);
  expect((await listener.rows("SELECT pg_listening_channels()")).length).toBe(2);
  await listener.run("UNLISTEN *");
  expect(await listener.rows("SELECT * FROM pg_listening_channels()")).toEqual([]);
  await listener.end();
});
