/** Too much of everything, from a role with one grant: an error of PostgreSQL's, and the others hardly notice. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelRequest } from "../support/client-codec.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient } from "../support/wire-client.ts";

let server: RunningServer;
let admin: SqlClient;
const eve = { user: "eve", password: "eve's" };

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
  await admin.run(
    "CREATE ROLE eve LOGIN PASSWORD 'eve''s'",
    "CREATE TABLE granted(a int, b text)",
    "INSERT INTO granted VALUES (1, 'x')",
    "GRANT USAGE ON SCHEMA primary TO eve",
    "GRANT SELECT, INSERT ON granted TO eve",
  );
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

const times = (count: number, text: string, separator = "") =>
  Array.from({ length: count }, () => text).join(separator);

/** SQLSTATE, or "" when it is answered. */
const statements: readonly (readonly [name: string, sql: string, code: string | RegExp])[] = [
  ["10 000 parentheses", `SELECT ${"(".repeat(10_000)}1${")".repeat(10_000)}`, "54001"],
  ["2 000 subqueries", `SELECT ${"(SELECT ".repeat(2000)}1${")".repeat(2000)}`, "54001"],
  ["5 000 terms", `SELECT ${times(5000, "a", "+")} FROM granted`, "54001"],
  ["5 000 conditions", `SELECT 1 FROM granted WHERE ${times(5000, "a <> 7", " AND ")}`, /^$|54001/],
  ["5 000 columns", `SELECT ${times(5000, "1", ",")}`, ""],
  ["a literal of 20 MB", `SELECT length('${"x".repeat(20 << 20)}')`, "54000"],
  ["a comment of 20 MB", `SELECT 1 /*${"x".repeat(20 << 20)}*/`, "54000"],
  ["a text of 2 GB", "SELECT repeat('x', 2000000000)", "54000"],
  ["a text of 2 GB, padded", "SELECT length(lpad('x', 2000000000))", "54000"],
  ["a text of 2 GB, padded behind", "SELECT length(rpad('x', 2000000000))", "54000"],
  [
    "a text of 100 GB",
    "SELECT length(replace(repeat('x', 10000000), 'x', repeat('y', 10000)))",
    "54000",
  ],
  ["a text of 1 GB, formatted", "SELECT length(format('%1000000000s', 'x'))", "54000"],
  [
    "an array of 2 000 000 000",
    "SELECT array_length(array_fill(1, ARRAY[2000000000]), 1)",
    "54000",
  ],
  [
    "a list of 2 000 000 000, resized",
    "FROM granted SELECT len(list_resize([1], 2000000000))",
    "54000",
  ],
  ["a list of 2 000 000 000, counted", "FROM granted SELECT len(range(2000000000))", "54000"],
  ["a list of 2 000 000 000 rows", "SELECT generate_series(1, 2000000000) LIMIT 1", "54000"],
  ["a parameter far away", "SELECT $100000::int", "42P02"],
];

async function code(client: WireClient): Promise<string> {
  const messages = await client.until("ReadyForQuery");
  const error = messages.find((message) => message.type === "ErrorResponse");
  return error?.type === "ErrorResponse" ? (error.fields["C"] ?? "") : "";
}

test.each(statements)("%s", async (_, sql, expected) => {
  const client = await WireClient.login({ ...server, ...eve });
  client.send({ type: "Query", sql });
  expect(await code(client)).toMatch(expected === "" ? /^$/ : expected);
  client.send({ type: "Query", sql: "SELECT 1" });
  expect(await code(client)).toBe("");
  await client.end();
});

test("a series without an end can be cancelled, and so can statements that need no engine", async () => {
  const client = await WireClient.login({ ...server, ...eve });
  const long = [
    "SELECT count(*) FROM generate_series(1, 1000000000000)",
    times(20_000, "SELECT 1", ";"),
  ];
  for (const sql of long) {
    client.send({ type: "Query", sql: "SELECT pg_backend_pid()" });
    const [row] = (await client.until("ReadyForQuery")).flatMap((message) =>
      message.type === "DataRow" ? [Buffer.from(message.values[0] ?? []).toString()] : [],
    );
    client.send({ type: "Query", sql });
    await sleep(300);
    const other = await WireClient.open(server);
    other.write(cancelRequest(Number(row), client.secretKey));
    expect(await code(client)).toBe("57014");
    await other.end();
  }
  await client.end();
});

test("a thousand statements in one pipeline are answered in order", async () => {
  const client = await WireClient.login({ ...server, ...eve });
  client.send(
    ...Array.from({ length: 1000 }, (_, at) => [
      { type: "Parse" as const, statement: "", sql: `SELECT ${at}`, parameterTypes: [] },
      {
        type: "Bind" as const,
        portal: "",
        statement: "",
        parameterFormats: [],
        parameters: [],
        resultFormats: [],
      },
      { type: "Execute" as const, portal: "", maxRows: 0 },
    ]).flat(),
    { type: "Sync" },
  );
  const rows = (await client.until("ReadyForQuery")).flatMap((message) =>
    message.type === "DataRow" ? [Number(Buffer.from(message.values[0] ?? []))] : [],
  );
  expect(rows).toEqual(Array.from({ length: 1000 }, (_, at) => at));
  await client.end();
});

test("clients beyond the limit are told so, and the others are served", async () => {
  const logins = await Promise.allSettled(
    Array.from({ length: 200 }, () => WireClient.login({ ...server, ...eve })),
  );
  const inside = logins.flatMap((login) => (login.status === "fulfilled" ? [login.value] : []));
  const refused = logins.flatMap((login) =>
    login.status === "rejected" ? [String(login.reason)] : [],
  );
  expect(inside.length).toBeGreaterThan(50);
  for (const reason of refused) expect(reason).toContain("53300");
  await Promise.all(
    inside.map(async (client) => {
      client.send({ type: "Query", sql: "SELECT count(*) FROM granted" });
      expect(await code(client)).toBe("");
      await client.end();
    }),
  );
});

test("a line of a COPY that never ends is refused before it fills the memory", async () => {
  const client = await WireClient.login({ ...server, ...eve });
  client.send({ type: "Query", sql: "COPY granted(b) FROM STDIN" });
  await client.until("CopyInResponse");
  const piece = Buffer.alloc(1 << 20, "x");
  for (let sent = 0; sent < 300; sent++) {
    client.send({ type: "CopyData", data: piece });
    if (sent % 10 === 0) await sleep(1);
  }
  client.send({ type: "CopyDone" });
  expect(await code(client)).not.toBe("");
  const bytes = await admin.value("SELECT resident_bytes FROM lakehouse.server_health");
  expect(Number(bytes)).toBeLessThan(2 ** 31);
  await client.end();
});
