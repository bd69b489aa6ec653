import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { silentLog } from "../../src/base/log.ts";
import { type Listener, type ListenOptions, listen } from "../../src/net/listener.ts";
import { ensureSelfSigned, type TlsFiles } from "../../src/net/tls.ts";
import { EchoSessions, password } from "../support/echo-sessions.ts";
import { missing, program } from "../support/services.ts";

const psql = program("psql") ?? missing("psql", "install postgresql-client");

let folder: string;
let tls: TlsFiles;
let listener: Listener | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-psql-"));
  tls = { certFile: join(folder, "server.crt"), keyFile: join(folder, "server.key") };
  await ensureSelfSigned(tls);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => listener?.close());

async function serve(options: Partial<ListenOptions> = {}): Promise<void> {
  const address = { host: "127.0.0.1", port: 0, tls };
  listener = await listen({ ...address, ...options }, new EchoSessions(), silentLog);
}

/** psql's output for one query; an Error with its words when it cannot connect. */
async function runPsql(settings: string, sql = "tls"): Promise<string> {
  const { port } = must(listener, "a listener");
  const conninfo = `host=127.0.0.1 port=${port} user=ann dbname=lakehouse ${settings}`;
  const env = { PATH: process.env["PATH"], PGPASSWORD: password, LC_ALL: "C.UTF-8" };
  const run = promisify(execFile)(must(psql, "psql"), ["-XAtw", conninfo, "-c", sql], { env });
  return (await run).stdout.trim();
}

test.runIf(psql)("psql logs in with every sslmode and channel binding", async () => {
  await serve();
  expect(await runPsql("sslmode=disable")).toBe("plain");
  expect(await runPsql("sslmode=prefer")).toMatch(/^TLSv1\.3 TLS_/);
  expect(await runPsql("sslmode=require channel_binding=require")).toMatch(/^TLSv1\.3 TLS_/);
  expect(await runPsql("sslmode=require channel_binding=disable")).toMatch(/^TLSv1\.3 TLS_/);
  expect(await runPsql("sslmode=require ssl_max_protocol_version=TLSv1.2")).toMatch(/^TLSv1\.2/);
  expect(await runPsql(`sslmode=verify-full sslrootcert=${tls.certFile}`)).toMatch(/^TLSv1\.3/);
});

test.runIf(psql)("psql without TLS on our side is told so", async () => {
  await serve({ tls: undefined });
  expect(await runPsql("sslmode=prefer")).toBe("plain");
  await expect(runPsql("sslmode=require")).rejects.toThrow("server does not support SSL");
});

test.runIf(psql)("psql shows our refusals", async () => {
  await serve();
  await expect(runPsql("password=wrong")).rejects.toThrow(
    'FATAL:  password authentication failed for user "ann"',
  );
  await expect(runPsql("dbname=nowhere")).rejects.toThrow(
    'FATAL:  database "nowhere" does not exist',
  );
});
