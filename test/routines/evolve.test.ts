/** Files whose columns are not the dataset's, loaded over the wire. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient, type SqlRow } from "../support/sql-client.ts";

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

const call =
  "SELECT rows, status, changes FROM ingest_file(content => $1, filename => $2, dataset => $3, evolve => $4)";

function load(dataset: string, evolve: string, text: string, file = "a.csv"): Promise<SqlRow[]> {
  return admin.rows(call, Buffer.from(text), file, dataset, evolve);
}

const types = (dataset: string) =>
  admin.value(
    "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '" +
      `${dataset}'::regclass AND attnum > 0 AND NOT attisdropped`,
  );

test("new columns are refused unless they are to be added; missing ones are NULL", async () => {
  await admin.run("CREATE TABLE added (id int, name text)", "INSERT INTO added VALUES (1, 'Ann')");
  const text = "id,city,zip\n2,Bonn,53111\n";
  await expect(load("added", "strict", text)).rejects.toMatchObject({
    code: "42703",
    hint: expect.stringContaining("evolve => 'add'"),
  });
  expect(await load("added", "add", text)).toEqual([
    ["1", "loaded", '{"city text is new","zip bigint is new"}'],
  ]);
  expect(await admin.rows("SELECT * FROM added ORDER BY id")).toEqual([
    ["1", "Ann", null, null],
    ["2", null, "Bonn", "53111"],
  ]);
  expect(await types("added")).toBe("id integer, name text, city text, zip bigint");
  expect(await load("added", "add", text)).toEqual([["0", "duplicate", "{}"]]);
  await admin.run(
    "INSERT INTO added (id, zip) VALUES (3, 1)",
    "UPDATE added SET city = 'Ulm' WHERE id = 1",
  );
  expect(await admin.value("SELECT count(*) FROM added WHERE city IS NOT NULL")).toBe("2");
});

test("types are widened only where a value needs it, and the rows there are stay", async () => {
  await admin.run(
    "CREATE TABLE wide (small int, large int, price numeric(5,2), day date, code varchar(3))",
    "INSERT INTO wide VALUES (1, 2, 1.25, '2024-02-29', 'abc')",
  );
  const text = "small,large,price,day,code\n7,9000000000,1.125,2024-01-01 10:00:00,abcd\n";
  expect(await load("wide", "widen", text)).toEqual([
    [
      "1",
      "loaded",
      '{"large is bigint","price is double precision","day is timestamp without time zone","code is text"}',
    ],
  ]);
  expect(
    await admin.rows("SELECT small, large, price, day, code FROM wide ORDER BY small"),
  ).toEqual([
    ["1", "2", "1.25", "2024-02-29 00:00:00", "abc"],
    ["7", "9000000000", "1.125", "2024-01-01 10:00:00", "abcd"],
  ]);
  expect(await admin.value("SELECT count(*) FROM wide AT (VERSION => 1)")).toBe("1");
  expect(await types("wide")).toContain("small integer, large bigint");
});

test("a value that no wider type takes fails the load, or makes the column text when that is asked for", async () => {
  await admin.run("CREATE TABLE texts (id int, score float8)", "INSERT INTO texts VALUES (1, 1.0)");
  const text = "id,score\n2,good\n";
  await expect(load("texts", "widen", text)).rejects.toMatchObject({ code: "22P02" });
  expect(await admin.value("SELECT count(*) FROM texts")).toBe("1");
  expect(await load("texts", "text", text)).toEqual([["1", "loaded", '{"score is text"}']]);
  expect(await admin.rows("SELECT * FROM texts ORDER BY id")).toEqual([
    ["1", "1"],
    ["2", "good"],
  ]);
});

test("a dataset's columns are its owner's to change, and a load that fails changes none", async () => {
  await admin.run(
    "CREATE TABLE owned (id int NOT NULL)",
    "CREATE ROLE loader LOGIN PASSWORD 'loader'",
    "GRANT USAGE ON SCHEMA primary TO loader",
    "GRANT INSERT, SELECT ON owned TO loader",
  );
  const loader = await SqlClient.login({ ...server, user: "loader", password: "loader" });
  const csv = Buffer.from("id,more\n1,x\n");
  expect(await loader.refusal(call, csv, "a.csv", "owned", "add")).toMatchObject({
    code: "42501",
    message: "must be owner of table owned",
  });
  await loader.end();
  await expect(load("owned", "add", "id,more\n,x\n")).rejects.toMatchObject({ code: "23502" });
  expect(await types("owned")).toBe("id integer");
  await expect(
    admin.rows(
      "SELECT * FROM ingest_file(content => $1, filename => 'a.csv', dataset => 'owned', evolve => 'widen', on_error => 'skip')",
      csv,
    ),
  ).rejects.toMatchObject({ code: "0A000" });
});

test("keys hold, whatever becomes of the columns", async () => {
  await admin.run("CREATE TABLE keyed (id int PRIMARY KEY)", "INSERT INTO keyed VALUES (1)");
  await expect(load("keyed", "add", "id,more\n1,x\n")).rejects.toMatchObject({ code: "23505" });
  expect(await types("keyed")).toBe("id integer");
  await expect(load("keyed", "widen", "id\n9000000000\n1\n")).rejects.toMatchObject({
    code: "23505",
  });
  expect(await load("keyed", "widen", "id\n9000000000\n2\n")).toEqual([
    ["2", "loaded", '{"id is bigint"}'],
  ]);
  expect(await admin.refusal("INSERT INTO keyed VALUES (9000000000)")).toMatchObject({
    code: "23505",
  });
  expect(await admin.rows("SELECT id FROM keyed ORDER BY id")).toEqual([
    ["1"],
    ["2"],
    ["9000000000"],
  ]);
});

test("JSON lines and Parquet evolve alike", async () => {
  await admin.run("CREATE TABLE lines (id bigint)", "INSERT INTO lines VALUES (1)");
  await load("lines", "add", '{"id": 2, "tags": ["a"], "place": {"city": "Bonn"}}\n', "a.ndjson");
  expect(await admin.rows("SELECT * FROM lines ORDER BY id")).toEqual([
    ["1", null, null],
    ["2", "{a}", "Bonn"],
  ]);
});

test("values are not rounded to fit", async () => {
  await admin.run("CREATE TABLE counted (n bigint)");
  await expect(load("counted", "widen", "n\n1.5\n")).rejects.toMatchObject({
    code: "42804",
    message: 'column "n" is bigint, and values of the file need double precision',
  });
  expect(await load("counted", "widen", "n\n2.0\n")).toEqual([["1", "loaded", "{}"]]);
});
