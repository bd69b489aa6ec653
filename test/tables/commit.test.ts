/** Rows deleted and files removed, by one server and by two over the same folder. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { oids } from "../../src/pgtypes/oids.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import type { Change, Table, TableVersion } from "../../src/table/table.ts";
import { add, columns, type Lake, openLake } from "./lake.ts";

let lake: Lake;
let other: Lake;
beforeEach(async () => {
  lake = await openLake();
  other = await lake.open();
});
afterEach(async () => {
  await other.close();
  await lake.close();
});

const info = { operation: "CREATE TABLE", actor: "test" } as const;
const deleted = { operation: "DELETE", actor: "test" } as const;
const people = columns({ id: oids.int8, name: oids.text });
const location = "people-00000001";

/** Three files of ids 0–9, 10–19, 20–29. */
async function three(): Promise<Table> {
  await lake.tables.create("primary", location, fieldsOf(people), info);
  const table = lake.tables.get("primary", location);
  for (const first of [0, 10, 20]) {
    await add(table, `SELECT ${first} + i AS id, 'n' || i AS name FROM range(10) t(i)`);
  }
  return table;
}

async function ids(
  at: Lake,
  options: { readonly without?: string } = {},
): Promise<readonly number[]> {
  const table = at.tables.get("primary", location);
  const scan = await table.scan(await table.current(), ["id"], options);
  const rows = await at.engine.system(`SELECT id FROM (${scan}) ORDER BY id`);
  return rows.map((row) => Number(row["id"]));
}

/** Rows of ids, as a change deletes them. */
async function rowsOf(at: Lake, version: TableVersion, where: string): Promise<Change> {
  const table = at.tables.get("primary", location);
  const scan = await table.scan(version, ["id"], { position: true });
  const rows = await at.engine.system(
    `SELECT "@file", "@row" FROM (${scan}) WHERE ${where} ORDER BY ALL`,
  );
  const paths = [...version.files.keys()];
  const deletes = new Map<string, number[]>();
  for (const row of rows) {
    const path = must(paths[Number(row["@file"])], "a path");
    const list = deletes.get(path) ?? [];
    list.push(Number(row["@row"]));
    deletes.set(path, list);
  }
  return { deletes };
}

const all = Array.from({ length: 30 }, (_, i) => i);
const folder = (...path: string[]) => join(lake.root, "primary", location, ...path);

