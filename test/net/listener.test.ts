import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { silentLog } from "../../src/base/log.ts";
import { type Listener, type ListenOptions, listen } from "../../src/net/listener.ts";
import { ensureSelfSigned, type TlsFiles } from "../../src/net/tls.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import {
  cancelRequest,
  encodeFrontend,
  encodeStartup,
  gssencRequest,
  sslRequest,
  startupPacket,
} from "../support/client-codec.ts";
import { EchoSessions, password } from "../support/echo-sessions.ts";
import { WireClient } from "../support/wire-client.ts";

let folder: string;
let tls: TlsFiles;
let sessions: EchoSessions;
let listener: Listener | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-net-"));
  tls = { certFile: join(folder, "server.crt"), keyFile: join(folder, "server.key") };
  await ensureSelfSigned(tls);
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => listener?.close());

async function serve(options: Partial<ListenOptions> = {}) {
  sessions = new EchoSessions();
  listener = await listen({ host: "127.0.0.1", port: 0, tls, ...options }, sessions, silentLog);
  return { host: "127.0.0.1", port: listener.port };
}

const login = (address: { host: string; port: number }) =>
  WireClient.login({ ...address, user: "ann", password });

const rowsOf = (messages: readonly BackendMessage[]) =>
  messages.flatMap((message) =>
    message.type === "DataRow" ? [Buffer.from(message.values[0] ?? []).toString()] : [],
  );

async function ask(client: WireClient, sql: string): Promise<string[]> {
  client.send({ type: "Query", sql });
  return rowsOf(await client.until("ReadyForQuery"));
}

/** What a client is told that never gets a session. */
async function lastWords(client: WireClient): Promise<Record<string, string>> {
  const messages = await client.untilEnd();
  const last = messages.at(-1);
  return last?.type === "ErrorResponse" ? last.fields : {};
}

async function refused(address: { host: string; port: number }, bytes: Uint8Array) {
  const client = await WireClient.open(address);
  client.write(bytes);
  return lastWords(client);
}

test("a client logs in, asks, and is answered", async () => {
  const client = await login(await serve());
  expect(await ask(client, "SELECT 'grün'")).toEqual(["SELECT 'grün'"]);
  await client.end();
  await listener?.close();
  expect(listener?.connections).toBe(0);
});

test("node-postgres logs in and is answered", async () => {
  const client = new pg.Client({ ...(await serve()), user: "ann", password, ssl: false });
  await client.connect();
  expect((await client.query("hello")).rows).toEqual([{ echo: "hello" }]);
  await client.end();
});

test("a wrong password, an unknown user and a user without a password hear the same", async () => {
  const address = await serve();
  for (const user of ["ann", "nobody", "nopass"]) {
    const attempt = WireClient.login({ ...address, user, password: "wrong" });
    await expect(attempt).rejects.toThrow(
      `FATAL 28P01: password authentication failed for user "${user}"`,
    );
  }
  expect(sessions.startups).toEqual([]);
});

test("the startup message becomes a startup: database, options and parameters", async () => {
  const address = await serve();
  const options = "-c geqo=off --work-mem=4\\ MB -c application_name=hidden";
  const parameters = { options, application_name: "seen", replication: "false" };
  const client = await WireClient.login({ ...address, user: "ann", password, parameters });
  await client.end();
  const startup = must(sessions.startups[0], "one session");
  expect(startup).toMatchObject({ user: "ann", database: "ann", pid: 100 });
  expect(Object.fromEntries(startup.parameters)).toEqual({
    geqo: "off",
    work_mem: "4 MB",
    application_name: "seen",
  });
});

test("a newer protocol is negotiated down, and unknown protocol options are named", async () => {
  const address = await serve();
  for (const minor of [2, 9999]) {
    const client = await WireClient.open(address);
    client.write(encodeStartup({ user: "ann", "_pq_.wish": "1" }, (3 << 16) | minor));
    expect(await client.next()).toEqual({
      type: "NegotiateProtocolVersion",
      minor: 0,
      options: ["_pq_.wish"],
    });
    await client.authenticate(password);
    await client.until("ReadyForQuery");
    await client.end();
  }
});

test("an older protocol is refused in its own words", async () => {
  const client = await WireClient.open(await serve());
  const heard: Buffer[] = [];
  client.socket.on("data", (chunk) => heard.push(chunk));
  client.write(encodeStartup({}, 2 << 16));
  await new Promise((resolve) => client.socket.once("end", resolve));
  expect(Buffer.concat(heard).toString()).toBe(
    "EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.0\n\0",
  );
});

