/**
 * `npm run bench`: statements that write one row each, as transactions of their own, beside PostgreSQL 15. A dataset of a million rows
 * with a key, and one without.
 */
import { randomInt } from "node:crypto";
import pg from "pg";
import { setup } from "../support/build.ts";
import { startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { line } from "./report.ts";

const rows = 1_000_000;
const seconds = Number(process.env["LAKEWIRE_BENCH_SECONDS"] ?? 5);

const made = [
  "DROP TABLE IF EXISTS bench_keyed, bench_keyless",
  "CREATE TABLE bench_keyed (id int8 PRIMARY KEY, amount numeric(12,2), word text, at timestamptz)",
  `INSERT INTO bench_keyed SELECT g, (g % 5000) * 1.01, 'word ' || (g % 20000)::text, timestamptz '2024-01-01 00:00+00' + g * interval '1 second'
     FROM generate_series(1, ${rows}) AS g`,
  "CREATE TABLE bench_keyless (id int8, amount numeric(12,2), word text, at timestamptz)",
];

let next = rows;
const fresh = () => ++next;
const known = () => randomInt(1, rows + 1);
const values = (id: number) => `(${id}, 12.34, 'written', '2024-06-01 00:00+00')`;
const upsert = (id: number) =>
  `INSERT INTO bench_keyed VALUES ${values(id)} ON CONFLICT (id) DO UPDATE SET amount = bench_keyed.amount + 1`;

const statements: readonly (readonly [name: string, goal: string, text: () => string])[] = [
  ["INSERT, no key", "none", () => `INSERT INTO bench_keyless VALUES ${values(fresh())}`],
  ["INSERT", ">= 100", () => `INSERT INTO bench_keyed VALUES ${values(fresh())}`],
  ["INSERT … ON CONFLICT DO UPDATE, new", ">= 100", () => upsert(fresh())],
  ["INSERT … ON CONFLICT DO UPDATE, known", ">= 100", () => upsert(known())],
  [
    "UPDATE by key",
    ">= 100",
    () => `UPDATE bench_keyed SET amount = amount + 1 WHERE id = ${known()}`,
  ],
  ["DELETE by key", "none", () => `DELETE FROM bench_keyed WHERE id = ${known()}`],
];

/** Statements a second, one after the other. */
async function rate(client: SqlClient, text: () => string): Promise<number> {
  for (let i = 0; i < 5; i++) await client.run(text());
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < seconds * 1000; count++) await client.run(text());
  return (count * 1000) / (performance.now() - start);
}

async function main(): Promise<void> {
  setup();
  const server = await startServer();
  const theirs = await postgres();
  if (!theirs) throw new Error("the benchmark compares with PostgreSQL 15, which is not here");
  const ours = await SqlClient.login(server);
  const other = new pg.Client(theirs);
  await other.connect();
  const beside = new SqlClient(other);
  try {
    await ours.run(...made);
    await beside.run(...made);
    for (const [name, goal, text] of statements) {
      const [mine, its] = [await rate(ours, text), await rate(beside, text)];
      line(`${name}, ${rows / 1e6} M rows`, mine, "/s", goal, `PostgreSQL ${its.toFixed(0)} /s`);
    }
    await beside.run("DROP TABLE bench_keyed, bench_keyless");
  } finally {
    await Promise.all([ours.end(), beside.end()]);
    await server.stop();
  }
}

await main();
process.exit(0);
