/**
 * Writing statements one after the other, in blocks with savepoints that are kept or not, on us and on PostgreSQL 15: after each
 * statement the same tag or SQLSTATE and the same rows. The sequences are random, and the same every time.
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

/**
 * Which of several matches an UPDATE takes is nobody's promise; `plain` comes to have many rows alike. Quotients have other digits.
 * PostgreSQL looks at a key row by row, and refuses what is fine once the statement has ended.
 */
const statements = [...lines("modify"), ...lines("modify-with")].filter(
  (sql) =>
    !/\bplain\b.*\bplain\b|FROM .*\bplain\b|USING .*\bplain\b|AS third|SET id = id|SET grp = sub/i.test(
      sql,
    ),
);

const database = `lakewire_dml_sequences_${process.pid}`;
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
  test.each([1, 2, 3, 4, 5, 6])(
    "sequence %i leaves the same rows",
    { timeout: 120_000 },
    async (seed) => {
      const random = generator(seed);
      const history: string[] = [];
      const both = async (sql: string) => {
        history.push(sql);
        const [want, got] = [await outcome(sql, theirs), await outcome(sql, ours)];
        expect({ history, got }).toEqual({ history, got: want });
        return want;
      };
      await both("BEGIN");
      for (let step = 0; step < 25; step++) {
        await both("SAVEPOINT before");
        const sql = statements[Math.floor(random() * statements.length)] ?? "";
        const { sqlstate } = await both(sql);
        if (sqlstate !== undefined || random() < 0.25) await both("ROLLBACK TO before");
        for (const table of ["item", "plain"]) await both(`SELECT * FROM ${table}`);
        if (random() < 0.15) {
          await both("COMMIT");
          await both("BEGIN");
        }
      }
      await both("ROLLBACK");
      for (const table of ["item", "plain"]) await both(`SELECT * FROM ${table}`);
    },
  );
});

async function outcome(sql: string, client: Client) {
  try {
    const { command, rowCount, rows } = await client.query<unknown[]>({
      text: sql,
      rowMode: "array",
    });
    const sorted = [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return { tag: `${command} ${rowCount}`, rows: sorted };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { sqlstate: error.code };
  }
}

/** Numbers in [0, 1): mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