test.each([
  ["no user", encodeStartup({ database: "x" }), "28000"],
  ["replication", encodeStartup({ user: "ann", replication: "true" }), "0A000"],
  ["a bad option", encodeStartup({ user: "ann", options: "-c foo" }), "42601"],
  ["protocol 4", encodeStartup({ user: "ann" }, 4 << 16), "0A000"],
  ["a broken startup packet", startupPacket(Buffer.from("\0\x03\0\0user")), "08P01"],
  ["random bytes", Buffer.from("00000009deadbeef00", "hex"), "0A000"],
  [
    "text that is not UTF-8",
    startupPacket(Buffer.from("000300007573657200ff0000", "hex")),
    "22021",
  ],
])("%s is refused with a FATAL error and the end", async (_, bytes, sqlstate) => {
  expect(await refused(await serve(), bytes)).toMatchObject({ S: "FATAL", C: sqlstate });
  expect(sessions.startups).toEqual([]);
});

test.each([
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a startup packet over its cap", startupPacket(Buffer.alloc(20_000))],
  ["a farewell before any greeting", encodeFrontend({ type: "Terminate" })],
])("%s is not answered, and the connection ends", async (_, bytes) => {
  expect(await refused(await serve(), bytes)).toEqual({});
  expect(sessions.startups).toEqual([]);
});

test("what a session throws is the last thing its client hears", async () => {
  const address = await serve();
  const attempt = WireClient.login({ ...address, user: "ann", password, database: "nowhere" });
  await expect(attempt).rejects.toThrow('FATAL 3D000: database "nowhere" does not exist');
});

test("encryption can be asked for once, and in the clear nothing may follow the question", async () => {
  const address = await serve({ tls: undefined });
  const client = await WireClient.open(address);
  const byte = () =>
    new Promise((resolve) => client.socket.once("data", (chunk) => resolve(chunk.toString())));
  const first = byte();
  client.write(gssencRequest);
  expect(await first).toBe("N");
  client.socket.destroy();
  expect(await refused(address, Buffer.concat([sslRequest, sslRequest]))).toMatchObject({
    C: "08P01",
    M: "received unencrypted data after SSL request",
  });
});

test("bytes smuggled in before the TLS handshake are refused", async () => {
  const smuggled = Buffer.concat([sslRequest, encodeStartup({ user: "ann" })]);
  expect(await refused(await serve(), smuggled)).toMatchObject({
    C: "08P01",
    M: "received unencrypted data after SSL request",
  });
});

test("garbage in place of a TLS handshake ends the connection", async () => {
  const address = await serve();
  const client = await WireClient.open(address);
  client.write(sslRequest);
  await new Promise((resolve) => client.socket.once("data", resolve));
  client.write(Buffer.from("this is no handshake, whatever it is"));
  await new Promise((resolve) => client.socket.once("close", resolve));
  expect(await ask(await login(address), "still here")).toEqual(["still here"]);
});

test("a cancel request reaches the sessions, in the clear and under TLS, and is not answered", async () => {
  const address = await serve();
  const client = await WireClient.open(address);
  client.write(cancelRequest(7, -8));
  expect(await client.untilEnd()).toEqual([]);
  const secure = await overTls(address);
  secure.write(cancelRequest(9, 10));
  expect(await secure.untilEnd()).toEqual([]);
  expect(sessions.canceled).toEqual([
    [7, -8],
    [9, 10],
  ]);
});

async function overTls(address: { host: string; port: number }): Promise<WireClient> {
  const plain = await WireClient.open(address);
  plain.write(sslRequest);
  plain.socket.removeAllListeners("data");
  await new Promise((resolve) => plain.socket.once("data", resolve));
  const secure = connectTls({ socket: plain.socket, rejectUnauthorized: false });
  await new Promise((resolve) => secure.once("secureConnect", resolve));
  return new WireClient(secure);
}

test("a client that says nothing is sent away when its time is up", async () => {
  const address = await serve({ authenticationTimeoutMs: 50 });
  const client = await WireClient.open(address);
  expect(await lastWords(client)).toMatchObject({
    C: "57014",
    M: "canceling authentication due to timeout",
  });
});

test("only so many may be in the act of logging in", async () => {
  const address = await serve({ unauthenticatedMax: 2 });
  const waiting = await Promise.all([WireClient.open(address), WireClient.open(address)]);
  expect(await lastWords(await WireClient.open(address))).toMatchObject({ C: "53300" });
  for (const client of waiting) client.socket.destroy();
  await expect.poll(() => listener?.connections).toBe(0);
  await (await login(address)).end();
});

