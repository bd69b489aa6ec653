/** COPY's formats that PostgreSQL has not: lines of JSON, whose values are its own to_json's, Parquet, and Arrow. */

import {
  Field,
  Float64,
  Int32,
  List,
  Table,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyIn } from "../support/copy-in.ts";
import { copyOut } from "../support/copy-out.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";

let server: RunningServer;
let client: pg.Client;
const columns =
  "i int2, l int8, n numeric(8,3), f float8, b bool, t text, j jsonb, d date, s timestamp, z timestamptz, a int4[], w text[], u uuid, y bytea";
const values = `(1, 9007199254740993, 1.50, 1.5e-7, true, E'quote " back \\\\ tab \\t é', '{"a": [1, 2]}', '2020-02-29',
  '2020-01-02 03:04:05.678', '2020-01-02 03:04:05+00', '{1,NULL,3}', '{"a b","NULL",NULL}', '123e4567-e89b-12d3-a456-426614174000', '\\x01ff'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (-1, 0, -0.001, 0.1::float8, false, '', '"x"', '0001-01-01', 'infinity', '1969-12-31 23:59:59.999999+00', '{}', '{}', NULL, '')`;

beforeAll(async () => {
  server = await startServer();
  client = new pg.Client(server);
  await client.connect();
  await client.query(`CREATE TABLE source (${columns})`);
  await client.query(`INSERT INTO source VALUES ${values}`);
}, 60_000);

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const all = async (table: string): Promise<string[]> =>
  (await copyOut(client, `COPY ${table} TO STDOUT`)).data.toString().trimEnd().split("\n").sort();

test.each(["json", "parquet", "arrow"])(
  "what is copied out as %s is copied in as it was",
  async (format) => {
    const table = `target_${format}`;
    await client.query(`CREATE TABLE ${table} (${columns})`);
    const { tag, data } = await copyOut(client, `COPY source TO STDOUT (FORMAT ${format})`);
    expect(tag).toBe("COPY 3");
    expect(await copyIn(client, `COPY ${table} FROM STDIN (FORMAT ${format})`, data)).toBe(
      "COPY 3",
    );
    expect(await all(table)).toEqual(await all("source"));
  },
);

test("a line of JSON is what PostgreSQL's row_to_json writes", async () => {
  const theirs = await postgres();
  if (!theirs) return;
  const other = new pg.Client(theirs);
  await other.connect();
  await other.query("SET TimeZone = 'UTC'");
  const { rows } = await other
    .query<{ line: string }>(
      `CREATE TEMP TABLE source (${columns}); INSERT INTO source VALUES ${values};
     SELECT row_to_json(source)::text AS line FROM source`,
    )
    .then(
      (results) => (results as unknown as pg.QueryResult<{ line: string }>[])[2] ?? { rows: [] },
    );
  await other.end();
  const { data } = await copyOut(client, "COPY source TO STDOUT (FORMAT json)");
  expect(data.toString().trimEnd().split("\n").sort()).toEqual(rows.map(({ line }) => line).sort());
});

test("members and columns find each other by name; what is left out has its default", async () => {
  await client.query("CREATE TABLE named (a int NOT NULL, b text DEFAULT 'none', c int)");
  const lines = '{"b": "x", "a": 1}\n\n{"a":2}';
  expect(await copyIn(client, "COPY named FROM STDIN (FORMAT json)", lines)).toBe("COPY 2");
  const { data } = await copyOut(client, "COPY (SELECT 3 AS c, 4 AS a) TO STDOUT (FORMAT parquet)");
  expect(await copyIn(client, "COPY named FROM STDIN (FORMAT parquet)", data)).toBe("COPY 1");
  expect(await all("named")).toEqual(["1\tx\t\\N", "2\t\\N\t\\N", "4\tnone\t3"]);
});

