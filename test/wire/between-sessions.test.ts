/** What one session does to another: the same script on this server and on PostgreSQL 15 gives the same transcript. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { type PostgresService, postgres } from "../support/services.ts";

const oracle = await postgres();

describe.runIf(oracle)("between sessions", () => {
  let ours: RunningServer;
  beforeAll(async () => {
    ours = await startServer();
  });
  afterAll(() => ours?.stop());

  test.each([
    ["an advisory lock is waited for, and taken when it is free", waitForLock],
    ["locks are shared, counted, and go with their transaction or session", lockScopes],
    ["two who wait for each other are told", deadlock],
    ["a wait ends by lock_timeout, by cancel and by terminate", endedWaits],
    ["a statement is cancelled and a session ended by another", signals],
    ["pg_notify is heard after the commit", notifications],
  ] as const)("%s", async (_, script) => {
    const theirs = await transcript(must(oracle, "a PostgreSQL"), script);
    expect(theirs.length).toBeGreaterThan(2);
    expect(await transcript(ours, script)).toEqual(theirs);
  });
});

type Script = (play: Play) => Promise<void>;

async function waitForLock({ say, start, finish }: Play): Promise<void> {
  await say("a", "SELECT pg_advisory_lock(7)");
  start("b", "SELECT pg_advisory_lock(7) IS NULL AS taken");
  await say(
    "a",
    "SELECT mode, granted, classid, objid, objsubid FROM pg_locks WHERE locktype = 'advisory' ORDER BY granted",
  );
  await say(
    "a",
    "SELECT count(*) FROM pg_stat_activity a WHERE cardinality(pg_blocking_pids(a.pid)) > 0",
  );
  await say("a", "SELECT pg_advisory_unlock(7)");
  await finish("b");
  await say("a", "SELECT pg_try_advisory_lock(7)");
  await say("b", "SELECT pg_advisory_unlock(7), pg_advisory_unlock(7)");
  await say("a", "SELECT pg_try_advisory_lock(1, -2)");
  await say(
    "a",
    "SELECT mode, granted, classid, objid, objsubid FROM pg_locks WHERE locktype = 'advisory'",
  );
  await say("a", "SELECT pg_advisory_unlock_all()");
  await say("a", "SELECT pg_advisory_lock(NULL)");
}

async function lockScopes({ say, end }: Play): Promise<void> {
  await say("a", "SELECT pg_advisory_lock_shared(1), pg_advisory_lock_shared(1)");
  await say("b", "SELECT pg_try_advisory_lock_shared(1), pg_try_advisory_lock(1)");
  await say("b", "SELECT pg_advisory_unlock_shared(1), pg_advisory_unlock_shared(1)");
  await say("a", "SELECT pg_advisory_unlock_shared(1)");
  await say("b", "SELECT pg_try_advisory_lock(1)");
  await say("a", "BEGIN");
  await say("a", "SELECT pg_advisory_xact_lock(2)");
  await say("a", "SAVEPOINT s");
  await say("a", "SELECT pg_try_advisory_xact_lock(3)");
  await say("b", "SELECT pg_try_advisory_lock(2), pg_try_advisory_lock(3)");
  await say("a", "ROLLBACK TO s");
  await say("b", "SELECT pg_try_advisory_lock(2), pg_try_advisory_lock(3)");
  await say("a", "SELECT pg_advisory_unlock(2)");
  await say("a", "COMMIT");
  await say("b", "SELECT pg_try_advisory_lock(2)");
  await end("b");
  await say("a", "SELECT pg_try_advisory_lock(2)");
}

/** Which of the two loses is nobody's promise. */
async function deadlock({ say, start, outcomes }: Play): Promise<void> {
  await say("a", "BEGIN; SELECT pg_advisory_xact_lock(1)");
  await say("b", "BEGIN; SELECT pg_advisory_xact_lock(2)");
  start("a", "SELECT pg_advisory_xact_lock(2); COMMIT");
  start("b", "SELECT pg_advisory_xact_lock(1); COMMIT");
  await outcomes("a", "b");
}

async function endedWaits({ say, start, finish, pid }: Play): Promise<void> {
  await say("a", "SELECT pg_advisory_lock(1)");
  await say("b", "SET lock_timeout = '100ms'");
  await say("b", "SELECT pg_advisory_lock(1)");
  await say("b", "SET lock_timeout = 0");
  start("b", "SELECT pg_advisory_lock(1)");
  await say("a", `SELECT pg_cancel_backend(${pid("b")})`);
  await finish("b");
  await say("b", "SET statement_timeout = '100ms'");
  await say("b", "SELECT pg_advisory_lock(1)");
  await say("b", "SET statement_timeout = 0");
  start("b", "SELECT pg_advisory_lock(1)");
  await say("a", `SELECT pg_terminate_backend(${pid("b")})`);
  await finish("b");
}

