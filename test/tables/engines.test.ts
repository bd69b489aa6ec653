/**
 * The table that one engine writes the others read: after each step of a table's life, delta-rs, Spark, DuckDB's delta
 * extension, ClickHouse, and over the published metadata pyiceberg and DuckDB's iceberg extension, give our rows.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mavenJar, pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";

const python = await pythonWith(
  "deltalake==1.6.6",
  "pyarrow==26.0.1",
  "duckdb==1.5.5",
  "duckdb-extension-delta==1.5.5",
  "duckdb-extension-avro==1.5.5",
  "duckdb-extension-iceberg==1.5.5",
  "pytz==2025.2",
  "pyiceberg==0.12.0",
  "chdb==4.4.0",
  "psycopg[binary]==3.2.9",
  "pyspark==4.0.1",
);
const jars = [
  await mavenJar("io.delta", "delta-spark_2.13", "4.0.1"),
  await mavenJar("io.delta", "delta-storage", "4.0.1"),
];
const java = process.env["PATH"]?.split(":").some((folder) => existsSync(join(folder, "java")));
if (!python) missing("other engines", "install python3-venv, and let pip reach PyPI");
const hasSpark = python !== undefined && java === true && !jars.includes(undefined);
if (!hasSpark) missing("Spark", "install a JDK and Maven, and let them reach Maven Central");

type Reader = "deltalake" | "duckdb" | "clickhouse" | "spark" | "pyiceberg" | "duckdb-iceberg";
/** Spark takes its time on a machine with other things to do. */
const timeout = 600_000;

const icebergReaders: readonly Reader[] = ["pyiceberg", "duckdb-iceberg"];
const readers: readonly Reader[] = [
  "deltalake",
  "duckdb",
  "clickhouse",
  ...(hasSpark ? (["spark"] as const) : []),
  ...icebergReaders,
];

interface Step {
  readonly name: string;
  readonly statements: readonly string[];
  readonly columns?: readonly string[];
}

interface Life {
  readonly table: string;
  readonly columns: readonly string[];
  readonly steps: readonly Step[];
}

const rows = (from: number, to: number) =>
  `SELECT i::int8, CASE WHEN i % 7 = 0 THEN NULL ELSE 'naïve ' || i END, (i % 13)::int4, (i / 8.0)::numeric(12,2),
     timestamptz '2024-02-29 12:34:56.123456+00' + i * interval '1 hour', date '2024-01-01' + i, i % 2 = 0, i / 3.0::float8
     FROM generate_series(${from}, ${to}) AS s(i)`;
const definition = `id int8 NOT NULL, name text, qty int4, price numeric(12,2), at timestamptz, day date, flag bool, ratio float8`;
const columns = ["id", "name", "qty", "price", "at", "day", "flag", "ratio"];

