/** Rows of a pinned dataset that are looked up by a whole number come from memory, and are what the engine gives. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let sql: SqlClient;
beforeAll(async () => {
  server = await startServer({ arguments: ["--cache-bytes", "64MB"] });
  sql = await SqlClient.login(server);
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

const bytes = async (dataset: string) =>
  Number(await sql.value(`SELECT bytes FROM lakehouse.cache_stats WHERE dataset = '${dataset}'`));

/** Asks often enough for the rows to be kept, and not for an index of the engine's. */
async function untilKept(dataset: string, query: string): Promise<void> {
  const before = await bytes(dataset);
  for (let i = 0; i < 10; i++) await sql.rows(query);
  for (let i = 0; i < 400 && (await bytes(dataset)) === before; i++) await sleep(10);
  expect(await bytes(dataset)).toBeGreaterThan(before);
}

/** As they come. */
const types = { getTypeParser: () => (value: unknown) => value };

/** Every kind of value, nulls among them; keys far apart and negative, one of them three times. */
const rows = `SELECT (g * 7 - 9000)::int4 AS id, ((g % 4000) * 3000000007)::int8 AS big, (g % 300 - 150)::int2 AS small,
    CASE WHEN g % 5 > 0 THEN 'short ' || g END AS note, repeat('long ', 1 + (g % 40)::int4) AS long, (g * 1.25)::numeric(12, 2) AS amount,
    g / 7.0::float8 AS ratio, timestamptz '2024-03-31 00:00:00+00' + g * interval '1 minute' AS at, date '2020-02-28' + g::int4 AS day,
    md5(g::text)::uuid AS token, g % 2 = 0 AS even, ARRAY[g, NULL, -g]::int8[] AS list, json_build_object('g', g)::jsonb AS doc,
    decode(md5(g::text), 'hex') AS raw, CASE WHEN g = 12 THEN NULL ELSE g::int4 END AS "odd ""name"""
  FROM generate_series(1, 12000) AS g`;

const list =
  'id, big, small, note, long, amount, ratio, at, day, token, even, list, doc, raw, "odd ""name"""';

test("they are the engine's, in text and in binary, by literals and by parameters", async () => {
  await sql.run(`CREATE TABLE kept AS ${rows}`, "CALL cache_pin('kept')");
  const ids = [1, 2, 12, 555, 11_999, 12_000].map((g) => g * 7 - 9000);
  const missing = [3, -99_999, 2_147_483_647];
  // An expression is no lookup: the engine answers it.
  const asked = (id: number) => `SELECT ${list} FROM kept WHERE id + 0 = ${id}`;
  const expected: (readonly (string | null)[])[][] = [];
  for (const id of [...ids, ...missing]) expected.push(await sql.rows(asked(id)));
  await untilKept("kept", `SELECT * FROM kept WHERE id = ${ids[0]}`);
  for (const [at, id] of [...ids, ...missing].entries()) {
    expect(await sql.rows(`SELECT * FROM kept WHERE id = ${id}`)).toEqual(expected[at]);
    expect(await sql.rows(`SELECT ${list} FROM kept AS k WHERE k.id = ${id}`)).toEqual(
      expected[at],
    );
  }
  const client = new pg.Client(server);
  await client.connect();
  try {
    for (const id of [...ids, ...missing]) {
      for (const binary of [false, true]) {
        const given = { values: [id], rowMode: "array" as const, binary, types };
        const [kept, made] = [
          await client.query({
            ...given,
            name: `k${binary}`,
            text: "SELECT * FROM kept WHERE id = $1",
          }),
          await client.query({
            ...given,
            name: `m${binary}`,
            text: "SELECT * FROM kept WHERE id + 0 = $1",
          }),
        ];
        expect(kept.rows).toEqual(made.rows);
        expect(kept.fields).toEqual(made.fields);
      }
    }
    const none = await client.query("SELECT * FROM kept WHERE id = $1", [null]);
    expect(none.rows).toEqual([]);
  } finally {
    await client.end();
  }
});

