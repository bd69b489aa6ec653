/** However a statement is stopped, in whatever state: the session answers or ends, and nothing of it stays behind. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BackendMessage } from "../../src/wire/backend.ts";
import { cancelRequest } from "../support/client-codec.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient } from "../support/wire-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
  await admin.run(
    "CREATE TABLE target(a int, b text)",
    "CREATE TABLE notes AS SELECT g AS id, 'note about ' || repeat('thing ' || g, 40) AS note FROM generate_series(1, 20000) g",
  );
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

interface Interrupted {
  readonly client: WireClient;
  readonly pid: number;
  readonly secretKey: number;
}

/** What is under way when it is stopped; `slow` clients do not read. */
const states: readonly {
  readonly name: string;
  readonly before?: readonly string[];
  readonly sql: string;
  readonly isSlow?: boolean;
  readonly isCopyIn?: boolean;
}[] = [
  { name: "running", sql: "SELECT sum(g * g) FROM generate_series(1, 1000000000000) g" },
  { name: "sleeping", sql: "SELECT pg_sleep(60)" },
  {
    name: "streaming to a client that does not read",
    sql: "SELECT repeat('x', 1000) FROM generate_series(1, 100000000)",
    isSlow: true,
  },
  {
    name: "copying out to a client that does not read",
    sql: "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000000)) TO STDOUT",
    isSlow: true,
  },
  { name: "waiting for copied rows", sql: "COPY target FROM STDIN", isCopyIn: true },
  {
    name: "waiting for copied rows in a block",
    before: ["BEGIN", "INSERT INTO target VALUES (1, 'x')"],
    sql: "COPY target FROM STDIN",
    isCopyIn: true,
  },
  {
    name: "declaring a cursor",
    before: ["BEGIN"],
    sql: "DECLARE c CURSOR FOR SELECT sum(g * g) FROM generate_series(1, 1000000000000) g",
  },
  {
    name: "inserting",
    sql: "INSERT INTO target SELECT g, repeat('y', 100) FROM generate_series(1, 1000000000) g",
  },
  {
    name: "making a table",
    sql: "CREATE TABLE never AS SELECT g FROM generate_series(1, 100000000000) g",
  },
  {
    name: "inside a routine",
    sql: "CALL create_vector_index('never_index', dataset => 'notes', text_column => 'note', key_column => 'id')",
  },
];

const ends: readonly {
  readonly name: string;
  readonly code: string | undefined;
  readonly before?: string;
  stop(session: Interrupted): Promise<void>;
}[] = [
  {
    name: "a cancel request",
    code: "57014",
    async stop({ pid, secretKey }) {
      const other = await WireClient.open(server);
      other.write(cancelRequest(pid, secretKey));
      await other.untilEnd();
    },
  },
  {
    name: "statement_timeout",
    code: "57014",
    before: "SET statement_timeout = 300",
    stop: async () => {},
  },
  {
    name: "the client's vanishing",
    code: undefined,
    stop: async ({ client }) => void client.socket.destroy(),
  },
];

async function login(): Promise<Interrupted> {
  const client = await WireClient.login(server);
  open.push(client);
  const [row] = await answer(client, "SELECT pg_backend_pid()");
  const pid = Number(row);
  return { client, pid, secretKey: client.secretKey };
}

/** The first value of every row. */
async function answer(client: WireClient, sql: string): Promise<string[]> {
  client.send({ type: "Query", sql });
  const messages = await client.until("ReadyForQuery");
  return messages.flatMap((message) =>
    message.type === "DataRow" ? [Buffer.from(message.values[0] ?? []).toString()] : [],
  );
}

async function settled(): Promise<void> {
  let last: readonly (string | null)[] | undefined;
  for (let waited = 0; waited < 10_000; waited += 100) {
    [last] = await admin.rows(
      "SELECT sessions, statements_running, statements_queued, engine_connections, engine_tables FROM lakehouse.server_health",
    );
    if (last?.join() === "1,0,0,0,0") return;
    await sleep(100);
  }
  expect(last).toEqual(["1", "0", "0", "0", "0"]);
}

const open: WireClient[] = [];

afterEach(async () => {
  for (const client of open.splice(0)) client.socket.destroy();
  await settled();
});

describe.each(states)("$name", ({ before = [], sql, isSlow, isCopyIn }) => {
  test.each(ends)("ends with $name", async (end) => {
    const session = await login();
    const { client } = session;
    for (const statement of [...(end.before ? [end.before] : []), ...before])
      await answer(client, statement);
    client.send({ type: "Query", sql });
    if (isSlow) client.socket.pause();
    if (isCopyIn) {
      await client.until("CopyInResponse");
      client.send({ type: "CopyData", data: Buffer.from("1\tx\n") });
    }
    await sleep(150);
    await end.stop(session);
    if (isSlow) {
      await sleep(500);
      client.socket.resume();
    }
    if (end.code !== undefined) {
      const last = await untilError(client);
      expect(last?.type === "ErrorResponse" && last.fields["C"]).toBe(end.code);
      const [ready] = await client.until("ReadyForQuery");
      const status = before.length > 0 ? "E" : "I";
      expect(ready).toEqual({ type: "ReadyForQuery", status });
      if (before.length > 0) await answer(client, "ROLLBACK");
      // What a client still sends of a COPY it does not know to have failed.
      if (isCopyIn) client.send({ type: "CopyData", data: Buffer.from("2\ty\n") });
      if (isCopyIn) client.send({ type: "CopyDone" });
      expect(await answer(client, "SELECT 7")).toEqual(["7"]);
      await client.end();
    }
    await settled();
    expect(await admin.value("SELECT count(*) FROM target")).toBe("0");
    expect(await admin.value("SELECT to_regclass('never') IS NULL")).toBe("t");
  });
});

async function untilError(client: WireClient): Promise<BackendMessage | undefined> {
  for (;;) {
    const message = await client.next();
    if (!message || message.type === "ErrorResponse") return message;
  }
}

test("statements that wait for their turn can be cancelled, too", async () => {
  const sessions = await Promise.all(Array.from({ length: 24 }, login));
  const sql = "SELECT sum(g * g) FROM generate_series(1, 1000000000000) g";
  for (const { client } of sessions) client.send({ type: "Query", sql });
  for (const { client, pid, secretKey } of sessions.toReversed()) {
    const other = await WireClient.open(server);
    other.write(cancelRequest(pid, secretKey));
    const last = await untilError(client);
    expect(last?.type === "ErrorResponse" && last.fields["C"]).toBe("57014");
    await other.end();
  }
  for (const { client } of sessions) await client.end();
  await settled();
});

test("a load that is cancelled at any moment is there or is not", async () => {
  const session = await login();
  const { client, pid, secretKey } = session;
  await answer(client, "CREATE TABLE loads(a int)");
  let rows = 0;
  for (let at = 0; at < 24; at++) {
    client.send({
      type: "Query",
      sql: "INSERT INTO loads SELECT g FROM generate_series(1, 100000) g",
    });
    await sleep(at * 3);
    const other = await WireClient.open(server);
    other.write(cancelRequest(pid, secretKey));
    const messages = await client.until("ReadyForQuery");
    const isDone = messages.some((message) => message.type === "CommandComplete");
    const isRefused = messages.some((message) => message.type === "ErrorResponse");
    expect(isDone).toBe(!isRefused);
    if (isDone) rows += 100_000;
    await other.end();
    expect(await admin.value("SELECT count(*) FROM loads")).toBe(String(rows));
  }
  await client.end();
  await settled();
});
