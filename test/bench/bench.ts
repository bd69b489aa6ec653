/**
 * `npm run bench`: this server beside PostgreSQL 15 in one run, on this machine. Ratios are what counts: both are read
 * by the same reader, turn by turn. Prints one line a figure, with its goal.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { setup } from "../support/build.ts";
import { startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { latency } from "./latency.ts";
import { bind, executeAll, parse, query, RawConnection, sync, type Target } from "./raw.ts";
import { nodeReading, type Reader, reader } from "./reader.ts";
import { line, median } from "./report.ts";

const rounds = Number(process.env["LAKEWIRE_BENCH_ROUNDS"] ?? 5);

/** One statement for both servers: 4 int4, 4 numeric(15,2), 3 date, 5 text of which one is long and sometimes NULL. */
const lineItems = `CREATE TABLE bench_li AS SELECT
  g::int4 AS k1, (g % 10007)::int4 AS k2, (g % 7)::int4 AS k3, ((g * 31) % 200000)::int4 AS k4,
  ((g % 5000) * 1.01)::numeric(15,2) AS n1, ((g % 90000) + 0.25)::numeric(15,2) AS n2, ((g % 11) * 0.01)::numeric(15,2) AS n3, ((g % 9) * 0.01)::numeric(15,2) AS n4,
  date '1992-01-02' + (g % 2400)::int4 AS d1, date '1992-02-01' + (g % 2350)::int4 AS d2, date '1992-03-01' + (g % 2300)::int4 AS d3,
  CASE g % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'N' ELSE 'R' END AS t1, CASE g % 2 WHEN 0 THEN 'O' ELSE 'F' END AS t2,
  CASE g % 4 WHEN 0 THEN 'DELIVER IN PERSON' WHEN 1 THEN 'NONE' WHEN 2 THEN 'TAKE BACK RETURN' ELSE 'COLLECT COD' END AS t3,
  CASE g % 5 WHEN 0 THEN 'TRUCK' WHEN 1 THEN 'MAIL' WHEN 2 THEN 'REG AIR' WHEN 3 THEN 'SHIP' ELSE 'RAIL' END AS t4,
  CASE WHEN g % 13 = 0 THEN NULL ELSE 'carefully final packages ' || (g % 99991)::text END AS t5
FROM generate_series(1, 1000000) AS g`;
const points =
  "CREATE TABLE bench_points AS SELECT g::int4 AS id, 'value ' || g::text AS word FROM generate_series(1, 10000) AS g";

async function wholeResult(
  read: Reader,
  ours: Target,
  theirs: Target,
  binary: boolean,
): Promise<void> {
  const sql = "SELECT * FROM bench_li";
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round <= rounds; round++) {
    const [a, b] = [await read(ours, sql, binary), await read(theirs, sql, binary)];
    if (a.rows !== 1_000_000 || b.rows !== 1_000_000) throw new Error("rows are missing");
    if (round === 0) continue; // Warm-up.
    times.ours.push(a.ms);
    times.theirs.push(b.ms);
  }
  const [mine, other] = [median(times.ours), median(times.theirs)];
  const kind = binary ? "binary" : "text";
  line(
    `1 M rows x 16 columns, ${kind}, ours / PostgreSQL`,
    mine / other,
    "x",
    "<= 0.60",
    `${mine.toFixed(0)} ms / ${other.toFixed(0)} ms`,
  );
}

