/**
 * UPDATE, DELETE, MERGE, INSERT and TRUNCATE on us and on PostgreSQL 15, side by side over the wire: rows, columns, tags, errors
 * with their places, and what the tables hold afterwards.
 */
import { readFileSync } from "node:fs";
import { Client, DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";

const oracle = await postgres();
const here = new URL("./statements/", import.meta.url);
const lines = (name: string) =>
  readFileSync(new URL(`${name}.sql`, here), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("--"));

/** Statement → why it differs. One that agrees again fails, so that the list stays true. */
const known: ReadonlyMap<string, string> = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL("modify-differences.json", here), "utf8")) as Record<
      string,
      string
    >,
  ),
);

const database = `lakewire_dml_${process.pid}`;
const tables = ["item", "plain"];

let server: RunningServer;
let ours: Client;
let theirs: Client;

beforeAll(async () => {
  if (oracle === undefined) return;
  const admin = await connected({ ...oracle });
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  server = await startServer();
  ours = await connected({ ...server, options: "-c lakehouse.bucket=public" });
  theirs = await connected({ ...oracle, database });
  for (const statement of lines("modify-setup"))
    for (const client of [ours, theirs]) await client.query(statement);
  for (const client of [ours, theirs]) await grant(client);
}, 60_000);

/** Nobody here is a superuser, so that what we print is verified; `writer` may do everything. */
async function grant(client: Client): Promise<void> {
  const granted = {
    writer: "ALL ON item, feed, plain",
    reader: "SELECT ON item, feed, plain",
    deleter: "DELETE ON plain",
    updater: "UPDATE ON plain",
    inserter: "INSERT ON plain, item",
    stranger: undefined,
  };
  for (const [name, what] of Object.entries(granted)) {
    await client.query(`CREATE ROLE ${roleOf(name)}`);
    await client.query(`GRANT USAGE ON SCHEMA public TO ${roleOf(name)}`);
    if (what !== undefined) await client.query(`GRANT ${what} TO ${roleOf(name)}`);
  }
}

/** Roles are the whole PostgreSQL's, not this test's database's alone. */
const roleOf = (name: string) => `dml_${process.pid}_${name}`;

afterAll(async () => {
  if (oracle === undefined) return;
  await ours.end();
  await theirs.end();
  await server.stop();
  const admin = await connected({ ...oracle });
  await admin.query(`DROP DATABASE ${database}`);
  for (const name of ["writer", "reader", "deleter", "updater", "inserter", "stranger"])
    await admin.query(`DROP ROLE ${roleOf(name)}`);
  await admin.end();
});

async function connected(options: ConstructorParameters<typeof Client>[0]): Promise<Client> {
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new Client({ ...(options as object), types });
  await client.connect();
  return client;
}

