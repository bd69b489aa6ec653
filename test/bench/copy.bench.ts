/**
 * `npm run bench`, third part: COPY and small writes, this server and PostgreSQL 15 turn by turn. A line a figure, with its goal.
 * An argument chooses figures by a part of their name.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setup } from "../support/build.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { query, RawConnection, type Target } from "./raw.ts";
import { type Reader, reader } from "./reader.ts";
import { line, median } from "./report.ts";

const rounds = Number(process.env["LAKEWIRE_BENCH_ROUNDS"] ?? 5);
const rows = Number(process.env["LAKEWIRE_BENCH_ROWS"] ?? 1_000_000);
const chosen = process.argv[2] ?? "";

interface Shape {
  readonly name: string;
  readonly columns: string;
  readonly select: string;
}

const narrow: Shape = {
  name: "6 columns",
  columns: "id int4, kind int4, big int8, amount float8, word text, note text",
  select: `SELECT g::int4 AS id, (g % 1000)::int4 AS kind, (g::int8 * 7919) % 1000003 AS big, (g % 5000) + 0.5::float8 AS amount,
    'word ' || (g % 20000)::text AS word, 'note ' || g::text AS note FROM generate_series(1, ${rows}) AS g`,
};

/** 4 int4, 4 numeric(15,2), 3 date, 5 text of which one is long and sometimes NULL. */
const wide: Shape = {
  name: "16 columns",
  columns: `k1 int4, k2 int4, k3 int4, k4 int4, n1 numeric(15,2), n2 numeric(15,2), n3 numeric(15,2), n4 numeric(15,2),
    d1 date, d2 date, d3 date, t1 text, t2 text, t3 text, t4 text, t5 text`,
  select: `SELECT
    g::int4 AS k1, (g % 10007)::int4 AS k2, (g % 7)::int4 AS k3, ((g * 31) % 200000)::int4 AS k4,
    ((g % 5000) * 1.01)::numeric(15,2) AS n1, ((g % 90000) + 0.25)::numeric(15,2) AS n2, ((g % 11) * 0.01)::numeric(15,2) AS n3, ((g % 9) * 0.01)::numeric(15,2) AS n4,
    date '1992-01-02' + (g % 2400)::int4 AS d1, date '1992-02-01' + (g % 2350)::int4 AS d2, date '1992-03-01' + (g % 2300)::int4 AS d3,
    CASE g % 3 WHEN 0 THEN 'A' WHEN 1 THEN 'N' ELSE 'R' END AS t1, CASE g % 2 WHEN 0 THEN 'O' ELSE 'F' END AS t2,
    CASE g % 4 WHEN 0 THEN 'DELIVER IN PERSON' WHEN 1 THEN 'NONE' WHEN 2 THEN 'TAKE BACK RETURN' ELSE 'COLLECT COD' END AS t3,
    CASE g % 5 WHEN 0 THEN 'TRUCK' WHEN 1 THEN 'MAIL' WHEN 2 THEN 'REG AIR' WHEN 3 THEN 'SHIP' ELSE 'RAIL' END AS t4,
    CASE WHEN g % 13 = 0 THEN NULL ELSE 'carefully final packages ' || (g % 99991)::text END AS t5
    FROM generate_series(1, ${rows}) AS g`,
};

const done = Buffer.from([0x63, 0, 0, 0, 4]);

/** What a COPY … TO STDOUT sends, as one COPY … FROM STDIN takes: the rows in messages of 64 KiB, as psql and libpq's users do. */
async function copied(target: Target, shape: Shape, options: string): Promise<Buffer> {
  const connection = await RawConnection.open(target);
  const parts: Buffer[] = [];
  const listen = (chunk: Buffer) => parts.push(Buffer.from(chunk));
  connection.socket.on("data", listen);
  await connection.exchange(query(`COPY (${shape.select}) TO STDOUT (${options})`));
  connection.end();
  const all = Buffer.concat(parts);
  const data: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const end = at + 1 + all.readUInt32BE(at + 1);
    if (all[at] === 0x64) data.push(all.subarray(at + 5, end));
    at = end;
  }
  const bytes = Buffer.concat(data);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 65_536) {
    const body = bytes.subarray(at, at + 65_536);
    const head = Buffer.from([0x64, 0, 0, 0, 0]);
    head.writeUInt32BE(body.length + 4, 1);
    frames.push(head, body);
  }
  return Buffer.concat([...frames, done]);
}

async function copyBothWays(ours: RunningServer, theirs: Target, read: Reader): Promise<void> {
  for (const shape of [narrow, wide]) {
    for (const format of ["text", "csv", "binary"]) {
      const name = `COPY FROM, ${shape.name}, ${format}`;
      const back = `COPY TO, ${shape.name}, ${format}`;
      if (!name.includes(chosen) && !back.includes(chosen)) continue;
      const options = `FORMAT ${format}`;
      const data = await copied(theirs, shape, options);
      const connections = await Promise.all([RawConnection.open(ours), RawConnection.open(theirs)]);
      const pids = [ours.pid, connections[1].backendPid] as const;
      const times: Times = [[], []];
      const backTimes: [number[], number[]] = [[], []];
      for (let round = 0; round <= rounds; round++) {
        for (const at of [0, 1] as const) {
          const connection = connections[at];
          await connection.exchange(query("DROP TABLE IF EXISTS bench_copy"));
          await connection.exchange(query(`CREATE TABLE bench_copy (${shape.columns})`));
          const copy = Buffer.concat([query(`COPY bench_copy FROM STDIN (${options})`), data]);
          const cpuBefore = cpuMs(pids[at]);
          const { ms } = await connection.exchange(copy);
          if (round > 0) times[at].push([ms, cpuMs(pids[at]) - cpuBefore]); // The first is a warm-up.
        }
        if (!back.includes(chosen)) continue;
        for (const [at, target] of [ours, theirs].entries()) {
          const { ms } = await read(target, `COPY bench_copy TO STDOUT (${options})`, false);
          if (round > 0) backTimes[at === 0 ? 0 : 1].push(ms);
        }
      }
      await connections[1].exchange(query("DROP TABLE bench_copy"));
      for (const connection of connections) connection.end();
      if (name.includes(chosen)) compared(name, times, "<= 1");
      if (back.includes(chosen)) {
        const [mine, other] = [median(backTimes[0]), median(backTimes[1])];
        const more = `${mine.toFixed(0)} ms / ${other.toFixed(0)} ms`;
        line(`${back}, ours / PostgreSQL`, mine / other, "x", "<= 0.60", more);
      }
    }
  }
}

