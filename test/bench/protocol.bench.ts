/**
 * `npm run bench`, third part: the conversation itself. Round trips of statements over nothing, how many of them eight clients
 * get in a second, and what it takes to log in; PostgreSQL 15 in the same run. pgbench is the client of all but the first.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { setup } from "../support/build.ts";
import { startServer } from "../support/server.ts";
import { passwordGroup, postgres } from "../support/services.ts";
import { latency } from "./latency.ts";
import { query, type Target } from "./raw.ts";
import { line, median } from "./report.ts";

const rounds = Number(process.env["LAKEWIRE_BENCH_ROUNDS"] ?? 5);
const seconds = 2;

/** Transactions a second, as pgbench counts them. */
function pgbench(target: Target, script: string, ...options: readonly string[]): number {
  const address = ["-h", target.host, "-p", String(target.port), "-U", target.user];
  const output = execFileSync(
    "pgbench",
    ["-n", "-T", String(seconds), "-f", script, ...options, ...address, target.database],
    { env: { ...process.env, PGPASSWORD: target.password ?? "" }, encoding: "utf8" },
  );
  const rate = Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
  if (!(rate > 0)) throw new Error(`pgbench gave no rate: ${output}`);
  return rate;
}

function rates(
  name: string,
  goal: string,
  script: string,
  options: readonly string[],
  ours: Target,
  theirs: Target,
): void {
  const mine: number[] = [];
  const other: number[] = [];
  for (let round = 0; round < rounds; round++) {
    mine.push(pgbench(ours, script, ...options));
    other.push(pgbench(theirs, script, ...options));
  }
  const more = `PostgreSQL ${median(other).toFixed(0)} /s`;
  line(name, median(mine), "/s", goal, more);
}

/** A server that trusts everybody exchanges no SCRAM, and its rate of connections would say nothing beside one that does. */
async function asRoleWithPassword(target: Target): Promise<Target> {
  const [user, password] = ["lakewire_bench", "bench"];
  const client = new pg.Client(target);
  await client.connect();
  const { rows } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [passwordGroup]);
  if (rows.length === 0) await client.query(`CREATE ROLE ${passwordGroup}`);
  await client.query(`DROP ROLE IF EXISTS ${user}`);
  await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}' IN ROLE ${passwordGroup}`);
  await client.end();
  const wrong = new pg.Client({ ...target, user, password: "wrong" });
  const isTrusted = await wrong.connect().then(
    () => true,
    () => false,
  );
  await wrong.end();
  if (isTrusted) console.log("PostgreSQL asks for no password: compare no connections with its");
  return { ...target, user, password };
}

async function main(): Promise<void> {
  const theirs = await postgres();
  if (!theirs) throw new Error("the benchmark compares with PostgreSQL 15, which is not here");
  setup();
  const data = mkdtempSync(join(tmpdir(), "lakewire-bench-"));
  const script = join(data, "one.sql");
  const server = await startServer({ data: join(data, "data") });
  writeFileSync(script, "SELECT 1;\n");
  try {
    for (const sql of ["SELECT 1", "SET application_name = 'bench'", "BEGIN; ROLLBACK"])
      await latency(sql, "<= 1.3", server, theirs, undefined, query(sql), 5_000);
    const eight = ["-c", "8", "-j", "2"];
    for (const protocol of ["simple", "extended", "prepared"])
      rates(
        `SELECT 1 of 8 clients, ${protocol}`,
        ">= 20000",
        script,
        [...eight, "-M", protocol],
        server,
        theirs,
      );
    const asked = await asRoleWithPassword(theirs);
    rates("SELECT 1 on a connection of its own", "half", script, ["-C"], server, asked);
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

await main();
process.exit(0);