test("faults tell where, and nothing is loaded", async () => {
  await client.query("CREATE TABLE faulty (a int NOT NULL, b text)");
  const refused = async (format: string, data: string | Buffer) => {
    const failed = copyIn(client, `COPY faulty FROM STDIN (FORMAT ${format})`, data);
    return failed.then(String, ({ code, message, where }) => `${code} ${message} | ${where ?? ""}`);
  };
  expect(await refused("json", '{"a":1}\n{"a":"x"}\n')).toBe(
    '22P02 invalid input syntax for type integer: "x" | COPY faulty, line 2, column a: "x"',
  );
  expect(await refused("json", '{"a":1}\n{"a":1\n')).toMatch(
    /^22P02 invalid input syntax for type json \| COPY faulty, line 2$/,
  );
  expect(await refused("json", '{"z":1}\n')).toBe(
    '42703 column "z" of relation "faulty" does not exist | COPY faulty, line 1',
  );
  expect(await refused("json", '{"b":"x"}\n')).toMatch(/^23502 null value in column "a" /);
  expect(await refused("parquet", "PAR1 not a file")).toMatch(/^22P04 /);
  expect(await refused("arrow", "not Arrow at all")).toMatch(/^22P04 invalid Arrow data/);
  const arrow = (columns: Parameters<typeof tableFromArrays>[0]) =>
    refused("arrow", Buffer.from(tableToIPC(tableFromArrays(columns), "stream")));
  expect(await arrow({ z: Int32Array.of(1) })).toBe(
    '42703 column "z" of relation "faulty" does not exist | ',
  );
  expect(await arrow({ a: ["1", "2", "x"] })).toBe(
    '22P02 invalid input syntax for type integer: "x" | COPY faulty, row 3, column a',
  );
  expect(await arrow({ a: [1, null], b: ["x", "y"] })).toMatch(
    /^23502 null value in column "a" .* \| COPY faulty, row 2$/,
  );
  expect(await arrow({ b: ["x"] })).toMatch(/^23502 null value in column "a" /);
  expect(await arrow({ a: BigInt64Array.of(1n << 40n) })).toMatch(/^22003 /);
  const { data } = await copyOut(client, "COPY (SELECT 1 AS z) TO STDOUT (FORMAT parquet)");
  expect(await refused("parquet", data)).toBe(
    '42703 column "z" of relation "faulty" does not exist | ',
  );
  expect((await client.query("SELECT * FROM faulty")).rows).toEqual([]);
});

test("Arrow readers see the types and values that were copied out, in batches", async () => {
  const sql = `SELECT g AS i, g::int8 * 1000000007 AS l, g / 4.0::float8 AS f, g % 2 = 0 AS b, 'text of the row ' || g AS t,
    CASE WHEN g % 3 > 0 THEN ARRAY[g, NULL, g + 1] END AS a, (g / 100.0)::numeric(20,2) AS n, DATE '2020-01-01' + g AS d,
    TIMESTAMP '2020-01-01' + g * INTERVAL '1 microsecond' AS s, NULLIF(g % 5, 0)::int2 AS sparse, INTERVAL '1 day' AS v
    FROM generate_series(1, 5000) g`;
  const { tag, data } = await copyOut(client, `COPY (${sql}) TO STDOUT (FORMAT arrow)`);
  expect(tag).toBe("COPY 5000");
  const table = tableFromIPC(data);
  expect(table.numRows).toBe(5000);
  expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toMatchInlineSnapshot(`
    [
      "i Int32",
      "l Int64",
      "f Float64",
      "b Bool",
      "t Utf8",
      "a List<Int32>",
      "n Decimal[20e+2]",
      "d Date32<DAY>",
      "s Timestamp<MICROSECOND>",
      "sparse Int16",
      "v Utf8",
    ]
  `);
  const row = table.get(4998)?.toJSON() ?? {};
  expect({
    i: row["i"],
    l: row["l"],
    f: row["f"],
    b: row["b"],
    t: row["t"],
    sparse: row["sparse"],
  }).toEqual({
    i: 4999,
    l: 4999n * 1000000007n,
    f: 1249.75,
    b: false,
    t: "text of the row 4999",
    sparse: 4,
  });
  expect(table.getChild("a")?.get(4998)?.toJSON()).toEqual([4999, null, 5000]);
  expect(table.getChild("a")?.get(2)).toBeNull();
  expect(table.getChild("sparse")?.nullCount).toBe(1000);
  await client.query(`CREATE TABLE again AS ${sql} LIMIT 0`);
  expect(await copyIn(client, "COPY again FROM STDIN (FORMAT arrow)", data)).toBe("COPY 5000");
  const differ = `(TABLE again EXCEPT ALL (${sql})) UNION ALL ((${sql}) EXCEPT ALL TABLE again)`;
  expect((await client.query(differ)).rows).toEqual([]);
});

test("files of Arrow's, dictionaries and other widths go where they fit", async () => {
  await client.query(
    "CREATE TABLE wide (a int8, b varchar(5), c numeric(9,2), d text[], e text DEFAULT 'own')",
  );
  const table = new Table({
    a: vectorFromArray([1, 2], new Int32()),
    b: vectorFromArray(["x", "y"]),
    c: vectorFromArray([1.5, 2.25], new Float64()),
    d: vectorFromArray([["p", null], []], new List(new Field("item", new Utf8(), true))),
  });
  const file = Buffer.from(tableToIPC(table, "file"));
  expect(await copyIn(client, "COPY wide FROM STDIN (FORMAT arrow)", file)).toBe("COPY 2");
  expect(await all("wide")).toEqual(["1\tx\t1.50\t{p,NULL}\town", "2\ty\t2.25\t{}\town"]);
  const long = Buffer.from(tableToIPC(tableFromArrays({ b: ["too long for it"] }), "stream"));
  await expect(copyIn(client, "COPY wide FROM STDIN (FORMAT arrow)", long)).rejects.toMatchObject({
    code: "22001",
  });
});
