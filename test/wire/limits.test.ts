/** Limits of a server that many share: what is told to whoever comes last, while the others go on. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import type { FrontendMessage } from "../../src/wire/frontend.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient } from "../support/wire-client.ts";
import { openLake } from "../tables/lake.ts";

const endless = "SELECT sum(g * g) FROM generate_series(1, 1000000000000) g";

const sql = "SELECT * FROM generate_series(1, 10000000)";
/** Of a portal that stays open. */
const firstRow: readonly FrontendMessage[] = [
  { type: "Parse", statement: "", sql, parameterTypes: [] },
  {
    type: "Bind",
    portal: "",
    statement: "",
    parameterFormats: [],
    parameters: [],
    resultFormats: [],
  },
  { type: "Execute", portal: "", maxRows: 1 },
  { type: "Sync" },
];

let server: RunningServer | undefined;
const clients: SqlClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  await server?.stop();
  server = undefined;
});

async function start(...options: readonly string[]): Promise<SqlClient> {
  server = await startServer({ arguments: options });
  return login(server);
}

async function login(to: RunningServer): Promise<SqlClient> {
  const client = await SqlClient.login(to);
  clients.push(client);
  return client;
}

test("a statement that finds the queue full is refused, and those before it are answered", async () => {
  const admin = await start("--limits-running-statements", "2", "--limits-queued-statements", "1");
  const others = await Promise.all(
    Array.from({ length: 4 }, () => login(must(server, "a server"))),
  );
  const timeout = "SET statement_timeout = '3s'";
  for (const other of others) await other.run(timeout);
  const outcomes = await Promise.all(others.map((other) => other.refusal(endless)));
  const codes = outcomes.map(({ code }) => code).toSorted();
  expect(codes.filter((code) => code === "53400").length).toBe(1);
  expect(codes.filter((code) => code === "57014").length).toBe(3);
  expect(await admin.value("SELECT count(*) FROM generate_series(1, 1000)")).toBe("1000");
});

test("results held open have a limit over all sessions, and room again when one is closed", async () => {
  const admin = await start("--limits-open-results", "10");
  const opened: WireClient[] = [];
  let code: string | undefined;
  while (code === undefined && opened.length <= 10) {
    const other = await WireClient.login(must(server, "a server"));
    opened.push(other);
    other.send({ type: "Query", sql: "BEGIN" });
    await other.until("ReadyForQuery");
    other.send(...firstRow);
    for (const message of await other.until("ReadyForQuery"))
      if (message.type === "ErrorResponse") code = message.fields["C"];
  }
  expect(code).toBe("53400");
  for (const other of opened) await other.end();
  expect(await admin.value("SELECT count(*) FROM generate_series(1, 1000)")).toBe("1000");
});

test("what is spilled has a limit, and goes when its statement fails", async () => {
  const admin = await start("--limits-memory-bytes", "512MB", "--limits-temporary-bytes", "16MB");
  const rows = "SELECT repeat(md5(g::text), 12) AS a FROM generate_series(1, 3000000) g";
  const { code } = await admin.refusal(`SELECT a FROM (${rows}) AS s ORDER BY a OFFSET 2999999`);
  expect(code).toBe("53100");
  expect(await admin.value("SELECT count(*) FROM generate_series(1, 1000)")).toBe("1000");
  const spilled = "SELECT engine_spilled_bytes FROM lakehouse.server_health";
  // What the server itself keeps in memory may have made room, and stay there.
  const bytes = async () => Number(await admin.value(spilled));
  await expect.poll(bytes, { timeout: 10_000 }).toBeLessThan(8 << 20);
});

test("lock_timeout is not of another server's undecided commit: that is waited for until its lease ends", async () => {
  const admin = await start("--timeouts-intent", "1s");
  await admin.run("CREATE TABLE waited(a int)", "SET lock_timeout = 50");
  const location = must(
    readdirSync(join(must(server, "a server").data, "primary")).find((name) =>
      /^waited-/.test(name),
    ),
    "a dataset's folder",
  );
  const other = await openLake({ root: must(server, "a server").data });
  const intent = await other.tables.intents.open("primary");
  const table = other.tables.get("primary", location);
  const info = { operation: "WRITE", actor: "another", intent } as const;
  await table.commit(await table.current(), { isBlind: true }, info);
  const startedAt = performance.now();
  await admin.run("INSERT INTO waited VALUES (1)");
  expect(performance.now() - startedAt).toBeGreaterThan(200);
  await expect(intent.commit()).rejects.toMatchObject({ sqlstate: "40001" });
  expect(await admin.value("SELECT count(*) FROM waited")).toBe("1");
  await other.close();
});
