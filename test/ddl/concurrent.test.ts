/** Two sessions, two servers: a table altered meanwhile is 40001 to a block, and nothing to a statement alone. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

describe("a table altered by several", () => {
  let servers: readonly RunningServer[] = [];
  let clients: readonly [SqlClient, SqlClient];
  beforeAll(async () => {
    const first = await startServer();
    const second = await startServer({ data: first.data });
    servers = [first, second];
    clients = [await SqlClient.login(first), await SqlClient.login(second)];
    await clients[0].run("CREATE SCHEMA work");
  });
  afterAll(async () => {
    for (const client of clients ?? []) await client.end();
    for (const server of servers.toReversed()) await server.stop();
  });

  test("is 40001 to whoever alters it second", async () => {
    const [one, other] = clients;
    await one.run("CREATE TABLE work.raced (a int)", "INSERT INTO work.raced VALUES (1)");
    await one.run("BEGIN", "ALTER TABLE work.raced ADD b int");
    await other.run("ALTER TABLE work.raced ADD c int");
    expect(await one.rows("SELECT * FROM work.raced")).toEqual([["1", null]]);
    expect((await one.refusal("COMMIT")).code).toBe("40001");
    expect(await columns(one, "raced")).toEqual(["a", "c"]);
    await one.run("BEGIN", "SELECT * FROM work.raced", "INSERT INTO work.raced VALUES (2, 2)");
    await other.run("ALTER TABLE work.raced DROP c");
    expect((await one.refusal("COMMIT")).code).toBe("40001");
    await one.run("BEGIN", "SELECT * FROM work.raced");
    await other.run("ALTER TABLE work.raced RENAME a TO b", "INSERT INTO work.raced VALUES (5)");
    expect(await one.rows("SELECT a FROM work.raced")).toEqual([["1"]]);
    await one.run("COMMIT");
    expect(await one.rows("SELECT b FROM work.raced ORDER BY b")).toEqual([["1"], ["5"]]);
  });

  test("takes every row written while it changes", async () => {
    const [one, other] = clients;
    await one.run("CREATE TABLE work.busy (a int)");
    const rounds = 15;
    const write = async () => {
      for (let n = 0; n < rounds * 2; n++) await one.run(`INSERT INTO work.busy (a) VALUES (${n})`);
    };
    const alter = async () => {
      for (let n = 0; n < rounds; n++) {
        await other.run(`ALTER TABLE work.busy ADD c${n} int DEFAULT ${n}`);
        if (n % 3 === 2) await other.run(`ALTER TABLE work.busy DROP c${n}`);
      }
    };
    await Promise.all([write(), alter()]);
    expect(await one.rows("SELECT count(*), count(DISTINCT a), sum(a) FROM work.busy")).toEqual([
      [String(rounds * 2), String(rounds * 2), String((rounds * 2 * (rounds * 2 - 1)) / 2)],
    ]);
    expect(await columns(one, "busy")).toEqual(await columns(other, "busy"));
    expect(await columns(one, "busy")).toHaveLength(1 + rounds - Math.floor(rounds / 3));
  });

  test("is the same to both when names change in two schemas", async () => {
    const [one, other] = clients;
    await one.run(
      "CREATE SCHEMA away",
      "CREATE TABLE work.moved (a int)",
      "INSERT INTO work.moved VALUES (1)",
    );
    await one.run(
      "BEGIN",
      "ALTER TABLE work.moved SET SCHEMA away",
      "INSERT INTO away.moved VALUES (2)",
    );
    expect(await other.rows("SELECT * FROM work.moved")).toEqual([["1"]]);
    await one.run("COMMIT");
    expect(await other.rows("SELECT * FROM away.moved ORDER BY a")).toEqual([["1"], ["2"]]);
    expect((await other.refusal("SELECT * FROM work.moved")).code).toBe("42P01");
  });

  async function columns(client: SqlClient, table: string): Promise<readonly unknown[]> {
    const rows = await client.rows(
      "SELECT column_name FROM information_schema.columns WHERE table_schema = 'work' AND table_name = $1 ORDER BY ordinal_position",
      table,
    );
    return rows.map(([name]) => name);
  }
});
