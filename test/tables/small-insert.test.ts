/** Lone INSERTs of a few rows, whose files are put together without the engine: the same as those the engine writes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let sql: SqlClient;

beforeAll(async () => {
  server = await startServer({ arguments: ["--upkeep-interval", "0"] });
  sql = await SqlClient.login(server);
}, 60_000);

afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

interface Entry {
  readonly add?: { readonly stats: string; readonly size: number };
}

/** What the log says of each file. */
function statistics(table: string): string[] {
  const bucket = join(server.data, "primary");
  const folder = readdirSync(bucket).find((name) => name.startsWith(`${table}-`)) ?? "";
  const log = join(bucket, folder, "_delta_log");
  return readdirSync(log)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => readFileSync(join(log, name), "utf8").trim().split("\n"))
    .flatMap((line) => (JSON.parse(line) as Entry).add?.stats ?? []);
}

const columns =
  "b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, d4 numeric(4,2), d9 numeric(9,1), d18 numeric(18,5), d38 numeric(38,10), n numeric, t text, v varchar(20), c char(3), y bytea, d date, s timestamp, z timestamptz, u uuid, j jsonb, a int4[]";
const rows = [
  `(true, 1, 2, 3, 1.5, 2.5, 12.34, 5.5, 123456789.12345, 1234567890123456789.5, 3.14, 'short', 'a longer word in it', 'x', '\\x00ff', '2020-02-29', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05+02', '123e4567-e89b-12d3-a456-426614174000', '{"a": 1}', '{1,2}')`,
  "(false, -32768, -2147483648, -9223372036854775808, -1e10, 1e300, -99.99, -12345678.9, -1, -1, -0.5, '', '', 'abc', '', '0001-01-01', 'infinity', '-infinity', NULL, 'null', '{}')",
  "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
  `(true, 0, 0, 0, 'NaN', 'Infinity', 0, 0, 0, 0, 0, 'é ü 日本 ${"long ".repeat(30)}', 'ü', 'ü', '\\x${"ab".repeat(40)}', '9999-12-31', '1969-12-31 23:59:59.999999', '1600-01-01 00:00:00+00', NULL, '[]', NULL)`,
];

test.each(columns.split(/, (?=[a-z])/))(
  "a lone INSERT into %s writes what the engine would",
  async (column) => {
    const at = columns.split(/, (?=[a-z])/).indexOf(column);
    const name = column.split(" ")[0];
    const [lone, block] = [`lone_${name}`, `block_${name}`];
    await sql.run(`CREATE TABLE ${lone} (${column})`, `CREATE TABLE ${block} (${column})`);
    const values = rows.map((row) => `(${cells(row)[at]})`);
    for (const several of [...values, values.join(", ")]) {
      await sql.run(`INSERT INTO ${lone} VALUES ${several}`);
      await sql.run("BEGIN", `INSERT INTO ${block} VALUES ${several}`, "COMMIT");
    }
    const all = (table: string) =>
      sql.rows(`SELECT ${name}, count(*) FROM ${table} GROUP BY 1 ORDER BY 1`);
    expect(await all(lone)).toEqual(await all(block));
    expect(statistics(lone).map((text) => JSON.parse(text))).toEqual(
      statistics(block).map((text) => JSON.parse(text)),
    );
  },
);

/** The values of a row, at their commas outside quotes and brackets. */
function cells(row: string): string[] {
  const found: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (const character of row.slice(1, -1)) {
    if (character === "'") isQuoted = !isQuoted;
    if (character === "," && !isQuoted) {
      found.push(cell);
      cell = "";
    } else cell += character;
  }
  return [...found, cell];
}

test("sessions' INSERTs come into one version together, and each row is there once", async () => {
  await sql.run("CREATE TABLE together (session int4, n int4)");
  const sessions = await Promise.all(Array.from({ length: 12 }, () => SqlClient.login(server)));
  await Promise.all(
    sessions.map(async (session, at) => {
      for (let n = 0; n < 20; n++) {
        if (n % 2 === 0) await session.run(`INSERT INTO together VALUES (${at}, ${n})`);
        else await session.rows("INSERT INTO together VALUES ($1, $2)", at, n);
        const seen = `SELECT count(*) FROM together WHERE session = ${at}`;
        expect(await session.value(seen)).toBe(String(n + 1));
      }
    }),
  );
  for (const session of sessions) await session.end();
  expect(await sql.rows("SELECT count(*), count(DISTINCT (session, n)) FROM together")).toEqual([
    ["240", "240"],
  ]);
  expect(statistics("together").length).toBeLessThan(240);
  const counted = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'together'";
  expect(await sql.value(counted)).toBe("240");
});

