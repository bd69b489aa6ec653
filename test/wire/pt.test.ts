/**
 * Every script of this folder, against PostgreSQL 15 and against this server. LAKEWIRE_ACCEPT=1 takes PostgreSQL's
 * answers as the expectations (and ours where a block is `only ours`); the diff is the review.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { acceptOutcomes, type Outcome, parseScript, runScript, type Side } from "../support/pt.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { type PostgresService, postgres } from "../support/services.ts";
import { WireClient, type WireLogin } from "../support/wire-client.ts";

const isAccepting = process.env["LAKEWIRE_ACCEPT"] === "1";
const folder = import.meta.dirname;
const scripts = readdirSync(folder).filter((name) => name.endsWith(".pt"));
const oracle = await postgres();

/** The same on both sides, so that answers do not depend on a server's configuration. */
const parameters = { TimeZone: "UTC", DateStyle: "ISO, MDY", client_encoding: "UTF8" };

async function check(name: string, login: WireLogin, side: Side): Promise<void> {
  const path = join(folder, name);
  const text = readFileSync(path, "utf8");
  const script = parseScript(text);
  const client = await WireClient.login({ ...login, parameters });
  try {
    const outcomes = await runScript(script, client, side);
    // What both sides share is PostgreSQL's to say.
    const isOurs = ({ block }: Outcome) => side === "postgres" || block.only === "ours";
    if (isAccepting) writeFileSync(path, acceptOutcomes(text, outcomes.filter(isOurs)));
    for (const outcome of outcomes) {
      const { block, actual } = outcome;
      if (isAccepting && isOurs(outcome)) continue;
      expect(actual.join("\n"), `${name}:${block.line}`).toBe(block.expected.join("\n"));
    }
  } finally {
    await client.end();
  }
}

test("there are scripts", () => {
  expect(scripts.length).toBeGreaterThanOrEqual(25);
});

describe.runIf(oracle)("PostgreSQL 15", () => {
  const database = `lakewire_pt_${randomBytes(4).toString("hex")}`;

  async function asSuperuser(sql: string): Promise<void> {
    const client = new pg.Client({ ...oracleService() });
    await client.connect();
    await client.query(sql);
    await client.end();
  }
  const oracleService = (): PostgresService => must(oracle, "a PostgreSQL");

  beforeAll(() => asSuperuser(`CREATE DATABASE ${database}`));
  afterAll(() => asSuperuser(`DROP DATABASE ${database} WITH (FORCE)`));

  test.each(scripts)("%s", (name) => check(name, { ...oracleService(), database }, "postgres"));
});

describe("lakewire", () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  test.each(scripts)("%s", (name) => check(name, server, "ours"));
});
