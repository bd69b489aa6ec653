/** What ALTER TABLE and PARTITION BY leave behind is read by delta-rs, row for row. */
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing } from "../support/services.ts";
import { SqlClient, type SqlRow } from "../support/sql-client.ts";

const python = await pythonWith("deltalake==1.6.6", "pyarrow==26.0.1");
if (!python) missing("delta-rs", "install python3-venv, and let pip reach PyPI");
const script = resolve(import.meta.dirname, "../thread/read_delta.py");

describe.runIf(python)("delta-rs reads a table", () => {
  let server: RunningServer;
  let client: SqlClient;
  beforeAll(async () => {
    server = await startServer();
    client = await SqlClient.login(server);
    await client.run("CREATE SCHEMA work", "SET search_path = work");
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  test.each<[string, readonly string[]]>([
    ["after a column was added", ["ALTER TABLE t ADD c int", "INSERT INTO t VALUES (3, 'r', 30)"]],
    ["after one was added with a default", ["ALTER TABLE t ADD c text DEFAULT 'new' NOT NULL"]],
    ["after a rename", ["ALTER TABLE t RENAME a TO z", "INSERT INTO t VALUES (3, 'r')"]],
    ["after a drop", ["ALTER TABLE t DROP b", "INSERT INTO t VALUES (3)"]],
    [
      "after a drop, an add of the same name and a rename",
      [
        "ALTER TABLE t DROP b",
        "ALTER TABLE t ADD b int",
        "INSERT INTO t VALUES (3, 4)",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE u RENAME TO t",
        "ALTER TABLE t RENAME b TO bb",
      ],
    ],
    [
      "after a type was widened",
      ["ALTER TABLE t ALTER a TYPE bigint", "INSERT INTO t VALUES (5000000000, 'x')"],
    ],
    ["after a type was changed by USING", ["ALTER TABLE t ALTER b TYPE int USING length(b)"]],
    [
      "after all of it in one transaction",
      [
        "BEGIN",
        "ALTER TABLE t ADD c int DEFAULT 7",
        "ALTER TABLE t RENAME a TO aa",
        "INSERT INTO t VALUES (9, 'nine', 9)",
        "ALTER TABLE t DROP b",
        "COMMIT",
      ],
    ],
    [
      "in partitions, renamed too",
      [
        "CREATE TABLE p (a int, b text, c int) PARTITION BY LIST (b)",
        "INSERT INTO p SELECT a, b, a FROM t",
        "DROP TABLE t",
        "ALTER TABLE p RENAME TO t",
        "ALTER TABLE t RENAME c TO cc",
        "INSERT INTO t VALUES (7, NULL, 8), (8, 'a/b c', 9)",
      ],
    ],
  ])("%s", async (_, statements) => {
    await client.run("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'p'), (2, NULL)");
    await client.run(...statements);
    const columns = await client.rows(
      "SELECT column_name FROM information_schema.columns WHERE table_schema = 'work' AND table_name = 't' ORDER BY 1",
    );
    const list = columns.map(([name]) => `"${name}"`).join(", ");
    const location = must(
      await client.value(
        "SELECT split_part(key, '/', 1) FROM lakehouse.objects WHERE bucket = 'work' AND dataset = 't' LIMIT 1",
      ),
      "where it lies",
    );
    const theirs = await readByDeltaRs(join(server.data, "work", location), list);
    expect(theirs).toEqual(sorted(await client.rows(`SELECT ${list} FROM t`)));
    await client.run("DROP TABLE t");
  });
});

async function readByDeltaRs(folder: string, list: string): Promise<readonly SqlRow[]> {
  const { stdout } = await promisify(execFile)(must(python, "python"), [script, folder, list]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return sorted(lines.map((line) => JSON.parse(line) as SqlRow));
}

function sorted(rows: readonly SqlRow[]): readonly SqlRow[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
