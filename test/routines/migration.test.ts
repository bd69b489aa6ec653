/** Schemas compared and brought to one another, over the wire. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

const folder = mkdtempSync(join(tmpdir(), "lakewire-migration-"));
let server: RunningServer;
let admin: SqlClient;
let bob: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
  await admin.run("CREATE ROLE bob LOGIN PASSWORD 'bob'", "GRANT USAGE ON SCHEMA primary TO bob");
  bob = await SqlClient.login({ ...server, user: "bob", password: "bob" });
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await bob?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a dataset is given the columns of a file, its rows kept, and then there is no difference", async () => {
  await admin.run(
    "CREATE TABLE people (id int, full_name text, born date)",
    "INSERT INTO people VALUES (1, 'Ann', '2000-02-29')",
  );
  const file = join(folder, "people.csv");
  writeFileSync(file, "id,name_full,born,e_mail\n9000000000,Bob,2001-01-01 10:00:00,b@x\n");
  const differences = await admin.rows(
    "SELECT change, column_name, new_name, old_type, new_type FROM schema_diff('people', $1)",
    file,
  );
  expect(differences).toEqual([
    ["type changed", "id", "id", "integer", "bigint"],
    ["renamed", "full_name", "name_full", "text", "text"],
    ["type changed", "born", "born", "date", "timestamp without time zone"],
    ["added", "e_mail", "e_mail", null, "text"],
  ]);
  expect(
    await admin.rows("SELECT sql, status FROM apply_migration('people', $1, true)", file),
  ).toEqual(
    (await admin.rows("SELECT sql FROM migration_plan('people', $1)", file)).map(([sql]) => [
      sql,
      "would be done",
    ]),
  );
  await admin.rows("SELECT * FROM apply_migration('people', $1)", file);
  expect(await admin.rows("SELECT * FROM people")).toEqual([
    ["1", "Ann", "2000-02-29 00:00:00", null],
  ]);
  expect(await admin.rows("SELECT * FROM schema_diff('people', $1)", file)).toEqual([]);
  expect(
    await admin.rows("SELECT change, column_name, new_name FROM schema_diff('people@0', 'people')"),
  ).toEqual([
    ["type changed", "id", "id"],
    ["renamed", "full_name", "name_full"],
    ["type changed", "born", "born"],
    ["added", "e_mail", "e_mail"],
  ]);
});

test("what loses data or is not sure is refused before anything is done", async () => {
  await admin.run(
    "CREATE TABLE narrow (a int, b numeric(9,2), c text)",
    "INSERT INTO narrow VALUES (1, 1.25, 'x')",
    "CREATE TABLE wanted (a bigint, b int, c int)",
  );
  expect(await admin.refusal("CALL apply_migration('narrow', 'wanted')")).toMatchObject({
    code: "55000",
    hint: "Say allow_lossy => true to do it all the same.",
  });
  const call = "CALL apply_migration('narrow', 'wanted', allow_lossy => true";
  expect(await admin.refusal(`${call})`)).toMatchObject({
    code: "55000",
    hint: "Say min_confidence => to do it all the same.",
  });
  // The last of three steps fails, so none is done.
  expect(await admin.refusal(`${call}, min_confidence => 0)`)).toMatchObject({ code: "22P02" });
  expect(await admin.rows("SELECT pg_typeof(a)::text, pg_typeof(b)::text, * FROM narrow")).toEqual([
    ["integer", "numeric", "1", "1.25", "x"],
  ]);
  await admin.run("UPDATE narrow SET c = '7'", `${call}, min_confidence => 0)`);
  expect(await admin.rows("SELECT * FROM narrow")).toEqual([["1", "1", "7"]]);
});

test("nothing is told of what the caller may not read, and only owners migrate", async () => {
  await admin.run("CREATE TABLE hidden (a int)", "CREATE TABLE shown (a bigint)");
  await admin.run("GRANT SELECT ON shown TO bob");
  expect(await bob.refusal("SELECT * FROM schema_diff('hidden', 'shown')")).toMatchObject({
    code: "42501",
  });
  expect(await bob.refusal("SELECT * FROM schema_diff('shown', '/etc/passwd.csv')")).toMatchObject({
    code: "42501",
  });
  expect(await bob.refusal("CALL apply_migration('shown', 'shown')")).toMatchObject({
    code: "42501",
  });
});

test("a prompt holds columns and types, and rows only when they are asked for", async () => {
  await admin.run(
    "CREATE TABLE staff (id int, boss text)",
    "INSERT INTO staff VALUES (1, 'Zaphod')",
  );
  await admin.run("CREATE TABLE staff_wanted (id int, manager text)");
  const plain = await admin.value("SELECT prompt FROM migration_prompt('staff', 'staff_wanted')");
  expect(plain).toContain("- boss text");
  expect(plain).toContain("Not sure: boss.");
  expect(plain).not.toContain("Zaphod");
  const shown = await admin.value(
    "SELECT prompt FROM migration_prompt('staff', 'staff_wanted', samples => 1)",
  );
  expect(shown).toContain('"boss": "Zaphod"');
});

test("what is neither dataset, version nor file is answered as such", async () => {
  await admin.run("CREATE TABLE plain (a int)");
  const refusal = (a: string) => admin.refusal("SELECT * FROM schema_diff($1, 'plain')", a);
  expect(await refusal("nowhere")).toMatchObject({ code: "42P01" });
  expect(await refusal("plain@77")).toMatchObject({ code: "22023" });
  expect(await refusal("nowhere/at.csv")).toMatchObject({ code: "58P01" });
  expect(await refusal("buckets")).toMatchObject({ code: "42P01" });
});
