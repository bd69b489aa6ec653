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

/** Milliseconds that psql takes, its start included, which is the same for both. */
function psql(target: Target, command: string): number {
  const start = performance.now();
  const address = ["-h", target.host, "-p", String(target.port), "-U", target.user];
  execFileSync("psql", ["-X", "-q", ...address, "-d", target.database, "-c", command], {
    env: {
      ...process.env,
      PGPASSWORD: target.password ?? "",
      PGOPTIONS: "-c search_path=bench_many",
    },
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
