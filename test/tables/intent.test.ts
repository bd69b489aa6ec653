/** A transaction over several logs, stopped at every point it can be stopped at. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assert, must } from "../../src/base/assert.ts";
import { oids } from "../../src/pgtypes/oids.ts";
import type { Action } from "../../src/table/actions.ts";
import { writeCheckpoint } from "../../src/table/checkpoint.ts";
import { NumberedLog } from "../../src/table/log.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import { openTables, type Tables } from "../../src/table/tables.ts";
import { Version } from "../../src/table/version.ts";
import { add, columns, type Lake, never, openLake } from "./lake.ts";

let lake: Lake;
beforeEach(async () => {
  lake = await openLake();
  for (const location of ["a-1", "b-1"]) {
    const fields = fieldsOf(columns({ id: oids.int8 }));
    await lake.tables.create("primary", location, fields, {
      operation: "CREATE TABLE",
      actor: "test",
    });
    await add(lake.tables.get("primary", location), "SELECT 0 AS id");
  }
});
afterEach(() => lake.close());

/** A server that has seen nothing yet. */
function another(leaseMs = 50): Tables {
  return openTables(lake.buckets, lake.engine, { intents: { leaseMs } });
}

async function ids(tables: Tables, location: string): Promise<string> {
  const table = tables.get("primary", location);
  const scan = await table.scan(await table.current(), ["id"]);
  const rows = await lake.engine.system(`SELECT id FROM (${scan}) ORDER BY id`);
  return rows.map((row) => String(row["id"])).join();
}

/** The marked entries of a transaction that gives both datasets a row, up to the number of them. */
async function begin(tables: Tables, entries: number, id = 1) {
  const intent = await tables.intents.open("primary");
  for (const location of ["a-1", "b-1"].slice(0, entries)) {
    const table = tables.get("primary", location);
    const base = await table.current();
    const adds = await table.write(base, `SELECT ${id} AS id`, never);
    await table.commit(base, { adds }, { operation: "WRITE", actor: "test", intent });
  }
  return intent;
}

describe("entries of an intent", () => {
  test("count together, from its decision on, for this server and for others", async () => {
    const intent = await begin(lake.tables, 2);
    const other = another();
    for (const tables of [lake.tables, other]) {
      expect([await ids(tables, "a-1"), await ids(tables, "b-1")]).toEqual(["0", "0"]);
    }
    await intent.commit();
    for (const tables of [lake.tables, other, another()]) {
      expect([await ids(tables, "a-1"), await ids(tables, "b-1")]).toEqual(["0,1", "0,1"]);
    }
  });

  test.each([0, 1, 2])("never count when the server died after %i of them", async (entries) => {
    await begin(another(), entries);
    const reader = another();
    expect([await ids(reader, "a-1"), await ids(reader, "b-1")]).toEqual(["0", "0"]);
    const writer = another();
    for (const location of ["a-1", "b-1"]) {
      await add(writer.get("primary", location), "SELECT 2 AS id");
    }
    for (const tables of [writer, reader, another(), lake.tables]) {
      expect([await ids(tables, "a-1"), await ids(tables, "b-1")]).toEqual(["0,2", "0,2"]);
    }
  });

  test("count when the server died right after its decision, and when the intent has been swept", async () => {
    await (await begin(another(), 2)).commit();
    expect([await ids(another(), "a-1"), await ids(another(), "b-1")]).toEqual(["0,1", "0,1"]);
    const bucket = must(lake.buckets.get("primary"), "a bucket");
    const [done, json] = await bucket.list("_lakehouse/txn/");
    expect([done?.key.slice(-5), json?.key.slice(-5)]).toEqual([".done", ".json"]);
    await bucket.delete(must(json, "the intent").key);
    expect(await ids(another(), "a-1")).toBe("0,1");
    expect(await another().intents.sweep("primary", new Date(Date.now() + 1_000))).toBe(1);
    expect(await bucket.list("_lakehouse/txn/")).toEqual([]);
    expect([await ids(another(), "a-1"), await ids(another(), "b-1")]).toEqual(["0,1", "0,1"]);
  });

  test("stay aborted when intents are swept", async () => {
    await (await begin(another(), 2)).abort();
    await another().intents.sweep("primary", new Date(Date.now() + 1_000));
    expect([await ids(another(), "a-1"), await ids(another(), "b-1")]).toEqual(["0", "0"]);
  });

  test("are waited for by writers, who come after them", async () => {
    const other = another(10_000);
    const intent = await begin(other, 2);
    let isDone = false;
    const appended = add(lake.tables.get("primary", "a-1"), "SELECT 2 AS id").then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isDone).toBe(false);
    await intent.commit();
    await appended;
    expect(await ids(another(), "a-1")).toBe("0,1,2");
  });

  test("are not waited for when their server is seen to be dead", async () => {
    const hour = 3_600_000;
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const intent = await begin(another(hour), 2);
    const file = join(lake.root, "primary", "_lakehouse/txn", `${intent.id}.json`);
    const begun = JSON.parse(readFileSync(file, "utf8")) as { owner: object };
    writeFileSync(
      file,
      JSON.stringify({ ...begun, owner: { ...begun.owner, pid: dead, run: "x" } }),
    );
    const writer = another(hour);
    await add(writer.get("primary", "a-1"), "SELECT 2 AS id");
    expect([await ids(writer, "a-1"), await ids(writer, "b-1")]).toEqual(["0,2", "0"]);
  });

  test("aborted by another server cannot be committed any more", async () => {
    const intent = await begin(another(1), 1);
    await add(another().get("primary", "a-1"), "SELECT 2 AS id");
    await expect(intent.commit()).rejects.toMatchObject({ sqlstate: "40001" });
    await intent.abort();
    expect(await ids(another(), "a-1")).toBe("0,2");
  });
});

