/** AT (VERSION => n) and AT (TIMESTAMP => …) over the wire: rows and columns as they were, wherever a table can be read. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let client: SqlClient;
let between: string | null | undefined;

beforeAll(async () => {
  server = await startServer();
  client = await SqlClient.login(server);
  await client.run(
    "CREATE TABLE public.t (id int, name text)",
    "INSERT INTO public.t VALUES (1, 'one'), (2, 'two')",
    "DELETE FROM public.t WHERE id = 1",
  );
  between = await client.value("SELECT clock_timestamp()::text");
  await client.run(
    "UPDATE public.t SET name = 'deux' WHERE id = 2",
    "ALTER TABLE public.t ADD COLUMN extra int",
    "ALTER TABLE public.t RENAME COLUMN name TO label",
    "UPDATE public.t SET extra = 7",
  );
}, 60_000);

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const rows = (sql: string) => client.rows(sql);

/** The version right after the DELETE, whatever numbers the statements before it took. */
async function versionWith(count: string): Promise<number> {
  for (let version = 0; ; version++)
    if ((await client.value(`SELECT count(*) FROM public.t AT (VERSION => ${version})`)) === count)
      return version;
}

test("a version has the rows and the columns that it had", async () => {
  const both = await versionWith("2");
  expect(await rows(`SELECT * FROM public.t AT (VERSION => ${both}) ORDER BY id`)).toEqual([
    ["1", "one"],
    ["2", "two"],
  ]);
  expect(await rows("SELECT * FROM public.t")).toEqual([["2", "deux", "7"]]);
  expect((await client.refusal(`SELECT label FROM public.t AT (VERSION => ${both})`)).code).toBe(
    "42703",
  );
});

test("an instant has what was newest then", async () => {
  expect(await rows(`SELECT t.name FROM public.t AT (TIMESTAMP => '${between}')`)).toEqual([
    ["two"],
  ]);
  expect(
    await rows(
      `SELECT x.id FROM public.t AT (TIMESTAMP => '${between}') AS x WHERE x.name = 'two'`,
    ),
  ).toEqual([["2"]]);
});

test("past and present are joined, nested, copied and prepared", async () => {
  const both = await versionWith("2");
  const past = `public.t AT (VERSION => ${both})`;
  expect(
    await rows(`SELECT o.name, n.label FROM ${past} o LEFT JOIN public.t n USING (id) ORDER BY 1`),
  ).toEqual([
    ["one", null],
    ["two", "deux"],
  ]);
  expect(await rows(`SELECT (SELECT count(*) FROM ${past}), count(*) FROM public.t`)).toEqual([
    ["2", "1"],
  ]);
  expect(await rows(`WITH o AS (SELECT * FROM ${past}) SELECT max(name) FROM o`)).toEqual([
    ["two"],
  ]);
  expect(await rows(`FROM ${past} SELECT * EXCLUDE (id) ORDER BY ALL`)).toEqual([["one"], ["two"]]);
  await client.run(`CREATE TABLE public.copy AS SELECT * FROM ${past}`);
  await client.run(`INSERT INTO public.copy SELECT id + 10, name FROM ${past}`);
  expect(await rows("SELECT id, name FROM public.copy ORDER BY id")).toEqual([
    ["1", "one"],
    ["2", "two"],
    ["11", "one"],
    ["12", "two"],
  ]);
  await client.run(`PREPARE p AS SELECT count(*) FROM ${past}`);
  expect(await rows("EXECUTE p")).toEqual([["2"]]);
  expect(
    await rows(
      `DELETE FROM public.copy USING ${past} WHERE copy.id = t.id RETURNING copy.id, t.name`,
    ),
  ).toHaveLength(2);
});

test("rows of this transaction are not in the past", async () => {
  const both = await versionWith("2");
  await client.run("BEGIN", "INSERT INTO public.t (id) VALUES (99)");
  expect(await client.value(`SELECT count(*) FROM public.t AT (VERSION => ${both})`)).toBe("2");
  await client.run("ROLLBACK");
});

test.each([
  ["SELECT * FROM public.t AT (VERSION => 9999)", "22023"],
  ["SELECT * FROM public.t AT (TIMESTAMP => '1999-01-01')", "22023"],
  ["SELECT * FROM public.t AT (VERSION => 'x')", "22023"],
  ["SELECT * FROM public.t AT (TIMESTAMP => 'x')", "22007"],
  ["SELECT * FROM pg_class AT (VERSION => 1)", "42809"],
  ["DELETE FROM public.t AT (VERSION => 1)", "0A000"],
  ["UPDATE public.t AT (VERSION => 1) SET id = 1", "0A000"],
  ["WITH x AS (SELECT 1) SELECT * FROM x AT (VERSION => 1)", "0A000"],
  ["COPY public.t AT (VERSION => 1) FROM STDIN", "0A000"],
  ["TRUNCATE public.t AT (VERSION => 1)", "0A000"],
])("%s is refused as %s", async (sql, sqlstate) => {
  expect((await client.refusal(sql)).code).toBe(sqlstate);
});