test("a value that several rows have gives them all, and one that most have is left to the engine", async () => {
  const asked = (key: string, value: string) => [
    `SELECT id, note FROM kept WHERE ${key} = ${value}`,
    `SELECT id, note FROM kept WHERE ${key} + 0 = ${value}`,
  ];
  for (const [key, value] of [
    ["big", "9000000021"],
    ["small", "-7"],
  ] as const) {
    const [kept = "", made = ""] = asked(key, value);
    for (let i = 0; i < 30; i++) await sql.rows(kept);
    await sleep(200);
    const [ours, theirs] = [await sql.rows(kept), await sql.rows(made)];
    expect(ours.length).toBe(key === "big" ? 3 : 40);
    expect(ours.sort()).toEqual(theirs.sort());
  }
  await sql.run(
    "CREATE TABLE even AS SELECT g % 2 AS half, g AS id FROM generate_series(1, 5000) AS g",
  );
  await sql.run("CALL cache_pin('even')");
  for (let i = 0; i < 30; i++)
    expect((await sql.rows("SELECT id FROM even WHERE half = 1")).length).toBe(2500);
});

test("columns asked for later are kept, too", async () => {
  await sql.run(`CREATE TABLE wide AS ${rows}`, "CALL cache_pin('wide')");
  await untilKept("wide", "SELECT note FROM wide WHERE id = -8993");
  await untilKept("wide", "SELECT day, note FROM wide WHERE id = -8993");
  expect(await sql.rows("SELECT day, note FROM wide WHERE id = -8993")).toEqual([
    ["2020-02-29", "short 1"],
  ]);
});

test("writes are seen at once: one's own, those taken back, and others'", async () => {
  await sql.run(
    "CREATE TABLE moving (id int4 PRIMARY KEY, word text)",
    "INSERT INTO moving SELECT g, 'w' || g FROM generate_series(1, 3000) AS g",
    "CALL cache_pin('moving')",
  );
  await untilKept("moving", "SELECT word FROM moving WHERE id = 77");
  const word = () => sql.value("SELECT word FROM moving WHERE id = 77");
  await sql.run("BEGIN", "UPDATE moving SET word = 'mine' WHERE id = 77");
  expect(await word()).toBe("mine");
  await sql.run("ROLLBACK");
  expect(await word()).toBe("w77");
  const other = await SqlClient.login(server);
  await sql.run("BEGIN");
  expect(await word()).toBe("w77");
  await other.run("UPDATE moving SET word = 'theirs' WHERE id = 77");
  await other.end();
  // The instant of the transaction: what lies in memory is newer or older, never shown.
  expect(await word()).toBe("w77");
  await sql.run("COMMIT");
  for (let i = 0; i < 40; i++) expect(await word()).toBe("theirs");
  await sql.run("DELETE FROM moving WHERE id = 77");
  for (let i = 0; i < 40; i++)
    expect(await sql.rows("SELECT word FROM moving WHERE id = 77")).toEqual([]);
  await sql.run("ALTER TABLE moving RENAME COLUMN word TO term");
  expect(await sql.value("SELECT term FROM moving WHERE id = 78")).toBe("w78");
  await sql.run("CALL cache_evict('moving')");
  expect(await sql.value("SELECT term FROM moving WHERE id = 79")).toBe("w79");
});

test("what a role may not see does not come from memory either", async () => {
  await sql.run(
    "CREATE TABLE guarded (id int4, owner_name text)",
    "INSERT INTO guarded SELECT g, CASE WHEN g % 2 = 0 THEN 'reader' ELSE 'other' END FROM generate_series(1, 3000) AS g",
    "CALL cache_pin('guarded')",
    "CREATE ROLE reader LOGIN PASSWORD 'reader'",
    'GRANT USAGE ON SCHEMA "primary" TO reader',
    "GRANT SELECT ON guarded TO reader",
    "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON guarded USING (owner_name = current_user)",
  );
  await untilKept("guarded", "SELECT owner_name FROM guarded WHERE id = 1");
  await sql.run("SET ROLE reader");
  for (let i = 0; i < 12; i++) {
    expect(await sql.rows("SELECT owner_name FROM guarded WHERE id = 1")).toEqual([]);
    expect(await sql.value("SELECT owner_name FROM guarded WHERE id = 2")).toBe("reader");
  }
  await sql.run("RESET ROLE");
  expect(await sql.value("SELECT owner_name FROM guarded WHERE id = 1")).toBe("other");
});
