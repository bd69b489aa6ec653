/**
 * Five clients do the same dozen steps and print one and the same transcript, against PostgreSQL 15 and against this
 * server. LAKEWIRE_ACCEPT=1 takes what node-postgres gets from PostgreSQL as the expectation; the diff is the review.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { passwordGroup, postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import type { Client, Login, Report } from "./clients.ts";
import { jdbc } from "./jdbc.ts";
import { nodePostgres } from "./node-postgres.ts";
import { odbc } from "./odbc.ts";
import { psql } from "./psql.ts";
import { psycopg } from "./psycopg.ts";

const role = { user: "matrix", password: "correct horse" };
const clients = {
  "node-postgres": nodePostgres,
  psql,
  pgjdbc: jdbc,
  psqlODBC: odbc,
  "psycopg 3": psycopg,
} satisfies Record<string, Client>;
const names = Object.keys(clients) as (keyof typeof clients)[];
const expectations = join(import.meta.dirname, "expected.jsonl");
const oracle = await postgres();

/** One JSON line a step, then a failure's first line, so that a broken program shows how far it came. */
async function transcript(name: keyof typeof clients, login: Login): Promise<string | undefined> {
  const lines: string[] = [];
  const report: Report = (step, answer) => lines.push(JSON.stringify({ step, answer }));
  try {
    if ((await clients[name](login, report)) === "missing") return undefined;
  } catch (error) {
    lines.push(`${name} broke: ${error instanceof Error ? error.message : String(error)}`);
  }
  return `${lines.join("\n")}\n`;
}

async function check(
  name: keyof typeof clients,
  login: Login,
  skip: (note: string) => void,
): Promise<void> {
  const printed = await transcript(name, login);
  if (printed === undefined) return skip(`${name} is not to be had here`);
  expect(printed).toBe(readFileSync(expectations, "utf8"));
}

async function asAdmin(login: Login, ...statements: readonly string[]): Promise<void> {
  const client = await SqlClient.login(login);
  await client.run(...statements);
  await client.end();
}

describe.runIf(oracle)("PostgreSQL 15", () => {
  const database = `lakewire_clients_${randomBytes(4).toString("hex")}`;
  const admin = () => must(oracle, "a PostgreSQL");

  beforeAll(async () => {
    await asAdmin(
      admin(),
      `CREATE ROLE ${passwordGroup}`,
      `CREATE ROLE ${role.user} LOGIN PASSWORD '${role.password}' IN ROLE ${passwordGroup}`,
      `CREATE DATABASE ${database} OWNER ${role.user}`,
      `ALTER DATABASE ${database} SET timezone = 'UTC'`,
    );
    if (process.env["LAKEWIRE_ACCEPT"] !== "1") return;
    const accepted = await transcript("node-postgres", { ...admin(), ...role, database });
    writeFileSync(expectations, must(accepted, "node-postgres"));
  });
  afterAll(() =>
    asAdmin(
      admin(),
      `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`,
      `DROP ROLE IF EXISTS ${role.user}, ${passwordGroup}`,
    ),
  );

  test.for(names)("%s prints the transcript", (name, { skip }) =>
    check(name, { ...admin(), ...role, database }, skip),
  );
});

describe("lakewire", () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
    await asAdmin(
      server,
      `CREATE ROLE ${role.user} LOGIN PASSWORD '${role.password}'`,
      `GRANT USAGE, CREATE ON SCHEMA "primary" TO ${role.user}`,
    );
  });
  afterAll(() => server?.stop());

  test.for(names)("%s prints the transcript", (name, { skip }) =>
    check(name, { ...server, ...role }, skip),
  );
});
