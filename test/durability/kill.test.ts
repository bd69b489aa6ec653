/**
 * kill -9 at random moments of INSERT, COPY, ingest_file, CREATE TABLE AS and transactions over several datasets: after each
 * restart every acknowledged statement is there whole, and each one in flight at the kill is there whole or not at all.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { copyIn } from "../support/copy-in.ts";
import { type RunningServer, startServer } from "../support/server.ts";

const kills = Number(process.env["LAKEWIRE_TEST_KILLS"] ?? 50);
const folder = mkdtempSync(join(tmpdir(), "lakewire-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A way to write, what one batch of it comes to, and how the batches that are there are found. */
interface Kind {
  readonly name: string;
  readonly rows: number;
  write(client: pg.Client, batch: number): Promise<unknown>;
  /** How many rows each batch has; those of settled batches may be left out where counting them takes long. */
  found(client: pg.Client, settled: ReadonlySet<number>): Promise<ReadonlyMap<number, number>>;
}

const kinds: readonly Kind[] = [
  {
    name: "inserted",
    rows: 37,
    write: (client, batch) =>
      batch % 2 === 0 ? insert(client, batch, 37) : inBlock(client, batch),
    found: (client) => batchesOf("inserted", client),
  },
  {
    name: "copied",
    rows: 5_000,
    write: (client, batch) =>
      copyIn(
        client,
        "COPY copied FROM STDIN",
        Array.from({ length: 5_000 }, (_, at) => `${batch}\t${at}\trow ${at}\n`).join(""),
      ),
    found: (client) => batchesOf("copied", client),
  },
  {
    name: "ingested",
    rows: 1_000,
    write: (client, batch) =>
      client.query("SELECT * FROM ingest_file($1, dataset => 'ingested')", [jsonLines(batch)]),
    found: (client) => batchesOf("ingested", client),
  },
  {
    name: "created",
    rows: 23,
    write: (client, batch) =>
      client.query(
        `CREATE TABLE created_${batch} AS SELECT ${batch} AS batch, g AS n FROM generate_series(1, 23) AS g`,
      ),
    found: (client, settled) => tablesLike("created", client, settled),
  },
  {
    name: "loaded",
    rows: 1_000,
    write: (client, batch) =>
      client.query("SELECT * FROM ingest_file($1, dataset => $2)", [
        jsonLines(batch),
        `loaded_${batch}`,
      ]),
    found: (client, settled) => tablesLike("loaded", client, settled),
  },
  {
    name: "paired",
    rows: 30,
    write: (client, batch) => inTwoTables(client, batch),
    found: (client) => pairs(client),
  },
];

function insert(client: pg.Client, batch: number, rows: number): Promise<unknown> {
  return client.query(
    `INSERT INTO inserted SELECT $1::int, g, 'row ' || g FROM generate_series(1, ${rows}) AS g`,
    [batch],
  );
}

/** The same number of rows by a transaction that changes its mind on the way. */
async function inBlock(client: pg.Client, batch: number): Promise<void> {
  await client.query("BEGIN");
  await insert(client, batch, 30);
  await client.query("SAVEPOINT before");
  await insert(client, batch, 100);
  await client.query("ROLLBACK TO before");
  await insert(client, batch, 7);
  await client.query("COMMIT");
}

/** Two datasets gain rows, a third is updated, and a table is made: one transaction. */
async function inTwoTables(client: pg.Client, batch: number): Promise<void> {
  await client.query("BEGIN");
  for (const [table, rows] of [
    ["paired", 10],
    ["pair", 20],
  ] as const) {
    const series = `generate_series(1, ${rows}) AS g`;
    await client.query(`INSERT INTO ${table} SELECT $1::int, g FROM ${series}`, [batch]);
  }
  await client.query("UPDATE tally SET n = n + 1");
  await client.query(`CREATE TABLE pair_${batch}(n int)`);
  await client.query("COMMIT");
}

/** Rows in both datasets; the third and the catalog must agree with them. */
async function pairs(client: pg.Client): Promise<ReadonlyMap<number, number>> {
  const found = await batchesOf("(TABLE paired UNION ALL TABLE pair) AS rows", client);
  const { rows } = await client.query<{ n: number; tables: number }>(
    "SELECT n, (SELECT count(*)::int FROM pg_tables WHERE tablename LIKE 'pair\\_%') AS tables FROM tally",
  );
  expect(rows).toEqual([{ n: found.size, tables: found.size }]);
  return found;
}

function jsonLines(batch: number): string {
  const file = join(folder, `batch-${batch}.jsonl`);
  const lines = Array.from({ length: 1_000 }, (_, at) =>
    JSON.stringify({ batch, n: at, word: `row ${at}` }),
  );
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

async function batchesOf(table: string, client: pg.Client): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ batch: number; n: number }>(
    `SELECT batch::int AS batch, count(*)::int AS n FROM ${table} GROUP BY 1`,
  );
  return new Map(rows.map(({ batch, n }) => [batch, n]));
}

