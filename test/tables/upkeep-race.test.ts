/** Writers, readers, compaction, checkpoints, publishing and the hot cache at once, on two servers: not a row too many or too few. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

const servers: RunningServer[] = [];
beforeAll(async () => {
  const first = await startServer({ arguments: ["--upkeep-interval", "100ms"] });
  servers.push(first, await startServer({ data: first.data }));
}, 60_000);
afterAll(async () => {
  for (const server of servers.toReversed()) await server.stop();
});

const writers = 3;
const steps = 25;

/** Inserts, deletes and changes rows nobody else touches; gives what must be there at the end. */
async function write(sql: SqlClient, writer: number): Promise<Map<number, number>> {
  const mine = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const id = writer * 10_000 + step * 10;
    await sql.run(`INSERT INTO race SELECT g, 0 FROM generate_series(${id}, ${id + 9}) AS g`);
    for (let i = id; i < id + 10; i++) mine.set(i, 0);
    await sql.run(`DELETE FROM race WHERE id BETWEEN ${id + 7} AND ${id + 9}`);
    for (let i = id + 7; i < id + 10; i++) mine.delete(i);
    await sql.run(`UPDATE race SET n = n + 1 WHERE id IN (${id}, ${id - 10})`);
    for (const i of [id, id - 10]) if (mine.has(i)) mine.set(i, (mine.get(i) ?? 0) + 1);
  }
  return mine;
}

test("every row is there once, as its writer left it", async () => {
  const clients = await Promise.all(
    [0, 1, 0, 1, 0].map((at) => SqlClient.login(servers[at] as RunningServer)),
  );
  const [a, b, c, keeper, reader] = clients as [
    SqlClient,
    SqlClient,
    SqlClient,
    SqlClient,
    SqlClient,
  ];
  await a.run("CREATE TABLE race (id int4, n int4)", "INSERT INTO race VALUES (-1, -1)");
  await reader.run("CALL cache_pin('race')", "CALL publish_iceberg('race', automatic => true)");
  let isOver = false;
  const kept = (async () => {
    let rounds = 0;
    for (; !isOver; rounds++) {
      await keeper.run("CALL compact('race', complete => true)", "CHECKPOINT", "VACUUM race");
    }
    return rounds;
  })();
  const read = (async () => {
    let looks = 0;
    for (; !isOver; looks++) {
      // A snapshot: whole statements of each writer, whatever lies in which file.
      await reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
      const [first, second] = [
        await reader.rows("SELECT count(*), sum(n) FROM race"),
        await reader.rows("SELECT count(*), sum(n) FROM race"),
      ];
      await reader.run("COMMIT");
      expect(second).toEqual(first);
    }
    return looks;
  })();
  const wanted = await Promise.all([a, b, c].slice(0, writers).map(write));
  isOver = true;
  expect(await kept).toBeGreaterThan(0);
  expect(await read).toBeGreaterThan(0);
  const rows = wanted.flatMap((each) => [...each]).sort(([x], [y]) => x - y);
  const expected = [["-1", "-1"], ...rows.map(([id, n]) => [String(id), String(n)])];
  for (const sql of [a, b]) {
    expect(await sql.rows("SELECT id, n FROM race ORDER BY id")).toEqual(expected);
  }
  await Promise.all(clients.map((client) => client.end()));
}, 120_000);