describe.skipIf(oracle === undefined)("beside PostgreSQL 15", () => {
  test.each(["modify", "modify-with", "modify-errors"])(
    "%s.sql is answered the same and leaves the same rows",
    { timeout: 120_000 },
    async (name) => {
      const differing: string[] = [];
      for (const sql of lines(name)) {
        const [want, got] = [await effect(sql, theirs), await effect(sql, ours)];
        const isSame = JSON.stringify(want) === JSON.stringify(got);
        const reason = known.get(sql);
        if (isSame && reason !== undefined) differing.push(`${sql}\n  agrees, listed: ${reason}`);
        if (!isSame && reason === undefined)
          differing.push(
            `${sql}\n  theirs: ${JSON.stringify(want)}\n  ours:   ${JSON.stringify(got)}`,
          );
      }
      expect(differing.join("\n")).toBe("");
    },
  );

  test("who may not is told so", async () => {
    const lines = readFileSync(new URL("modify-privileges.txt", here), "utf8").trim().split("\n");
    for (const line of lines) {
      const [role = "", sql = ""] = line.split("|");
      const want = await effect(sql, theirs, role);
      expect([line, await effect(sql, ours, role)]).toEqual([line, want]);
    }
  });

  test("parameters are of the types that PostgreSQL infers, and are bound", async () => {
    const statements: readonly (readonly [string, readonly unknown[]])[] = [
      ["UPDATE item SET name = $1, amount = $2 WHERE id = $3 RETURNING *", ["p", "1.5", 2]],
      [
        "UPDATE item SET (name, d) = ($1, $2) WHERE id = ANY ($3) RETURNING name, d",
        ["q", "2024-05-05", [1, 2]],
      ],
      ["DELETE FROM item WHERE name = $1 AND amount > $2 RETURNING id, $3::text", ["two", 1, "x"]],
      [
        "INSERT INTO item (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name || $3 RETURNING *",
        [1, "a", "b"],
      ],
      ["INSERT INTO item (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id", [1, "a"]],
      [
        "MERGE INTO item USING (SELECT $1::int AS id) s ON s.id = item.id WHEN MATCHED THEN UPDATE SET name = $2",
        [1, "m"],
      ],
    ];
    for (const [sql, values] of statements)
      expect([sql, await effect(sql, ours, "writer", values)]).toEqual([
        sql,
        await effect(sql, theirs, "writer", values),
      ]);
  });

  test("PREPARE keeps them, and EXPLAIN shows them without doing them", async () => {
    for (const client of [ours, theirs]) {
      await client.query(
        "PREPARE change(int, text) AS UPDATE item SET name = $2 WHERE id = $1 RETURNING name",
      );
      expect((await client.query("EXECUTE change(1, 'prepared')")).rows).toEqual([
        { name: "prepared" },
      ]);
      await client.query("EXECUTE change(1, 'one')");
      for (const [sql, node] of [
        ["UPDATE item SET name = 'x'", "Update on item"],
        ["DELETE FROM item", "Delete on item"],
        ["INSERT INTO item (id) VALUES (9)", "Insert on item"],
        ["INSERT INTO item (id) VALUES (1) ON CONFLICT DO NOTHING", "Insert on item"],
        [
          "MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED THEN DELETE",
          "Merge on item",
        ],
      ]) {
        const { rows } = await client.query<Record<string, string>>(`EXPLAIN ${sql}`);
        expect(rows[0]?.["QUERY PLAN"]).toContain(`${node}  (cost=`);
      }
      await client.query("EXPLAIN ANALYZE UPDATE item SET name = 'uno' WHERE id = 1");
      expect(
        await rowsOf("UPDATE item SET name = 'one' WHERE name = 'uno' RETURNING id", client),
      ).toEqual([["1"]]);
    }
  });
});

/** In a transaction of its own, which is rolled back: the fixtures serve every statement. */
async function effect(
  sql: string,
  client: Client,
  role = "writer",
  values: readonly unknown[] = [],
): Promise<unknown> {
  await client.query("BEGIN");
  await client.query(`SET LOCAL ROLE ${roleOf(role)}`);
  try {
    const answer = await answerTo(sql, client, values);
    if ("sqlstate" in answer) return answer;
    await client.query("RESET ROLE");
    const left = [];
    for (const table of tables) left.push(sorted(await rowsOf(`SELECT * FROM ${table}`, client)));
    return { ...answer, left };
  } finally {
    await client.query("ROLLBACK");
  }
}

async function answerTo(sql: string, client: Client, values: readonly unknown[]) {
  try {
    const { fields, rows, command, rowCount } = await client.query<unknown[]>({
      text: sql,
      rowMode: "array",
      values: [...values],
    });
    return {
      tag: `${command} ${rowCount}`,
      columns: fields.map(({ name, dataTypeID, dataTypeModifier }) => [
        name,
        dataTypeID,
        dataTypeModifier,
      ]),
      rows: sorted(rows),
    };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { code: sqlstate, message, position, hint, detail } = error;
    return { sqlstate, message, position, hint, detail };
  }
}

async function rowsOf(sql: string, client: Client): Promise<unknown[][]> {
  return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows;
}

/** Nobody promises an order. */
function sorted(rows: readonly unknown[]): readonly unknown[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
