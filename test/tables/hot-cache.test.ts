/** Datasets in memory give what their files give, whatever is written meanwhile. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oids } from "../../src/pgtypes/oids.ts";
import { HotCache } from "../../src/table/hot-cache.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import { openTables } from "../../src/table/tables.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { add, columns, type Lake, never, openLake } from "./lake.ts";

let server: RunningServer;
let sql: SqlClient;
let lake: Lake;
beforeAll(async () => {
  [server, lake] = await Promise.all([
    startServer({ arguments: ["--cache-bytes", "8MB"] }),
    openLake(),
  ]);
  await lake.engine.system("CREATE SCHEMA cache");
  sql = await SqlClient.login(server);
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await server?.stop();
  await lake?.close();
});

const stats = (dataset: string) =>
  sql.rows(
    `SELECT version, rows, hits, misses FROM lakehouse.cache_stats WHERE dataset = '${dataset}'`,
  );

test("a pinned dataset is read from memory, and a write is seen at once", async () => {
  await sql.run(
    "CREATE TABLE hot (id int4, word text)",
    "INSERT INTO hot SELECT g, 'w' || g FROM generate_series(1, 1000) AS g",
  );
  expect(await sql.rows("SELECT bucket, dataset, version, rows FROM cache_pin('hot')")).toEqual([
    ["primary", "hot", "1", "1000"],
  ]);
  expect(await sql.value("SELECT word FROM hot WHERE id = 77")).toBe("w77");
  expect(await stats("hot")).toEqual([["1", "1000", "1", "0"]]);
  await sql.run("INSERT INTO hot VALUES (1001, 'new')");
  expect(await sql.value("SELECT word FROM hot WHERE id = 1001")).toBe("new");
  await caughtUp("hot", "2", "SELECT count(*) FROM hot");
  expect(await sql.value("SELECT word FROM hot WHERE id = 1001")).toBe("new");
  await sql.run("BEGIN", "INSERT INTO hot VALUES (1002, 'mine')");
  expect(await sql.value("SELECT count(*) FROM hot")).toBe("1002");
  await sql.run("ROLLBACK");
  expect(await sql.value("SELECT count(*) FROM hot")).toBe("1001");
});

const md5 = (text: number) => createHash("md5").update(String(text)).digest("hex");

test("rows looked up by a key again and again are found by an index, and a write makes it anew", async () => {
  await sql.run(
    "CREATE TABLE keyed AS SELECT g::int4 AS id, md5(g::text) AS key, (g % 3)::int4 AS few FROM generate_series(1, 20000) AS g",
    "CALL cache_pin('keyed')",
  );
  const bytes = async () =>
    Number(await sql.value("SELECT bytes FROM lakehouse.cache_stats WHERE dataset = 'keyed'"));
  const plain = await bytes();
  for (let i = 1; i <= 40; i++) {
    expect(await sql.value(`SELECT id FROM keyed WHERE key = '${md5(i)}'`)).toBe(String(i));
    expect(await sql.value(`SELECT count(*) FROM keyed WHERE few = ${i % 3}`)).toBe(
      i % 3 === 0 ? "6666" : "6667",
    );
  }
  for (let i = 0; i < 200 && (await bytes()) === plain; i++) await sleep(25);
  expect(await bytes()).toBeGreaterThan(plain);
  expect(await sql.value(`SELECT id FROM keyed WHERE key = '${md5(777)}'`)).toBe("777");
  await sql.run("UPDATE keyed SET id = -777 WHERE id = 777");
  for (let i = 0; i < 20; i++) {
    expect(await sql.value(`SELECT id FROM keyed WHERE key = '${md5(777)}'`)).toBe("-777");
  }
  await sql.run("CALL cache_evict('keyed')");
  expect(await sql.value(`SELECT id FROM keyed WHERE key = '${md5(778)}'`)).toBe("778");
});

/** Scans of a newer version make the memory catch up. */
async function caughtUp(dataset: string, version: string, scan: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if ((await stats(dataset))[0]?.[0] === version) return;
    await sql.run(scan);
    await sleep(25);
  }
  throw new Error(`${dataset} is not in memory at version ${version}`);
}

