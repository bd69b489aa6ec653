/** Foreign tables over the wire: what delta-rs writes is read here, and is as PostgreSQL's foreign tables are. */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";

const run = promisify(execFile);
const outside = mkdtempSync(join(tmpdir(), "lakewire-foreign-"));
const people = join(import.meta.dirname, "../data/foreign-people");
const part = "part-00000-12f2f468-d9aa-40f1-8c9d-b7c89a0783c4-c000.snappy.parquet";
let server: RunningServer;
let admin: SqlClient;
let bob: SqlClient;

beforeAll(async () => {
  mkdirSync(join(outside, "allowed"));
  server = await startServer({
    environment: { LAKEWIRE_INGEST_FOLDERS: join(outside, "allowed") },
  });
  admin = await SqlClient.login(server);
  await admin.run(
    "CREATE ROLE bob LOGIN PASSWORD 'bob'",
    "GRANT USAGE, CREATE ON SCHEMA primary TO bob",
  );
  bob = await SqlClient.login({ ...server, user: "bob", password: "bob" });
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await bob?.end();
  await server?.stop();
  rmSync(outside, { recursive: true, force: true });
});

const attach = (name: string, location: string, format?: string) =>
  admin.run(
    `CREATE FOREIGN TABLE ${name} () SERVER lakewire OPTIONS (location '${location}'${format ? `, format '${format}'` : ""})`,
  );

interface Told {
  readonly name: string;
  readonly columns: readonly string[];
  readonly records: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A struct as delta-rs tells it; of a map it tells pairs. */
function comparable(text: string | null): unknown {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  };
  return text === null ? null : plain(JSON.parse(text));
}

test("tables that delta-rs has written, changed, compacted and checkpointed are read value by value", async () => {
  const python = await pythonWith("deltalake==1.6.6", "pyarrow==26.0.1");
  if (!python) return missing("deltalake", "install python3 with venv, and let pip reach PyPI");
  const folder = join(outside, "written");
  mkdirSync(folder);
  const script = join(import.meta.dirname, "write_foreign.py");
  const { stdout } = await run(python, [script, folder], { maxBuffer: 1 << 26 });
  const told = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
  expect(told.length).toBe(8);
  for (const { name, columns, records, rows } of told) {
    await attach(`rs_${name}`, join(folder, name));
    const list = columns.map((column) => `"${column}"::text`).join(", ");
    const found = await admin.rows(
      `SELECT ${list} FROM rs_${name} ORDER BY "id"::text COLLATE "C"`,
    );
    const expected = rows.map((row) =>
      row.map((value, at) => {
        const column = columns[at] ?? "";
        if (!records.includes(column)) return value;
        const told = comparable(value);
        return column === "m" && Array.isArray(told) ? Object.fromEntries(told) : told;
      }),
    );
    const ours = found.map((row) =>
      row.map((value, at) =>
        records.includes(columns[at] ?? "") && value !== null && !value.startsWith("{{")
          ? comparable(value)
          : value,
      ),
    );
    const order = (a: readonly unknown[], b: readonly unknown[]) =>
      String(a[0]) < String(b[0]) ? -1 : 1;
    expect(ours.toSorted(order), name).toEqual(expected.toSorted(order));
    expect(await admin.value(`SELECT count(*) FROM rs_${name}`)).toBe(String(rows.length));
  }
  await attach("spark", join(folder, "spark"));
  await admin.run("SET TimeZone = 'Asia/Tokyo'");
  const moment = "2024-07-01 19:00:00.123456+09";
  expect(await admin.rows('SELECT id, at, "all" FROM spark ORDER BY id')).toEqual([
    ["1", moment, `{"${moment}",NULL}`],
    ["2", null, null],
  ]);
  expect(await admin.value(`SELECT count(*) FROM spark WHERE at = '${moment}'`)).toBe("1");
  await admin.run("RESET TimeZone");
}, 120_000);

