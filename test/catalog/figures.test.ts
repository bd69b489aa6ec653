/** What one server writes, another on the same bucket tells in the catalog: names at once, figures a second later at most. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

const figures = `SELECT reltuples, pg_total_relation_size(oid) > 0 FROM pg_class WHERE relname = 'counted'`;

test("another server's rows are in reltuples and sizes within a second, its tables at once", async () => {
  const first = await startServer();
  onTestFinished(() => first.stop());
  const second = await startServer({ data: first.data });
  onTestFinished(() => second.stop());
  const [here, there] = [await SqlClient.login(first), await SqlClient.login(second)];
  onTestFinished(() => here.end());
  onTestFinished(() => there.end());
  await here.run("CREATE TABLE counted (n int)");
  expect(await there.rows(figures)).toEqual([["0", "f"]]);
  for (const rows of ["1", "2", "3"]) {
    await here.run(`INSERT INTO counted VALUES (${rows})`);
    expect(await here.rows(figures), "its own are there at once").toEqual([[rows, "t"]]);
    // The second that statistics.ts names.
    await sleep(1_000);
    expect(await there.rows(figures)).toEqual([[rows, "t"]]);
  }
  await here.run("DROP TABLE counted");
  expect(await there.rows(figures)).toEqual([]);
});

test("a statement that found nothing finds what has come since", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const client = await SqlClient.login(server);
  onTestFinished(() => client.end());
  const labels = "SELECT enumlabel FROM pg_enum WHERE enumtypid > 5 ORDER BY enumsortorder";
  // The engine leaves out of a plan what an empty table cannot give, and keeps the plan.
  for (let i = 0; i < 3; i++) expect(await client.rows(labels)).toEqual([]);
  await client.run("CREATE TYPE mood AS ENUM ('glad', 'sad')");
  expect(await client.rows(labels)).toEqual([["glad"], ["sad"]]);
});
