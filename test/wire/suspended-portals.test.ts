/**
 * More portals suspended on one session than may keep their results open: the rows left of the first are put on disk, and
 * each still gives exactly its rows, in order, as text and as binary, among cursors and ordinary statements.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { FormatCode } from "../../src/wire/frontend.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient } from "../support/wire-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer({ arguments: ["--limits-suspended-portals", "2"] });
  admin = await SqlClient.login(server);
  await admin.run(
    "CREATE TABLE many AS SELECT g AS n, 'row ' || g AS text, CASE WHEN g % 3 = 0 THEN NULL ELSE ARRAY[g, g + 1] END AS list FROM generate_series(1, 9000) g",
    "CREATE ROLE eve LOGIN PASSWORD 'eve''s'",
    "ALTER ROLE eve SET lakehouse.portal_spill_limit = '64kB'",
  );
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

const codes = (messages: readonly BackendMessage[]) =>
  messages.flatMap((message) => (message.type === "ErrorResponse" ? [message.fields["C"]] : []));

async function ask(client: WireClient, sql: string): Promise<BackendMessage[]> {
  client.send({ type: "Query", sql });
  return client.until("ReadyForQuery");
}

async function opened(
  client: WireClient,
  name: string,
  sql: string,
  maxRows: number,
  format: FormatCode = 0,
): Promise<BackendMessage[]> {
  client.send(
    { type: "Parse", statement: name, sql, parameterTypes: [] },
    {
      type: "Bind",
      portal: name,
      statement: name,
      parameterFormats: [],
      parameters: [],
      resultFormats: [format],
    },
    { type: "Execute", portal: name, maxRows },
    { type: "Sync" },
  );
  return client.until("ReadyForQuery");
}

async function more(client: WireClient, name: string, maxRows: number): Promise<BackendMessage[]> {
  client.send({ type: "Execute", portal: name, maxRows }, { type: "Sync" });
  return client.until("ReadyForQuery");
}

class Seen {
  readonly #hash = createHash("sha256");
  rows = 0;

  add(messages: readonly BackendMessage[]): void {
    expect(codes(messages)).toEqual([]);
    for (const message of messages) {
      if (message.type !== "DataRow") continue;
      this.rows++;
      for (const value of message.values) {
        this.#hash.update(value === null ? "null" : `${value.length}:`);
        if (value !== null) this.#hash.update(value);
      }
    }
  }

  get sum(): string {
    return `${this.rows} ${this.#hash.digest("hex")}`;
  }
}

const sql = (at: number) =>
  `SELECT n, text, list, n * 1.5 AS amount FROM many ORDER BY (n * ${at + 7}) % 9001`;

async function whole(client: WireClient, at: number, format: FormatCode): Promise<string> {
  const seen = new Seen();
  seen.add(await opened(client, "", sql(at), 0, format));
  return seen.sum;
}

test("every portal gives its rows, whether or not they were put on disk", async () => {
  const client = await WireClient.login(server);
  const names = Array.from({ length: 6 }, (_, at) => ({ at, format: (at % 2) as FormatCode }));
  const expected: string[] = [];
  for (const { at, format } of names) expected.push(await whole(client, at, format));
  await ask(client, "BEGIN");
  await ask(client, "DECLARE c SCROLL CURSOR FOR SELECT n FROM many ORDER BY n");
  const seen = names.map(() => new Seen());
  for (const { at, format } of names) {
    seen[at]?.add(await opened(client, `p${at}`, sql(at), 10 + at, format));
  }
  for (let round = 0, left = names.length; left > 0; round++) {
    left = 0;
    for (const { at } of names) {
      const messages = await more(client, `p${at}`, 501 + 97 * ((at + round) % 5));
      seen[at]?.add(messages);
      if (messages.some(({ type }) => type === "PortalSuspended")) left++;
    }
    const fetched = (await ask(client, "FETCH 5 FROM c")).filter(({ type }) => type === "DataRow");
    expect(fetched.length).toBe(5);
    expect(codes(await ask(client, "SELECT count(*) FROM many"))).toEqual([]);
    expect(codes(await ask(client, `SAVEPOINT s${round}`))).toEqual([]);
  }
  expect(seen.map(({ sum }) => sum)).toEqual(expected);
  await ask(client, "COMMIT");
  await client.end();
});

test("with six suspended, two hold a connection of the engine, and none when they are gone", async () => {
  const client = await WireClient.login(server);
  await ask(client, "BEGIN");
  for (let at = 0; at < 6; at++) await opened(client, `p${at}`, sql(at), 3);
  const held = "SELECT engine_connections FROM lakehouse.server_health";
  expect(Number(await admin.value(held))).toBeLessThanOrEqual(2);
  await ask(client, "ROLLBACK");
  expect(await admin.value(held)).toBe("0");
  await client.end();
});

test("what is put on disk has a limit, and beyond it nothing ends silently", async () => {
  const client = await WireClient.login({ ...server, user: "eve", password: "eve's" });
  await ask(client, "BEGIN");
  const endless = "SELECT g, 'text ' || g FROM generate_series(1, 1000000) g";
  expect(codes(await opened(client, "a", endless, 5))).toEqual([]);
  expect(codes(await opened(client, "b", endless, 5))).toEqual([]);
  expect(codes(await opened(client, "c", endless, 5))).toEqual(["53400"]);
  expect(codes(await more(client, "a", 5))).toEqual(["25P02"]);
  await ask(client, "ROLLBACK");
  expect(codes(await ask(client, "SET lakehouse.portal_spill_limit = 0"))).toEqual(["42501"]);
  await client.end();
});
