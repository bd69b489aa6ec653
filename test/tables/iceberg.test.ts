/** pyiceberg and DuckDB's iceberg extension read the metadata published over our files, and see what we see. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oids } from "../../src/pgtypes/oids.ts";
import { compact } from "../../src/table/compact.ts";
import { publishIceberg } from "../../src/table/iceberg.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import { pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { add, columns, never, openLake } from "./lake.ts";

const run = promisify(execFile);
/** Each look starts a Python of its own. */
const slow = 300_000;
let server: RunningServer;
let sql: SqlClient;
let python: string | undefined;

beforeAll(async () => {
  python = await pythonWith(
    "pyiceberg[pyarrow]==0.12.0",
    "duckdb==1.5.5",
    "duckdb-extension-iceberg==1.5.5",
    "duckdb-extension-avro==1.5.5",
  );
  server = await startServer();
  sql = await SqlClient.login(server);
}, 300_000);
afterAll(async () => {
  await sql?.end();
  await server?.stop();
});

interface Seen {
  readonly version: string;
  readonly snapshots: readonly number[];
  readonly names: readonly string[];
  readonly partitions: readonly string[];
  readonly pyiceberg: readonly (readonly (string | null)[])[];
  readonly duckdb: readonly (readonly (string | null)[])[];
  readonly low: number;
}

/** Publishes the dataset as it is now and reads what was published. */
async function published(dataset: string): Promise<{ version: string; seen: Seen }> {
  const [row] = await sql.rows(`CALL publish_iceberg('${dataset}')`);
  const [, , version = "", metadata = ""] = row ?? [];
  const [bucket = "", folder = ""] = [dataset.split(".")[0], (metadata ?? "").split("/")[0]];
  return { version: version ?? "", seen: await readPublished(join(server.data, bucket, folder)) };
}

async function readPublished(folder: string): Promise<Seen> {
  const script = join(import.meta.dirname, "read_iceberg.py");
  const { stdout } = await run(python ?? "", [script, folder]);
  return JSON.parse(stdout);
}

/** What we give, as both of them print it. */
async function expectSame(dataset: string, columns: string): Promise<Seen> {
  const { version, seen } = await published(dataset);
  const rows = await sql.rows(`SELECT ${columns} FROM ${dataset} ORDER BY 1, 2`);
  expect(seen.version).toBe(version);
  const sorted = (some: readonly (readonly (string | null)[])[]) =>
    some.map((row) => JSON.stringify(row)).sort();
  expect(sorted(seen.pyiceberg)).toEqual(sorted(rows));
  expect(sorted(seen.duckdb)).toEqual(sorted(rows));
  return seen;
}

function needsPython(skip: (reason?: string) => void): void {
  if (python !== undefined) return;
  missing("pyiceberg", "install python3 with its venv module, and let pip reach PyPI");
  skip("pyiceberg is not to be had");
}

test("every type of value is read, after each append, by both", { timeout: slow }, async ({
  skip,
}) => {
  needsPython(skip);
  await sql.run(
    `CREATE TABLE primary.kinds (id int4, big int8, small int2, ok boolean, real4 float4, real8 float8,
       amount numeric(12,3), word text, day date, at timestamptz, local timestamp, bytes bytea, list int4[], words text[])`,
  );
  const columns =
    "id, big, small, ok, real4, real8, amount, word, day, at, local, bytes, list::text, words::text";
  const shown = columns
    .replace("ok", "CASE ok WHEN true THEN 'true' WHEN false THEN 'false' END")
    .replace("bytes", "'Aa'")
    .replace("list::text", "'[' || array_to_string(list, ', ', 'NULL') || ']'")
    .replace("words::text", "'[' || array_to_string(words, ', ', 'NULL') || ']'")
    .replace("at,", "at::text,")
    .replace("real4", "'0.5'")
    .replace("real8", "'-2.25'");
  expect((await expectSame("primary.kinds", "id, word")).names).toHaveLength(14);
  const insert = (id: number) =>
    `INSERT INTO primary.kinds VALUES (${id}, 9007199254740993, -5, true, 0.5, -2.25, 123456789.125, 'wört', '1999-12-31',
       '2024-02-29 12:34:56.123456+00', '2001-01-01 01:02:03.5', 'Aa', ARRAY[1, NULL, 3], ARRAY['x', 'y'])`;
  await sql.run("SET timezone = 'UTC'", insert(1));
  await expectSame("primary.kinds", shown);
  await sql.run(insert(2), insert(3));
  const seen = await expectSame("primary.kinds", shown);
  expect(seen.low).toBe(1);
  expect(seen.snapshots).toEqual([1, 2, 4]);
});

test("what is published never goes backwards, and publishing twice changes nothing", async ({
  skip,
}) => {
  needsPython(skip);
  await sql.run("CREATE TABLE primary.forth (id int4)", "INSERT INTO primary.forth VALUES (1)");
  const call = "SELECT version, published FROM publish_iceberg('primary.forth')";
  expect(await sql.rows(call)).toEqual([["1", "t"]]);
  expect(await sql.rows(call)).toEqual([["1", "f"]]);
});