const lives: readonly Life[] = [
  {
    table: "changed",
    columns,
    steps: [
      {
        name: "create",
        statements: [
          `CREATE TABLE changed (${definition})`,
          `INSERT INTO changed ${rows(1, 1000)}`,
        ],
      },
      { name: "append", statements: [`INSERT INTO changed ${rows(1001, 1500)}`] },
      { name: "delete", statements: ["DELETE FROM changed WHERE id % 10 = 3"] },
      { name: "delete a file whole", statements: ["DELETE FROM changed WHERE id > 1000"] },
      {
        name: "update",
        statements: ["UPDATE changed SET qty = qty + 100, name = upper(name) WHERE id % 4 = 0"],
      },
      {
        name: "merge",
        statements: [
          `MERGE INTO changed USING (SELECT i::int8 AS k FROM generate_series(950, 1050) AS s(i)) AS s ON id = k
             WHEN MATCHED AND id < 960 THEN DELETE WHEN MATCHED THEN UPDATE SET price = 0
             WHEN NOT MATCHED THEN INSERT (id, name) VALUES (k, 'merged')`,
        ],
      },
      {
        name: "a transaction",
        statements: [
          "BEGIN",
          `INSERT INTO changed ${rows(2000, 2100)}`,
          "DELETE FROM changed WHERE id BETWEEN 2050 AND 2060 OR id = 1",
          "SAVEPOINT s",
          "DELETE FROM changed",
          "ROLLBACK TO s",
          "COMMIT",
        ],
      },
      { name: "compact", statements: ["CALL compact('primary.changed')"] },
      { name: "checkpoint", statements: ["CHECKPOINT", "DELETE FROM changed WHERE id = 2"] },
      { name: "truncate", statements: ["TRUNCATE changed", `INSERT INTO changed ${rows(1, 10)}`] },
    ],
  },
  {
    table: "evolved",
    columns,
    steps: [
      {
        name: "create",
        statements: [`CREATE TABLE evolved (${definition})`, `INSERT INTO evolved ${rows(1, 300)}`],
      },
      {
        name: "add",
        statements: [
          "ALTER TABLE evolved ADD COLUMN note text",
          "INSERT INTO evolved (id, note) VALUES (1000, 'noted')",
        ],
        columns: [...columns, "note"],
      },
      {
        name: "widen",
        statements: [
          "ALTER TABLE evolved ALTER COLUMN qty TYPE int8",
          "INSERT INTO evolved (id, qty) VALUES (1001, 5000000000)",
        ],
        columns: [...columns, "note"],
      },
      {
        name: "rename",
        statements: [
          "ALTER TABLE evolved RENAME COLUMN name TO title",
          "UPDATE evolved SET title = 'renamed' WHERE id = 5",
        ],
        columns: ["id", "title", "qty", "price", "at", "day", "flag", "ratio", "note"],
      },
      {
        name: "drop",
        statements: [
          "ALTER TABLE evolved DROP COLUMN price",
          "INSERT INTO evolved (id, title) VALUES (1002, 'dropped')",
        ],
        columns: ["id", "title", "qty", "at", "day", "flag", "ratio", "note"],
      },
      {
        name: "compact",
        statements: ["CALL compact('primary.evolved')"],
        columns: ["id", "title", "qty", "at", "day", "flag", "ratio", "note"],
      },
    ],
  },
  {
    table: "divided",
    columns,
    steps: [
      {
        name: "create",
        statements: [
          `CREATE TABLE divided (${definition}) PARTITION BY LIST (flag)`,
          `INSERT INTO divided ${rows(1, 500)}`,
        ],
      },
      { name: "append", statements: [`INSERT INTO divided ${rows(501, 600)}`] },
      { name: "delete", statements: ["DELETE FROM divided WHERE id % 5 = 0"] },
      { name: "move", statements: ["UPDATE divided SET flag = NOT flag WHERE id % 3 = 0"] },
      { name: "compact", statements: ["CALL compact('primary.divided')"] },
    ],
  },
];

