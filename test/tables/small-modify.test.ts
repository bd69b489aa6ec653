/**
 * Lone statements that change a few rows found by their keys, which go past the stage: the same as those of a block, on rows that
 * were deleted and came again, and when several servers are at it.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let second: RunningServer;
let sql: SqlClient;

beforeAll(async () => {
  server = await startServer({ arguments: ["--upkeep-interval", "0"] });
  second = await startServer({ data: server.data, arguments: ["--upkeep-interval", "0"] });
  sql = await SqlClient.login(server);
}, 120_000);

afterAll(async () => {
  await sql?.end();
  await second?.stop();
  await server?.stop();
  if (server) rmSync(server.data, { recursive: true, force: true });
});

/** Who wrote the file that a table got last: the engine, or this server itself. */
function lastWriter(table: string): "engine" | "server" | "nobody" {
  const bucket = join(server.data, "primary");
  const folder = join(bucket, readdirSync(bucket).find((one) => one.startsWith(`${table}-`)) ?? "");
  const log = join(folder, "_delta_log");
  const entries = readdirSync(log).filter((name) => name.endsWith(".json"));
  const text = readFileSync(join(log, entries.sort().at(-1) ?? ""), "utf8");
  const adds = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { add?: { path: string; deletionVector?: unknown } })
    .flatMap(({ add }) => (add && !add.deletionVector ? [add.path] : []));
  const [path] = adds;
  if (path === undefined) return "nobody";
  return readFileSync(join(folder, path)).includes("lakewire/") ? "server" : "engine";
}

const made = (table: string) => [
  `CREATE TABLE ${table} (id int8 PRIMARY KEY, mail text UNIQUE, n int4 NOT NULL, amount numeric(12,2), at timestamptz, u varchar(9))`,
  `INSERT INTO ${table} SELECT g, 'm' || g, g % 7, g * 1.5, timestamptz '2024-01-01 00:00+00' + g * interval '1 hour', 'u' FROM generate_series(1, 500) AS g`,
];

/** In their order; each meets what those before it have left. */
const changes = [
  "UPDATE t SET n = n + 1 WHERE id = 7",
  "UPDATE t SET n = n + 1, amount = NULL WHERE id IN (7, 8, 9999)",
  "UPDATE t SET n = 10 / (n - 3) WHERE id = 3",
  "UPDATE t SET n = 5 WHERE id = 3",
  "UPDATE t SET n = 10 / (n - 3) WHERE id = 3",
  "UPDATE t SET n = NULL WHERE id = 9",
  "UPDATE t SET id = 501 WHERE id = 500",
  "UPDATE t SET id = 8 WHERE id = 7",
  "UPDATE t SET u = 'much too long' WHERE id = 10",
  "UPDATE t SET n = n + 1 WHERE mail = 'm11' AND n > 3",
  "UPDATE t SET n = n + 1 WHERE mail = 'm11' AND n > 300",
  "DELETE FROM t WHERE id = 7",
  "DELETE FROM t WHERE id = 7",
  "UPDATE t SET n = 77 WHERE id = 7",
  "INSERT INTO t VALUES (7, 'again', 1) ON CONFLICT (id) DO NOTHING",
  "INSERT INTO t VALUES (7, 'again', 1) ON CONFLICT (id) DO NOTHING",
  "DELETE FROM t WHERE id = 7",
  "INSERT INTO t VALUES (7, 'm20', 1) ON CONFLICT (id) DO NOTHING",
  "INSERT INTO t VALUES (7, 'm20', 1) ON CONFLICT DO NOTHING",
  "INSERT INTO t VALUES (7, 'seven', 1) ON CONFLICT (id) DO UPDATE SET n = t.n + 100",
  "INSERT INTO t VALUES (7, 'other', 1) ON CONFLICT (id) DO UPDATE SET n = t.n + 100, amount = excluded.id",
  "INSERT INTO t VALUES (7, 'other', 1) ON CONFLICT (id) DO UPDATE SET n = t.n + 100 WHERE t.n < 50",
  "INSERT INTO t VALUES (7, 'other', 1), (600, 'm600', 6), (20, NULL, 9) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n",
  "INSERT INTO t VALUES (601, 'm601', 6), (601, 'm602', 6) ON CONFLICT (id) DO UPDATE SET n = 1",
  "INSERT INTO t VALUES (602, 'm600', 6) ON CONFLICT (id) DO UPDATE SET n = 1",
  "INSERT INTO t VALUES (603, 'm600', 6) ON CONFLICT (mail) DO UPDATE SET n = t.n + 1",
  "INSERT INTO t VALUES (600, 'm604', 6) ON CONFLICT (mail) DO UPDATE SET n = t.n + 1",
  "INSERT INTO t VALUES (604, NULL, 6), (605, NULL, 6) ON CONFLICT (mail) DO UPDATE SET n = t.n + 1",
  "INSERT INTO t VALUES (606, 'm606', 6), (607, 'm607', 7)",
  "INSERT INTO t VALUES (608, 'm608', 6), (608, 'm609', 7)",
  "INSERT INTO t VALUES (609, 'm606', 6)",
  "INSERT INTO t VALUES (606, 'm610', 6)",
  "INSERT INTO t VALUES (7, 'm611', 6)",
  "INSERT INTO t VALUES (612, NULL, NULL)",
  "DELETE FROM t WHERE id = 606",
  "INSERT INTO t VALUES (606, 'm606', 8)",
  "UPDATE t SET mail = 'm1' WHERE id = 2",
  "UPDATE t SET mail = 'free' WHERE id = 2",
  "UPDATE t SET n = (SELECT count(*) FROM t) WHERE id = 4",
  "DELETE FROM t WHERE mail IN ('m30', 'm31', 'nobody')",
];

