/**
 * Many clients doing everything at once, gently, for a while: every answer right, nobody stuck, nothing left behind.
 * Forty clients for half a minute; two hundred for ten under LAKEWIRE_TEST_ALL=1 (npm run test:all).
 */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyIn } from "../support/copy-in.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { slope, watch } from "./health.ts";

const isLong = Boolean(process.env["LAKEWIRE_TEST_ALL"]);
const clients = isLong ? 200 : 40;
const durationMs = isLong ? 600_000 : Number(process.env["LAKEWIRE_TEST_SOAK_MS"] ?? 25_000);
/** All together take a step in this time, however many they are. */
const stepMs = 5;
/** Of what is resident, a minute, once caches are full; only the long form can tell. */
const megabytesAMinuteMax = 10;
/** At the median; the short form runs beside other tests. */
const cancelMsMax = isLong ? 100 : 500;
/** A table with more one-row files than this is made anew. */
const rowsPerTable = 60;

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer({ arguments: ["--limits-connections", String(clients + 10)] });
  admin = await SqlClient.login(server);
  await admin.run("CREATE TABLE shared(worker int, n int)");
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

interface Worker {
  readonly id: number;
  readonly table: string;
  client: pg.Client;
  rows: number;
  /** Of the table all write to. */
  sharedRows: number;
  steps: number;
}

type Step = (worker: Worker) => Promise<void>;

const steps: readonly Step[] = [
  async function insert(worker) {
    await worker.client.query(`INSERT INTO ${worker.table} VALUES ($1, $2)`, [worker.id, "é"]);
    worker.rows++;
  },
  async function returning(worker) {
    const sql = `INSERT INTO ${worker.table} SELECT g, 'r' FROM generate_series(1, 3) g RETURNING a`;
    const { rows } = await worker.client.query(sql);
    expect(rows.map((row) => row.a)).toEqual([1, 2, 3]);
    worker.rows += 3;
  },
  async function together(worker) {
    await worker.client.query(`INSERT INTO shared VALUES (${worker.id}, ${worker.sharedRows})`);
    worker.sharedRows++;
  },
  async function rollsBack({ client, table }) {
    await client.query(`BEGIN; INSERT INTO ${table} VALUES (0, 'never'); ROLLBACK`);
  },
  async function failsInTheMiddle({ client, table }) {
    const sql = `INSERT INTO ${table} VALUES (0, 'never'); SELECT 1 / 0`;
    expect(await codeOf(client.query(sql))).toBe("22012");
    const stream = "SELECT 1000 / (90000 - g) FROM generate_series(1, 100000) g";
    expect(await codeOf(client.query(stream))).toBe("22012");
  },
  async function savepoints(worker) {
    const { client, table } = worker;
    await client.query("BEGIN");
    await client.query(`INSERT INTO ${table} VALUES (1, 'kept')`);
    await client.query("SAVEPOINT s");
    await client.query(`INSERT INTO ${table} VALUES (2, 'lost')`);
    expect(await codeOf(client.query("SELECT nothing"))).toBe("42703");
    await client.query("ROLLBACK TO s");
    await client.query("COMMIT");
    worker.rows++;
  },
  async function counts({ client, table, rows }) {
    expect(await numberOf(client, `SELECT count(*)::int FROM ${table}`)).toBe(rows);
  },
  async function countsTogether({ client, id, sharedRows }) {
    const sql = `SELECT count(*)::int FROM shared WHERE worker = ${id}`;
    expect(await numberOf(client, sql)).toBe(sharedRows);
  },
  async function streams({ client }) {
    const sql = "SELECT g, repeat('x', 50) FROM generate_series(1, 5000) g";
    expect((await client.query(sql)).rows.length).toBe(5000);
  },
  async function cursors({ client }) {
    await client.query("BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT generate_series(1, 9)");
    expect((await client.query("FETCH 4 FROM c")).rows.length).toBe(4);
    await client.query("COMMIT");
    expect((await client.query("FETCH ALL FROM c")).rows.length).toBe(5);
    await client.query("CLOSE c");
  },
  async function prepares({ client, steps }) {
    const text = "SELECT $1::int + 1 AS sum, $2::text AS text";
    const { rows } = await client.query({ name: "sum", text, values: [steps, "ü"] });
    expect(rows).toEqual([{ sum: steps + 1, text: "ü" }]);
  },
  async function copies(worker) {
    const data = Array.from({ length: 100 }, (_, at) => `${at}\tcopied\n`).join("");
    const tag = await copyIn(worker.client, `COPY ${worker.table} FROM STDIN`, data);
    expect(tag).toBe("COPY 100");
    worker.rows += 100;
    const bad = copyIn(worker.client, `COPY ${worker.table} FROM STDIN`, "1\tgood\nx\tbad\n");
    expect(await codeOf(bad)).toBe("22P02");
  },
  async function timesOut({ client }) {
    await client.query("BEGIN; SET LOCAL statement_timeout = 50");
    expect(await codeOf(client.query("SELECT pg_sleep(5)"))).toBe("57014");
    // Fifty milliseconds may be over before a busy machine comes to it.
    expect(["25P02", "57014"]).toContain(await codeOf(client.query("SELECT 1")));
    await client.query("ROLLBACK");
  },
  async function browses({ client, table }) {
    const sql = `SELECT count(*)::int FROM pg_class WHERE relname = '${table}'`;
    expect(await numberOf(client, sql)).toBe(1);
  },
  async function vanishes(worker) {
    const { client, table } = worker;
    const last = client.query(`INSERT INTO ${table} VALUES (3, 'perhaps')`).catch(() => {});
    await sleep(Math.random() * 10);
    (
      client as unknown as { connection: { stream: { destroy(): void } } }
    ).connection.stream.destroy();
    await last;
    worker.client = await login();
    // The server has heard of it when it has heard of it; what it then does, it does whole.
    const { processID } = client as unknown as { readonly processID: number };
    const session = `SELECT count(*)::int FROM pg_stat_activity WHERE pid = ${processID}`;
    while ((await numberOf(worker.client, session)) > 0) await sleep(50);
    const rows = await numberOf(worker.client, `SELECT count(*)::int FROM ${table}`);
    expect([worker.rows, worker.rows + 1]).toContain(rows);
    worker.rows = rows;
  },
];

