/**
 * `npm run bench`, second part: datasets. This server beside DuckDB reading the very same files, and beside PostgreSQL 15 where
 * that is the measure. Both sides take turns; a line a figure, with its goal.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import pg from "pg";
import { openTables } from "../../src/table/tables.ts";
import { setup } from "../support/build.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { openLake } from "../tables/lake.ts";
import { bind, executeAll, parse, query, RawConnection, sync } from "./raw.ts";
import { line, median } from "./report.ts";

const rounds = Number(process.env["LAKEWIRE_BENCH_ROUNDS"] ?? 15);
const rows = 1_000_000;
const largeRows = 10_000_000;

/** Eight columns; `from` and `to` are numbers of rows. */
const select = (from: number, to: number) =>
  `SELECT g::int4 AS id, (g % 1000)::int4 AS kind, (g::int8 * 7919 % 1000003) AS big, (g % 5000) * 1.01::float8 AS amount,
    'word ' || (g % 20000)::text AS word, date '2020-01-01' + (g % 1000)::int4 AS day, g % 3 = 0 AS ok, 'note ' || g::text AS note
   FROM generate_series(${from}, ${to}) AS g`;

const scans: readonly (readonly [name: string, sql: (table: string) => string])[] = [
  [
    "GROUP BY",
    (t) => `SELECT kind, count(*), sum(amount) FROM ${t} GROUP BY kind ORDER BY kind LIMIT 10`,
  ],
  ["filter", (t) => `SELECT count(*), sum(big) FROM ${t} WHERE word = 'word 77' AND amount > 10`],
];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The least of works that take turns: what they take when the machine does nothing else. */
async function turns(...works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, work] of works.entries()) {
      const ms = await timed(work);
      if (round > 0) times[at]?.push(ms); // The first is a warm-up.
    }
  }
  return times.map((each) => Math.min(...each));
}

async function make(sql: SqlClient, name: string, files: number, count = rows): Promise<void> {
  await sql.run(`CREATE TABLE ${name} AS ${select(1, count / files)}`);
  for (let i = 1; i < files; i++) {
    const from = (i * count) / files;
    await sql.run(`INSERT INTO ${name} ${select(from + 1, from + count / files)}`);
  }
}

async function pathsOf(sql: SqlClient, server: RunningServer, name: string): Promise<string> {
  const objects = await sql.rows(
    `SELECT object_bucket, key FROM lakehouse.objects WHERE dataset = '${name}'`,
  );
  const paths = objects.map(([bucket, key]) => `'${join(server.data, bucket ?? "", key ?? "")}'`);
  return `read_parquet([${paths.join(", ")}])`;
}

async function scanned(
  sql: SqlClient,
  server: RunningServer,
  duckdb: DuckDBConnection,
  name: string,
  files: number,
  goal: string,
): Promise<void> {
  const paths = await pathsOf(sql, server, name);
  const count = await sql.value(`SELECT count(*) / 1000000 FROM ${name}`);
  // What a driver makes of the rows is not the server's.
  const connection = await RawConnection.open(server);
  for (const [what, text] of scans) {
    const [ours = 0, theirs = 0] = await turns(
      () => connection.exchange(query(text(name))),
      () => duckdb.runAndReadAll(text(paths)),
    );
    const more = `${ours.toFixed(1)} ms / ${theirs.toFixed(1)} ms`;
    line(
      `${what}, ${count} M rows in ${files} files, ours / DuckDB`,
      ours / theirs,
      "x",
      goal,
      more,
    );
  }
  connection.end();
}

/** Which column a row is asked for by, and its value in the row of an id. */
const keys = {
  id: (id: number) => id,
  // In no order.
  big: (id: number) => (id * 7919) % 1_000_003,
};

/** Milliseconds of a prepared read of one row, over many. */
async function pointRead(
  server: RunningServer,
  table: string,
  key: keyof typeof keys,
): Promise<number> {
  const connection = await RawConnection.open(server);
  const text = `SELECT note FROM ${table} WHERE ${key} = $1`;
  await connection.exchange(Buffer.concat([parse("p", text), sync]));
  const times: number[] = [];
  for (let i = 0; i < 120; i++) {
    const value = String(keys[key](1 + ((i * 7_919_993) % rows)));
    const message = Buffer.concat([bind("p", [value], false), executeAll, sync]);
    const reading = await connection.exchange(message);
    if (reading.rows !== 1) throw new Error("a point read gives one row");
    if (i >= 20) times.push(reading.ms);
  }
  connection.end();
  return median(times);
}

