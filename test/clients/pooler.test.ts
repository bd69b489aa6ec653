/** PgBouncer in transaction mode in front, and pgbench by each of its protocols and in pipelines: the conversation of tools that pool. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { freePort, program } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";

const run = promisify(execFile);
const [pgbouncer, pgbench] = [program("pgbouncer"), program("pgbench")];
const folder = mkdtempSync(join(tmpdir(), "lakewire-pooler-"));
let server: RunningServer;
let admin: SqlClient;

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** More clients than that share this many sessions. */
const sessions = 4;
const clients = 30;

async function startPooler(): Promise<{ readonly port: number; readonly process: ChildProcess }> {
  const port = await freePort();
  const { user, password, host } = server;
  writeFileSync(join(folder, "users"), `"${user}" "${password}"\n`);
  writeFileSync(
    join(folder, "pooler.ini"),
    [
      `[databases]\n* = host=${host} port=${server.port}`,
      `[pgbouncer]\nlisten_addr = ${host}\nlisten_port = ${port}\nunix_socket_dir =`,
      `auth_type = scram-sha-256\nauth_file = ${join(folder, "users")}`,
      `pool_mode = transaction\ndefault_pool_size = ${sessions}\nmax_client_conn = 100`,
      "server_tls_sslmode = prefer\nignore_startup_parameters = extra_float_digits",
    ].join("\n"),
  );
  for (const name of ["", "users", "pooler.ini"]) chmodSync(join(folder, name), 0o755);
  // It will not run as root.
  const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(must(pgbouncer, "PgBouncer"), [...asUser, join(folder, "pooler.ini")], {
    stdio: "ignore",
  });
  return { port, process: child };
}

for (const [name, path] of [
  ["PgBouncer", pgbouncer],
  ["pgbench", pgbench],
] as const) {
  test(`${name} is there`, ({ skip }) => {
    if (!process.env["CI"]) skip(path === undefined, `${name} is not to be had here`);
    expect(path).toBeDefined();
  });
}

describe.runIf(pgbouncer)("PgBouncer in transaction mode", () => {
  let pooler: Awaited<ReturnType<typeof startPooler>>;
  const login = async () => {
    const { host, user, password, database } = server;
    const client = new pg.Client({ host, user, password, database, port: pooler.port });
    client.on("error", () => {});
    await client.connect();
    return client;
  };

  beforeAll(async () => {
    pooler = await startPooler();
    for (let tries = 100; ; tries--) {
      const client = await login().catch((error: unknown) => error);
      if (client instanceof pg.Client) return void (await client.end());
      if (tries === 0) throw client;
      await sleep(100);
    }
  });
  beforeAll(async () => {
    await admin.run("CREATE TABLE pooled(client int, n int)");
  });
  afterAll(() => {
    pooler?.process.kill();
  });

  test("many clients share few sessions, and every transaction is whole", async () => {
    await Promise.all(
      Array.from({ length: clients }, async (_, id) => {
        const client = await login();
        for (let n = 0; n < 5; n++) {
          await client.query("BEGIN");
          await client.query(`SET LOCAL application_name = 'client ${id}'`);
          await client.query("INSERT INTO pooled VALUES ($1, $2)", [id, n]);
          const { rows } = await client.query(
            "SELECT current_setting('application_name') AS name, count(*)::int AS count FROM pooled WHERE client = $1",
            [id],
          );
          expect(rows).toEqual([{ name: `client ${id}`, count: n + 1 }]);
          await client.query("COMMIT");
        }
        await client.end();
      }),
    );
    expect(await admin.value("SELECT count(*) FROM pooled")).toBe(String(clients * 5));
    const pooled = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    expect(Number(await admin.value(pooled))).toBeLessThanOrEqual(sessions);
  });

  test("an error leaves nothing to the next client", async () => {
    const [one, other] = [await login(), await login()];
    await expect(one.query("BEGIN; SELECT 1 / 0")).rejects.toMatchObject({ code: "22012" });
    await one.query("ROLLBACK");
    await expect(one.query("SELECT $1::int / 0", [1])).rejects.toMatchObject({ code: "22012" });
    expect((await other.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await one.end();
    await other.end();
  });

  test("a cancel request finds its statement, and a session that is ended is replaced", async () => {
    const client = await login();
    const sleeping = client.query("SELECT pg_sleep(20)");
    const failed = expect(sleeping).rejects.toMatchObject({ code: "57014" });
    await expect
      .poll(() =>
        admin.value(
          "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'",
        ),
      )
      .toBeTruthy();
    const { host, user, password, database } = server;
    const canceller = new pg.Client({ host, user, password, database, port: pooler.port });
    (canceller as unknown as { cancel(client: pg.Client, query: unknown): void }).cancel(
      client,
      (client as unknown as { activeQuery: unknown; _activeQuery: unknown })._activeQuery,
    );
    await failed;
    await admin.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    );
    await sleep(200);
    const after = await login();
    expect((await after.query("SELECT 2 AS two")).rows).toEqual([{ two: 2 }]);
    await after.end();
    await client.end();
  });
});

describe.runIf(pgbench)("pgbench", () => {
  const address = () => ["-h", server.host, "-p", String(server.port), "-U", server.user];
  const environment = () => ({ ...process.env, PGPASSWORD: server.password });

  async function bench(script: string, ...options: readonly string[]): Promise<number> {
    const file = join(folder, "script.sql");
    writeFileSync(file, script);
    const given = [
      ...address(),
      "-n",
      "-c",
      "4",
      "-t",
      "20",
      ...options,
      "-f",
      file,
      server.database,
    ];
    const { stdout } = await run(must(pgbench, "pgbench"), given, { env: environment() });
    expect(stdout).toMatch(/number of failed transactions: 0 /);
    return Number(/processed: (\d+)\/80/.exec(stdout)?.[1]);
  }

  test.each(["simple", "extended", "prepared"])("by the %s protocol", async (protocol) => {
    const script =
      "\\set n random(1, 1000)\nBEGIN;\nSELECT :n + 1;\nSELECT g FROM generate_series(1, 3) g;\nEND;\n";
    expect(await bench(script, "-M", protocol)).toBe(80);
  });

  test.each(["extended", "prepared"])("in pipelines of the %s protocol", async (protocol) => {
    const statements = Array.from({ length: 50 }, (_, at) => `SELECT ${at};`).join("\n");
    const script = `\\startpipeline\nBEGIN;\n${statements}\nCOMMIT;\n\\endpipeline\n`;
    expect(await bench(script, "-M", protocol)).toBe(80);
  });

  test("its own tables are made, and its own transactions run", { timeout: 120_000 }, async () => {
    const made = await run(
      must(pgbench, "pgbench"),
      [...address(), "-i", "-s", "1", "-I", "dtgvp", server.database],
      { env: environment() },
    );
    expect(made.stderr).toContain("done in");
    expect(await admin.value("SELECT count(*) FROM pgbench_accounts")).toBe("100000");
    const tries = ["--max-tries", "100", "-c", "2", "-t", "5"];
    for (const script of ["select-only", "tpcb-like"]) {
      const { stdout } = await run(
        must(pgbench, "pgbench"),
        [...address(), "-n", "-b", script, ...tries, "-M", "prepared", server.database],
        { env: environment() },
      );
      expect(stdout).toMatch(/processed: 10\/10/);
    }
    const sums =
      "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history)";
    expect(await admin.value(sums)).toBe("t");
  });
});
