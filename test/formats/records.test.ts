/** Rows that have no type of their own, as PostgreSQL sends them: text and binary, with the types of their fields. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import type { SqlLogin } from "../support/sql-client.ts";

const oracle = await postgres();
let server: RunningServer;
let ours: pg.Client;
let theirs: pg.Client;

beforeAll(async () => {
  if (!oracle) return;
  server = await startServer();
  ours = await connected(server);
  theirs = await connected(oracle);
});

afterAll(async () => {
  await theirs?.end();
  await ours?.end();
  await server?.stop();
});

async function connected({ host, port, user, password, database }: SqlLogin): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  return client;
}

/** Each value as the bytes that were sent. */
async function sent(client: pg.Client, text: string, binary: boolean) {
  const query = {
    text,
    binary,
    queryMode: "extended",
    rowMode: "array",
    types: { getTypeParser: () => (value: unknown) => value },
  };
  const { fields, rows } = await client.query<(Buffer | string | null)[]>(query);
  const values = rows.map((row) => row.map((value) => value && Buffer.from(value).toString("hex")));
  return { types: fields.map(({ dataTypeID }) => dataTypeID), values };
}

const queries = [
  "SELECT ROW(NULL, 1234, '5678', ROW(42, 42.5))",
  `SELECT ROW(1.50, 2::int8, true, ARRAY[1, 2], '{"a": 1}'::jsonb, '2024-02-29'::date, '1 day'::interval, 'x"\\y'::text)`,
  "SELECT ROW()",
  "SELECT ROW(NULL)",
  "SELECT ROW('a'::varchar(5), 'b'::name, 'c'::char(3), 'd'::\"char\", '\\x00ff'::bytea)",
  "SELECT ROW(pg_sleep(0), 1)",
  "SELECT ROW(1, NULL::record)",
  "SELECT NULL::record",
  "SELECT t FROM (VALUES (1, 'a'), (2, NULL)) AS t",
  "SELECT ARRAY[ROW(1, 2), ROW(3, 4)]",
  "SELECT array_agg(ROW(g, 'a'::text)) FROM generate_series(1, 2) AS g",
  "SELECT x FROM (SELECT ROW(1, ROW(2, 3)) AS x) AS y",
  "SELECT ROW(ROW(1, 2.5), ARRAY[ROW('a'::text, 2)])",
  "SELECT coalesce(ROW(1, 2), NULL)",
  "SELECT DISTINCT ROW(1, 2)",
  "SELECT (SELECT ROW(1, 2))",
  "SELECT ROW(1, 2) AS r ORDER BY r",
  "SELECT ROW(1, 2) UNION ALL SELECT ROW(3, 4)",
  "WITH t AS (SELECT ROW(1, 2) AS r) SELECT r FROM t",
  "WITH RECURSIVE t(r, n) AS (SELECT ROW(1, 2), 1 UNION ALL SELECT ROW(n, n), n + 1 FROM t WHERE n < 3) SELECT r FROM t",
  "VALUES (ROW('foo'::text)), (ROW('bar'::text))",
];

for (const query of queries) {
  test.skipIf(!oracle)(query, async () => {
    expect(await sent(ours, query, false)).toEqual(await sent(theirs, query, false));
    expect(await sent(ours, query, true)).toEqual(await sent(theirs, query, true));
  });
}