async function pinned(
  sql: SqlClient,
  server: RunningServer,
  name: string,
  what: string,
  key: keyof typeof keys = "id",
) {
  const unpinned = await pointRead(server, name, key);
  await sql.run(`CALL cache_pin('${name}')`);
  // The first of them make it worth keeping the rows by their key.
  await pointRead(server, name, key);
  const hot = await pointRead(server, name, key);
  await sql.run(`CALL cache_evict('${name}')`);
  const more = `${unpinned.toFixed(2)} ms / ${hot.toFixed(2)} ms`;
  line(`point read, ${what}, unpinned / pinned`, unpinned / hot, "x", ">= 4", more);
}

async function compaction(sql: SqlClient, server: RunningServer): Promise<void> {
  const [, group] = scans[0] ?? [];
  const grouped = () => sql.rows(group?.("thousand") ?? "");
  await pinned(sql, server, "thousand", "1000 files");
  const [before = 0] = await turns(grouped);
  const ms = await timed(() => sql.run("CALL compact('thousand')"));
  const [after = 0] = await turns(grouped);
  const more = `${before.toFixed(1)} ms / ${after.toFixed(1)} ms; it took ${(ms / 1000).toFixed(1)} s`;
  line("GROUP BY, 1000 files, before / compacted", before / after, "x", ">= 5", more);
}

async function deletion(sql: SqlClient): Promise<void> {
  const columns = ["id", "kind", "big", "amount", "word", "day", "ok::int4", "note"];
  const all = `SELECT ${columns.map((c) => `max(${c})`).join(", ")} FROM one`;
  const [scan = 0] = await turns(() => sql.rows(all));
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    times.push(await timed(() => sql.run(`DELETE FROM one WHERE id % 10 = ${i}`)));
    await sql.run("CALL restore_dataset('one', version => 0)");
  }
  const more = `${median(times).toFixed(0)} ms / ${scan.toFixed(0)} ms`;
  line("DELETE of 10 % / scan of every column", median(times) / scan, "x", "<= 2", more);
}

/** Lines of CSV. */
function csv(): Buffer {
  const lines: string[] = [];
  for (let g = 1; g <= rows; g++) {
    lines.push(
      `${g},${g % 1000},${(g * 7919) % 1000003},${g % 5000}.5,word ${g % 20000},note ${g}\n`,
    );
  }
  return Buffer.from(lines.join(""));
}

async function loading(sql: SqlClient, server: RunningServer, folder: string): Promise<void> {
  const data = csv();
  const file = join(folder, "rows.csv");
  writeFileSync(file, Buffer.concat([Buffer.from("id,kind,big,amount,word,note\n"), data]));
  const table = "(id int4, kind int4, big int8, amount float8, word text, note text)";
  const theirs = await postgres();
  if (!theirs) throw new Error("the benchmark compares with PostgreSQL 15, which is not here");
  const other = new pg.Client(theirs);
  const beside = new SqlClient(other);
  await other.connect();
  const times: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < 3; round++) {
    for (const [at, client] of [sql, beside].entries()) {
      await client.run("DROP TABLE IF EXISTS bench_copy", `CREATE TABLE bench_copy ${table}`);
      const copy = () => client.copyIn("COPY bench_copy FROM STDIN (FORMAT csv)", data);
      times[at === 0 ? 0 : 1].push(await timed(copy));
    }
    const call = `CALL ingest_file('${file}', dataset => 'bench_ingest', mode => 'replace')`;
    await sql.run("DROP TABLE IF EXISTS bench_ingest");
    times[2].push(await timed(() => sql.run(call)));
  }
  await beside.run("DROP TABLE bench_copy");
  const [copy, pgCopy, ingest] = times.map(median) as [number, number, number];
  const compared = `${copy.toFixed(0)} ms / ${pgCopy.toFixed(0)} ms`;
  line("COPY of 1 M rows in, ours / PostgreSQL", copy / pgCopy, "x", "none", compared);
  line("ingest_file of 1 M rows / COPY", ingest / copy, "x", "none", `${ingest.toFixed(0)} ms`);
  await singleRows(sql, beside);
  await beside.end();
  void server;
}