test("a password over its cap is refused before it is read", async () => {
  const client = await WireClient.open(await serve());
  client.write(encodeStartup({ user: "ann" }));
  expect((await client.next())?.type).toBe("AuthenticationSASL");
  client.write(Buffer.from("7000004000", "hex"));
  expect(await lastWords(client)).toMatchObject({ C: "08P01", M: "invalid message length" });
});

test("a message over its cap ends the session before it is read", async () => {
  const client = await login(await serve({ messageBytesMax: 1000 }));
  client.write(encodeFrontend({ type: "Query", sql: "x".repeat(2000) }).subarray(0, 100));
  expect(await lastWords(client)).toMatchObject({ C: "08P01", M: "invalid message length" });
});

test("a message longer than the queue is read whole", async () => {
  const client = await login(await serve({ inboundBytesMax: 10_000 }));
  const sql = "x".repeat(3_000_000);
  expect(await ask(client, sql)).toEqual([sql]);
  await client.end();
});

test("a client that sends faster than it is answered is slowed down, and loses nothing", async () => {
  const client = await login(await serve({ inboundBytesMax: 10_000 }));
  const queries = Array.from({ length: 5000 }, (_, n) => `query ${n}`);
  client.write(Buffer.concat(queries.map((sql) => encodeFrontend({ type: "Query", sql }))));
  const heard: string[] = [];
  for (const _ of queries) heard.push(...rowsOf(await client.until("ReadyForQuery")));
  expect(heard).toEqual(queries);
  await client.end();
});

test("a slow reader holds the session back, not the memory", async () => {
  const address = await serve();
  const client = await login(address);
  client.socket.pause();
  const before = process.memoryUsage().rss;
  client.send({ type: "Query", sql: "many 100000" });
  await sleep(500);
  expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
  expect(await ask(await login(address), "others go on")).toEqual(["others go on"]);
  client.socket.resume();
  expect(rowsOf(await client.until("ReadyForQuery")).length).toBe(100_000);
  await client.end();
});

test("a client that leaves is noticed while its statement runs", async () => {
  const client = await login(await serve());
  client.send({ type: "Query", sql: "wait" });
  await sleep(50);
  expect(sessions.gone).toBe(0);
  client.socket.destroy();
  await expect.poll(() => listener?.connections).toBe(0);
  expect(sessions.gone).toBe(1);
});

test("a reader that never comes back cannot keep the server from closing", async () => {
  const client = await login(await serve({ lingerMs: 50 }));
  client.socket.pause();
  client.send({ type: "Query", sql: "many 100000" });
  await sleep(100);
  await listener?.close();
  expect(listener?.connections).toBe(0);
  client.socket.destroy();
});

test("what was said before the end is answered after it", async () => {
  const client = await login(await serve());
  client.send({ type: "Query", sql: "one" }, { type: "Query", sql: "two" });
  client.socket.end();
  expect(rowsOf(await client.untilEnd())).toEqual(["one", "two"]);
});

test("a hundred clients at once are served", async () => {
  const address = await serve();
  const clients = await Promise.all(Array.from({ length: 100 }, () => login(address)));
  const answers = await Promise.all(clients.map((client, n) => ask(client, `client ${n}`)));
  expect(answers.flat()).toEqual(clients.map((_, n) => `client ${n}`));
  expect(new Set(sessions.startups.map(({ pid }) => pid)).size).toBe(100);
  await Promise.all(clients.map((client) => client.end()));
});

test("after stopAccepting those who are there go on and nobody comes in", async () => {
  const address = await serve();
  const client = await login(address);
  listener?.stopAccepting();
  expect(await ask(client, "still here")).toEqual(["still here"]);
  await expect(WireClient.open(address)).rejects.toThrow("ECONNREFUSED");
  await client.end();
});

test("a port that is taken is said at the start", async () => {
  const { port } = await serve();
  const again = listen({ host: "127.0.0.1", port }, sessions, silentLog);
  await expect(again).rejects.toThrow("EADDRINUSE");
});

test("the key is the server's alone, and a new certificate is taken on reload", async () => {
  expect((await stat(tls.keyFile)).mode & 0o777).toBe(0o600);
  const address = await serve();
  const fingerprint = async () => {
    const client = await overTls(address);
    const { fingerprint256 } = (
      client.socket as ReturnType<typeof connectTls>
    ).getPeerCertificate();
    client.socket.destroy();
    return fingerprint256;
  };
  const before = await fingerprint();
  await rm(tls.keyFile);
  await expect(listener?.reloadTls()).rejects.toThrow("ENOENT");
  expect(await fingerprint()).toBe(before);
  await ensureSelfSigned(tls);
  await listener?.reloadTls();
  expect(await fingerprint()).not.toBe(before);
});