async function pointRead(ours: Target): Promise<void> {
  const connection = await RawConnection.open(ours);
  await connection.exchange(
    Buffer.concat([parse("p", "SELECT word FROM bench_points WHERE id = $1"), sync]),
  );
  const times: number[] = [];
  for (let i = 0; i < 600; i++) {
    const message = Buffer.concat([
      bind("p", [String(1 + ((i * 7919) % 10_000))], false),
      executeAll,
      sync,
    ]);
    const reading = await connection.exchange(message);
    if (reading.rows !== 1) throw new Error("a point read gives one row");
    if (i >= 100) times.push(reading.ms);
  }
  connection.end();
  line("prepared point read of 10 000 rows", median(times), "ms", "<= 2");
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** Memory and the event loop's delay while twelve million rows go to a reader that pauses after every chunk. */
async function slowReader(ours: Target, pid: number): Promise<void> {
  const probe = new pg.Client(ours);
  await probe.connect();
  await probe.query("SELECT * FROM lakehouse.server_health");
  const sql = `SELECT a.* FROM bench_li AS a CROSS JOIN generate_series(1, 12) AS g`;
  const reading = nodeReading(ours, sql, false, 1);
  let most = 0;
  let isOver = false;
  const over = reading.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    most = Math.max(most, residentMb(pid));
    await sleep(250);
  }
  const { rows, ms } = await over;
  const health = await probe.query<{ event_loop_p99_ms: number }>(
    "SELECT event_loop_p99_ms FROM lakehouse.server_health",
  );
  await probe.end();
  line(
    "most memory while 12 M rows go to a slow reader",
    most,
    "MB",
    "< 400",
    `${rows} rows in ${(ms / 1000).toFixed(1)} s`,
  );
  line(
    "event loop p99 while streaming",
    health.rows[0]?.event_loop_p99_ms ?? Number.NaN,
    "ms",
    "< 20",
  );
}

/** The event loop while 60 000 documents are embedded and their graph is built on another thread. */
async function indexing(ours: Target): Promise<void> {
  const client = new pg.Client(ours);
  await client.connect();
  await client.query(
    `CREATE TABLE bench_docs AS SELECT g::int4 AS id, 'package ' || (g % 977)::text || ' serves ' || (g % 4001)::text || ' pages of '
     || CASE g % 5 WHEN 0 THEN 'maps and routes' WHEN 1 THEN 'music for dancing' WHEN 2 THEN 'recipes with rice' WHEN 3 THEN 'letters to readers' ELSE 'tools for gardens' END
     || ' number ' || ((g * 7919) % 60013)::text AS body FROM generate_series(1, 60000) AS g`,
  );
  await client.query("SELECT * FROM lakehouse.server_health");
  const started = performance.now();
  await client.query(
    "CALL create_vector_index('bench_index', dataset => 'bench_docs', text_column => 'body', key_column => 'id')",
  );
  const seconds = (performance.now() - started) / 1000;
  const { rows } = await client.query<{ event_loop_p99_ms: number }>(
    "SELECT event_loop_p99_ms FROM lakehouse.server_health",
  );
  await client.end();
  line(
    "event loop p99 while 60 000 documents are indexed",
    rows[0]?.event_loop_p99_ms ?? Number.NaN,
    "ms",
    "< 50",
    `${seconds.toFixed(1)} s`,
  );
}

async function main(): Promise<void> {
  const theirs = await postgres();
  if (!theirs) throw new Error("the benchmark compares with PostgreSQL 15, which is not here");
  setup();
  const data = mkdtempSync(join(tmpdir(), "lakewire-bench-"));
  const scratch = mkdtempSync(join(tmpdir(), "lakewire-reader-"));
  let server = await startServer({ data });
  let ours = server;
  try {
    for (const target of [ours, theirs]) {
      const client = new pg.Client(target);
      await client.connect();
      for (const sql of [
        "DROP TABLE IF EXISTS bench_li",
        "DROP TABLE IF EXISTS bench_points",
        lineItems,
        points,
      ]) {
        await client.query(sql);
      }
      if (target === theirs) await client.query("VACUUM ANALYZE bench_li");
      await client.end();
    }
    const read = reader(scratch);
    await wholeResult(read, ours, theirs, false);
    await wholeResult(read, ours, theirs, true);
    await latency("SELECT 1", "<= 1.5", ours, theirs, undefined, query("SELECT 1"), 5_000);
    const prepare = Buffer.concat([parse("s", "SELECT $1::int + 1"), sync]);
    const execute = Buffer.concat([bind("s", ["41"], false), executeAll, sync]);
    await latency("SELECT $1::int + 1, prepared", "<= 8", ours, theirs, prepare, execute, 3_000);
    await pointRead(ours);
    // A process of its own, so that its memory tells of the streaming alone.
    await server.stop();
    server = await startServer({ data });
    ours = server;
    await slowReader(ours, server.pid);
    await indexing(ours);
  } finally {
    await server.stop();
    for (const folder of [data, scratch]) rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit(0);
