/** Constraints hold between two servers of the same data, and for files that are loaded. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

const servers: RunningServer[] = [];
const clients: SqlClient[] = [];

beforeAll(async () => {
  const first = await startServer();
  const second = await startServer({ data: first.data });
  servers.push(first, second);
  for (const server of [first, second, first, second]) clients.push(await SqlClient.login(server));
});
afterAll(async () => {
  for (const client of clients) await client.end();
  for (const server of servers) await server.stop();
  const [first] = servers;
  if (first) rmSync(first.data, { recursive: true, force: true });
});

const client = (at: number) => must(clients[at], "a client is logged in");

/** The SQLSTATE, or undefined when it succeeds. */
async function codeOf(each: SqlClient, sql: string): Promise<string | undefined> {
  try {
    await each.run(sql);
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}

test("of servers that insert the same keys at once each key is there once", async () => {
  await client(0).run("CREATE TABLE keyed (id int PRIMARY KEY, by int)");
  const outcomes = await Promise.all(
    clients.map(async (each, by) => {
      const codes: (string | undefined)[] = [];
      for (let id = 0; id < 12; id++)
        codes.push(await codeOf(each, `INSERT INTO keyed VALUES (${id}, ${by})`));
      return codes;
    }),
  );
  const codes = outcomes.flat();
  expect(codes.filter((code) => code === undefined)).toHaveLength(12);
  expect(codes.filter((code) => code === "23505")).toHaveLength(36);
  expect(await client(1).value("SELECT count(*) || '/' || count(DISTINCT id) FROM keyed")).toBe(
    "12/12",
  );
});

test("ON CONFLICT does its work when another server was faster", async () => {
  await client(0).run("CREATE TABLE counted (id int PRIMARY KEY, n int)");
  await Promise.all(
    clients.map(async (each) => {
      for (let i = 0; i < 6; i++)
        await each.run(
          "INSERT INTO counted VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = counted.n + 1",
        );
    }),
  );
  expect(await client(1).rows("SELECT * FROM counted")).toEqual([["1", "24"]]);
});

test("a COPY that loses the race for a key is answered 23505 and leaves nothing", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE copied (id int PRIMARY KEY)", "BEGIN");
  await a.copyIn("COPY copied FROM STDIN", "1\n2\n3\n");
  await b.run("INSERT INTO copied VALUES (3)");
  expect((await a.refusal("COMMIT")).code).toBe("23505");
  expect(await a.rows("SELECT id FROM copied")).toEqual([["3"]]);
});

test("children and parents that come and go on two servers always fit", async () => {
  await client(0).run(
    "CREATE TABLE parent (id int PRIMARY KEY)",
    "INSERT INTO parent SELECT * FROM generate_series(1, 12)",
    "CREATE TABLE child (id int REFERENCES parent)",
  );
  const codes = await Promise.all(
    clients.map(async (each, at) => {
      const found: (string | undefined)[] = [];
      for (let id = 1; id <= 12; id++) {
        const isParent = at === 0 || at === 3;
        found.push(
          await codeOf(
            each,
            isParent ? `DELETE FROM parent WHERE id = ${id}` : `INSERT INTO child VALUES (${id})`,
          ),
        );
      }
      return found;
    }),
  );
  const unexpected = codes.flat().filter((code) => code !== undefined && code !== "23503");
  expect(unexpected).toEqual([]);
  expect(
    await client(1).value(
      "SELECT count(*) FROM child LEFT JOIN parent USING (id) WHERE parent.id IS NULL",
    ),
  ).toBe("0");
});

test("the key of a block is asked for again when it commits", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE p2 (id int PRIMARY KEY)", "INSERT INTO p2 VALUES (1), (2)");
  await a.run("CREATE TABLE c2 (id int REFERENCES p2)");
  await a.run("BEGIN", "INSERT INTO c2 VALUES (1)");
  await b.run("DELETE FROM p2 WHERE id = 1");
  const { code, detail } = await a.refusal("COMMIT");
  expect([code, detail]).toEqual(["23503", 'Key (id)=(1) is not present in table "p2".']);
  await a.run("BEGIN", "INSERT INTO c2 VALUES (2)");
  await b.run("INSERT INTO p2 VALUES (3)");
  await a.run("COMMIT");
  expect((await b.refusal("DELETE FROM p2 WHERE id = 2")).code).toBe("23503");
});

test("rows written before a constraint was there are asked for it, or its maker sees them", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE late (id int)", "INSERT INTO late VALUES (1)");
  await a.run("BEGIN", "INSERT INTO late VALUES (2)");
  await b.run("ALTER TABLE late ADD CHECK (id < 2)");
  expect((await a.refusal("COMMIT")).code).toBe("40001");
  await a.run("BEGIN", "ALTER TABLE late ADD PRIMARY KEY (id)");
  await b.run("INSERT INTO late VALUES (1)");
  expect((await a.refusal("COMMIT")).code).toBe("40001");
  await a.run("DELETE FROM late");
  await a.run("ALTER TABLE late ADD PRIMARY KEY (id)", "INSERT INTO late VALUES (1)");
  await a.run("BEGIN", "DELETE FROM late");
  await b.run("CREATE TABLE refers (id int REFERENCES late)", "INSERT INTO refers VALUES (1)");
  expect((await a.refusal("COMMIT")).code).toBe("40001");
});

test("a table that is referred to meanwhile is not dropped", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE p3 (id int PRIMARY KEY)", "BEGIN", "DROP TABLE p3");
  await b.run("CREATE TABLE c3 (id int REFERENCES p3)");
  expect((await a.refusal("COMMIT")).code).toBe("2BP01");
  await b.run("INSERT INTO p3 VALUES (1)", "INSERT INTO c3 VALUES (1)");
});

test("a file that is loaded keeps the constraints of its dataset, or nothing of it is loaded", async () => {
  const [a] = [client(0)];
  await a.run(
    "CREATE TABLE target (id bigint PRIMARY KEY)",
    "INSERT INTO target VALUES (1), (2)",
    "CREATE TABLE loaded (id bigint PRIMARY KEY, t bigint REFERENCES target, n bigint CHECK (n > 0))",
    "INSERT INTO loaded VALUES (1, 1, 1)",
  );
  const load = (rows: string, mode = "append") =>
    `SELECT status, rows FROM ingest_file(content => E'id,t,n\\n${rows}', filename => 'loaded.csv', mode => '${mode}')`;
  expect((await a.refusal(load("2,1,1\\n2,2,2\\n"))).code).toBe("23505");
  expect((await a.refusal(load("2,1,1\\n1,2,2\\n"))).detail).toBe("Key (id)=(1) already exists.");
  expect((await a.refusal(load("2,3,1\\n"))).code).toBe("23503");
  expect((await a.refusal(load("2,1,0\\n"))).code).toBe("23514");
  expect(await a.rows(load("2,1,1\\n3,2,2\\n"))).toEqual([["loaded", "2"]]);
  expect(await a.rows(load("1,1,5\\n", "replace"))).toEqual([["loaded", "1"]]);
  expect(await a.rows("SELECT * FROM loaded")).toEqual([["1", "1", "5"]]);
  const replaced = `SELECT * FROM ingest_file(content => E'id\\n7\\n', filename => 'target.csv', mode => 'replace')`;
  expect((await a.refusal(replaced)).code).toBe("0A000");
});
