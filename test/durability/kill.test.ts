/**
 * kill -9 at random moments of INSERT, COPY and ingest_file: after each restart every acknowledged statement is there
 * whole, and each one in flight at the kill is there whole or not at all.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { copyIn } from "../support/copy-in.ts";
import { type RunningServer, startServer } from "../support/server.ts";

const kills = Number(process.env["LAKEWIRE_TEST_KILLS"] ?? 50);
const folder = mkdtempSync(join(tmpdir(), "lakewire-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Kind = "inserted" | "copied" | "ingested";
const rowsOf: Readonly<Record<Kind, number>> = { inserted: 37, copied: 5_000, ingested: 1_000 };
const kinds = Object.keys(rowsOf) as Kind[];

/** What was asked for, by batch number: whether the server said it was done. */
type Ledger = Map<number, "asked" | "acknowledged">;

async function connect(server: RunningServer): Promise<pg.Client> {
  const { host, port, user, password, database } = server;
  const client = new pg.Client({ host, port, user, password, database });
  client.on("error", () => {}); // The server dies under it: that is the test.
  await client.connect();
  return client;
}

const write: Readonly<Record<Kind, (client: pg.Client, batch: number) => Promise<unknown>>> = {
  inserted: (client, batch) =>
    client.query(
      "INSERT INTO inserted SELECT $1::int, g, 'row ' || g FROM generate_series(1, 37) AS g",
      [batch],
    ),
  copied: (client, batch) =>
    copyIn(
      client,
      "COPY copied FROM STDIN",
      Array.from({ length: rowsOf.copied }, (_, at) => `${batch}\t${at}\trow ${at}\n`).join(""),
    ),
  ingested: (client, batch) => {
    const file = join(folder, `batch-${batch}.jsonl`);
    const lines = Array.from({ length: rowsOf.ingested }, (_, at) =>
      JSON.stringify({ batch, n: at, word: `row ${at}` }),
    );
    writeFileSync(file, `${lines.join("\n")}\n`);
    return client.query("SELECT * FROM ingest_file($1, dataset => 'ingested')", [file]);
  },
};

let lastBatch = 0;

/** Writes batch after batch until the connection breaks. */
async function keepWriting(kind: Kind, server: RunningServer, ledger: Ledger): Promise<void> {
  let client: pg.Client;
  try {
    client = await connect(server);
  } catch {
    return;
  }
  for (;;) {
    const batch = ++lastBatch;
    ledger.set(batch, "asked");
    try {
      await write[kind](client, batch);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code !== "57P01") throw error;
      return;
    }
    ledger.set(batch, "acknowledged");
  }
}

async function assertWhole(kind: Kind, client: pg.Client, ledger: Ledger): Promise<void> {
  const { rows } = await client.query<{ batch: number; n: number }>(
    `SELECT batch::int AS batch, count(*)::int AS n FROM ${kind} GROUP BY 1`,
  );
  const found = new Map(rows.map(({ batch, n }) => [batch, n]));
  for (const [batch, state] of ledger) {
    const n = found.get(batch) ?? 0;
    if (state === "acknowledged")
      expect(n, `${kind} batch ${batch}, acknowledged`).toBe(rowsOf[kind]);
    else expect([0, rowsOf[kind]], `${kind} batch ${batch}, in flight`).toContain(n);
    // From now on it is there or it is not: a later restart must not change that.
    if (n === 0) ledger.delete(batch);
    else ledger.set(batch, "acknowledged");
  }
  expect(found.size, `${kind}: batches nobody asked for`).toBe(ledger.size);
}

test(
  `every acknowledged statement survives ${kills} kills`,
  async () => {
    const data = join(folder, "data");
    const ledgers: Readonly<Record<Kind, Ledger>> = {
      inserted: new Map(),
      copied: new Map(),
      ingested: new Map(),
    };
    let random = 42;
    const draw = () => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random / 2_147_483_648;
    };
    let server = await startServer({ data });
    const first = await connect(server);
    for (const kind of kinds) {
      await first.query(`CREATE TABLE ${kind} (batch int, n int, word text)`);
    }
    await first.end();
    for (let kill = 0; kill < kills; kill++) {
      const writers = kinds.map((kind) => keepWriting(kind, server, ledgers[kind]));
      await new Promise((over) => setTimeout(over, 100 + draw() * 500));
      await server.kill();
      await Promise.all(writers);
      server = await startServer({ data });
      const client = await connect(server);
      for (const kind of kinds) await assertWhole(kind, client, ledgers[kind]);
      await client.end();
    }
    await server.stop();
    for (const kind of kinds) {
      expect(ledgers[kind].size, `${kind}: batches that made it`).toBeGreaterThan(kills / 5);
    }
  },
  kills * 12_000,
);
