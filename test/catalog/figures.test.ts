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

test("rows of the catalog that were given before are given no more when what they tell has changed", async () => {
  const server = await startServer();
  onTestFinished(() => server.stop());
  const [client, other] = [await SqlClient.login(server), await SqlClient.login(server)];
  onTestFinished(() => client.end());
  onTestFinished(() => other.end());
  await client.run("CREATE TABLE told (n int)", "CREATE ROLE told_to");
  const asked = `SELECT relname, pg_table_is_visible(oid), obj_description(oid), relacl, reltuples, pg_get_userbyid(relowner)
    FROM pg_class WHERE relname IN ('told', 'tells') ORDER BY 1`;
  const unsorted = "SELECT relname FROM pg_class WHERE relname IN ('told', 'tells')";
  const answer = async () => {
    const [rows, names] = [await client.rows(asked), await client.rows(unsorted)];
    expect(names).toEqual(rows.map(([name]) => [name]));
    return rows.map((row) => row.join(" "));
  };
  const admin = server.user;
  for (let i = 0; i < 3; i++) expect(await answer()).toEqual([`told t   0 ${admin}`]);
  await other.run("COMMENT ON TABLE told IS 'it'");
  expect(await answer()).toEqual([`told t it  0 ${admin}`]);
  await other.run("GRANT SELECT ON told TO told_to");
  expect(await answer()).toEqual([
    `told t it {${admin}=arwdDxt/${admin},told_to=r/${admin}} 0 ${admin}`,
  ]);
  await other.run("REVOKE ALL ON told FROM told_to", "INSERT INTO told VALUES (1)");
  expect((await answer())[0]).toMatch(/^told t it .* 1 /);
  await client.run("BEGIN", "ALTER TABLE told RENAME TO tells");
  expect((await answer())[0]).toMatch(/^tells /);
  await client.run("ROLLBACK", "CREATE SCHEMA aside", "ALTER TABLE told SET SCHEMA aside");
  expect((await answer())[0]).toMatch(/^told t /);
  await client.run("DROP TABLE aside.told");
  expect(await answer()).toEqual([]);
});
