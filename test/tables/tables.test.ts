import { mkdirSync, readdirSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { engineTypeName } from "../../src/pgtypes/engine-type.ts";
import { oids } from "../../src/pgtypes/oids.ts";
import { logicalTypeFor } from "../../src/pgtypes/types.ts";
import type { Action } from "../../src/table/actions.ts";
import { columnsOf, fieldsOf } from "../../src/table/schema.ts";
import type { Table } from "../../src/table/table.ts";
import { openTables } from "../../src/table/tables.ts";
import { everyType } from "./every-type.ts";
import { add, columns, type Lake, never, openLake } from "./lake.ts";

let lake: Lake;
beforeEach(async () => {
  lake = await openLake({ sealed: true });
});
afterEach(() => lake.close());

const info = { operation: "CREATE TABLE", actor: "test" } as const;
const writeInfo = { operation: "WRITE", actor: "test" } as const;
const people = columns({ id: oids.int8, name: oids.text });

async function create(location = "people-00000001", fields = fieldsOf(people)): Promise<Table> {
  await lake.tables.create("primary", location, fields, info);
  return lake.tables.get("primary", location);
}

async function rows(table: Table, names = ["id", "name"]): Promise<Record<string, unknown>[]> {
  const scan = await table.scan(await table.current(), names);
  return lake.engine.system(`SELECT * FROM (${scan}) ORDER BY ALL`);
}

const folder = (...path: string[]) => join(lake.root, "primary", ...path);

/** Empty files lie there for the next commit, written to by nobody. */
const halfDone = () =>
  readdirSync(folder(".staging")).filter((name) => {
    const entry = statSync(folder(".staging", name));
    return entry.isDirectory() || entry.size > 0;
  });

describe("a dataset", () => {
  test("starts empty and typed, and keeps what is appended", async () => {
    const table = await create();
    const empty = await lake.engine.system(
      `DESCRIBE ${await table.scan(await table.current(), ["name", "id"])}`,
    );
    expect(empty.map((row) => row["column_type"])).toEqual(["VARCHAR", "BIGINT"]);
    expect(await rows(table)).toEqual([]);
    await add(table, "SELECT 1 AS id, 'ann' AS name");
    await add(table, "SELECT 'bob' AS name, 2 AS id");
    expect(await rows(table)).toEqual([
      { id: 1n, name: "ann" },
      { id: 2n, name: "bob" },
    ]);
    const version = await table.current();
    expect(version.number).toBe(2);
    expect(version.rowCount).toBe(2);
    expect(version.files.size).toBe(2);
    expect(columnsOf(version.fields)).toEqual(people);
    expect(version.protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  });

  test("writes no file for no rows, and none that is seen before its commit", async () => {
    const table = await create();
    const base = await table.current();
    expect(await table.write(base, "SELECT 1 AS id, 'x' AS name WHERE false", never)).toEqual([]);
    const adds = await table.write(base, "SELECT 1 AS id, 'x' AS name", never);
    expect(adds.length).toBe(1);
    expect(await rows(table)).toEqual([]);
    await table.discard(adds);
    expect(readdirSync(folder("people-00000001"))).toEqual(["_delta_log"]);
    expect(halfDone()).toEqual([]);
  });

  test("refuses a null where none may be, also in an array column, and leaves nothing", async () => {
    const table = await create(
      "strict-1",
      fieldsOf(columns({ a: 23, b: 1007 }).map((each) => ({ ...each, notNull: true }))),
    );
    const base = await table.current();
    for (const select of ["SELECT NULL AS a, [1] AS b", "SELECT 1 AS a, NULL AS b"]) {
      await expect(table.write(base, select, never)).rejects.toMatchObject({ sqlstate: "23502" });
    }
    expect(readdirSync(folder("strict-1"))).toEqual(["_delta_log"]);
    expect(halfDone()).toEqual([]);
  });

  test("gives every type back as it was", async () => {
    const { table: definition, rows: selects } = everyType();
    const table = await create("everything-1", fieldsOf(definition));
    const types = definition.map(({ typeOid, typmod }) =>
      engineTypeName(must(logicalTypeFor(typeOid, typmod), "a type")),
    );
    const names = definition.map(({ name }) => name);
    for (const select of selects) {
      const typed = names.map((name, i) => `CAST("${name}" AS ${types[i]}) AS "${name}"`);
      const source = `SELECT ${typed.join(", ")} FROM (SELECT ${select})`;
      const base = await table.current();
      const adds = await table.write(base, source, never);
      await table.commit(base, { adds, removes: "all" }, writeInfo);
      const scan = await table.scan(await table.current(), names);
      expect(await lake.engine.system(scan)).toEqual(await lake.engine.system(source));
      const described = await lake.engine.system(`DESCRIBE ${scan}`);
      expect(described.map((row) => row["column_type"])).toEqual(types);
    }
    expect(columnsOf((await table.current()).fields)).toEqual(definition);
  });

  test("refuses an interval the engine could not read back", async () => {
    const table = await create("span-1", fieldsOf(columns({ i: oids.interval })));
    const select = "SELECT to_hours(2000000000) AS i";
    await expect(table.write(await table.current(), select, never)).rejects.toMatchObject({
      sqlstate: expect.stringMatching(/^22/),
    });
  });

  test("is cancelled while it writes, and leaves nothing", async () => {
    const table = await create();
    const stop = new AbortController();
    const writing = table.write(
      await table.current(),
      "SELECT i AS id, md5(i::VARCHAR) AS name FROM range(100000000) t(i)",
      stop.signal,
    );
    setTimeout(() => stop.abort(), 200);
    await expect(writing).rejects.toMatchObject({ sqlstate: "57014" });
    expect(readdirSync(folder("people-00000001"))).toEqual(["_delta_log"]);
    expect(halfDone()).toEqual([]);
  });

  test("is read at older versions and instants, also behind a checkpoint", async () => {
    const table = await create();
    const instants: Date[] = [(await table.current()).committedAt];
    for (let i = 1; i <= 45; i++) {
      await add(table, `SELECT ${i} AS id, 'x' AS name`);
      instants.push((await table.current()).committedAt);
    }
    await lake.tables.settle();
    expect(readdirSync(folder("people-00000001", "_delta_log"))).toContain(
      "00000000000000000040.checkpoint.parquet",
    );
    const other = await lake.open();
    const again = other.tables.get("primary", "people-00000001");
    for (const number of [45, 0, 7, 20, 40, 41]) {
      expect((await again.at(number)).rowCount).toBe(number);
    }
    expect((await again.atTime(new Date(Date.now() + 1000))).number).toBe(45);
    const at = instants[13];
    if (at) {
      const found = await again.atTime(at);
      expect(found.committedAt <= at && found.number >= 13).toBe(true);
    }
    await expect(again.at(46)).rejects.toMatchObject({ sqlstate: "22023" });
    await expect(again.atTime(new Date(0))).rejects.toMatchObject({ sqlstate: "22023" });
    await other.close();
  });

  test("is whole when only its checkpoint is left of the older log", async () => {
    const table = await create();
    for (let i = 1; i <= 22; i++) await add(table, `SELECT ${i} AS id, 'x' AS name`);
    await lake.tables.settle();
    for (let i = 0; i < 20; i++) {
      unlinkSync(folder("people-00000001", "_delta_log", `${String(i).padStart(20, "0")}.json`));
    }
    const other = await lake.open();
    const again = other.tables.get("primary", "people-00000001");
    const version = await again.current();
    expect(version.number).toBe(22);
    expect(version.rowCount).toBe(22);
    unlinkSync(folder("people-00000001", "_delta_log", "_last_checkpoint"));
    const third = await lake.open();
    const found = await third.tables.get("primary", "people-00000001").current();
    expect(found.rowCount).toBe(22);
    expect([...found.files]).toEqual([...version.files]);
    await other.close();
    await third.close();
  });

  test("names what is missing in its log", async () => {
    const table = await create();
    for (let i = 1; i <= 5; i++) await add(table, `SELECT ${i} AS id, 'x' AS name`);
    unlinkSync(folder("people-00000001", "_delta_log", "00000000000000000003.json"));
    const other = await lake.open();
    await expect(other.tables.get("primary", "people-00000001").current()).rejects.toMatchObject({
      sqlstate: "XX001",
      message: expect.stringContaining("people-00000001/_delta_log/00000000000000000003.json"),
    });
    await expect(other.tables.get("primary", "nothing").current()).rejects.toMatchObject({
      sqlstate: "58P01",
      message:
        'object "nothing/_delta_log/00000000000000000000.json" of bucket "primary" does not exist',
    });
    expect(() => other.tables.get("nowhere", "x")).toThrow('bucket "nowhere" does not exist');
    await other.close();
  });

  test("names a data file that is missing, and follows no symbolic link to one", async () => {
    const table = await create();
    await add(table, "SELECT 1 AS id, 'x' AS name");
    const file = [...(await table.current()).files.keys()][0] ?? "";
    unlinkSync(folder("people-00000001", file));
    await expect(rows(table)).rejects.toMatchObject({
      sqlstate: "58P01",
      message: `object "people-00000001/${file}" of bucket "primary" does not exist`,
    });
    symlinkSync("/etc/hostname", folder("people-00000001", file));
    await expect(rows(table)).rejects.toMatchObject({ sqlstate: "42501" });
  });

  test("has two appends of one version both, and one of two replacements", async () => {
    const table = await create();
    const other = await lake.open();
    const there = other.tables.get("primary", "people-00000001");
    const base = await table.current();
    const first = await table.write(base, "SELECT 1 AS id, 'x' AS name", never);
    const second = await there.write(base, "SELECT 2 AS id, 'y' AS name", never);
    await table.commit(base, { adds: first }, writeInfo);
    await there.commit(base, { adds: second }, writeInfo);
    expect((await rows(table)).length).toBe(2);
    await expect(there.commit(base, { adds: [], removes: "all" }, writeInfo)).rejects.toMatchObject(
      { sqlstate: "40001" },
    );
    const now = await there.current();
    const replaced = await there.write(now, "SELECT 3 AS id, 'z' AS name", never);
    await there.commit(now, { adds: replaced, removes: "all" }, writeInfo);
    await expect(table.commit(now, { adds: [], removes: "all" }, writeInfo)).rejects.toMatchObject({
      sqlstate: "40001",
    });
    expect(await rows(table)).toEqual([{ id: 3n, name: "z" }]);
    expect((await table.at(2)).rowCount).toBe(2);
    await other.close();
  });

  test("commits a retried append once", async () => {
    const table = await create();
    const base = await table.current();
    const adds = await table.write(base, "SELECT 1 AS id, 'x' AS name", never);
    const once = { ...writeInfo, transaction: { application: "job-7", version: 3 } };
    await table.commit(base, { adds }, once);
    const other = await lake.open();
    const again = other.tables.get("primary", "people-00000001");
    expect((await again.commit(base, { adds }, once)).number).toBe(1);
    await other.close();
  });

  test("refuses files written for another schema", async () => {
    const table = await create();
    const base = await table.current();
    const adds = await table.write(base, "SELECT 1 AS id, 'x' AS name", never);
    const schemaString = JSON.stringify({ type: "struct", fields: base.fields.slice(0, 1) });
    const foreign: Action = { metaData: { ...base.metaData, schemaString } };
    writeFileSync(
      folder("people-00000001", "_delta_log", "00000000000000000001.json"),
      `${JSON.stringify(foreign)}\n`,
    );
    await expect(table.commit(base, { adds }, writeInfo)).rejects.toMatchObject({
      sqlstate: "40001",
    });
  });

  test("is not harmed by what a crash leaves", async () => {
    const table = await create();
    await add(table, "SELECT 1 AS id, 'x' AS name");
    mkdirSync(folder(".staging", "half"));
    writeFileSync(folder(".staging", "half", "part-1.parquet"), "PAR1 cut");
    writeFileSync(folder(".staging", "entry"), '{"add":');
    writeFileSync(folder("people-00000001", "part-unreferenced.parquet"), "PAR1 cut");
    writeFileSync(folder("people-00000001", "_delta_log", "_last_checkpoint"), '{"version":20');
    const other = await lake.open();
    const again = other.tables.get("primary", "people-00000001");
    await add(again, "SELECT 2 AS id, 'y' AS name");
    expect((await rows(table)).length).toBe(2);
    await other.close();
  });

  test("gives each row its file and place, whatever statistics leave out", async () => {
    const table = await create();
    for (const start of [0, 1000, 2000]) {
      await add(table, `SELECT i AS id, 'x' AS name FROM range(${start}, ${start + 10}) t(i)`);
    }
    const version = await table.current();
    const scan = await table.scan(version, ["id"], {
      position: true,
      where: [{ column: "id", operator: ">=", values: [1000] }],
    });
    const found = await lake.engine.system(`SELECT * FROM (${scan}) ORDER BY id`);
    expect(found.length).toBe(20);
    expect(found[0]).toEqual({ id: 1000n, "@file": 1, "@row": 0n });
    expect(found[19]).toEqual({ id: 2009n, "@file": 2, "@row": 9n });
  });

  test("tells the engine how many rows to expect, so that a join keeps the smaller side in memory", async () => {
    const table = await create();
    await add(table, "SELECT range AS id, 'x' AS name FROM range(7000)");
    await add(table, "SELECT range AS id, 'y' AS name FROM range(5000)");
    const scan = await table.scan(await table.current(), ["id"]);
    const [plan] = await lake.engine.system(`EXPLAIN SELECT * FROM (${scan}) CROSS JOIN range(3)`);
    const lines = String(plan?.["explain_value"]).split("\n");
    // The right side is the one that is kept.
    expect(lines.filter((line) => line.includes("~")).join(" ")).toMatch(/~12,000 rows.*~3 rows/);
  });

  test("may have any column name, those of the engine's own columns too", async () => {
    const names = {
      file_index: oids.int4,
      filename: oids.text,
      file_row_number: oids.int4,
      'a "quoted" name, with {marks}': oids.text,
      C0: oids.int4,
      über: oids.text,
    };
    const table = await create("odd-1", fieldsOf(columns(names)));
    const quoted = Object.keys(names).map((name) => `"${name.replaceAll('"', '""')}"`);
    const select = (n: number) => `SELECT ${quoted.map((name) => `${n} AS ${name}`).join(", ")}`;
    await add(table, select(1));
    await add(table, select(2));
    const scan = await table.scan(await table.current(), Object.keys(names), { position: true });
    const found = await lake.engine.system(`SELECT * FROM (${scan}) ORDER BY 1`);
    expect(found.map((row) => Object.values(row))).toEqual([
      [1, "1", 1, "1", 1, "1", 0, 0n],
      [2, "2", 2, "2", 2, "2", 1, 0n],
    ]);
    expect((await table.current()).protocol.minReaderVersion).toBe(2);
    expect(() => fieldsOf(columns({ a: 23, A: 23 }))).toThrow("differ in case only");
  });

  test("splits a large load into several files, and reads them as one", async () => {
    await create();
    const small = openTables(lake.buckets, lake.engine, { fileBytes: 1_000_000 });
    const table = small.get("primary", "people-00000001");
    await add(table, "SELECT i AS id, md5(i::VARCHAR) AS name FROM range(500000) t(i)");
    const version = await table.current();
    expect(version.files.size).toBeGreaterThan(1);
    expect(version.rowCount).toBe(500_000);
    const scan = await table.scan(version, ["id"]);
    const [counted] = await lake.engine.system(
      `SELECT count(DISTINCT id) AS n, max(id) AS top FROM (${scan})`,
    );
    expect(counted).toEqual({ n: 500_000n, top: 499_999n });
  });

  test("keeps no more datasets in memory than it may", async () => {
    const few = openTables(lake.buckets, lake.engine, { cachedMax: 2 });
    for (const n of [1, 2, 3]) {
      await few.create("primary", `t-${n}`, fieldsOf(people), info);
    }
    expect(few.known("primary", "t-1")).toBeUndefined();
    expect(few.known("primary", "t-3")?.number).toBe(0);
    expect((await few.get("primary", "t-1").current()).number).toBe(0);
  });
});

test("a fault of the store is told by bucket and object, and nothing is half done", async () => {
  let broken = false;
  const faulty = await openLake({
    fault: (operation, _bucket, key) => {
      if (broken && operation === "write" && key.includes("_delta_log")) throw new Error("EIO");
    },
  });
  await faulty.tables.create("primary", "t-1", fieldsOf(people), info);
  const table = faulty.tables.get("primary", "t-1");
  broken = true;
  await expect(add(table, "SELECT 1 AS id, 'x' AS name")).rejects.toMatchObject({
    sqlstate: "58030",
    message:
      'could not write object "t-1/_delta_log/00000000000000000001.json" of bucket "primary": EIO',
  });
  broken = false;
  await add(table, "SELECT 2 AS id, 'x' AS name");
  expect((await table.current()).rowCount).toBe(1);
  await faulty.close();
});
