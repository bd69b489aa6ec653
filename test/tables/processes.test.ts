import { execFile, spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { oids } from "../../src/pgtypes/oids.ts";
import { fieldsOf } from "../../src/table/schema.ts";
import { columns, type Lake, openLake } from "./lake.ts";

const run = promisify(execFile);
const appender = ["--import", "tsx", join(import.meta.dirname, "appender.ts")];
const location = "raced-00000001";

let lake: Lake;
beforeEach(async () => {
  lake = await openLake();
  const fields = fieldsOf(columns({ id: oids.int8, name: oids.text }));
  await lake.tables.create("primary", location, fields, { operation: "CREATE TABLE", actor: "t" });
});
afterEach(() => lake.close());

test("two processes append a hundred times each, and every row is there", async () => {
  await Promise.all([
    run(process.execPath, [...appender, lake.root, location, "0", "100"]),
    run(process.execPath, [...appender, lake.root, location, "1000", "100"]),
  ]);
  const table = lake.tables.get("primary", location);
  const version = await table.current();
  expect(version.number).toBe(200);
  const rows = await lake.engine.system(
    `SELECT id FROM (${await table.scan(version, ["id"])}) ORDER BY id`,
  );
  const ids = Array.from({ length: 100 }, (_, i) => BigInt(i));
  expect(rows.map((row) => row["id"])).toEqual([...ids, ...ids.map((id) => id + 1000n)]);
  // Empty files lie there for the next commit, written to by nobody.
  const staging = join(lake.root, "primary", ".staging");
  expect(readdirSync(staging).filter((name) => statSync(join(staging, name)).size > 0)).toEqual([]);
});

test("a process killed while it appends leaves whole commits only, and its successor goes on", async () => {
  const child = spawn(process.execPath, [...appender, lake.root, location, "0", "100000"]);
  const table = lake.tables.get("primary", location);
  while ((await table.current()).number < 10) await sleep(20);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  const { number } = await table.current();
  await run(process.execPath, [...appender, lake.root, location, String(number), "5"]);
  const version = await table.current();
  expect(version.number).toBe(number + 5);
  const scan = await table.scan(version, ["id"]);
  const [counted] = await lake.engine.system(
    `SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) AS top FROM (${scan})`,
  );
  const rows = BigInt(number + 5);
  expect(counted).toEqual({ n: rows, ids: rows, top: rows - 1n });
});
