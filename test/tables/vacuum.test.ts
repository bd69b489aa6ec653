/** VACUUM, CHECKPOINT and the routines of upkeep, over the wire; and what the server does by itself. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let sql: SqlClient;
const data = mkdtempSync(join(tmpdir(), "lakewire-vacuum-"));
beforeAll(async () => {
  server = await startServer({
    data,
    arguments: ["--upkeep-interval", "200ms", "--upkeep-percent", "100"],
  });
  sql = await SqlClient.login(server);
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await server?.stop();
  rmSync(data, { recursive: true, force: true });
});

/** So few appends that the server has no reason to merge them by itself. */
async function fragments(name: string, appends = 4): Promise<void> {
  await sql.run(`CREATE TABLE ${name} (id int4, word text)`);
  for (let i = 0; i < appends; i++) await sql.run(`INSERT INTO ${name} VALUES (${i}, 'w${i}')`);
}

const files = (name: string) =>
  sql.value(`SELECT count(*) FROM lakehouse.objects WHERE dataset = '${name}'`);

async function notices(...statements: readonly string[]): Promise<string[]> {
  const client = new pg.Client(server);
  const heard: string[] = [];
  client.on("notice", ({ severity, message }) => heard.push(`${severity}: ${message}`));
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
  return heard;
}

test("VACUUM merges the small files of a dataset, VERBOSE tells of it", async () => {
  await fragments("vac");
  expect(await files("vac")).toBe("4");
  expect(await notices("VACUUM (VERBOSE, FREEZE) vac")).toEqual([
    'INFO: vacuumed "primary.vac": 4 files merged into 1, 0 old files and 0 log entries deleted',
  ]);
  expect(await files("vac")).toBe("1");
  expect(await sql.rows("SELECT id FROM vac ORDER BY id")).toHaveLength(4);
  await sql.run("VACUUM FULL vac", "VACUUM ANALYZE vac", "VACUUM", "CHECKPOINT");
  expect(await sql.value("SELECT operation FROM dataset_history('vac') LIMIT 1")).toBe("OPTIMIZE");
});

test("VACUUM and CHECKPOINT are refused as PostgreSQL refuses them", async () => {
  await fragments("kept", 2);
  await sql.run("CREATE ROLE visitor LOGIN PASSWORD 'x'");
  const refusals = async (client: SqlClient, ...statements: readonly string[]) => {
    const codes: string[] = [];
    for (const statement of statements) {
      const { code, message } = await client.refusal(statement);
      codes.push(`${code} ${message}`);
    }
    return codes;
  };
  await sql.run("BEGIN");
  expect(await refusals(sql, "VACUUM kept")).toEqual([
    "25001 VACUUM cannot run inside a transaction block",
  ]);
  await sql.run("ROLLBACK");
  expect(await refusals(sql, "VACUUM (foo) kept", "VACUUM nope", "VACUUM kept (id)")).toEqual([
    '42601 unrecognized VACUUM option "foo"',
    '42P01 relation "nope" does not exist',
    "0A000 ANALYZE option must be specified when a column list is provided",
  ]);
  const visitor = await SqlClient.login({ ...server, user: "visitor", password: "x" });
  expect(await refusals(visitor, "CHECKPOINT", "CALL compact('kept')")).toEqual([
    "42501 must be superuser or have privileges of pg_checkpoint to do CHECKPOINT",
    "42501 must be owner of table kept",
  ]);
  await visitor.run("VACUUM kept", "VACUUM");
  await visitor.end();
  expect(await files("kept")).toBe("2");
});

test("a dataset goes back to an older version, its columns too", async () => {
  await fragments("undo", 2);
  await sql.run("ALTER TABLE undo ADD COLUMN more int4", "INSERT INTO undo VALUES (9, 'x', 1)");
  expect(
    await sql.rows("SELECT restored, rows FROM restore_dataset('undo', version => 2)"),
  ).toEqual([["2", "2"]]);
  expect(await sql.rows("SELECT * FROM undo ORDER BY id")).toEqual([
    ["0", "w0"],
    ["1", "w1"],
  ]);
  const history = await sql.rows(
    "SELECT version, operation, actor, rows_added, rows_removed FROM dataset_history('undo')",
  );
  expect(history[0]?.slice(1)).toEqual(["RESTORE", "admin", "0", "1"]);
  expect(history.at(-1)?.slice(0, 3)).toEqual(["0", "CREATE TABLE", "admin"]);
  await sql.run("INSERT INTO undo VALUES (3, 'w3')");
  expect((await sql.refusal("CALL restore_dataset('undo')")).code).toBe("22023");
  expect((await sql.refusal("CALL restore_dataset('undo', version => 99)")).code).toBe("22023");
  const before = "SELECT timestamp FROM dataset_history('undo') WHERE version = 1";
  const at = await sql.value(before);
  await sql.run(`CALL restore_dataset('undo', at => '${at}')`);
  expect(await sql.rows("SELECT id FROM undo")).toEqual([["0"]]);
});

