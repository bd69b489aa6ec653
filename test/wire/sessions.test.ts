/** What several sessions see of each other. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient } from "../support/wire-client.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test("a notification reaches an idle session at once, one in a transaction when that has ended", async () => {
  const listener = await WireClient.login(server);
  const sender = await SqlClient.login(server);
  listener.send({ type: "Query", sql: "LISTEN news" });
  await listener.until("ReadyForQuery");
  await sender.run("BEGIN", "NOTIFY news, 'taken back'", "ROLLBACK", "NOTIFY news, 'said'");
  expect(await listener.next()).toMatchObject({ type: "NotificationResponse", payload: "said" });
  listener.send({ type: "Query", sql: "BEGIN" });
  await listener.until("ReadyForQuery");
  await sender.run("NOTIFY news, 'kept'");
  await sleep(50);
  listener.send({ type: "Query", sql: "SELECT 1" });
  const inBlock = await listener.until("ReadyForQuery");
  expect(inBlock.map(({ type }) => type)).not.toContain("NotificationResponse");
  listener.send({ type: "Query", sql: "COMMIT" });
  const after = await listener.until("ReadyForQuery");
  expect(after.map(({ type }) => type)).toContain("NotificationResponse");
  await Promise.all([listener.end(), sender.end()]);
});

test("rows that many clients write to one dataset are all there", async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => SqlClient.login(server)));
  const [first] = clients;
  await first?.run("CREATE TABLE crowd(client int, n int)");
  await Promise.all(
    clients.map(async (client, at) => {
      for (let n = 0; n < 50; n++) await client.run(`INSERT INTO crowd VALUES (${at}, ${n})`);
    }),
  );
  expect(await first?.rows("SELECT count(*), count(DISTINCT (client, n)) FROM crowd")).toEqual([
    ["400", "400"],
  ]);
  for (const client of clients) await client.end();
});

test("of two transactions that make the same table one is told so", async () => {
  const [one, two] = [await SqlClient.login(server), await SqlClient.login(server)];
  await one.run("BEGIN", "CREATE TABLE twice AS SELECT 1 AS a");
  await two.run("BEGIN", "CREATE TABLE twice AS SELECT 2 AS a");
  await one.run("COMMIT");
  expect((await two.refusal("COMMIT")).code).toMatch(/^(42P07|40001)$/);
  expect(await two.rows("SELECT a FROM twice")).toEqual([["1"]]);
  await Promise.all([one.end(), two.end()]);
});

test("a server that stops does not wait for clients that do not read", async () => {
  const other = await startServer({ arguments: ["--timeouts-drain", "1s"] });
  const client = await WireClient.login(other);
  client.socket.pause();
  client.send({
    type: "Query",
    sql: "SELECT repeat('x', 1000) FROM generate_series(1, 100000000)",
  });
  await sleep(300);
  const startedAt = Date.now();
  await other.stop();
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  client.socket.destroy();
});
