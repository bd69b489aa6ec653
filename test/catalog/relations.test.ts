/** Every relation of pg_catalog and information_schema, asked of both servers: its columns in PostgreSQL's order with its types. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";

const service = await postgres();

describe.skipIf(service === undefined)("beside PostgreSQL 15", () => {
  let server: RunningServer;
  let ours: pg.Client;
  let theirs: pg.Client;
  beforeAll(async () => {
    server = await startServer();
    ours = new pg.Client(server);
    theirs = new pg.Client(service);
    for (const client of [ours, theirs]) await client.connect();
  });
  afterAll(async () => {
    for (const client of [ours, theirs]) await client?.end();
    await server?.stop();
  });

  test("every relation is there, with PostgreSQL's columns on the wire and in pg_attribute", async () => {
    const { rows } = await theirs.query<{ name: string }>(
      `SELECT n.nspname || '.' || quote_ident(c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') ORDER BY 1`,
    );
    const names = rows.map(({ name }) => name);
    // Clients were seen to use 91 of them.
    expect(names.length).toBeGreaterThan(190);
    const found: string[] = [];
    for (const name of names) {
      const [mine, other] = [await shapeOf(ours, name), await shapeOf(theirs, name)];
      if (mine !== other) found.push(`${name}:\n${mine}\n${other}`);
    }
    expect(found).toEqual([]);
  });

  test("and nothing is in them that PostgreSQL has not", async () => {
    const sql = `SELECT n.nspname, c.relname, c.relkind, c.relnatts, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v', 'i') AND c.oid < 16384
      ORDER BY 1, 2`;
    const listed = async (client: pg.Client) =>
      (await client.query({ text: sql, rowMode: "array" })).rows;
    expect(await listed(ours)).toEqual(await listed(theirs));
  });
});

/** Names and types of the columns that SELECT * gives, then those that pg_attribute tells. */
async function shapeOf(client: pg.Client, name: string): Promise<string> {
  try {
    const { fields } = await client.query(`SELECT * FROM ${name} LIMIT 0`);
    const { rows } = await client.query<{ told: string }>(
      `SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS told
       FROM pg_attribute WHERE attrelid = '${name}'::regclass AND attnum > 0`,
    );
    const given = fields.map(
      (field) => `${field.name} ${field.dataTypeID} ${field.dataTypeModifier}`,
    );
    return `${given.join(", ")} | ${rows[0]?.told}`;
  } catch (error) {
    return String(error);
  }
}