describe("a table of somebody else's", () => {
  test("is told as a foreign table everywhere", async () => {
    await attach("told", people);
    await admin.run("COMMENT ON FOREIGN TABLE told IS 'theirs'");
    expect(
      await admin.rows(
        `SELECT relkind, relam, relfilenode, relpersistence, relreplident, relfrozenxid, relhasrules, reltuples,
           obj_description(oid, 'pg_class') FROM pg_class WHERE relname = 'told'`,
      ),
    ).toEqual([["f", "0", "0", "p", "n", "0", "f", "3", "theirs"]]);
    expect(
      await admin.rows(
        `SELECT srvname, fdwname, ftoptions FROM pg_foreign_table
           JOIN pg_foreign_server s ON s.oid = ftserver JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw
           WHERE ftrelid = 'told'::regclass`,
      ),
    ).toEqual([["lakewire", "lakewire", `{location=${people}}`]]);
    expect(
      await admin.rows(
        `SELECT has_server_privilege('lakewire', 'USAGE'), has_server_privilege('bob', 'lakewire', 'USAGE'),
           has_foreign_data_wrapper_privilege('lakewire', 'USAGE')`,
      ),
    ).toEqual([["t", "f", "t"]]);
    expect(await admin.refusal("SELECT has_server_privilege('none', 'USAGE')")).toMatchObject({
      code: "42704",
      message: 'server "none" does not exist',
    });
    expect(
      await admin.rows(
        "SELECT foreign_table_name, foreign_server_name FROM information_schema.foreign_tables WHERE foreign_table_name = 'told'",
      ),
    ).toEqual([["told", "lakewire"]]);
    expect(
      await admin.rows(
        "SELECT table_type, is_insertable_into FROM information_schema.tables WHERE table_name = 'told'",
      ),
    ).toEqual([["FOREIGN", "NO"]]);
    expect(await admin.value("SELECT source FROM lakehouse.datasets WHERE name = 'told'")).toBe(
      "foreign delta",
    );
  });

  test("is renamed, given away, granted and dropped as PostgreSQL's is, its files stay", async () => {
    await attach("mine", people);
    await admin.run("ALTER FOREIGN TABLE mine RENAME TO yours", "GRANT SELECT ON yours TO bob");
    expect(await bob.value("SELECT count(*) FROM yours")).toBe("3");
    await admin.run("REVOKE SELECT ON yours FROM bob");
    expect(await bob.refusal("SELECT count(*) FROM yours")).toMatchObject({ code: "42501" });
    expect(await admin.refusal("DROP TABLE yours")).toMatchObject({
      code: "42809",
      message: '"yours" is not a table',
      hint: "Use DROP FOREIGN TABLE to remove a foreign table.",
    });
    expect(await admin.refusal("COMMENT ON TABLE yours IS 'x'")).toMatchObject({ code: "42809" });
    expect(await admin.refusal("DROP FOREIGN TABLE nowhere")).toMatchObject({
      code: "42704",
      message: 'foreign table "nowhere" does not exist',
    });
    await admin.run("BEGIN", "DROP FOREIGN TABLE yours", "ROLLBACK", "DROP FOREIGN TABLE yours");
    await attach("yours", people);
    expect(await admin.value("SELECT name FROM yours WHERE id = 2")).toBe("Bob");
  });

  test("goes with its schema, under its own word", async () => {
    await admin.run("CREATE SCHEMA theirs");
    await attach("theirs.one", people);
    expect(await admin.refusal("DROP SCHEMA theirs")).toMatchObject({
      code: "2BP01",
      detail: "foreign table theirs.one depends on schema theirs",
    });
    await admin.run("DROP SCHEMA theirs CASCADE");
    expect(await admin.refusal("SELECT * FROM theirs.one")).toMatchObject({ code: "42P01" });
  });

  test.each([
    ["INSERT INTO kept VALUES (1)", "cannot insert into foreign table"],
    ["COPY kept FROM STDIN", "cannot insert into foreign table"],
    ["UPDATE kept SET id = 1", "cannot update foreign table"],
    ["DELETE FROM kept", "cannot delete from foreign table"],
    ["TRUNCATE kept", "cannot truncate foreign table"],
    ["ALTER TABLE kept ADD COLUMN x int", "changing the columns of a foreign table"],
  ])("is not written: %s", async (sql, message) => {
    await admin.run("DROP FOREIGN TABLE IF EXISTS kept");
    await attach("kept", people);
    const refusal = await admin.refusal(sql);
    expect(refusal.code).toBe("0A000");
    expect(refusal.message).toContain(message);
  });

  test("has the columns that were declared, cast; one the files lack is refused", async () => {
    const options = `SERVER lakewire OPTIONS (location '${people}', format 'delta')`;
    await admin.run(`CREATE FOREIGN TABLE few (name varchar(3), id text) ${options}`);
    expect(await admin.rows("SELECT * FROM few ORDER BY id LIMIT 1")).toEqual([["Ann", "1"]]);
    expect(await admin.value("SELECT count(*) FROM few WHERE id = '3'")).toBe("1");
    await admin.run(`CREATE FOREIGN TABLE short (name varchar(2)) ${options}`);
    expect(await admin.refusal("SELECT * FROM short")).toMatchObject({
      code: "22001",
      message: "value too long for type character varying(2)",
    });
    expect(await admin.refusal(`CREATE FOREIGN TABLE no (nam text) ${options}`)).toMatchObject({
      code: "42703",
    });
  });

  test("shows what its writer commits next, and a transaction keeps what it saw", async () => {
    const folder = join(outside, "growing");
    cpSync(people, folder, { recursive: true });
    await attach("growing", folder);
    await admin.run("BEGIN");
    expect(await admin.value("SELECT count(*) FROM growing")).toBe("3");
    cpSync(join(folder, part), join(folder, "second.parquet"));
    const add = { path: "second.parquet", partitionValues: {}, size: 779, modificationTime: 1 };
    writeFileSync(
      join(folder, "_delta_log/00000000000000000001.json"),
      JSON.stringify({ add: { ...add, dataChange: true } }),
    );
    expect(await admin.value("SELECT count(*) FROM growing")).toBe("3");
    await admin.run("COMMIT");
    expect(await admin.value("SELECT count(*) FROM growing")).toBe("6");
    expect(await admin.value("SELECT count(*) FROM growing AT (VERSION => 0)")).toBe("3");
  });

  test("with a feature nobody here knows is refused by that feature's name", async () => {
    const folder = join(outside, "future");
    cpSync(people, folder, { recursive: true });
    const features = ["typeWidening", "variantType"];
    writeFileSync(
      join(folder, "_delta_log/00000000000000000001.json"),
      JSON.stringify({
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: features,
          writerFeatures: features,
        },
      }),
    );
    const refusal = await admin.refusal(
      `CREATE FOREIGN TABLE future () SERVER lakewire OPTIONS (location '${folder}')`,
    );
    expect(refusal).toMatchObject({ code: "0A000" });
    expect(refusal.message).toContain("typeWidening, variantType");
  });
});

