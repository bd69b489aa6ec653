/**
 * Four server processes on one bucket, each inserting, deleting and updating rows of one dataset while compaction and
 * checkpoints race them, one of the four killed again and again: row-exact at the end, nothing lost, nothing doubled.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";

const workers = 4;
const rounds = Number(process.env["LAKEWIRE_TEST_ROUNDS"] ?? 50);
const batchRows = 20;
/** The worker whose server is killed, and how often. */
const victim = 3;
const killEveryMs = 1_200;

const data = mkdtempSync(join(tmpdir(), "lakewire-race-"));
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** Rows of one round as they are to be: `n` → `value`. */
type Batch = ReadonlyMap<number, number>;

const inserted: Batch = new Map(Array.from({ length: batchRows }, (_, n) => [n, n]));
const withoutDeleted: Batch = new Map([...inserted].filter(([n]) => n % 3 !== 1));
const updated: Batch = new Map(
  [...withoutDeleted].map(([n, value]) => [n, n % 3 === 0 ? value + 1_000 : value]),
);

test(`${workers} servers × ${rounds} × (insert, delete, update)`, {
  timeout: 1_200_000,
}, async () => {
  const servers = await Promise.all(
    Array.from({ length: workers }, () => new Restarted()).map((one) => one.start()),
  );
  const [first] = servers;
  if (!first) throw new Error("no servers");
  await first.run((client) =>
    client.query(
      "CREATE TABLE raced (worker int, round int, n int, value int); CREATE TABLE ledger (worker int, round int)",
    ),
  );
  await Promise.all(servers.map((server) => server.knows("raced")));

  let isOver = false;
  const background = [killing(), compacting()];
  const conflicts = await Promise.all(servers.map((server, worker) => work(server, worker)));
  isOver = true;
  await Promise.all(background);
  expect(servers[victim]?.kills).toBeGreaterThan(2);
  console.info(
    `conflicts told to clients: ${conflicts.join(", ")}; kills: ${servers[victim]?.kills}`,
  );

  for (const server of servers) {
    const { rows } = await server.run((client) =>
      client.query<{ worker: number; round: number; rows: string }>(
        `SELECT worker, round, string_agg(n || '=' || value, ',' ORDER BY n, value) AS rows FROM raced GROUP BY 1, 2 ORDER BY 1, 2`,
      ),
    );
    const wanted = [...updated].map(([n, value]) => `${n}=${value}`).join(",");
    expect(rows).toHaveLength(workers * rounds);
    expect(rows.filter((row) => row.rows !== wanted)).toEqual([]);
    const ledger = await server.run((client) =>
      client.query("SELECT worker, round, count(*)::int AS n FROM ledger GROUP BY 1, 2"),
    );
    expect(ledger.rows).toHaveLength(workers * rounds);
    expect(ledger.rows.filter(({ n }) => n !== 1)).toEqual([]);
  }
  await Promise.all(servers.map((server) => server.stop()));

  async function killing(): Promise<void> {
    while (!isOver) {
      await sleep(killEveryMs * (0.5 + Math.random()));
      if (!isOver) await servers[victim]?.kill();
    }
  }

  async function compacting(): Promise<void> {
    const upkeep = await must(servers[1], "a server").connect();
    while (!isOver) {
      await sleep(400);
      for (const statement of ["CALL compact('primary.raced')", "CHECKPOINT"])
        await attempt(() => upkeep.query(statement));
    }
    await upkeep.end();
  }

  /** Every third round's last step is one transaction over two datasets. The number of conflicts its client was told. */
  async function work(server: Restarted, worker: number): Promise<number> {
    let conflicts = 0;
    for (let round = 0; round < rounds; round++) {
      const where = `worker = ${worker} AND round = ${round}`;
      const count = (then: Batch) => (before: Batch) => sameBatch(before, then);
      await settle(
        [
          `INSERT INTO raced SELECT ${worker}, ${round}, n, n FROM generate_series(0, ${batchRows - 1}) AS s(n)`,
        ],
        count(new Map()),
      );
      await settle([`DELETE FROM raced WHERE ${where} AND n % 3 = 1`], count(inserted));
      await settle(
        [
          "BEGIN",
          `UPDATE raced SET value = value + 1000 WHERE ${where} AND n % 3 = 0`,
          `INSERT INTO ledger VALUES (${worker}, ${round})`,
          "COMMIT",
        ],
        count(withoutDeleted),
      );

      /** Until it is acknowledged, or found done after its server died with the answer. */
      async function settle(
        statements: readonly string[],
        isUndone: (now: Batch) => boolean,
      ): Promise<void> {
        for (;;) {
          try {
            await server.run(async (client) => {
              for (const statement of statements) await client.query(statement);
            });
            return;
          } catch (error) {
            const isConflict = error instanceof pg.DatabaseError && error.code === "40001";
            if (isConflict) conflicts++;
            else if (error instanceof pg.DatabaseError && error.code?.[0] !== "5") throw error;
          }
          const now = await server.retried((client) => batchOf(client, where));
          if (!isUndone(now)) return;
        }
      }
    }
    return conflicts;
  }
});

async function batchOf(client: pg.Client, where: string): Promise<Batch> {
  const { rows } = await client.query<{ n: number; value: number }>(
    `SELECT n, value FROM raced WHERE ${where}`,
  );
  expect(new Set(rows.map(({ n }) => n)).size, "no row is doubled").toBe(rows.length);
  return new Map(rows.map(({ n, value }) => [n, value]));
}

function sameBatch(a: Batch, b: Batch): boolean {
  return a.size === b.size && [...a].every(([n, value]) => b.get(n) === value);
}

async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // Compaction may lose to the writers; anything else is a fault.
    if (!(error instanceof pg.DatabaseError && error.code === "40001")) throw error;
  }
}

/** A server that is started again after each kill, on the same folder; a statement at its kill fails. */
class Restarted {
  kills = 0;
  #server: Promise<RunningServer> | undefined;
  #client: pg.Client | undefined;

  async start(): Promise<this> {
    this.#server = startServer({ data });
    await this.#server;
    return this;
  }

  async kill(): Promise<void> {
    const server = await this.#server;
    await server?.kill();
    this.kills++;
    this.#server = startServer({ data });
    await this.#server;
  }

  async stop(): Promise<void> {
    await this.#client?.end();
    await (await this.#server)?.stop();
  }

  async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    this.#client ??= await this.connect();
    const client = this.#client;
    try {
      return await work(client);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code?.[0] !== "5") {
        await client.query("ROLLBACK");
        throw error;
      }
      this.#client = undefined;
      await client.end().catch(() => {});
      throw error;
    }
  }

  /** A read, again until a server answers. */
  async retried<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    for (let left = 50; ; left--) {
      try {
        return await this.run(work);
      } catch (error) {
        if (left === 0 || (error instanceof pg.DatabaseError && error.code?.[0] !== "5"))
          throw error;
        await sleep(200);
      }
    }
  }

  /** Another server's table is seen at the latest with the next look. */
  async knows(table: string): Promise<void> {
    await this.retried((client) => client.query(`SELECT count(*) FROM ${table}`));
  }

  async connect(): Promise<pg.Client> {
    const { host, port, user, password, database } = must(await this.#server, "a server");
    const client = new pg.Client({ host, port, user, password, database });
    client.on("error", () => {});
    await client.connect();
    return client;
  }
}