async function signals({ say, start, finish, pid }: Play): Promise<void> {
  start("b", "SELECT pg_sleep(30)");
  await say("a", `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = ${pid("b")}`);
  await finish("b");
  await say("b", "SELECT 'here'");
  await say("a", "SELECT pg_cancel_backend(0)");
  await say("a", "SELECT pg_terminate_backend(NULL), pg_cancel_backend(NULL)");
  await say("a", `SELECT pg_terminate_backend(${pid("b")}, -1)`);
  start("b", "SELECT pg_sleep(30)");
  await say("a", `SELECT pg_terminate_backend(${pid("b")})`);
  await finish("b");
  await say("a", "SET ROLE pg_monitor");
  await say("a", `SELECT pg_terminate_backend(${pid("c")})`);
}

async function notifications({ say, heard }: Play): Promise<void> {
  await say("b", 'LISTEN news; LISTEN "Mixed Case"');
  await say("a", "SELECT pg_notify('news', 'one')");
  await heard("b", 1);
  await say("a", "BEGIN");
  await say("a", "SELECT pg_notify('Mixed Case', 'two'), pg_notify('elsewhere', 'no')");
  await say("a", "SELECT pg_notify('news', NULL)");
  await say("a", "COMMIT");
  await heard("b", 3);
  await say("a", "SELECT pg_notify('', 'x')");
  await say("a", "SELECT pg_notify(repeat('n', 64), 'x')");
  await say("a", "SELECT pg_notify('news', repeat('x', 8000))");
}

interface Play {
  /** Runs it to its end. */
  readonly say: (who: Who, sql: string) => Promise<void>;
  /** Runs it until `finish`; resolves nothing, gives it time to begin to wait. */
  readonly start: (who: Who, sql: string) => void;
  readonly finish: (who: Who) => Promise<void>;
  /** What the two come to, in either order; whoever fails rolls back. */
  readonly outcomes: (...who: readonly Who[]) => Promise<void>;
  readonly end: (who: Who) => Promise<void>;
  /** Waits until it has heard so many notifications. */
  readonly heard: (who: Who, count: number) => Promise<void>;
  readonly pid: (who: Who) => number;
}

type Who = "a" | "b" | "c";

async function transcript(server: PostgresService, script: Script): Promise<string[]> {
  const lines: string[] = [];
  const clients = new Map<Who, pg.Client>();
  const pids = new Map<Who, number>();
  const running = new Map<Who, Promise<string>>();
  const heard = new Map<Who, string[]>();
  for (const who of ["a", "b", "c"] as const) {
    const { host, port, user, password, database } = server;
    const client = new pg.Client({ host, port, user, password, database });
    client.on("error", () => {});
    client.on("notice", ({ severity, message }) => {
      lines.push(`${who} ${severity}: ${withoutPids(message)}`);
    });
    client.on("notification", ({ channel, payload }) => {
      heard.set(who, [...(heard.get(who) ?? []), `${channel}: ${payload}`]);
    });
    await client.connect();
    clients.set(who, client);
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    pids.set(who, rows[0]?.pid ?? 0);
  }
  const withoutPids = (text = "") =>
    [...pids].reduce((told, [who, pid]) => told.replaceAll(String(pid), `<${who}>`), text);
  const run = async (who: Who, sql: string): Promise<string> => {
    const client = must(clients.get(who), "a client");
    try {
      const result: unknown = await client.query({ text: sql, rowMode: "array" });
      const results = Array.isArray(result)
        ? (result as pg.QueryResult[])
        : [result as pg.QueryResult];
      return results.map(({ command, rows }) => `${command} ${JSON.stringify(rows)}`).join("; ");
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) return "the connection is gone";
      return `${error.severity} ${error.code} ${withoutPids(error.message)}`;
    }
  };
  const record = (who: Who, sql: string, answer: string) =>
    lines.push(`${who} ${withoutPids(sql)} -> ${answer}`);
  await script({
    say: async (who, sql) => {
      await settled();
      record(who, sql, await run(who, sql));
    },
    start: (who, sql) => {
      running.set(who, run(who, sql));
    },
    finish: async (who) => {
      record(who, "finishes", await must(running.get(who), "something runs"));
    },
    outcomes: async (...who) => {
      const all = who.map(async (one) => {
        const answer = await must(running.get(one), "something runs");
        if (answer.startsWith("ERROR")) await run(one, "ROLLBACK");
        return answer.replace(/(40P01).*/, "$1");
      });
      lines.push(...(await Promise.all(all)).sort());
    },
    end: async (who) => {
      await clients.get(who)?.end();
      await settled();
    },
    heard: async (who, count) => {
      for (let left = 100; left > 0 && (heard.get(who)?.length ?? 0) < count; left--)
        await settled();
      record(who, "heard", (heard.get(who) ?? []).join(", "));
    },
    pid: (who) => must(pids.get(who), "a pid"),
  });
  await Promise.allSettled([...clients.values()].map((client) => client.end()));
  return lines;

  /** Time for a statement that was started to reach its wait: neither server tells when. */
  function settled(): Promise<void> {
    return new Promise((over) => setTimeout(over, running.size > 0 ? 150 : 20));
  }
}