describe("a folder of Parquet files", () => {
  const folder = join(outside, "loose");
  test("is a table of what lies there now: files that differ, folders that are columns", async () => {
    cpSync(people, folder, { recursive: true });
    rmSync(join(folder, "_delta_log"), { recursive: true });
    mkdirSync(join(folder, "year=2024"));
    renameSync(join(folder, part), join(folder, "year=2024", "a.parquet"));
    await attach("loose", folder);
    expect(await admin.rows("SELECT id, name, year FROM loose ORDER BY id")).toEqual([
      ["1", "Ann", "2024"],
      ["2", "Bob", "2024"],
      ["3", "Cid", "2024"],
    ]);
    mkdirSync(join(folder, "year=2025"));
    cpSync(join(folder, "year=2024", "a.parquet"), join(folder, "year=2025", "b.parquet"));
    cpSync(join(folder, "year=2024", "a.parquet"), join(folder, "_hidden.parquet"));
    expect(await admin.rows("SELECT year, count(*) FROM loose GROUP BY 1 ORDER BY 1")).toEqual([
      ["2024", "3"],
      ["2025", "3"],
    ]);
    rmSync(join(folder, "year=2024"), { recursive: true });
    expect(await admin.value("SELECT count(*) FROM loose")).toBe("3");
    expect(await admin.refusal("SELECT * FROM loose AT (VERSION => 0)")).toMatchObject({
      code: "42809",
    });
  });
});