describe.runIf(python)("the table one engine writes the others read", () => {
  let server: RunningServer;
  let client: SqlClient;
  let engines: Engines;
  beforeAll(async () => {
    server = await startServer();
    client = await SqlClient.login(server);
    engines = new Engines(python ?? "", server);
  });
  afterAll(async () => {
    engines?.close();
    await client?.end();
    await server?.stop();
  });

  describe.each(lives)("$table", ({ table, columns, steps }) => {
    test.each(steps)("$name", { timeout }, async (step) => {
      const names = step.columns ?? columns;
      await client.run(...step.statements);
      const list = names.map((name) => `"${name}"`).join(", ");
      const ours = await engines.ask("lakewire", `SELECT ${list} FROM ${table}`, names);
      expect(ours.error).toBeUndefined();
      await client.run(`CALL lakehouse.publish_iceberg('primary.${table}')`);
      const folder = await folderOf(table);
      for (const reader of readers) {
        const path = icebergReaders.includes(reader) ? newestMetadata(folder) : folder;
        const theirs = await engines.ask(reader, path, names);
        expect({ reader, ...theirs }).toEqual({ reader, ...ours });
      }
    });
  });

  test.runIf(hasSpark)("Spark writes to our table, and we read on", { timeout }, async () => {
    await client.run(`CREATE TABLE shared (${definition})`, `INSERT INTO shared ${rows(1, 100)}`);
    const folder = await folderOf("shared");
    const spark = await engines.ask(
      "spark-sql",
      [
        `INSERT INTO delta.\`${folder}\` SELECT id + 1000, name, qty, price, at, day, flag, ratio FROM delta.\`${folder}\``,
        `ALTER TABLE delta.\`${folder}\` SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`,
        `DELETE FROM delta.\`${folder}\` WHERE id % 3 = 0`,
        `UPDATE delta.\`${folder}\` SET qty = -1 WHERE id % 3 = 1`,
      ].join("\n"),
      [],
    );
    expect(spark.error).toBeUndefined();
    const theirs = await engines.ask("spark", folder, columns);
    const ours = await engines.ask("lakewire", "SELECT * FROM shared", columns);
    expect(ours).toEqual(theirs);
    await client.run("DELETE FROM shared WHERE id > 1000 AND id % 3 = 1");
    expect(await engines.ask("spark", folder, columns)).toEqual(
      await engines.ask("lakewire", "SELECT * FROM shared", columns),
    );
  });

  test.runIf(hasSpark)("a table that Spark made is read here", { timeout }, async () => {
    const folder = join(server.data, "by-spark");
    const names = ["id", "title", "at", "price", "part"];
    const made = await engines.ask(
      "spark-sql",
      [
        `CREATE TABLE delta.\`${folder}\` (id bigint, name string, at timestamp, price decimal(12,2), part string) USING delta
           PARTITIONED BY (part) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name')`,
        `INSERT INTO delta.\`${folder}\` SELECT id, concat('row ', id), timestamp'2024-02-29 12:00:00' + make_interval(0, 0, 0, 0, id),
           cast(id / 4 AS decimal(12,2)), if(id % 3 = 0, NULL, concat('p ', id % 3)) FROM range(500)`,
        `DELETE FROM delta.\`${folder}\` WHERE id % 7 = 0`,
        `ALTER TABLE delta.\`${folder}\` RENAME COLUMN name TO title`,
        `UPDATE delta.\`${folder}\` SET title = NULL WHERE id % 11 = 0`,
      ]
        .map((statement) => statement.replaceAll(/\s+/g, " "))
        .join("\n"),
      [],
    );
    expect(made.error).toBeUndefined();
    await client.run("CALL register_dataset('by_spark', location => 'by-spark')");
    const list = names.join(", ");
    const compare = async () =>
      expect(await engines.ask("lakewire", `SELECT ${list} FROM by_spark`, names)).toEqual(
        await engines.ask("spark", folder, names),
      );
    await compare();
    await engines.ask("spark-sql", `OPTIMIZE delta.\`${folder}\``, []);
    await compare();
  });

  /** The table's folder is the one object keys of it begin with. */
  async function folderOf(table: string): Promise<string> {
    const [row] = await client.rows(
      `SELECT b.location, o.key FROM lakehouse.objects o JOIN lakehouse.buckets b ON b.name = o.object_bucket
        WHERE o.dataset = $1 LIMIT 1`,
      table,
    );
    const [root, key] = row ?? [];
    let folder = dirname(join((root ?? "").replace(/^file:\/\//, ""), key ?? ""));
    while (!existsSync(join(folder, "_delta_log"))) folder = dirname(folder);
    return folder;
  }
});

function newestMetadata(folder: string): string {
  const files = readdirSync(join(folder, "metadata")).filter((name) =>
    /^v\d+\.metadata\.json$/.test(name),
  );
  const number = (name: string) => Number(/\d+/.exec(name)?.[0]);
  const newest = files.reduce((a, b) => (number(a) > number(b) ? a : b));
  return join(folder, "metadata", newest);
}

interface Answer {
  readonly rows?: number;
  readonly sha?: string;
  readonly error?: string;
}

/** One Python for all: Spark's start alone takes seconds. */
class Engines {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #interface: Interface;

  constructor(python: string, { user, password, host, port, database }: RunningServer) {
    const dsn = `host=${host} port=${port} user=${user} password='${password}' dbname=${database}`;
    const environment = { LAKEWIRE_DSN: dsn, SPARK_JARS: jars.join(",") };
    this.#process = spawn(python, [join(import.meta.dirname, "engines.py")], {
      env: { ...process.env, ...environment },
    });
    this.#process.stderr.resume();
    this.#interface = createInterface(this.#process.stdout);
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  async ask(engine: string, path: string, columns: readonly string[]): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify({ engine, path, columns })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the engines' process ended while ${engine} was asked`);
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.#process.stdin.end();
    this.#interface.close();
  }
}
