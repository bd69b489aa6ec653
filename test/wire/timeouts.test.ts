/** Limits of time on every path of a conversation, here and on PostgreSQL 15: what is told, and whether the session goes on. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import type { FrontendMessage } from "../../src/wire/frontend.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { WireClient, type WireLogin } from "../support/wire-client.ts";

const oracle = await postgres();
let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

const query = (sql: string): FrontendMessage => ({ type: "Query", sql });
const parse = (sql: string): FrontendMessage => ({
  type: "Parse",
  statement: "",
  sql,
  parameterTypes: [],
});
const bind: FrontendMessage = {
  type: "Bind",
  portal: "",
  statement: "",
  parameterFormats: [],
  parameters: [],
  resultFormats: [],
};
const execute: FrontendMessage = { type: "Execute", portal: "", maxRows: 0 };
const sync: FrontendMessage = { type: "Sync" };
const copied: FrontendMessage = { type: "CopyData", data: Buffer.from("1\n") };

/** What is sent, piece by piece, with these pauses (ms) between. */
type Script = readonly (readonly FrontendMessage[] | number)[];

const slow = "SELECT pg_sleep(5)";
const statement = "SET statement_timeout = 300";
const endless =
  "SELECT sum(a * b) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b";

const scripts: Readonly<Record<string, Script>> = {
  "statement_timeout over a simple query": [[query(statement)], [query(slow)], [query("SELECT 1")]],
  "statement_timeout over what computes": [
    [query(statement)],
    [query(endless)],
    [query("SELECT 1")],
  ],
  "statement_timeout over an execution": [
    [query(statement)],
    [parse(slow), bind, execute, sync],
    [query("SELECT 1")],
  ],
  "statement_timeout over COPY FROM, whose client says nothing": [
    [query("CREATE TEMP TABLE timed(a int)"), query(statement)],
    [query("COPY timed FROM STDIN"), copied],
    700,
    [{ type: "CopyDone" }, query("TABLE timed")],
  ],
  "statement_timeout over DECLARE and FETCH": [
    [query(statement), query("BEGIN")],
    [query(`DECLARE c CURSOR FOR ${slow}`), query("FETCH ALL FROM c")],
    [query("ROLLBACK"), query("SELECT 1")],
  ],
  "statement_timeout over a Parse whose Execute is late": [
    [query(statement)],
    [parse("SELECT 1"), { type: "Flush" }],
    700,
    [bind, execute, sync],
    [query("SELECT 2")],
  ],
  "statement_timeout over a Describe whose Execute is late": [
    [query(statement)],
    [parse("SELECT 1"), bind, { type: "Describe", target: "portal", name: "" }, { type: "Flush" }],
    700,
    [execute, sync],
    [query("SELECT 2")],
  ],
  "statement_timeout over a portal that goes on": [
    [query(statement), query("BEGIN")],
    [
      parse("SELECT g, pg_sleep(0.1) FROM generate_series(1, 100) g"),
      bind,
      { type: "Execute", portal: "", maxRows: 0 },
      sync,
    ],
    [query("ROLLBACK")],
  ],
  "statement_timeout over COPY TO": [
    [query(statement)],
    [query(`COPY (${slow}) TO STDOUT`)],
    [query("SELECT 1")],
  ],
  "statement_timeout over a DO block": [
    [query(statement)],
    [query("DO $$ BEGIN PERFORM pg_sleep(5); END $$")],
    [query("SELECT 1")],
  ],
  "statement_timeout over a function": [
    [
      query(
        "CREATE OR REPLACE FUNCTION soak_nap() RETURNS int LANGUAGE sql AS 'SELECT pg_sleep(5); SELECT 1'",
      ),
      query(statement),
    ],
    [query("SELECT soak_nap()")],
    [query("RESET statement_timeout"), query("DROP FUNCTION soak_nap()")],
  ],
  idle_session_timeout: [[query("SET idle_session_timeout = 150")], 600, [query("SELECT 1")]],
  idle_in_transaction_session_timeout: [
    [query("SET idle_in_transaction_session_timeout = 150"), query("BEGIN")],
    600,
    [query("SELECT 1")],
  ],
  "idle_in_transaction_session_timeout in a failed transaction": [
    [query("SET idle_in_transaction_session_timeout = 150"), query("BEGIN"), query("SELECT 1 / 0")],
    600,
    [query("SELECT 1")],
  ],
  "no idle timeout in the middle of a pipeline": [
    [
      query("SET idle_session_timeout = 150"),
      query("SET idle_in_transaction_session_timeout = 150"),
    ],
    [parse("SELECT 1"), bind, execute, { type: "Flush" }],
    500,
    [bind, execute, sync],
  ],
  "no idle timeout in the middle of COPY": [
    [query("CREATE TEMP TABLE timed(a int)"), query("SET idle_session_timeout = 150")],
    [query("COPY timed FROM STDIN"), copied],
    500,
    [copied, { type: "CopyDone" }, query("RESET idle_session_timeout")],
  ],
};

async function play(login: WireLogin, script: Script): Promise<string[]> {
  const client = await WireClient.login(login);
  for (const step of script) {
    if (typeof step === "number") await sleep(step);
    else for (const message of step) client.send(message);
  }
  client.send({ type: "Terminate" });
  const heard = await client.untilEnd();
  client.socket.destroy();
  return heard.flatMap((message) => {
    if (message.type === "ErrorResponse") {
      const { S: severity, C: code, M: text } = message.fields;
      return [`${severity} ${code} ${text}`];
    }
    return message.type === "CommandComplete" ? [message.tag] : [];
  });
}

/** Here a cursor's rows are made when it is declared: it is DECLARE that is late, and FETCH finds the block failed. */
const ofDeclare = /^DECLARE CURSOR$|25P02/;

describe.runIf(oracle)("as PostgreSQL", () => {
  test.each(Object.entries(scripts))("%s", async (_, script) => {
    const theirs = await play(must(oracle, "a PostgreSQL"), script);
    const [told, expected] = [await play(server, script), theirs].map((lines) =>
      lines.filter((line) => !ofDeclare.test(line)),
    );
    expect(told).toEqual(expected);
    expect(theirs.length).toBeGreaterThan(1);
  });
});