test("a version that breaks a rule of today is not restored", async () => {
  await sql.run(
    "CREATE TABLE ruled (id int4, amount int4)",
    "INSERT INTO ruled VALUES (1, -5), (1, 7)",
    "DELETE FROM ruled",
    "INSERT INTO ruled VALUES (1, 5)",
    "ALTER TABLE ruled ADD CONSTRAINT ruled_key PRIMARY KEY (id)",
    "ALTER TABLE ruled ADD CONSTRAINT positive CHECK (amount > 0)",
    "CREATE TABLE refers (ruled_id int4 REFERENCES ruled (id))",
    "INSERT INTO refers VALUES (1)",
  );
  const restore = "CALL restore_dataset('ruled', version => 1)";
  expect(await sql.refusal(restore)).toMatchObject({
    code: "23505",
    message: 'version 1 of "ruled" violates constraint "ruled_key"',
  });
  expect((await sql.refusal("CALL restore_dataset('ruled', version => 2)")).code).toBe("23503");
  await sql.run("DROP TABLE refers", "ALTER TABLE ruled DROP CONSTRAINT ruled_key");
  expect((await sql.refusal(restore)).code).toBe("23514");
  await sql.run(
    "CREATE TABLE keyed (id int4)",
    "INSERT INTO keyed VALUES (1)",
    "ALTER TABLE keyed ADD PRIMARY KEY (id)",
    "CALL restore_dataset('keyed', version => 1)",
  );
  expect((await sql.refusal("INSERT INTO keyed VALUES (NULL)")).code).toBe("23502");
  await sql.run("ALTER TABLE ruled DROP CONSTRAINT positive", restore);
  expect(await sql.rows("SELECT amount FROM ruled ORDER BY 1")).toEqual([["-5"], ["7"]]);
});

test("a short retention is refused unless forced, and then old files are gone", async () => {
  await fragments("short", 3);
  await sql.run("CALL compact('short')");
  const refusal = await sql.refusal("CALL expire('short', retain_hours => 1)");
  expect([refusal.code, refusal.message]).toEqual([
    "22023",
    "a retention of 1 hours is shorter than the configured 168 hours",
  ]);
  const call = "SELECT files FROM expire('short', retain_hours => 0, force => true)";
  expect(await sql.rows(call)).toEqual([["3"]]);
  expect(await sql.value("SELECT count(*) FROM short")).toBe("3");
});

test("many small files are merged by the server itself, and a dataset told so is published", async () => {
  await fragments("fast", 3);
  await sql.run("CALL publish_iceberg('fast', automatic => true)");
  for (let i = 0; i < 12; i++) await sql.run(`INSERT INTO fast VALUES (${i}, 'x')`);
  const jobs =
    "SELECT DISTINCT job FROM lakehouse.upkeep WHERE dataset = 'fast' AND state = 'done'";
  for (let i = 0; i < 100; i++) {
    const done = (await sql.rows(jobs)).flat();
    if (done.includes("compact") && done.includes("publish") && (await files("fast")) === "1")
      break;
    await sleep(100);
  }
  expect((await sql.rows(`${jobs} ORDER BY 1`)).flat()).toEqual(["compact", "expire", "publish"]);
  expect(await files("fast")).toBe("1");
  expect(await sql.value("SELECT count(*) FROM fast")).toBe("15");
});

test("the folder of a dropped dataset stays for the retention, and then goes", async () => {
  await fragments("leaving", 1);
  await sql.run("CREATE SCHEMA gone", "CREATE TABLE gone.inside AS SELECT 1 AS id");
  const filesOf = (bucket: string, name: string) =>
    readdirSync(join(data, bucket), { recursive: true, encoding: "utf8" }).filter(
      (one) => one.startsWith(`${name}-`) && /\.\w+$/.test(one),
    ).length;
  const left = () => [filesOf("primary", "leaving"), filesOf("gone", "inside")];
  expect(left()).toEqual([3, 2]);
  await sql.run("DROP TABLE leaving", "DROP SCHEMA gone CASCADE", "VACUUM");
  expect(left()).toEqual([3, 2]);
  await server.stop();
  const short = ["--upkeep-file-retention", "1ms", "--upkeep-interval", "0"];
  server = await startServer({ data, arguments: short });
  sql = await SqlClient.login(server);
  await sql.run("VACUUM");
  expect(left()).toEqual([0, 0]);
  expect(await sql.value("SELECT count(*) FROM vac")).toBe("4");
  await sql.run("CREATE SCHEMA gone", "CREATE TABLE gone.inside AS SELECT 2 AS id");
  expect(await sql.value("SELECT id FROM gone.inside")).toBe("2");
});
