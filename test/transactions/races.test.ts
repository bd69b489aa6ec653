/** Clients that change the same rows: nothing is lost, nothing is done twice, and a block that comes too late is told. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let clients: readonly SqlClient[];

beforeAll(async () => {
  server = await startServer();
  clients = await Promise.all(Array.from({ length: 8 }, () => SqlClient.login(server)));
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await server?.stop();
});

function client(at: number): SqlClient {
  const found = clients[at];
  if (!found) throw new Error(`no client ${at}`);
  return found;
}

test("statements outside blocks that lose a race are run again, by both protocols", async () => {
  await client(0).run("CREATE TABLE counter(n int)", "INSERT INTO counter VALUES (0)");
  const rounds = 10;
  const seen: (string | null | undefined)[] = [];
  await Promise.all(
    clients.map(async (each, at) => {
      for (let round = 0; round < rounds; round++) {
        if (at % 2 === 0) await each.run("UPDATE counter SET n = n + 1");
        else {
          const add = "UPDATE counter SET n = n + $1::int RETURNING n";
          seen.push(await each.value(add, 1));
        }
      }
    }),
  );
  const total = clients.length * rounds;
  expect(await client(0).value("SELECT n FROM counter")).toBe(String(total));
  expect(new Set(seen).size).toBe(seen.length);
});

test("a block that changes a row which another has changed meanwhile is refused with 40001", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE raced(id int, n int)", "INSERT INTO raced VALUES (1, 0), (2, 0)");
  await a.run("BEGIN", "UPDATE raced SET n = 1 WHERE id = 1");
  await b.run("UPDATE raced SET n = 2 WHERE id = 1");
  expect((await a.refusal("COMMIT")).code).toBe("40001");
  expect(await a.rows("SELECT id, n FROM raced ORDER BY id")).toEqual([
    ["1", "2"],
    ["2", "0"],
  ]);
});

test("blocks that change different rows both commit", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE shared(id int, n int)", "INSERT INTO shared VALUES (1, 0), (2, 0)");
  await a.run("BEGIN", "UPDATE shared SET n = 1 WHERE id = 1");
  await b.run("BEGIN", "UPDATE shared SET n = 2 WHERE id = 2");
  await a.run("COMMIT");
  await b.run("COMMIT");
  expect(await a.rows("SELECT id, n FROM shared ORDER BY id")).toEqual([
    ["1", "1"],
    ["2", "2"],
  ]);
});

test("a transaction sees one instant of a dataset, whatever others commit", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE watched(n int)", "INSERT INTO watched VALUES (1)");
  await a.run("BEGIN");
  expect(await a.value("SELECT n FROM watched")).toBe("1");
  await b.run("UPDATE watched SET n = 2", "INSERT INTO watched VALUES (3)");
  expect(await a.rows("SELECT n FROM watched")).toEqual([["1"]]);
  await a.run("COMMIT");
  expect(await a.rows("SELECT n FROM watched ORDER BY n")).toEqual([["2"], ["3"]]);
});

test("what is moved between datasets is seen in both or in neither", async () => {
  const setUp = ["CREATE TABLE left_side(n int)", "CREATE TABLE right_side(n int)"];
  await client(0).run(...setUp, "INSERT INTO left_side SELECT i FROM generate_series(1, 40) AS i");
  const movers = clients.slice(0, 4);
  const watchers = clients.slice(4);
  let moving = true;
  const move = async (mover: SqlClient, from: number) => {
    for (let n = from; n < from + 10; n++) {
      for (let moved = false; !moved; ) {
        try {
          await mover.run("BEGIN");
          await mover.run(`INSERT INTO right_side SELECT n FROM left_side WHERE n = ${n}`);
          await mover.run(`DELETE FROM left_side WHERE n = ${n}`, "COMMIT");
          moved = true;
        } catch (error) {
          expect(String(error)).toContain("could not serialize access");
          await mover.run("ROLLBACK");
        }
      }
    }
  };
  const watch = async (watcher: SqlClient, at: number) => {
    const count = (side: string) => `SELECT count(*) FROM ${side}_side`;
    while (moving) {
      if (at % 2 === 0) {
        const both = `SELECT (${count("left")}) + (${count("right")})`;
        expect(await watcher.value(both)).toBe("40");
        continue;
      }
      await watcher.run("BEGIN");
      const left = Number(await watcher.value(count("left")));
      const right = Number(await watcher.value(count("right")));
      await watcher.run("COMMIT");
      expect(left + right).toBe(40);
    }
  };
  const watching = Promise.all(watchers.map(watch));
  await Promise.all(movers.map((mover, at) => move(mover, 1 + at * 10)));
  moving = false;
  await watching;
  expect(await client(0).value("SELECT count(DISTINCT n) FROM right_side")).toBe("40");
  expect(await client(0).value("SELECT count(*) FROM left_side")).toBe("0");
});

test("of clients that insert one key, one succeeds and the others are told", async () => {
  await client(0).run("CREATE TABLE keyed(id int PRIMARY KEY, client int)");
  const outcomes = await Promise.all(
    clients.map(async (each, at) => {
      const codes: string[] = [];
      for (let id = 0; id < 8; id++) {
        const [first = ""] = await each.answer(`INSERT INTO keyed VALUES (${id}, ${at})`);
        codes.push(first.slice(0, 5));
      }
      return codes;
    }),
  );
  const flat = outcomes.flat();
  expect(flat.filter((code) => code === "INSER")).toHaveLength(8);
  expect(flat.filter((code) => code === "23505")).toHaveLength(flat.length - 8);
  expect(await client(0).value("SELECT count(*) FROM keyed")).toBe("8");
});

test("a block that adds a key which another has added meanwhile is refused with 23505", async () => {
  const [a, b] = [client(0), client(1)];
  await a.run("CREATE TABLE late(id int PRIMARY KEY)", "BEGIN", "INSERT INTO late VALUES (1), (2)");
  await b.run("INSERT INTO late VALUES (3), (2)");
  const { code, detail } = await a.refusal("COMMIT");
  expect([code, detail]).toEqual(["23505", "Key (id)=(2) already exists."]);
  expect(await a.rows("SELECT id FROM late ORDER BY id")).toEqual([["2"], ["3"]]);
});

test.each([
  ["DELETE FROM parent WHERE id = 1", "INSERT INTO child VALUES (1)", "40001"],
  ["INSERT INTO child VALUES (1)", "DELETE FROM parent WHERE id = 1", "23503"],
])(
  "nothing is left without what it refers to: %s, meanwhile %s",
  async (first, meanwhile, code) => {
    const [a, b] = [client(0), client(1)];
    await a.run("CREATE TABLE parent(id int PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2)");
    await a.run("CREATE TABLE child(id int REFERENCES parent)", "INSERT INTO child VALUES (2)");
    await a.run("BEGIN", first);
    await b.run(meanwhile);
    expect((await a.refusal("COMMIT")).code).toBe(code);
    const orphans =
      "SELECT count(*) FROM child LEFT JOIN parent USING (id) WHERE parent.id IS NULL";
    expect(await a.value(orphans)).toBe("0");
    await a.run("DROP TABLE child", "DROP TABLE parent");
  },
);

test("under SERIALIZABLE nobody decides by what another changes: one of two that would is refused", async () => {
  const [a, b] = [client(0), client(1)];
  const skew = async (level: string) => {
    await a.run("CREATE TABLE doctors(name text, on_call bool)", "CREATE TABLE log(line text)");
    await a.run("INSERT INTO doctors VALUES ('ann', true), ('bob', true)");
    for (const each of [a, b]) {
      await each.run(`BEGIN ISOLATION LEVEL ${level}`);
      await each.run("SELECT count(*) FROM doctors WHERE on_call");
    }
    await a.run("UPDATE doctors SET on_call = false WHERE name = 'ann'", "COMMIT");
    await b.run("INSERT INTO log SELECT 'bob goes' FROM doctors WHERE on_call HAVING count(*) > 1");
    const [answer = ""] = await b.answer("COMMIT");
    await a.run("DROP TABLE doctors", "DROP TABLE log");
    return answer.slice(0, 6);
  };
  expect(await skew("REPEATABLE READ")).toBe("COMMIT");
  expect(await skew("SERIALIZABLE")).toBe("40001 ");
});

test("the isolation level shown is the one asked for", async () => {
  const [a] = [client(0)];
  for (const level of ["read committed", "repeatable read", "serializable"]) {
    await a.run(`BEGIN ISOLATION LEVEL ${level}`);
    expect(await a.value("SHOW transaction_isolation")).toBe(level);
    await a.run("COMMIT");
  }
});