test("what is refused is refused as ever, and a pipeline is one transaction", async () => {
  await sql.run("CREATE TABLE strict (id int4 NOT NULL, word varchar(3))");
  expect(await sql.answer("INSERT INTO strict VALUES (NULL, 'x')")).toEqual([
    '23502 null value in column "id" of relation "strict" violates not-null constraint',
    "Failing row contains (null, x).",
    "strict id",
  ]);
  expect((await sql.answer("INSERT INTO strict VALUES (1, 'long')"))[0]).toMatch(/^22001 /);
  expect((await sql.answer("INSERT INTO strict VALUES (1, 'a'), (1 / 0, 'b')"))[0]).toMatch(
    /^22012 /,
  );
  await sql.refusal("INSERT INTO strict VALUES (2, 'b'); INSERT INTO strict VALUES (NULL, 'c')");
  await sql.run(
    "INSERT INTO strict VALUES (3, 'c')",
    "BEGIN",
    "INSERT INTO strict VALUES (4, 'd')",
    "ROLLBACK",
  );
  expect(await sql.rows("SELECT * FROM strict")).toEqual([["3", "c"]]);
});

test("values that say themselves what they are come in as the engine would bring them", async () => {
  const kind = (name: string) =>
    `CREATE ${name} (id serial, word varchar(3), price numeric(6,2), many numeric, made timestamptz DEFAULT now(), day date, ok bool NOT NULL)`;
  await sql.run(kind("TABLE known"), kind("TEMP TABLE own"));
  for (const table of ["known", "own"]) {
    const insert = `INSERT INTO ${table} (word, price, many, day, ok) VALUES ($1, $2, $3, $4, $5)`;
    await sql.rows(insert, "abc", "1.005", "123.456", "2020-02-29", "true");
    await sql.rows(insert, "ab  ", "2", "-7", null, "false");
    await sql.rows(insert, "日本語", null, "0.0000000001", "infinity", "true");
    await sql.rows(`INSERT INTO ${table} (word, ok) VALUES ('x', true), ($1, false)`, "yz");
    const refused = [
      await sql.answer(`INSERT INTO ${table} (word, ok) VALUES ('long', true)`),
      await sql.answer(`INSERT INTO ${table} (price, ok) VALUES (12345.6, true)`),
      await sql.answer(`INSERT INTO ${table} (word) VALUES ('x')`),
    ];
    expect(refused.map(([first]) => first?.slice(0, 5))).toEqual(["22001", "22003", "23502"]);
    const rows = await sql.rows(
      `SELECT id > 0, word, price, many, made = now(), made > now() - interval '5 minutes', day, ok FROM ${table} ORDER BY id`,
    );
    expect(rows).toEqual([
      ["t", "abc", "1.01", "123.456", "f", "t", "2020-02-29", "t"],
      ["t", "ab ", "2.00", "-7", "f", "t", null, "f"],
      ["t", "日本語", null, "0.0000000001", "f", "t", "infinity", "t"],
      ["t", "x", null, null, "f", "t", null, "t"],
      ["t", "yz", null, null, "f", "t", null, "f"],
    ]);
    expect(await sql.value(`SELECT count(DISTINCT id) FROM ${table}`)).toBe("5");
    expect(await sql.value(`SELECT lastval() >= max(id) FROM ${table}`)).toBe("t");
  }
});

test("a temporary table's rows come and go with what its transaction says", async () => {
  await sql.run(
    "CREATE TEMP TABLE kept (n int)",
    "CREATE TEMP TABLE emptied (n int) ON COMMIT DELETE ROWS",
  );
  for (let n = 0; n < 70; n++) await sql.rows("INSERT INTO kept VALUES ($1)", String(n));
  await sql.run("INSERT INTO emptied VALUES (1)", "BEGIN", "INSERT INTO kept VALUES (70)");
  await sql.run("ROLLBACK", "DELETE FROM kept WHERE n % 7 = 0", "INSERT INTO kept VALUES (100)");
  expect(await sql.rows("SELECT count(*), sum(n) FROM kept")).toEqual([["61", "2200"]]);
  expect(await sql.value("SELECT count(*) FROM emptied")).toBe("0");
});
