/** What is loaded from files meets the constraints that rows of statements meet. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
  await admin.run(
    "CREATE TABLE cities(name text PRIMARY KEY)",
    "INSERT INTO cities VALUES ('Rome'), ('Oslo')",
    "CREATE TABLE people(id int PRIMARY KEY, name text NOT NULL, city text REFERENCES cities, age int CHECK (age > 0))",
    "INSERT INTO people VALUES (1, 'Ann', 'Rome', 30)",
  );
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

function load(lines: string, dataset = "people", mode = "append"): Promise<string[]> {
  return admin.answer(
    `SELECT rows FROM ingest_file(content => E'${lines}', filename => '${dataset}.csv', dataset => '${dataset}', mode => '${mode}')`,
  );
}

test.each([
  ["a key that is there", "id,name,city,age\\n2,Bob,Oslo,1\\n1,Cid,Oslo,1", "23505"],
  ["a key twice in one file", "id,name,city,age\\n3,Bob,Oslo,1\\n3,Cid,Oslo,1", "23505"],
  ["a reference to nothing", "id,name,city,age\\n4,Bob,Paris,1", "23503"],
  ["what a check forbids", "id,name,city,age\\n5,Bob,Oslo,-1", "23514"],
  ["nothing where something must be", "id,name,city,age\\n6,,Oslo,1", "23502"],
])("%s is refused", async (_, lines, sqlstate) => {
  const [answer = ""] = await load(lines);
  expect(answer.slice(0, 5)).toBe(sqlstate);
  expect(await admin.value("SELECT count(*) FROM people")).toBe("1");
});

test("rows that meet them are loaded, and stand with the others", async () => {
  expect(await load("id,name,city,age\\n7,Bob,Oslo,1\\n8,Cid,,2")).toEqual(["2", "SELECT 1"]);
  expect((await admin.refusal("INSERT INTO people VALUES (7, 'x')")).code).toBe("23505");
  expect((await admin.refusal("DELETE FROM cities WHERE name = 'Oslo'")).code).toBe("23503");
});

test("what others refer to is not replaced", async () => {
  const [answer = ""] = await load("name\\nParis", "cities", "replace");
  expect(answer).toBe(
    "0A000 replacing the rows of a dataset referenced in a foreign key constraint is not supported",
  );
});
