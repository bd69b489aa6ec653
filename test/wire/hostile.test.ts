/**
 * What no client should send: each line of hostile.jsonl, at its moment of a connection, and random variations of all of
 * them. Whatever is answered, the connection ends or goes on, nothing of it stays behind, and the others are served.
 * A new finding becomes a line.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import { encodeStartup } from "../support/client-codec.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient, type WireLogin } from "../support/wire-client.ts";

interface Hostile {
  readonly name: string;
  readonly in: "start" | "password" | "session";
  readonly hex: string;
  readonly times?: number;
  readonly then?: string;
}

const corpus = readFileSync(join(import.meta.dirname, "hostile.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line): Hostile => JSON.parse(line));

const oracle = await postgres();
let server: RunningServer;
let witness: SqlClient;

beforeAll(async () => {
  const limits = {
    "authentication-timeout": "2s",
    "unauthenticated-sockets": "600",
    connections: "600",
  };
  server = await startServer({
    arguments: Object.entries(limits).flatMap(([name, value]) => [`--limits-${name}`, value]),
  });
  witness = await SqlClient.login(server);
});

afterAll(async () => {
  await witness?.end();
  await server?.stop();
});

function bytesOf({ hex, times = 1, then = "" }: Hostile): Buffer {
  const bytes = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
  return Buffer.concat([...Array.from({ length: times }, () => bytes(hex)), bytes(then)]);
}

/** At that moment, then silence and the end of what the client says; what it hears until the server hangs up. */
async function say(
  login: WireLogin,
  where: Hostile["in"],
  bytes: Buffer,
): Promise<BackendMessage[]> {
  const client = where === "session" ? await WireClient.login(login) : await WireClient.open(login);
  if (where === "password") {
    client.write(encodeStartup({ user: login.user, database: "lakehouse" }));
    await client.next();
  }
  client.write(bytes);
  client.socket.end();
  const heard = await client.untilEnd().catch(() => []);
  client.socket.destroy();
  return heard;
}

const codes = (messages: readonly BackendMessage[]) =>
  messages.flatMap((message) =>
    message.type === "ErrorResponse" ? [`${message.fields["S"]} ${message.fields["C"]}`] : [],
  );

async function isServed(): Promise<void> {
  const sql =
    "SELECT sessions, statements_running, engine_connections FROM lakehouse.server_health";
  await expect.poll(() => witness.rows(sql), { timeout: 10_000 }).toEqual([["1", "0", "0"]]);
}

test.each(corpus.map((one) => [one.name, one] as const))("%s", async (_, one) => {
  await say(server, one.in, bytesOf(one));
  expect(await witness.value("SELECT 1")).toBe("1");
});

test("nothing of it stays behind", isServed);

/** PostgreSQL writes a length that cannot be into its log and hangs up; this server says it to the client first. */
const lengths = /announced$|length|over its cap$/;
/** PostgreSQL looks for the statement before it has read the rest of the message. */
const binds = /^a Bind (?:that says|whose|of an unknown)/;

describe.runIf(oracle)("as PostgreSQL answers", () => {
  const said = corpus.filter((one) => one.in === "session");
  test.each(said.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const theirs = await say(must(oracle, "a PostgreSQL"), "session", bytesOf(one));
    const [mine, others] = [codes(await say(server, "session", bytesOf(one))), codes(theirs)];
    if (binds.test(one.name)) expect(mine.length).toEqual(others.length);
    else
      expect(mine).toEqual(
        lengths.test(one.name) && one.name !== "the least length" ? ["FATAL 08P01"] : others,
      );
  });
});

test("a thousand variations of it", { timeout: 120_000 }, async () => {
  const random = generator(20_240_229);
  for (let round = 0; round < 50; round++) {
    await Promise.all(
      Array.from({ length: 20 }, () => {
        const one = must(corpus[random(corpus.length)], "a line");
        return say(server, one.in, varied(bytesOf(one).subarray(0, 4096), random));
      }),
    );
    expect(await witness.value("SELECT 1")).toBe("1");
  }
  await isServed();
});

/** The same numbers every time: a fault that is found can be found again. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function varied(bytes: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.concat([bytes, Buffer.from([random(256)])]);
  for (let changes = 1 + random(4); changes > 0; changes--) copy[random(copy.length)] = random(256);
  const [from, to] = [random(copy.length), random(copy.length)];
  return random(3) === 0 ? Buffer.concat([copy, copy.subarray(Math.min(from, to))]) : copy;
}

test("half a startup packet for ever ends when its time is up", async () => {
  const client = await WireClient.open(server);
  client.write(Buffer.from("0000004000030000", "hex"));
  expect(codes(await client.untilEnd())).toEqual(["FATAL 57014"]);
});

test("five hundred connections that open at once are served or refused, and the others are served", {
  timeout: 60_000,
}, async () => {
  const attempts = Array.from({ length: 500 }, async () => {
    const client = await WireClient.login(server);
    client.send({ type: "Query", sql: "SELECT 1" });
    const answer = await client.until("ReadyForQuery");
    await client.end();
    return answer.some((message) => message.type === "DataRow");
  });
  const outcomes = await Promise.allSettled(attempts);
  const faults = outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
  expect(faults.filter((fault) => !/53300|timeout/.test(fault))).toEqual([]);
  expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(100);
  await isServed();
});

/** What the engine has read ahead, of texts of 1 kB, and what of it has been encoded. */
const readerMegabytes = 45;

test("half-open sockets cost nothing, and readers that do not read what was read ahead", {
  timeout: 60_000,
}, async () => {
  const resident = async () =>
    Number(await witness.value("SELECT resident_bytes FROM lakehouse.server_health")) / 2 ** 20;
  const before = await resident();
  const silent = Array.from({ length: 100 }, () =>
    connect(server.port, server.host).on("error", () => {}),
  );
  const slow = await Promise.all(Array.from({ length: 20 }, () => WireClient.login(server)));
  for (const client of slow) {
    client.socket.pause();
    client.send({
      type: "Query",
      sql: "SELECT repeat('x', 1000) FROM generate_series(1, 10000000)",
    });
  }
  await sleep(2000);
  expect(await witness.value("SELECT 1")).toBe("1");
  await expect
    .poll(async () => (await resident()) - before, { timeout: 20_000, interval: 1000 })
    .toBeLessThan(slow.length * readerMegabytes);
  for (const socket of [...silent, ...slow.map(({ socket }) => socket)]) socket.destroy();
  await isServed();
});