test("only the owner publishes", async () => {
  await sql.run("CREATE TABLE primary.mine (id int4)", "CREATE ROLE stranger LOGIN PASSWORD 'x'");
  const stranger = await SqlClient.login({ ...server, user: "stranger", password: "x" });
  try {
    await expect(stranger.run("CALL publish_iceberg('primary.mine')")).rejects.toThrow(
      "must be owner of table mine",
    );
  } finally {
    await stranger.end();
  }
});

test("deleted and changed rows, changed columns, compaction and restoring are followed", {
  timeout: slow,
}, async ({ skip }) => {
  needsPython(skip);
  const same = (columns = "id, word") => expectSame("primary.turns", columns);
  await sql.run(
    "CREATE TABLE primary.turns AS SELECT g::int4 AS id, 'w' || g AS word FROM generate_series(1, 500) AS g",
    "INSERT INTO primary.turns SELECT g, 'late' FROM generate_series(501, 520) AS g",
  );
  await same();
  await sql.run("DELETE FROM primary.turns WHERE id % 7 = 0");
  await same();
  await sql.run(
    "DELETE FROM primary.turns WHERE id % 5 = 0",
    "UPDATE primary.turns SET word = 'changed' WHERE id % 11 = 0",
  );
  await same();
  await sql.run("ALTER TABLE primary.turns RENAME COLUMN word TO term");
  await same("id, term");
  await sql.run(
    "ALTER TABLE primary.turns ADD COLUMN amount int8",
    "INSERT INTO primary.turns VALUES (1000, 'new', 12345678901)",
  );
  await same("id, term, amount");
  await sql.run("ALTER TABLE primary.turns DROP COLUMN term");
  await same("id, amount");
  await sql.run("ALTER TABLE primary.turns ALTER COLUMN id TYPE int8", "VACUUM FULL primary.turns");
  await same("id, amount");
  await sql.run("ALTER TABLE primary.turns ADD COLUMN term text");
  await same("id, amount, term");
  await sql.run("CALL restore_dataset('primary.turns', version => 1)");
  const seen = await same();
  expect(seen.snapshots.length).toBeGreaterThan(7);
  await sql.run("DELETE FROM primary.turns");
  await same();
});

test("a partitioned dataset is one partitioned by identity", { timeout: slow }, async ({
  skip,
}) => {
  needsPython(skip);
  const lake = await openLake();
  const types = { town: oids.text, day: oids.date, amount: oids.numeric, id: oids.int4 };
  const fields = fieldsOf(columns(types));
  const info = { operation: "CREATE TABLE", actor: "test" } as const;
  const partitionColumns = ["town", "day"];
  await lake.tables.create("primary", "places", fields, info, [], { partitionColumns });
  const table = lake.tables.get("primary", "places");
  const bucket = lake.buckets.get("primary");
  if (!bucket) throw new Error("there is a primary bucket");
  const place = { bucket, engine: lake.engine, location: "places", retainMs: 3_600_000 };
  const same = async () => {
    const version = await table.current();
    await publishIceberg(place, version);
    const seen = await readPublished(join(lake.root, "primary", "places"));
    const text = await table.scan(version, ["id", "town", "day"]);
    const rows = await lake.engine.system(
      `SELECT id::VARCHAR AS id, town, day::VARCHAR AS day FROM (${text}) ORDER BY ALL`,
    );
    const at = ["id", "town", "day"].map((name) => seen.names.indexOf(name));
    const sorted = (some: readonly (readonly (string | null)[])[]) =>
      some.map((row) => JSON.stringify(at.map((index) => row[index]))).sort();
    const ours = rows.map(({ id, town, day }) => JSON.stringify([id, town, day])).sort();
    expect(sorted(seen.pyiceberg)).toEqual(ours);
    expect(sorted(seen.duckdb)).toEqual(ours);
    return seen;
  };
  const amount = "1.5::DECIMAL(38, 9) AS amount";
  for (let i = 0; i < 3; i++) {
    await add(
      table,
      `SELECT 'town ' || (range % 3) AS town, DATE '2024-01-01' + (range % 2)::INTEGER AS day, ${amount}, range::INTEGER AS id FROM range(${i * 10}, ${i * 10 + 10})`,
    );
  }
  await add(table, `SELECT NULL AS town, NULL AS day, ${amount}, 31 AS id`);
  expect((await same()).partitions).toEqual(partitionColumns);
  const base = await table.current();
  const [path = ""] = [...base.files.keys()];
  const remove = { operation: "DELETE", actor: "test" } as const;
  await table.commit(base, { deletes: new Map([[path, [0]]]) }, remove);
  await same();
  const done = await compact(table, {
    smallFileBytes: 1_000_000,
    deletedShareMax: 0.1,
    fileBytes: 10_000_000,
    runBytes: Number.POSITIVE_INFINITY,
    actor: "test",
    signal: never,
  });
  expect(done.filesAdded).toBe(6); // One for each pair of values, the lone file of NULLs apart.
  expect((await table.current()).files.size).toBe(7);
  await same();
  await lake.close();
});
