/** LOCK TABLE between sessions, and how long they wait for it: here and on PostgreSQL 15, with the same answers. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient, type SqlLogin } from "../support/sql-client.ts";

const oracle = await postgres();
let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

/** Two sessions, `a` and `b`, take turns; `later` is asked now and answered when it is awaited. */
interface Table {
  readonly a: SqlClient;
  readonly b: SqlClient;
  /** Gives every answer's lines. */
  readonly said: string[];
}

type Scene = (table: Table) => Promise<void>;

const scenes: Readonly<Record<string, Scene>> = {
  "a table locked alone is read and written by nobody else": async ({ a, b, said }) => {
    said.push(...(await a.answer("BEGIN")), ...(await a.answer("LOCK TABLE locked")));
    said.push(...(await b.answer("SET lock_timeout = 80")));
    said.push(...(await b.answer("SELECT * FROM locked")));
    said.push(...(await b.answer("INSERT INTO locked VALUES (7)")));
    said.push(...(await b.answer("TRUNCATE locked")));
    said.push(...(await a.answer("INSERT INTO locked VALUES (2)")), ...(await a.answer("COMMIT")));
    said.push(...(await b.answer("SELECT * FROM locked ORDER BY 1")));
  },
  "a waiting statement goes on when the lock is given back, and sees what was done under it":
    async ({ a, b, said }) => {
      await a.run("BEGIN", "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE");
      const later = b.answer("SELECT count(*) FROM locked");
      await sleep(100);
      await a.run("INSERT INTO locked VALUES (2), (3)", "COMMIT");
      said.push(...(await later));
    },
  "readers go on beside a lock that shares": async ({ a, b, said }) => {
    await a.run("BEGIN", "LOCK TABLE locked IN SHARE MODE");
    said.push(...(await b.answer("SELECT * FROM locked")));
    said.push(...(await b.answer("SET lock_timeout = 80")));
    said.push(...(await b.answer("UPDATE locked SET a = 2")));
    said.push(...(await b.answer("BEGIN")));
    said.push(...(await b.answer("LOCK locked IN SHARE MODE NOWAIT")));
    said.push(...(await b.answer("LOCK locked IN ROW EXCLUSIVE MODE NOWAIT")));
    said.push(...(await b.answer("ROLLBACK")), ...(await a.answer("COMMIT")));
  },
  "whoever has written a table keeps it from being locked": async ({ a, b, said }) => {
    await a.run("BEGIN", "INSERT INTO locked VALUES (5)");
    await b.run("BEGIN");
    said.push(...(await b.answer("LOCK TABLE locked IN SHARE MODE NOWAIT")));
    await b.run("ROLLBACK", "BEGIN");
    const later = b.answer("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE");
    await sleep(50);
    await a.run("COMMIT");
    said.push(...(await later), ...(await b.answer("SELECT count(*) FROM locked")));
    await b.run("COMMIT");
  },
  "a savepoint gives back what was locked since": async ({ a, b, said }) => {
    await a.run("BEGIN", "SAVEPOINT s", "LOCK TABLE locked", "ROLLBACK TO s");
    said.push(...(await b.answer("SELECT * FROM locked")));
    await a.run("ROLLBACK");
  },
  "who waits for each other is told": async ({ a, b, said }) => {
    await a.run("BEGIN", "LOCK TABLE locked");
    await b.run("BEGIN", "LOCK TABLE other");
    const answers = await Promise.all([
      a.answer("LOCK TABLE other"),
      sleep(100)
        .then(() => b.answer("LOCK TABLE locked"))
        .then(async (lines) => {
          await b.run("ROLLBACK");
          return lines;
        }),
    ]);
    const isDeadlock = answers.flat().some((line) => line.startsWith("40P01 deadlock detected"));
    said.push(isDeadlock ? "one of them was told" : answers.flat().join());
    await a.run("ROLLBACK");
  },
  "it takes a block, and a table that is there": async ({ a, said }) => {
    said.push(...(await a.answer("LOCK TABLE locked")));
    said.push(...(await a.answer("BEGIN")), ...(await a.answer("LOCK TABLE nothing")));
    said.push(...(await a.answer("ROLLBACK")));
  },
  "an advisory lock is waited for no longer than lock_timeout": async ({ a, b, said }) => {
    await a.run("SELECT pg_advisory_lock(77)");
    said.push(...(await b.answer("SET lock_timeout = 80")));
    said.push(...(await b.answer("SELECT pg_advisory_lock(77)")));
    said.push(
      ...(await b.answer("SET lock_timeout = 0")),
      ...(await b.answer("SET statement_timeout = 80")),
    );
    said.push(...(await b.answer("SELECT pg_advisory_lock(77)")));
    await a.run("SELECT pg_advisory_unlock_all()");
  },
  "pg_locks and pg_stat_activity tell who waits for what": async ({ a, b, said }) => {
    await a.run("BEGIN", "LOCK TABLE locked IN EXCLUSIVE MODE");
    const later = b.answer("INSERT INTO locked VALUES (1)");
    await sleep(150);
    said.push(
      ...(await a.answer(
        "SELECT locktype, relation::regclass::text, mode, granted, pid = pg_backend_pid() FROM pg_locks WHERE relation::regclass::text LIKE '%locked' AND mode <> 'AccessShareLock' ORDER BY granted",
      )),
      ...(await a.answer(
        "SELECT state, wait_event_type, wait_event, query, pg_blocking_pids(pid) = ARRAY[pg_backend_pid()] FROM pg_stat_activity WHERE query LIKE 'INSERT INTO locked%' AND state = 'active'",
      )),
      ...(await a.answer(
        "SELECT xact_start = now(), query_start > xact_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
      )),
    );
    await a.run("COMMIT");
    said.push(...(await later));
  },
};

async function play(login: SqlLogin, scene: Scene): Promise<string[]> {
  const [a, b] = await Promise.all([SqlClient.login(login), SqlClient.login(login)]);
  const said: string[] = [];
  try {
    await a.run(
      "DROP TABLE IF EXISTS locked, other",
      "CREATE TABLE locked(a int)",
      "CREATE TABLE other(a int)",
    );
    await a.run("INSERT INTO locked VALUES (1)");
    await scene({ a, b, said });
    await a.run("DROP TABLE locked, other");
  } finally {
    await Promise.all([a.end(), b.end()]);
  }
  return said;
}

describe.runIf(oracle)("locks", () => {
  test.each(Object.entries(scenes))("%s", async (_, scene) => {
    const theirs = await play(must(oracle, "a PostgreSQL"), scene);
    expect(await play(server, scene)).toEqual(theirs);
    expect(theirs).not.toEqual([]);
  });
});