describe("a folder's whereabouts", () => {
  const by = (client: SqlClient, location: string) =>
    client.refusal(`CREATE FOREIGN TABLE x () SERVER lakewire OPTIONS (location '${location}')`);

  test("outside ingest.folders are a superuser's to name", async () => {
    expect(await by(bob, people)).toMatchObject({ code: "42501" });
    expect(await by(bob, "/etc/nowhere")).toMatchObject({ code: "42501" });
    cpSync(people, join(outside, "allowed/people"), { recursive: true });
    symlinkSync(people, join(outside, "allowed/elsewhere"));
    expect(await by(bob, join(outside, "allowed/elsewhere"))).toMatchObject({ code: "42501" });
    await bob.run(
      `CREATE FOREIGN TABLE bobs () SERVER lakewire OPTIONS (location '${join(outside, "allowed/people")}')`,
    );
    expect(await bob.value("SELECT max(name) FROM bobs")).toBe("Cid");
  });

  test("may be a dataset's of this server, and a symbolic link in it is not followed", async () => {
    await admin.run("CREATE TABLE own (a int)", "INSERT INTO own VALUES (1), (2)");
    const key = await admin.value(
      "SELECT split_part(key, '/', 1) FROM lakehouse.objects WHERE dataset = 'own'",
    );
    await attach("alias", `primary/${key}`);
    expect(await admin.value("SELECT sum(a) FROM alias")).toBe("3");
    await admin.run("INSERT INTO own VALUES (4)");
    expect(await admin.value("SELECT sum(a) FROM alias")).toBe("7");
    const folder = join(outside, "linked");
    mkdirSync(folder);
    symlinkSync(join(people, part), join(folder, "a.parquet"));
    expect(await by(admin, folder)).toMatchObject({ code: "58P01" });
  });

  test("that are wrong, and options that are, are answered in PostgreSQL's words", async () => {
    expect(await by(admin, "nowhere")).toMatchObject({ code: "58P01" });
    const create = "CREATE FOREIGN TABLE x ()";
    expect(await admin.refusal(`${create} SERVER other OPTIONS (location 'a')`)).toMatchObject({
      code: "42704",
      message: 'server "other" does not exist',
    });
    expect(await admin.refusal(`${create} SERVER lakewire`)).toMatchObject({ code: "HV002" });
    expect(
      await admin.refusal(`${create} SERVER lakewire OPTIONS (location 'a', place 'b')`),
    ).toMatchObject({
      code: "HV00D",
      message: 'invalid option "place"',
      hint: "Valid options in this context are: location, format",
    });
    expect(
      await admin.refusal(`${create} SERVER lakewire OPTIONS (location 'a', location 'b')`),
    ).toMatchObject({ code: "42710", message: 'option "location" provided more than once' });
    expect(
      await admin.refusal(
        "CREATE FOREIGN TABLE x (a int PRIMARY KEY) SERVER lakewire OPTIONS (location 'a')",
      ),
    ).toMatchObject({
      code: "0A000",
      message: "primary key constraints are not supported on foreign tables",
    });
  });
});