test.each(["", " RETURNING *", " RETURNING n + 1 AS more, upper(mail), id = 7"])(
  "they come to what a block's come to, whatever was there before%s",
  async (returning) => {
    await sql.run("DROP TABLE IF EXISTS lone, block", ...made("lone"), ...made("block"));
    for (const each of changes) {
      const change = each + returning;
      const own = await sql.answer(change.replaceAll(/\bt\b/g, "lone"));
      await sql.run("BEGIN");
      const theirs = await sql.answer(change.replaceAll(/\bt\b/g, "block"));
      await sql.run(/^\d{2}[0-9A-Z]{3} /.test(theirs[0] ?? "") ? "ROLLBACK" : "COMMIT");
      // An UPDATE gives back rows in the order of its files.
      const named = (answer: readonly string[]) =>
        answer.map((line) => line.replaceAll(/\b(lone|block)/g, "t")).sort();
      expect(named(own), change).toEqual(named(theirs));
      const all = (table: string) => sql.rows(`SELECT * FROM ${table} ORDER BY id`);
      expect(await all("lone"), change).toEqual(await all("block"));
    }
  },
);

test("they take the shorter road, with parameters too", async () => {
  await sql.run(...made("short"));
  const written: (() => Promise<unknown>)[] = [
    () => sql.run("INSERT INTO short VALUES (1001, 'a', 1)"),
    () => sql.rows("INSERT INTO short VALUES ($1, $2, 1)", 1002, "b"),
    () => sql.run("UPDATE short SET n = n + 1 WHERE id = 5"),
    () => sql.rows("UPDATE short SET n = n + 1 WHERE id = $1", 5),
    () => sql.run("INSERT INTO short VALUES (5, 'c', 1) ON CONFLICT (id) DO UPDATE SET n = 2"),
    () => sql.rows("INSERT INTO short VALUES ($1, 'e', 1) RETURNING id", 1004),
    () => sql.rows("UPDATE short SET n = n + 1 WHERE id = $1 RETURNING n", 5),
    () => sql.rows("INSERT INTO short VALUES ($1, 'd', 1) ON CONFLICT (id) DO NOTHING", 1003),
  ];
  for (const write of written) {
    await write();
    expect(lastWriter("short"), String(write)).toBe("server");
  }
  await sql.run("UPDATE short SET n = n + 1 WHERE n = 3");
  expect(lastWriter("short")).toBe("engine");
  const counted = "SELECT n_tup_ins, n_tup_upd FROM pg_stat_user_tables WHERE relname = 'short'";
  const [[inserted, updated] = []] = await sql.rows(counted);
  expect(Number(inserted)).toBe(504);
  expect(Number(updated)).toBeGreaterThan(3);
});

test("rows that several threads of the engine find are all changed, however many files they are in", async () => {
  await sql.run(
    "CREATE TABLE scattered (id int8 PRIMARY KEY, n int4 NOT NULL)",
    "INSERT INTO scattered SELECT g, 0 FROM generate_series(1, 300000) AS g",
  );
  for (let file = 0; file < 12; file++) {
    const from = 300_001 + file * 1000;
    await sql.run(
      `INSERT INTO scattered SELECT g, 0 FROM generate_series(${from}, ${from + 999}) AS g`,
    );
  }
  for (let round = 1; round <= 10; round++) {
    const ids = Array.from({ length: 12 }, (_, file) => 300_000 + file * 1000 + round);
    ids.push(round, 200_000 + round);
    const list = ids.join(", ");
    for (const value of [1, 2]) {
      const update = `UPDATE scattered SET n = n + 1 WHERE id IN (${list}) RETURNING id`;
      const given = (await sql.rows(update)).map(([id]) => Number(id)).sort((a, b) => a - b);
      expect(given).toEqual(ids.toSorted((a, b) => a - b));
      const now = await sql.rows(`SELECT DISTINCT n FROM scattered WHERE id IN (${list})`);
      expect(now).toEqual([[String(value)]]);
    }
    await sql.run(`DELETE FROM scattered WHERE id IN (${list})`);
    expect(await sql.rows(`SELECT id FROM scattered WHERE id IN (${list})`)).toEqual([]);
  }
  expect(await sql.value("SELECT count(*) FROM scattered")).toBe("311860");
}, 120_000);

