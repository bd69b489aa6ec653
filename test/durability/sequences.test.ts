/** Numbers of a sequence are given out once: by several servers on one folder, and by servers that are killed while they give. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";

const kills = 6;
const folder = mkdtempSync(join(tmpdir(), "lakewire-sequences-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function login({ host, port, user, password, database }: RunningServer): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user, password, database });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Every way to draw; the numbers that were told to the client. */
const ways: readonly string[] = [
  "SELECT nextval('numbers') AS id",
  "SELECT nextval('numbers') AS id FROM generate_series(1, 40)",
  "INSERT INTO rows (v) VALUES (1), (2) RETURNING id",
  "INSERT INTO rows (v) SELECT g FROM generate_series(1, 100) AS g RETURNING id",
];

/** Draws until the server is gone or `until` comes. */
async function draw(server: RunningServer, got: bigint[][], until: () => boolean): Promise<void> {
  const client = await login(server);
  try {
    for (let turn = 0; !until(); turn++) {
      const way = turn % ways.length;
      const { rows } = await client.query<{ id: string }>(must(ways[way], "a way"));
      got[way < 2 ? 0 : 1]?.push(...rows.map(({ id }) => BigInt(id)));
    }
  } catch (error) {
    // Only what ends with the server may fail: who loses a race for numbers is run again.
    if (error instanceof pg.DatabaseError && error.code !== "57P01") throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const doubles = (numbers: readonly bigint[]) => numbers.length - new Set(numbers).size;

test("by three servers of which one is killed again and again", { timeout: 240_000 }, async () => {
  const got: bigint[][] = [[], []];
  const standing = await Promise.all([
    startServer({ data: folder }),
    startServer({ data: folder }),
  ]);
  const client = await login(must(standing[0], "a server"));
  await client.query("CREATE SEQUENCE numbers");
  await client.query("CREATE TABLE rows (id bigserial PRIMARY KEY, v int)");
  let isOver = false;
  const drawing = standing.flatMap((server) => [
    draw(server, got, () => isOver),
    draw(server, got, () => isOver),
  ]);
  for (let kill = 0; kill < kills; kill++) {
    const mortal = await startServer({ data: folder });
    const dying = draw(mortal, got, () => false);
    await sleep(200 + Math.random() * 500);
    await mortal.kill();
    await dying;
  }
  isOver = true;
  await Promise.all(drawing);
  const [numbers = [], ids = []] = got;
  expect(numbers.length).toBeGreaterThan(100);
  expect(ids.length).toBeGreaterThan(100);
  expect([doubles(numbers), doubles(ids)]).toEqual([0, 0]);
  const { rows } = await client.query("SELECT count(*) - count(DISTINCT id) AS twice FROM rows");
  expect(rows).toEqual([{ twice: "0" }]);
  await client.end();
  for (const server of standing) await server.stop();
});

test("what a stopped server had set aside is given by the next, what a killed one had is lost", {
  timeout: 120_000,
}, async () => {
  const data = join(folder, "stopped");
  let server = await startServer({ data });
  const next = async () => {
    const client = await login(server);
    const { rows } = await client.query<{ nextval: string }>("SELECT nextval('s')");
    await client.end();
    return Number(must(rows[0], "a number").nextval);
  };
  const client = await login(server);
  await client.query("CREATE SEQUENCE s");
  await client.end();
  expect([await next(), await next()]).toEqual([1, 2]);
  await server.stop();
  server = await startServer({ data });
  expect(await next()).toBe(3);
  await server.kill();
  server = await startServer({ data });
  const after = await next();
  expect(after).toBeGreaterThan(3);
  // limits.sequence_block, and no more.
  expect(after).toBeLessThanOrEqual(3 + 33);
  await server.stop();
});

test("setval on one server is seen by another, which keeps nothing of what it had set aside", {
  timeout: 120_000,
}, async () => {
  const data = join(folder, "set");
  const servers = [await startServer({ data }), await startServer({ data })];
  const [one, two] = [
    await login(must(servers[0], "a server")),
    await login(must(servers[1], "a server")),
  ];
  const value = async (client: pg.Client, sql: string) =>
    Object.values((await client.query<Record<string, string>>(sql)).rows[0] ?? {})[0];
  await one.query("CREATE SEQUENCE s");
  expect(await value(one, "SELECT nextval('s')")).toBe("1");
  expect(Number(await value(two, "SELECT nextval('s')"))).toBeGreaterThan(1);
  expect(await value(two, "SELECT setval('s', 1000)")).toBe("1000");
  expect(await value(one, "SELECT nextval('s')")).toBe("1001");
  await two.query("ALTER SEQUENCE s RESTART WITH 5 INCREMENT BY 10");
  expect(await value(one, "SELECT nextval('s')")).toBe("5");
  for (const client of [one, two]) await client.end();
  for (const server of servers) await server.stop();
});
