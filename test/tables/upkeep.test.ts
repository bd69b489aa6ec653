/** Compaction, expiry, history and restoring change no row, lose no race silently, and delete nothing anybody needs. */
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oids } from "../../src/pgtypes/oids.ts";
import { type CompactionOptions, compact } from "../../src/table/compact.ts";
import { publishIceberg } from "../../src/table/iceberg.ts";
import { restore } from "../../src/table/restore.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import type { Table, TableVersion } from "../../src/table/table.ts";
import { openTables } from "../../src/table/tables.ts";
import { add, columns, type Lake, never, openLake } from "./lake.ts";

let lake: Lake;
beforeAll(async () => {
  lake = await openLake();
});
afterAll(() => lake.close());

const hour = 3_600_000;
const options: CompactionOptions = {
  smallFileBytes: 16_000_000,
  deletedShareMax: 0.1,
  fileBytes: 128_000_000,
  runBytes: Number.POSITIVE_INFINITY,
  actor: "test",
  signal: never,
};

async function dataset(location: string, appends: number): Promise<Table> {
  const table = columns({ id: oids.int4, word: oids.text });
  const info = { operation: "CREATE TABLE", actor: "test" } as const;
  await lake.tables.create("primary", location, fieldsOf(table), info);
  const made = lake.tables.get("primary", location);
  for (let i = 0; i < appends; i++) {
    const [from, to] = [i * 10, i * 10 + 10];
    await add(made, `SELECT range::INTEGER AS id, 'w' || range AS word FROM range(${from}, ${to})`);
  }
  return made;
}