test("keys of several columns, and of every type that is compared as it is written", async () => {
  const types =
    "a int2, b int4, c numeric(6,2), d date, e timestamp, f uuid, g varchar(80), h text";
  const names = types.split(", ").map((column) => column.split(" ")[0] ?? "");
  const row = (n: number) =>
    `(${n}, -${n}, ${n}.25, date '2020-01-01' + ${n}, timestamp '2020-01-01 00:00:00.00000${n}', '123e4567-e89b-12d3-a456-42661417400${n}', 'g${n}', repeat('long ', 20) || ${n}, 0)`;
  for (const key of [["a", "b"], ...names.map((name) => [name]), ["g", "d", "c"]]) {
    const table = `by_${key.join("")}`;
    await sql.run(`CREATE TABLE ${table} (${types}, n int, PRIMARY KEY (${key.join(", ")}))`);
    for (const n of [1, 2, 3]) await sql.run(`INSERT INTO ${table} VALUES ${row(n)}`);
    expect((await sql.refusal(`INSERT INTO ${table} VALUES ${row(2)}`)).code, table).toBe("23505");
    for (const n of [2, 3, 4]) {
      const set = `ON CONFLICT (${key.join(", ")}) DO UPDATE SET n = ${table}.n + 1`;
      await sql.run(`INSERT INTO ${table} VALUES ${row(n)} ${set}`);
    }
    const found = await sql.rows(`SELECT a, n FROM ${table} ORDER BY a`);
    expect(found, table).toEqual([
      ["1", "0"],
      ["2", "1"],
      ["3", "1"],
      ["4", "0"],
    ]);
  }
});

test("clients of two servers count in the same rows, and none of it is lost", async () => {
  await sql.run("CREATE TABLE counters (id int PRIMARY KEY, n int)");
  await sql.run("INSERT INTO counters SELECT g, 0 FROM generate_series(1, 20) AS g");
  const servers = [server, second, server, second, server, second];
  const clients = await Promise.all(servers.map((each) => SqlClient.login(each)));
  const rounds = 12;
  await Promise.all(
    clients.map(async (client, at) => {
      for (let i = 0; i < rounds; i++) {
        const id = 1 + ((i * 7 + at) % 3);
        await client.run(`UPDATE counters SET n = n + 1 WHERE id = ${id}`);
        await client.run(
          `INSERT INTO counters VALUES (${100 + (i % 4)}, 1) ON CONFLICT (id) DO UPDATE SET n = counters.n + 1`,
        );
        await client.run(`DELETE FROM counters WHERE id = ${10 + (i % 5)}`);
      }
    }),
  );
  for (const client of clients) await client.end();
  const total = String(clients.length * rounds);
  const all = "SELECT count(*), count(DISTINCT id) FROM counters";
  expect(await sql.rows(all)).toEqual([["19", "19"]]);
  expect(await sql.value("SELECT sum(n) FROM counters WHERE id <= 3")).toBe(total);
  expect(await sql.value("SELECT sum(n) FROM counters WHERE id >= 100")).toBe(total);
});

test("a constraint that comes meanwhile is heeded, and what refers to a row keeps it", async () => {
  const other = await SqlClient.login(second);
  await sql.run(...made("heeded"), "UPDATE heeded SET n = 1 WHERE id = 1");
  await other.run("ALTER TABLE heeded ADD CHECK (n < 100)");
  expect((await sql.refusal("UPDATE heeded SET n = 100 WHERE id = 1")).code).toBe("23514");
  expect((await sql.refusal("INSERT INTO heeded VALUES (900, 'x', 100)")).code).toBe("23514");
  await other.run("CREATE TABLE referring (id int8 REFERENCES heeded (id))");
  await other.run("INSERT INTO referring VALUES (1)");
  expect((await sql.refusal("DELETE FROM heeded WHERE id = 1")).code).toBe("23503");
  await sql.run("DELETE FROM heeded WHERE id = 2");
  await other.end();
});