/** A table a batch: one that is there is whole once it has been counted, so each is counted once. */
async function tablesLike(
  prefix: string,
  client: pg.Client,
  settled: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE tablename LIKE $1",
    [`${prefix}\\_%`],
  );
  const found = new Map<number, number>();
  for (const { name } of rows) {
    const batch = Number(name.slice(prefix.length + 1));
    const counted = settled.has(batch) ? undefined : await batchesOf(name, client);
    found.set(batch, counted === undefined ? rowsOf(prefix) : (counted.get(batch) ?? 0));
  }
  return found;
}

const rowsOf = (kind: string) => kinds.find(({ name }) => name === kind)?.rows ?? 0;

/** Batches by what the server said of them. What was asked for and not answered is in flight until it is looked for. */
class Ledger {
  readonly asked = new Set<number>();
  readonly settled = new Set<number>();
  acknowledged = 0;
  /** In flight at a kill, and whole afterwards; the others were gone. */
  kept = 0;
  gone = 0;
}

async function connect(server: RunningServer): Promise<pg.Client> {
  const { host, port, user, password, database } = server;
  const client = new pg.Client({ host, port, user, password, database });
  client.on("error", () => {}); // The server dies under it: that is the test.
  await client.connect();
  return client;
}

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
    ledger.asked.add(batch);
    try {
      await kind.write(client, batch);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code !== "57P01") throw error;
      return;
    }
    ledger.asked.delete(batch);
    ledger.settled.add(batch);
    ledger.acknowledged++;
  }
}

async function assertWhole(
  kind: Kind,
  client: pg.Client,
  ledger: Ledger,
  known: ReadonlySet<number>,
) {
  const found = await kind.found(client, known);
  for (const batch of ledger.settled) {
    expect(found.get(batch), `${kind.name} batch ${batch}, acknowledged`).toBe(kind.rows);
  }
  for (const batch of ledger.asked) {
    const rows = found.get(batch);
    if (rows === undefined) ledger.gone++;
    else {
      expect(rows, `${kind.name} batch ${batch}, in flight`).toBe(kind.rows);
      // From now on it must stay: a later restart changes nothing.
      ledger.settled.add(batch);
      ledger.kept++;
    }
  }
  ledger.asked.clear();
  expect(found.size, `${kind.name}: batches nobody asked for`).toBe(ledger.settled.size);
}

/** The same moments in every run, as far as a machine has the same moments. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test(
  `every acknowledged statement survives ${kills} kills`,
  async () => {
    // What the killed server had not decided is taken back by its successor, soon.
    const options = { data: join(folder, "data"), arguments: ["--timeouts-intent", "300ms"] };
    const ledgers = new Map(kinds.map((kind) => [kind, new Ledger()] as const));
    const restartsMs: number[] = [];
    const draw = seeded(42);
    let server = await startServer(options);
    const first = await connect(server);
    for (const name of ["inserted", "copied", "ingested"]) {
      await first.query(`CREATE TABLE ${name} (batch int, n int, word text)`);
    }
    for (const name of ["paired", "pair"]) {
      await first.query(`CREATE TABLE ${name} (batch int, n int)`);
    }
    await first.query("CREATE TABLE tally AS SELECT 0 AS n");
    await first.end();
    for (let kill = 0; kill < kills; kill++) {
      const known = new Map([...ledgers].map(([kind, { settled }]) => [kind, new Set(settled)]));
      const writers = [...ledgers].map(([kind, ledger]) => keepWriting(kind, server, ledger));
      // Long enough for a cold server to get through a transaction of many statements now and then.
      await sleep(100 + draw() * 1_500);
      await server.kill();
      await Promise.all(writers);
      const killedAt = performance.now();
      server = await startServer(options);
      restartsMs.push(performance.now() - killedAt);
      const client = await connect(server);
      for (const [kind, ledger] of ledgers) {
        await assertWhole(kind, client, ledger, known.get(kind) ?? new Set());
      }
      await client.end();
    }
    await server.stop();
    report(ledgers, restartsMs);
    for (const [{ name }, { acknowledged }] of ledgers) {
      expect(acknowledged, `${name}: batches that made it`).toBeGreaterThan(0);
    }
  },
  kills * 12_000,
);

function report(ledgers: ReadonlyMap<Kind, Ledger>, restartsMs: readonly number[]): void {
  const sorted = restartsMs.toSorted((a, b) => a - b).map(Math.round);
  console.log(
    `${kills} kills; serving again after ${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms at most`,
  );
  for (const [{ name }, { acknowledged, kept, gone }] of ledgers) {
    console.log(
      `${name}: ${acknowledged} acknowledged, all there; in flight: ${kept} whole, ${gone} gone, 0 in part`,
    );
  }
}