test("what does not fit is refused, and the least recently used makes room", async () => {
  const rows = (count: number) =>
    `SELECT g::int4 AS id, repeat('x', 80) AS word FROM generate_series(1, ${count}) AS g`;
  await sql.run(
    `CREATE TABLE big AS ${rows(100_000)}`,
    `CREATE TABLE one AS ${rows(40_000)}`,
    `CREATE TABLE two AS ${rows(40_000)}`,
    "CALL cache_evict('hot')",
  );
  const refusal = await sql.refusal("CALL cache_pin('big')");
  expect([refusal.code, refusal.hint]).toEqual([
    "53200",
    "Raise cache.bytes in the configuration.",
  ]);
  await sql.run("CALL cache_pin('one')", "SELECT count(*) FROM one", "CALL cache_pin('two')");
  expect(await sql.rows("SELECT dataset FROM lakehouse.cache_stats")).toEqual([["two"]]);
  expect(await sql.value("SELECT count(*) FROM one")).toBe("40000");
  expect(await sql.rows("CALL cache_evict('one')")).toEqual([["primary", "one", "f"]]);
});

test("a dropped dataset leaves the memory, a stranger sees nothing of it", async () => {
  await sql.run(
    "CREATE TABLE secret_words AS SELECT 1 AS id",
    "CALL cache_pin('secret_words')",
    "CREATE ROLE passer_by LOGIN PASSWORD 'x'",
  );
  const stranger = await SqlClient.login({ ...server, user: "passer_by", password: "x" });
  try {
    expect(await stranger.rows("SELECT dataset FROM lakehouse.cache_stats")).toEqual([]);
    expect((await stranger.refusal("CALL cache_pin('secret_words')")).code).toBe("42501");
  } finally {
    await stranger.end();
  }
  await sql.run("DROP TABLE secret_words");
  expect(await stats("secret_words")).toEqual([]);
});

test("memory tells the places of rows as the files do, deleted ones left out", async () => {
  const working: Promise<void>[] = [];
  const hotCache = new HotCache({
    engine: lake.engine,
    bytesMax: 1_000_000,
    oldestRunning: () => undefined,
    background: (work) => working.push(work),
  });
  const tables = openTables(lake.buckets, lake.engine, { hotCache });
  const table = columns({ id: oids.int4, word: oids.text });
  const info = { operation: "CREATE TABLE", actor: "test" } as const;
  await tables.create("primary", "places", fieldsOf(table), info);
  const places = tables.get("primary", "places");
  await add(places, "SELECT range::INTEGER AS id, 'a' AS word FROM range(10)");
  await add(places, "SELECT range::INTEGER AS id, 'b' AS word FROM range(10, 20)");
  const base = await places.current();
  const [first = ""] = [...base.files.keys()];
  const deletes = new Map([[first, [0, 3]]]);
  const version = await places.commit(base, { deletes }, { operation: "DELETE", actor: "test" });
  const rows = async () => {
    const without = 'SELECT 0::INTEGER AS "@file", 5::BIGINT AS "@row"';
    const text = await places.scan(version, ["word", "id"], { position: true, without });
    const found = await lake.engine.system(`SELECT * FROM (${text}) ORDER BY "@file", "@row"`);
    return { text, found };
  };
  const fromFiles = await rows();
  await hotCache.pin(places, never);
  const fromMemory = await rows();
  expect(fromMemory.text).toContain("cache.");
  expect(fromMemory.found).toEqual(fromFiles.found);
  expect(fromMemory.found).toHaveLength(17);
  hotCache.close();
  await Promise.all(working);
  await tables.settle();
});