async function login(): Promise<pg.Client> {
  const { host, port, user, password, database } = server;
  const client = new pg.Client({ host, port, user, password, database });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function numberOf(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<number[]>({ text: sql, rowMode: "array" });
  return rows[0]?.[0] ?? Number.NaN;
}

async function codeOf(outcome: Promise<unknown>): Promise<string | undefined> {
  return outcome.then(
    () => "no error",
    (error: pg.DatabaseError) => error.code ?? error.message,
  );
}

async function newTable(worker: Worker): Promise<void> {
  await worker.client.query(
    `DROP TABLE IF EXISTS ${worker.table}; CREATE TABLE ${worker.table}(a int, b text)`,
  );
  worker.rows = 0;
}

async function work(id: number, until: number): Promise<Worker> {
  const client = await login();
  const worker: Worker = { id, table: `soak_${id}`, client, rows: 0, sharedRows: 0, steps: 0 };
  await newTable(worker);
  let sinceNew = 0;
  for (let at = id; Date.now() < until; at = Math.floor(Math.random() * steps.length)) {
    const step = steps[at % steps.length];
    await inTime(step?.name ?? "", step?.(worker));
    worker.steps++;
    if (++sinceNew > rowsPerTable) {
      await inTime("newTable", newTable(worker));
      sinceNew = 0;
    }
    await sleep((0.5 + Math.random()) * stepMs * clients);
  }
  return worker;
}

/**
 * A session that hangs is told by what it was doing. Its time is counted in ticks: those of a machine that does something else
 * altogether, and stops this process as well, are none of its.
 */
async function inTime(name: string, step: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    let ticks = 0;
    timer = setInterval(() => {
      if (++ticks >= 30) reject(new Error(`${name} hangs`));
    }, 1000);
  });
  try {
    await Promise.race([step, late]);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    clearInterval(timer);
  }
}

test("many clients do everything at once", { timeout: durationMs + 120_000 }, async () => {
  const until = Date.now() + durationMs;
  let isOver = false;
  const watching = watch(server, () => isOver);
  const working = Promise.all(Array.from({ length: clients }, (_, id) => work(id, until)));
  const workers = await working.finally(() => {
    isOver = true;
  });
  const samples = await watching;
  for (const { client, table, rows } of workers) {
    expect(await numberOf(client, `SELECT count(*)::int FROM ${table}`)).toBe(rows);
    await client.end();
  }
  const shared = workers.reduce((sum, { sharedRows }) => sum + sharedRows, 0);
  expect(await admin.value("SELECT count(*) FROM shared")).toBe(String(shared));
  await sleep(1000);
  const [left] = await admin.rows(
    "SELECT sessions, statements_running, statements_queued, engine_connections, engine_tables FROM lakehouse.server_health",
  );
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[values.length >> 1];
  const figures = {
    steps: workers.reduce((sum, worker) => sum + worker.steps, 0),
    first: samples[0],
    last: samples.at(-1),
    megabytesAMinute: Math.round(slope(samples) * 10) / 10,
    medianOfEventLoopP99Ms: median(samples.map(({ p99Ms }) => p99Ms)),
    worstEventLoopP99Ms: Math.max(...samples.map(({ p99Ms }) => p99Ms)),
    medianCancelMs: median(samples.map(({ cancelMs }) => cancelMs)),
  };
  console.info("soak", JSON.stringify(figures));
  expect(left).toEqual(["1", "0", "0", "0", "0"]);
  expect(figures.medianCancelMs).toBeLessThan(cancelMsMax);
  if (isLong) expect(figures.megabytesAMinute).toBeLessThan(megabytesAMinuteMax);
});
