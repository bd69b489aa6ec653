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
}, 60_000);

afterAll(async () => {
  if (oracle === undefined) return;
  await ours.end();
  await theirs.end();
  await server.stop();
  const admin = await connected({ ...oracle });
  await admin.query(`DROP DATABASE ${database}`);
  await admin.end();
});

async function connected(options: ConstructorParameters<typeof Client>[0]): Promise<Client> {
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new Client({ ...(options as object), types });
  await client.connect();
  return client;
}

describe.skipIf(oracle === undefined)("beside PostgreSQL 15", () => {
  test.each(["modify", "modify-errors"])(
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
});

/** In a transaction of its own, which is rolled back: the fixtures serve every statement. */
async function effect(sql: string, client: Client): Promise<unknown> {
  await client.query("BEGIN");
  try {
    const answer = await answerTo(sql, client);
    if ("sqlstate" in answer) return answer;
    const left = [];
    for (const table of tables) left.push(sorted(await rowsOf(`SELECT * FROM ${table}`, client)));
    return { ...answer, left };
  } finally {
    await client.query("ROLLBACK");
  }
}

async function answerTo(sql: string, client: Client) {
  try {
    const { fields, rows, command, rowCount } = await client.query<unknown[]>({
      text: sql,
      rowMode: "array",
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