/** Elapsed, and what all threads of the process took of the processors: on a busy machine the truer one. */
type Times = readonly [
  (readonly [ms: number, cpu: number])[],
  (readonly [ms: number, cpu: number])[],
];

/** Of all its threads, user and system; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function compared(name: string, times: Times, goal: string): void {
  const [mine = 0, other = 0] = times.map((each) => median(each.map(([ms]) => ms)));
  const [cpu = 0, otherCpu = 0] = times.map((each) => median(each.map(([, used]) => used)));
  const rate = `${((rows / mine) * 1000).toFixed(0)} rows/s`;
  const more = `${mine.toFixed(0)} ms / ${other.toFixed(0)} ms, cpu ${cpu} / ${otherCpu}, ${rate}`;
  line(`${name}, ours / PostgreSQL`, mine / other, "x", goal, more);
}

/** Commits a second of so many sessions, each with its own turn of statements. */
async function rate(
  target: Target,
  sessions: number,
  seconds: number,
  statement: (session: number, turn: number) => string,
): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: sessions }, () => RawConnection.open(target)),
  );
  let count = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    connections.map(async (connection, session) => {
      for (let turn = 0; performance.now() < end; turn++) {
        await connection.exchange(query(statement(session, turn)));
        count++;
      }
    }),
  );
  const elapsed = performance.now() - start;
  for (const connection of connections) connection.end();
  return (count / elapsed) * 1000;
}

async function smallWrites(ours: Target, theirs: Target): Promise<void> {
  const seconds = Number(process.env["LAKEWIRE_BENCH_SECONDS"] ?? 3);
  const figures: readonly [string, number, string, string, (s: number, t: number) => string][] = [
    ["INSERT", 1, "CREATE TABLE bench_small (id int4, word text)", ">= 500", insert],
    ["INSERT", 16, "CREATE TABLE bench_small (id int4, word text)", ">= 3000", insert],
    ["INSERT, keyed 1 M rows", 1, keyed, ">= 100", (s, t) => insert(s, t + 2_000_000)],
    ["upsert, keyed 1 M rows", 1, keyed, ">= 100", upsert],
    ["UPDATE by key, 1 M rows", 1, keyed, ">= 100", update],
    ["DELETE by key, 1 M rows", 1, keyed, ">= 100", remove],
  ];
  for (const [what, sessions, create, goal, statement] of figures) {
    const name = `${what}, ${sessions} session${sessions > 1 ? "s" : ""}`;
    if (!name.includes(chosen)) continue;
    const rates: number[] = [];
    for (const target of [ours, theirs]) {
      const connection = await RawConnection.open(target);
      await connection.exchange(query("DROP TABLE IF EXISTS bench_small"));
      for (const sql of create.split(";")) await connection.exchange(query(sql));
      rates.push(await rate(target, sessions, seconds, statement));
      await connection.exchange(query("DROP TABLE bench_small"));
      connection.end();
    }
    const [mine = 0, other = 0] = rates;
    line(name, mine, "/s", goal, `PostgreSQL ${other.toFixed(0)} /s`);
  }
}

const keyed = `CREATE TABLE bench_small AS SELECT g::int4 AS id, 'word ' || g::text AS word FROM generate_series(1, 1000000) AS g;
ALTER TABLE bench_small ADD PRIMARY KEY (id)`;
const insert = (session: number, turn: number) =>
  `INSERT INTO bench_small VALUES (${session * 10_000_000 + turn}, 'word ${turn}')`;
const keyAt = (turn: number) => 1 + ((turn * 7919) % 1_000_000);
const upsert = (_: number, turn: number) =>
  `INSERT INTO bench_small VALUES (${keyAt(turn)}, 'new') ON CONFLICT (id) DO UPDATE SET word = excluded.word`;
const update = (_: number, turn: number) =>
  `UPDATE bench_small SET word = 'new' WHERE id = ${keyAt(turn)}`;
const remove = (_: number, turn: number) => `DELETE FROM bench_small WHERE id = ${keyAt(turn)}`;

async function main(): Promise<void> {
  const theirs = await postgres();
  if (!theirs) throw new Error("the benchmark compares with PostgreSQL 15, which is not here");
  setup();
  const data = mkdtempSync(join(tmpdir(), "lakewire-bench-copy-"));
  const scratch = mkdtempSync(join(tmpdir(), "lakewire-reader-"));
  const server = await startServer({ data });
  try {
    await copyBothWays(server, theirs, reader(scratch));
    await smallWrites(server, theirs);
  } finally {
    await server.stop();
    for (const folder of [data, scratch]) rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit(0);
