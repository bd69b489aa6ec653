/** More memory than the process may have: an error of one session's, while the others go on, and afterwards it is free again. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

const processMegabytes = 1200;

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer({
    arguments: ["--limits-process-bytes", `${processMegabytes}MB`, "--limits-threads", "2"],
  });
  admin = await SqlClient.login(server);
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

const greedy = [
  "SELECT length(string_agg(repeat('x', 1000000) || g, '')) FROM generate_series(1, 4000) g",
  "SELECT max(length(repeat('x', 10000000) || g)) FROM generate_series(1, 100000) g",
  "SELECT array_length(array_agg(g), 1) FROM generate_series(1, 1000000000) g",
];

async function residentMegabytes(): Promise<number> {
  const bytes = await admin.value("SELECT resident_bytes FROM lakehouse.server_health");
  return Number(bytes) / (1 << 20);
}

/** In the moment in which nothing is left another's statement may be refused too; asked again it is answered. */
async function soon(sql: string): Promise<string | null | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await admin.value(sql);
    } catch (error) {
      if (tries >= 10 || !(error instanceof pg.DatabaseError) || error.code !== "53200")
        throw error;
      await sleep(100);
    }
  }
}

test.each(greedy)("is 53200 for one session, and others go on: %s", async (sql) => {
  const client = await SqlClient.login(server);
  let isOver = false;
  const failed = client.refusal(sql).finally(() => {
    isOver = true;
  });
  let asked = 0;
  while (!isOver) {
    expect(await soon("SELECT count(*) FROM generate_series(1, 1000)")).toBe("1000");
    asked++;
    await sleep(20);
  }
  expect((await failed).code).toBe("53200");
  expect(asked).toBeGreaterThan(0);
  expect(await client.value("SELECT 1")).toBe("1");
  await client.end();
});

test("what they took is given back", async () => {
  await sleep(1000);
  expect(await residentMegabytes()).toBeLessThan(processMegabytes / 2);
});
