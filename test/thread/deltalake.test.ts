/** Rows written over the wire are read, row for row, by delta-rs: an engine that is not ours. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing } from "../support/services.ts";
import { SqlClient, type SqlRow } from "../support/sql-client.ts";

const python = await pythonWith("deltalake==1.6.6", "pyarrow==26.0.1");
if (!python) missing("delta-rs", "install python3-venv, and let pip reach PyPI");

const columns = `id int8 NOT NULL, flag bool, small int2, whole int4, single float4, double float8,
  price numeric(12,2), large numeric(38,10), words text, short varchar(20), bytes bytea, day date,
  local timestamp, instant timestamptz, key uuid, numbers int4[], names text[]`;

const rows: readonly string[] = [
  `(1, true, 32767, 2147483647, 1.5, 0.1, 1234567890.12, 12345678901234567890.1234567890, 'It''s "quoted", naïve 日本',
    'short', '\\x00ff5c', '2024-02-29', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.123456+05',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,NULL,-3}', '{"a,b","say \\"hi\\"",NULL,""}')`,
  `(-9223372036854775808, false, -32768, -2147483648, 'NaN', '-Infinity', -0.01, 0, '', '', '', '0001-01-01',
    '1969-12-31 23:59:59.999999', '1901-01-01 00:00:00+00', '00000000-0000-0000-0000-000000000000', '{}', '{}')`,
  `(3${", NULL".repeat(16)})`,
];

describe.runIf(python)("delta-rs", () => {
  let server: RunningServer;
  let client: SqlClient;
  beforeAll(async () => {
    server = await startServer();
    client = await SqlClient.login(server);
    await client.run("SET timezone = 'UTC'");
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test("reads what INSERT wrote, every type, in several commits", async () => {
    await client.run(`CREATE TABLE everything (${columns})`);
    for (const row of rows) await client.run(`INSERT INTO everything VALUES ${row}`);
    await client.run(`INSERT INTO everything VALUES ${rows.join(", ")}`);
    await expectSame("everything", 6);
  });

  test("reads a transaction's rows once it is committed", async () => {
    await client.run("CREATE TABLE steps (id int8, words text)");
    await client.run("BEGIN", "INSERT INTO steps VALUES (1, 'one')", "SAVEPOINT a");
    await client.run("INSERT INTO steps VALUES (2, 'two')", "ROLLBACK TO SAVEPOINT a");
    await client.run("INSERT INTO steps VALUES (3, 'three')", "COMMIT");
    await client.run("BEGIN", "INSERT INTO steps VALUES (4, 'four')", "ROLLBACK");
    await expectSame("steps", 2);
  });

  test("reads what COPY loaded", async () => {
    await client.run(
      "CREATE TABLE copied (id int8, words text, price numeric(12,2), made timestamptz)",
    );
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      [i, i % 7 ? `row ${i} ü` : "\\N", (i / 100).toFixed(2), "2024-02-29 12:34:56+00"].join("\t"),
    );
    const tag = await client.copyIn("COPY copied FROM STDIN", `${lines.join("\n")}\n`);
    expect(tag).toBe("COPY 20000");
    await expectSame("copied", 20_000);
  });

  test("reads what CREATE TABLE AS made", async () => {
    await client.run(
      `CREATE TABLE made AS SELECT i::int8 AS id, 'row ' || i AS words, (i / 8.0)::numeric(10,3) AS eighths, i % 2 = 0 AS even,
        date '2024-01-01' + i AS day, ARRAY[i, i * 2] AS pair FROM generate_series(1, 1000) AS s(i)`,
    );
    await expectSame("made", 1000);
  });

  /** Each row as an array of texts, both sorted: a table has no order. */
  async function expectSame(table: string, count: number): Promise<void> {
    const ours = await client.rows(`SELECT * FROM ${table}`);
    const theirs = await readByDeltaRs(table);
    expect(ours).toHaveLength(count);
    expect(sorted(theirs)).toEqual(sorted(ours));
  }

  async function readByDeltaRs(table: string): Promise<SqlRow[]> {
    const script = join(import.meta.dirname, "read_delta.py");
    const { stdout } = await promisify(execFile)(python ?? "", [script, await locationOf(table)], {
      maxBuffer: 1 << 28,
    });
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as SqlRow);
  }

  /** The table's folder is the one object keys of it begin with. */
  async function locationOf(table: string): Promise<string> {
    const [row] = await client.rows(
      `SELECT b.location, o.key FROM lakehouse.objects o JOIN lakehouse.buckets b ON b.name = o.object_bucket
        WHERE o.dataset = $1 LIMIT 1`,
      table,
    );
    const [root = "", key = ""] = row ?? [];
    let folder = dirname(join((root ?? "").replace(/^file:\/\//, ""), key ?? ""));
    while (!existsSync(join(folder, "_delta_log"))) folder = dirname(folder);
    expect(readdirSync(join(folder, "_delta_log")).length).toBeGreaterThan(0);
    return folder;
  }
});

function sorted(rows: readonly SqlRow[]): SqlRow[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