describe("rows deleted", () => {
  test("are gone for every later version and there in the earlier ones", async () => {
    const table = await three();
    const base = await table.current();
    const first = await table.commit(base, await rowsOf(lake, base, "id % 7 = 3"), deleted);
    expect(await ids(lake)).toEqual(all.filter((id) => id % 7 !== 3));
    expect(first.rowCount).toBe(26);
    expect(first.protocol).toEqual({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ["deletionVectors"],
      writerFeatures: ["appendOnly", "invariants", "deletionVectors"],
    });
    expect(first.metaData.configuration).toEqual({ "delta.enableDeletionVectors": "true" });
    const second = await table.commit(first, await rowsOf(lake, first, "id < 12"), deleted);
    expect(await ids(lake)).toEqual(all.filter((id) => id % 7 !== 3 && id >= 12));
    expect(await ids(other)).toEqual(await ids(lake));
    expect([second.files.size, second.rowCount]).toEqual([2, 16]);
    const scan = await table.scan(await table.at(base.number), ["id"]);
    expect((await lake.engine.system(scan)).length).toBe(30);
    const stats = [...second.files.values()].map(({ stats: text }) => JSON.parse(text ?? ""));
    expect(stats.map(({ numRecords, tightBounds }) => [numRecords, tightBounds])).toEqual([
      [10, false],
      [10, false],
    ]);
  });

  test("in one statement go into one object, small ones into none", async () => {
    await lake.tables.create("primary", location, fieldsOf(people), info);
    const table = lake.tables.get("primary", location);
    for (const first of [0, 100_000]) {
      await add(table, `SELECT ${first} + i AS id, 'n' AS name FROM range(100000) t(i)`);
    }
    await add(table, "SELECT -1 AS id, 'n' AS name UNION ALL SELECT -2, 'm'");
    const base = await table.current();
    const change = await rowsOf(lake, base, "hash(id) % 10 = 0 OR id = -1");
    const next = await table.commit(base, change, deleted);
    expect(readdirSync(folder()).filter((name) => name.endsWith(".bin")).length).toBe(1);
    const kinds = [...next.files.values()].map((file) => file.deletionVector?.storageType);
    expect(kinds).toEqual(["u", "u", "i"]);
    const [counted] = await other.engine.system(
      `SELECT count(*) AS n, count(*) FILTER (WHERE hash(id) % 10 = 0) AS gone FROM (${await other.tables
        .get("primary", location)
        .scan(await other.tables.get("primary", location).current(), ["id"])})`,
    );
    expect(Number(counted?.["n"])).toBe(next.rowCount);
    expect(Number(counted?.["gone"])).toBe(0);
  });

  test("by two servers are both gone when they differ; a row deleted twice is 40001", async () => {
    const table = await three();
    const base = await table.current();
    const there = other.tables.get("primary", location);
    const theirs = await there.current();
    await table.commit(base, await rowsOf(lake, base, "id IN (1, 12)"), deleted);
    await there.commit(theirs, await rowsOf(other, theirs, "id IN (2, 13, 25)"), deleted);
    const left = all.filter((id) => ![1, 12, 2, 13, 25].includes(id));
    expect(await ids(lake)).toEqual(left);
    const twice = there.commit(theirs, await rowsOf(other, theirs, "id IN (3, 12)"), deleted);
    await expect(twice).rejects.toMatchObject({ sqlstate: "40001" });
    expect(await ids(lake)).toEqual(left);
    expect(readdirSync(folder()).filter((name) => name.endsWith(".bin"))).toEqual([]);
  });

  test("of a file that was compacted meanwhile are 40001, and a compaction that came late too", async () => {
    const table = await three();
    const there = other.tables.get("primary", location);
    const base = await table.current();
    const theirs = await there.current();
    const compact = async (of: Table, from: TableVersion) => {
      const select = await of.scan(from, ["id", "name"]);
      const adds = await of.write(from, select, new AbortController().signal);
      const change: Change = { adds, removes: [...from.files.keys()], isRearrangement: true };
      return of.commit(from, change, { operation: "OPTIMIZE", actor: "test" });
    };
    await add(there, "SELECT 30 AS id, 'appended' AS name");
    await compact(table, base);
    expect(await ids(lake)).toEqual([...all, 30]);
    const late = there.commit(theirs, await rowsOf(other, theirs, "id = 4"), deleted);
    await expect(late).rejects.toMatchObject({ sqlstate: "40001" });
    const now = await there.current();
    await there.commit(now, await rowsOf(other, now, "id = 4"), deleted);
    await expect(compact(table, now)).rejects.toMatchObject({ sqlstate: "40001" });
    expect(await ids(other)).toEqual([...all, 30].filter((id) => id !== 4));
  });

  test("can be left out of a scan by place before they are committed", async () => {
    const table = await three();
    const base = await table.current();
    await table.commit(base, await rowsOf(lake, base, "id = 5"), deleted);
    const without = `SELECT * FROM (VALUES (0, 1::BIGINT), (2, 9)) AS t("@file", "@row")`;
    const now = await table.current();
    const paths = [...now.files.keys()];
    const gone = [1, 9].map((row, i) => ({ row, file: i === 0 ? 0 : 2 }));
    expect(paths.length).toBe(3);
    const left = await ids(lake, { without });
    expect(left.length).toBe(30 - 1 - gone.length);
  });
});

test("a change that must be checked again is, with every version it comes to follow", async () => {
  const table = await three();
  const base = await table.current();
  await add(other.tables.get("primary", location), "SELECT 30 AS id, 'x' AS name");
  const seen: number[] = [];
  const recheck = async (newest: TableVersion) => {
    seen.push(newest.number);
    if (seen.length === 1)
      await add(other.tables.get("primary", location), "SELECT 31 AS id, 'y' AS name");
  };
  await table.commit(base, { ...(await rowsOf(lake, base, "id = 0")), recheck }, deleted);
  expect(seen).toEqual([4, 5]);
  expect((await table.current()).number).toBe(6);
});
