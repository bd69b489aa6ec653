/**
 * `npm run bench`, fourth part: planning, and a schema of many datasets. What Parse takes of each statement of the dialect
 * corpus, new and known; and psql's \d and its kin over a thousand datasets of fifty columns, PostgreSQL 15 in the same run.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { corpus, setup as corpusTables } from "../dialect/corpus.ts";
import { setup } from "../support/build.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { parse, RawConnection, sync, type Target } from "./raw.ts";
import { line, median } from "./report.ts";

const rounds = Number(process.env["LAKEWIRE_BENCH_ROUNDS"] ?? 5);
const datasets = Number(process.env["LAKEWIRE_BENCH_DATASETS"] ?? 1_000);
const columns = 50;

/** Milliseconds of Parse alone: the round trip less that of an empty one. Statements that fail are left out. */
async function planning(server: RunningServer): Promise<void> {
  const connection = await RawConnection.open(server);
  const trip = async (sql: string) =>
    (await connection.exchange(Buffer.concat([parse("", sql), sync]))).ms;
  const empty: number[] = [];
  for (let i = 0; i < 2_000; i++) empty.push((await connection.exchange(sync)).ms);
  const fresh: number[] = [];
  const known: number[] = [];
  // The first round compiles the server's own code.
  for (let round = 0; round <= rounds; round++) {
    for (const { sql } of corpus) {
      if (typeof sql !== "string" || !/^(select|with|values)\b/i.test(sql)) continue;
      const text = `${sql} /* ${round} */`;
      try {
        const first = await trip(text);
        const again = await trip(text);
        if (round > 0) {
          fresh.push(first);
          known.push(again);
        }
      } catch {
        // What is refused is not planned.
      }
    }
  }
  connection.end();
  const idle = median(empty);
  const more = `${fresh.length} statements`;
  line("planning a statement of the corpus, new", median(fresh) - idle, "ms", "<= 1", more);
  line("planning a statement of the corpus, known", median(known) - idle, "ms", "<= 0.05", more);
}

/** One thousand tables, some hundred in a transaction. */
async function fill(target: Target): Promise<void> {
  const client = new pg.Client(target);
  await client.connect();
  await client.query("DROP SCHEMA IF EXISTS bench_many CASCADE");
  await client.query("CREATE SCHEMA bench_many");
  const list = Array.from({ length: columns }, (_, i) => `c${i} ${i % 3 === 0 ? "int4" : "text"}`);
  for (let at = 0; at < datasets; at += 100) {
    await client.query("BEGIN");
    for (let i = at; i < Math.min(at + 100, datasets); i++)
      await client.query(`CREATE TABLE bench_many.t${i} (${list.join(", ")})`);
    await client.query("COMMIT");
  }
  await client.end();
}

const path = "-c search_path=bench_many";

function addressOf({ host, port, user, database }: Target): string[] {
  return ["-h", host, "-p", String(port), "-U", user, "-d", database];
}

/** Milliseconds that psql takes, its start included, which is the same for both. */
function psql(target: Target, command: string): number {
  const start = performance.now();
  execFileSync("psql", ["-X", "-q", ...addressOf(target), "-c", command], {
    env: { ...process.env, PGPASSWORD: target.password ?? "", PGOPTIONS: path },
    stdio: "ignore",
  });
  return performance.now() - start;
}

function browsing(ours: Target, theirs: Target): void {
  for (const command of ["\\d", "\\dt+", "\\d t77", "\\d+ t77"]) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const both = [psql(ours, command), psql(theirs, command)] as const;
      if (round === 0) continue; // Warm-up.
      times[0].push(both[0]);
      times[1].push(both[1]);
    }
    const [mine, other] = [median(times[0]), median(times[1])];
    const more = `${mine.toFixed(0)} ms / ${other.toFixed(0)} ms`;
    line(`psql ${command}, ${datasets} datasets`, mine / other, "x", "<= 3", more);
  }
}

/** What psql sends for a command, as its option -E shows it. */
function sentFor(target: Target, command: string): string[] {
  const shown = execFileSync("psql", ["-X", "-E", ...addressOf(target), "-c", command], {
    env: { ...process.env, PGPASSWORD: target.password ?? "", PGOPTIONS: path },
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return [...shown.matchAll(/\*{9} QUERY \*{10}\n([\s\S]*?)\n\*{26}/g)].map(([, sql = ""]) => sql);
}

/** The same within one connection: statements alone, without psql's start, which hides most of a difference. */
async function browsingWithin(ours: Target, theirs: Target): Promise<void> {
  const clients = [ours, theirs].map((target) => new pg.Client({ ...target, options: path }));
  for (const client of clients) await client.connect();
  for (const command of ["\\d", "\\dt+", "\\di", "\\dn", "\\d t77", "\\d+ t77"]) {
    const sent = [ours, theirs].map((target) => sentFor(target, command));
    const times: number[][] = [[], []];
    for (let round = 0; round <= 4 * rounds; round++)
      for (const [at, client] of clients.entries()) {
        const start = performance.now();
        for (const sql of sent[at] ?? []) await client.query(sql);
        if (round > 0) times[at]?.push(performance.now() - start);
      }
    const [mine = 0, other = 0] = times.map(median);
    const more = `${mine.toFixed(1)} ms / ${other.toFixed(1)} ms`;
    line(`${command} within a connection, ${datasets} datasets`, mine / other, "x", "<= 3", more);
  }
  for (const client of clients) await client.end();
}

async function main(): Promise<void> {
  const theirs = await postgres();
  if (!theirs) throw new Error("the benchmark compares with PostgreSQL 15, which is not here");
  setup();
  const data = mkdtempSync(join(tmpdir(), "lakewire-bench-"));
  const server = await startServer({ data });
  try {
    const client = new pg.Client(server);
    await client.connect();
    for (const statement of corpusTables) await client.query(statement);
    await client.end();
    await planning(server);
    await fill(server);
    await fill(theirs);
    browsing(server, theirs);
    await browsingWithin(server, theirs);
    const cleaner = new pg.Client(theirs);
    await cleaner.connect();
    await cleaner.query("DROP SCHEMA bench_many CASCADE");
    await cleaner.end();
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

await main();
process.exit(0);