async function singleRows(ours: SqlClient, theirs: SqlClient): Promise<void> {
  const rate = async (client: SqlClient) => {
    await client.run("DROP TABLE IF EXISTS bench_single", "CREATE TABLE bench_single (id int4)");
    const count = 300;
    const ms = await timed(async () => {
      for (let i = 0; i < count; i++) await client.run(`INSERT INTO bench_single VALUES (${i})`);
    });
    await client.run("DROP TABLE bench_single");
    return (count / ms) * 1000;
  };
  const [mine, other] = [await rate(ours), await rate(theirs)];
  line("single-row INSERT commits", mine, "/s", "none", `PostgreSQL ${other.toFixed(0)} /s`);
}

/** A log of 10 000 appends written by hand: their files are never read. */
async function logs(): Promise<void> {
  const lake = await openLake();
  const folder = join(lake.root, "primary", "long", "_delta_log");
  mkdirSync(folder, { recursive: true });
  const stats = JSON.stringify({ numRecords: 1000, minValues: { id: 1 }, maxValues: { id: 9 } });
  for (let version = 0; version < 10_000; version++) {
    const path = `part-${version}.parquet`;
    const actions: unknown[] = [
      { commitInfo: { timestamp: 1_700_000_000_000 + version, operation: "WRITE" } },
      {
        add: {
          path,
          partitionValues: {},
          size: 9_999,
          modificationTime: 1,
          dataChange: true,
          stats,
        },
      },
    ];
    if (version === 0) {
      const fields = [{ name: "id", type: "integer", nullable: true, metadata: {} }];
      const schemaString = JSON.stringify({ type: "struct", fields });
      const format = { provider: "parquet", options: {} };
      actions.push({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
      const metaData = {
        id: "long",
        format,
        schemaString,
        partitionColumns: [],
        configuration: {},
      };
      actions.push({ metaData });
    }
    const text = actions.map((action) => JSON.stringify(action)).join("\n");
    writeFileSync(join(folder, `${String(version).padStart(20, "0")}.json`), `${text}\n`);
  }
  await lake.tables.get("primary", "long").checkpoint();
  const open = () => openTables(lake.buckets, lake.engine).get("primary", "long");
  const [load = 0] = await turns(() => open().current());
  line("log of 10 000 versions from its checkpoint", load, "ms", "<= 150");
  const table = open();
  await table.current();
  const times: number[] = [];
  for (let i = 0; i < 2_000; i++) times.push(await timed(() => table.current()));
  line("freshness check", median(times), "ms", "<= 0.3");
  await lake.close();
}

async function main(): Promise<void> {
  setup();
  const data = mkdtempSync(join(tmpdir(), "lakewire-bench-tables-"));
  const server = await startServer({ data, arguments: ["--upkeep-interval", "0"] });
  // As it comes: this server's engine has settings of its own.
  const duckdb = await (await DuckDBInstance.create()).connect();
  const sql = await SqlClient.login(server);
  try {
    await logs();
    for (const [name, files] of [
      ["one", 1],
      ["hundred", 100],
      ["thousand", 1_000],
    ] as const) {
      await make(sql, `${name}_large`, files, largeRows);
      await scanned(sql, server, duckdb, `${name}_large`, files, "<= 1.15");
      await sql.run(`DROP TABLE ${name}_large`);
      // Four milliseconds of scanning: what is left is the way to another process and back, 1.2 of a bare socket's alone.
      await make(sql, name, files);
      await scanned(sql, server, duckdb, name, files, "none");
    }
    await pinned(sql, server, "one", "1 file");
    await pinned(sql, server, "one", "1 file, key in no order", "big");
    await compaction(sql, server);
    await deletion(sql);
    await loading(sql, server, data);
  } finally {
    await sql.end();
    duckdb.closeSync();
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

await main();
process.exit(0);
