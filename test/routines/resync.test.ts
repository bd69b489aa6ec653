/** What entries lack is restored from Parquet footers, over the wire. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
}, 60_000);

afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(server.data, { recursive: true, force: true });
});

/** Another writer that tells no statistics. */
function withoutStatistics(key: string): void {
  const log = join(server.data, "primary", key, "_delta_log");
  for (const name of readdirSync(log).filter((each) => each.endsWith(".json"))) {
    const lines = readFileSync(join(log, name), "utf8").trim().split("\n");
    const plain = lines.map((line) => {
      const action = JSON.parse(line);
      if (action.add) delete action.add.stats;
      return JSON.stringify(action);
    });
    writeFileSync(join(log, name), plain.join("\n"));
  }
}

test("row counts that a log does not tell are told again, once, and deleted rows stay deleted", async () => {
  await admin.run(
    "CREATE TABLE lacking (id int, name text)",
    "INSERT INTO lacking SELECT i, 'x' FROM generate_series(1, 100) AS i",
    "INSERT INTO lacking VALUES (101, NULL)",
    "DELETE FROM lacking WHERE id <= 10",
  );
  const key = await admin.value(
    "SELECT DISTINCT split_part(key, '/', 1) FROM lakehouse.objects WHERE dataset = 'lacking'",
  );
  const { data } = server;
  await admin.end();
  await server.kill();
  withoutStatistics(String(key));
  server = await startServer({ data });
  admin = await SqlClient.login(server);
  const rows = () => admin.value("SELECT rows FROM lakehouse.datasets WHERE name = 'lacking'");
  expect(await rows()).toBeNull();
  const restored = await admin.rows("SELECT dataset, restored, detail FROM resync_missing()");
  expect(restored.toSorted()).toEqual([
    ["primary.lacking", "row count", "1 rows"],
    ["primary.lacking", "row count", "100 rows"],
  ]);
  expect(await rows()).toBe("91");
  expect(await admin.value("SELECT count(*) FROM lacking")).toBe("91");
  expect(await admin.value("SELECT min(id) FROM lacking")).toBe("11");
  expect(await admin.rows("SELECT * FROM resync_missing()")).toEqual([]);
});

test("objects of an imported catalog get their row counts, and what is missing is named", async () => {
  cpSync(join(import.meta.dirname, "../data/legacy-catalog"), join(server.data, "old-lake"), {
    recursive: true,
  });
  await admin.run("CALL import_legacy_catalog('old-lake')");
  const lacking = () => admin.value("SELECT count(*) FROM lakehouse.objects WHERE rows IS NULL");
  expect(await lacking()).not.toBe("0");
  const restored = await admin.rows("SELECT restored, count(*) FROM resync_missing() GROUP BY 1");
  expect(restored.map(([what]) => what)).toContain("row count");
  const damaged = new Map(restored.map(([what, count]) => [what, Number(count)])).get("unreadable");
  expect(Number(await lacking()) === 0).toBe(damaged === undefined);
  expect(await admin.rows("SELECT * FROM resync_missing() WHERE restored <> 'unreadable'")).toEqual(
    [],
  );
});