test("what an aborted transaction did is taken back for engines that know no intents", async () => {
  const tables = another();
  const intent = await tables.intents.open("primary");
  const table = tables.get("primary", "a-1");
  const base = await table.current();
  const fields = fieldsOf(columns({ id: oids.int8, more: oids.text }));
  const adds = await table.write(
    table.withFields(base, fields),
    "SELECT 1 AS id, 'x' AS more",
    never,
  );
  const path = must([...base.files.keys()][0], "a file");
  await table.commit(
    base,
    { adds, removes: [path], metaData: { fields } },
    { operation: "WRITE", actor: "test", intent },
  );
  await intent.abort();
  await add(another().get("primary", "a-1"), "SELECT 2 AS id");
  const files = new Set<string>();
  let schema = "";
  for (let version = 0; version <= 4; version++) {
    const name = `${String(version).padStart(20, "0")}.json`;
    const lines = readFileSync(join(lake.root, "primary/a-1/_delta_log", name), "utf8");
    const actions = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Action);
    for (const action of actions) if ("remove" in action) files.delete(action.remove.path);
    for (const action of actions) if ("add" in action) files.add(action.add.path);
    for (const action of actions) if ("metaData" in action) schema = action.metaData.schemaString;
  }
  const now = await table.current();
  expect(now.number).toBe(4);
  expect([...files].sort()).toEqual([...now.files.keys()].sort());
  expect(schema).toBe(now.metaData.schemaString);
  expect(await ids(tables, "a-1")).toBe("0,2");
  for (const version of [2, 3, 4]) {
    const bucket = must(lake.buckets.get("primary"), "a bucket");
    for (const { key } of await bucket.list("a-1/_delta_log/")) {
      if (key.includes("checkpoint")) await bucket.delete(key);
    }
    const old = await another().get("primary", "a-1").at(version);
    assert(old instanceof Version, "a version of ours");
    await writeCheckpoint(new NumberedLog(bucket, "a-1/_delta_log"), old, lake.engine);
    expect(await ids(another(), "a-1")).toBe("0,2");
  }
});

test("a log of other things keeps to intents too", async () => {
  const bucket = must(lake.buckets.get("primary"), "a bucket");
  const { intents } = another();
  const log = new NumberedLog<{ readonly n: number } | object>(
    bucket,
    "_lakehouse/things",
    intents,
  );
  const [kept, dropped] = [await intents.open("primary"), await intents.open("primary")];
  const marked = ({ id }: { readonly id: string }, n: number) => [
    { commitInfo: { lakewireIntent: { bucket: "primary", id } } },
    { n },
  ];
  await log.append(0, marked(kept, 1));
  expect(await log.after(-1)).toEqual([]);
  await kept.commit();
  await log.append(1, marked(dropped, 2));
  await dropped.abort();
  await log.append(2, [{ n: 3 }]);
  const entries = await log.after(-1);
  const numbers = entries.map(({ actions }) =>
    actions.flatMap((each) => ("n" in each ? each.n : [])),
  );
  expect(numbers).toEqual([[1], [], [3]]);
});