async function ids(table: Table, version?: TableVersion): Promise<number[]> {
  const text = await table.scan(version ?? (await table.current()), ["id"]);
  const rows = await lake.engine.system(`SELECT id FROM (${text}) ORDER BY id`);
  return rows.map(({ id }) => Number(id));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function remove(table: Table, base: TableVersion, file: number, rows: readonly number[]) {
  const path = [...base.files.keys()][file] ?? "";
  const info = { operation: "DELETE", actor: "test" } as const;
  return table.commit(base, { deletes: new Map([[path, rows]]) }, info);
}

/** Its objects as if they had been written then. */
async function age(location: string, hours: number): Promise<void> {
  const bucket = lake.buckets.get("primary");
  const when = new Date(Date.now() - hours * hour);
  for (const { key } of (await bucket?.list(`${location}/`)) ?? []) {
    await utimes(join(lake.root, "primary", key), when, when);
  }
}

const names = async (location: string) =>
  ((await lake.buckets.get("primary")?.list(`${location}/`)) ?? []).map(({ key }) =>
    key.slice(location.length + 1),
  );

test("small files become one, deleted rows go, the order of rows stays", async () => {
  const table = await dataset("merge", 8);
  await remove(table, await table.current(), 2, [0, 1]);
  const before = await table.current();
  const done = await compact(table, options);
  expect(done).toMatchObject({ filesRemoved: 8, filesAdded: 1, groupsLost: 0, groupsLeft: 0 });
  const after = await table.current();
  expect(after.files.size).toBe(1);
  expect(await ids(table)).toEqual([...range(0, 20), ...range(22, 80)]);
  expect(await ids(table, before)).toEqual(await ids(table));
  expect((await compact(table, options)).filesRemoved).toBe(0);
});

test("a file is written anew when many of its rows are deleted, and not for a few", async () => {
  const table = await dataset("worn", 1);
  await remove(table, await table.current(), 0, [3]);
  expect((await compact(table, options)).filesRemoved).toBe(0);
  await remove(table, await table.current(), 0, [4]);
  expect((await compact(table, options)).filesRemoved).toBe(1);
  expect(await ids(table)).toEqual([0, 1, 2, 5, 6, 7, 8, 9]);
});

test("a dataset that only takes appends is compacted", async () => {
  const table = await dataset("append", 3);
  const configuration = { "delta.appendOnly": "true" };
  const info = { operation: "SET TBLPROPERTIES", actor: "test" } as const;
  await table.commit(await table.current(), { metaData: { configuration } }, info);
  expect((await compact(table, options)).filesRemoved).toBe(3);
  const refused = remove(table, await table.current(), 0, [0]);
  await expect(refused).rejects.toMatchObject({ sqlstate: "55000" });
  expect(await ids(table)).toEqual(range(0, 30));
});

test("a run reads no more than it may, and says what is left", async () => {
  const table = await dataset("bounded", 6);
  const [file] = [...(await table.current()).files.values()];
  const fileBytes = Math.round((file?.size ?? 0) * 2.5);
  const done = await compact(table, { ...options, fileBytes, runBytes: fileBytes });
  expect(done).toMatchObject({ filesRemoved: 2, groupsLeft: 2 });
  expect(await ids(table)).toEqual(range(0, 60));
});

test("who deletes from a file while it is merged wins, and the rest is merged again", async () => {
  const table = await dataset("race", 4);
  const other = await lake.open();
  const theirs = other.tables.get("primary", "race");
  let isFirst = true;
  // Between reading the files and the commit, another server deletes a row of one of them.
  const raced: Table = Object.assign(Object.create(table) as Table, {
    bucket: table.bucket,
    location: table.location,
    current: () => table.current(),
    scan: (...args: Parameters<Table["scan"]>) => table.scan(...args),
    discard: (...args: Parameters<Table["discard"]>) => table.discard(...args),
    write: (...args: Parameters<Table["write"]>) => table.write(...args),
    commit: async (...args: Parameters<Table["commit"]>) => {
      if (isFirst) await remove(theirs, await theirs.current(), 1, [5]);
      isFirst = false;
      return table.commit(...args);
    },
  });
  expect(await compact(raced, options)).toMatchObject({ groupsLost: 0, filesRemoved: 4 });
  expect(await ids(table)).toEqual([...range(0, 15), ...range(16, 40)]);
  expect(await ids(theirs)).toEqual(await ids(table));
  const left = (await names("race")).filter((name) => name.endsWith(".parquet"));
  expect(left).toHaveLength(5); // Four that were merged, one they came to; the lost attempt's is gone.
  await other.close();
});

test("history tells what came and went", async () => {
  const table = await dataset("told", 2);
  await remove(table, await table.current(), 0, [1, 2, 3]);
  await compact(table, options);
  const history = await table.history(100);
  expect(
    history.map(({ version, operation, rowsAdded, rowsRemoved, filesAdded, filesRemoved }) => [
      version,
      operation,
      rowsAdded,
      rowsRemoved,
      filesAdded,
      filesRemoved,
    ]),
  ).toEqual([
    [0, "CREATE TABLE", 0, 0, 0, 0],
    [1, "WRITE", 10, 0, 1, 0],
    [2, "WRITE", 10, 0, 1, 0],
    [3, "DELETE", 0, 3, 0, 0],
    [4, "OPTIMIZE", 17, 17, 1, 2],
  ]);
  expect((await table.history(2)).map(({ version }) => version)).toEqual([3, 4]);
});

test("an older version is restored, rows and columns, and what was between can be read still", async () => {
  const table = await dataset("back", 2);
  const old = await table.current();
  await remove(table, old, 0, [0]);
  await compact(table, options);
  const wide = fieldsOf(columns({ id: oids.int4, word: oids.text, more: oids.int8 }));
  const alter = { operation: "ADD COLUMNS", actor: "test" } as const;
  await table.commit(await table.current(), { metaData: { fields: wide } }, alter);
  const restored = await restore(table, await table.at(2), "test", new Set());
  expect(restored.number).toBe(6);
  expect(restored.fields.map(({ name }) => name)).toEqual(["id", "word"]);
  expect(await ids(table)).toEqual(range(0, 20));
  expect(await ids(table, await table.at(5))).toEqual(range(1, 20));
  expect([...restored.files.keys()]).toEqual([...old.files.keys()]);
});

test("files go when they are old and nobody's, and nothing else does", async () => {
  const table = await dataset("old", 3);
  await compact(table, options);
  const bucket = lake.buckets.get("primary");
  await bucket?.put("old/part-orphan.parquet", Buffer.from("x"));
  await bucket?.put("old/notes.txt", Buffer.from("x"));
  const expiry = { logRetentionMs: 720 * hour, dryRun: false, signal: never };
  expect((await table.expire({ ...expiry, fileRetentionMs: hour })).files).toBe(0);
  await age("old", 2);
  await bucket?.put("old/part-young.parquet", Buffer.from("x"));
  // Merged just now, so for an hour from now on their removal is young.
  const dry = await table.expire({ ...expiry, fileRetentionMs: hour, dryRun: true });
  expect(dry.files).toBe(1);
  expect((await table.expire({ ...expiry, fileRetentionMs: hour })).files).toBe(1);
  expect((await table.expire({ ...expiry, fileRetentionMs: 0 })).files).toBe(4);
  expect(await ids(table)).toEqual(range(0, 30));
  expect((await names("old")).filter((name) => !name.startsWith("_"))).toEqual([
    "notes.txt",
    [...(await table.current()).files.keys()][0],
  ]);
  const refusal = restore(table, await table.at(2), "test", new Set());
  await expect(refusal).rejects.toMatchObject({ sqlstate: "58P01" });
});

test("files of what is published for other engines stay", async () => {
  const table = await dataset("shared", 3);
  const bucket = lake.buckets.get("primary");
  if (!bucket) throw new Error("there is a primary bucket");
  const place = { bucket, location: "shared", engine: lake.engine, retainMs: 168 * hour };
  await publishIceberg(place, await table.current());
  await compact(table, options);
  const expiry = { logRetentionMs: 0, fileRetentionMs: 0, dryRun: false, signal: never };
  expect((await table.expire(expiry)).files).toBe(0);
  await publishIceberg(place, await table.current());
  expect((await table.expire(expiry)).files).toBe(3);
});

test("the log is cleaned up behind a checkpoint, and every younger version can be read", async () => {
  const table = await dataset("log", 45);
  await lake.tables.settle();
  const expiry = { fileRetentionMs: 720 * hour, dryRun: false, signal: never };
  expect((await table.expire({ ...expiry, logRetentionMs: hour })).entries).toBe(0);
  const gone = await table.expire({ ...expiry, logRetentionMs: 0 });
  expect(gone.entries).toBeGreaterThan(40);
  const again = openTables(lake.buckets, lake.engine);
  expect(await ids(again.get("primary", "log"))).toEqual(range(0, 450));
  expect((await again.get("primary", "log").at(45)).number).toBe(45);
  await expect(again.get("primary", "log").at(3)).rejects.toMatchObject({ sqlstate: "58P01" });
  await add(table, "SELECT 450 AS id, 'x' AS word");
  expect(await ids(again.get("primary", "log"))).toEqual(range(0, 451));
  expect((await table.expire({ ...expiry, logRetentionMs: 0 })).entries).toBeGreaterThan(0);
  expect(await ids(openTables(lake.buckets, lake.engine).get("primary", "log"))).toEqual(
    range(0, 451),
  );
});
