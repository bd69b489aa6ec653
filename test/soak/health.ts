/** How a server under load fares: its memory by kinds, its event loop, and how soon it hears a cancel request. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { cancelRequest } from "../support/client-codec.ts";
import type { RunningServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";
import { WireClient } from "../support/wire-client.ts";

const megabyte = 1024 * 1024;

export interface Health {
  readonly seconds: number;
  readonly p99Ms: number;
  readonly megabytes: number;
  readonly heap: number;
  readonly external: number;
  readonly engine: number;
  /** From the CancelRequest to the error, of a statement that would run for ever. */
  readonly cancelMs: number;
}

/** Looks once a second. */
export async function watch(server: RunningServer, isOver: () => boolean): Promise<Health[]> {
  const samples: Health[] = [];
  const [admin, victim] = await Promise.all([SqlClient.login(server), WireClient.login(server)]);
  for (const startedAt = Date.now(); !isOver(); await sleep(1000)) {
    const sql =
      "SELECT event_loop_p99_ms, resident_bytes, heap_bytes, external_bytes, engine_bytes FROM lakehouse.server_health";
    const [row] = await admin.rows(sql);
    const megabytes = (at: number) => Math.round(Number(row?.[at]) / megabyte);
    samples.push({
      seconds: (Date.now() - startedAt) / 1000,
      p99Ms: Number(row?.[0]),
      megabytes: megabytes(1),
      heap: megabytes(2),
      external: megabytes(3),
      engine: megabytes(4),
      cancelMs: await canceled(server, victim),
    });
  }
  await Promise.all([admin.end(), victim.end()]);
  return samples;
}

async function canceled(server: RunningServer, victim: WireClient): Promise<number> {
  victim.send({
    type: "Query",
    sql: "SELECT sum(g * g) FROM generate_series(1, 1000000000000) g",
  });
  await sleep(200);
  const askedAt = performance.now();
  const requester = await WireClient.open(server);
  requester.write(cancelRequest(victim.pid, victim.secretKey));
  const messages = await victim.until("ReadyForQuery");
  const error = messages.find((message) => message.type === "ErrorResponse");
  expect(error?.type === "ErrorResponse" ? error.fields["C"] : "no error").toBe("57014");
  await requester.end();
  return performance.now() - askedAt;
}

/** Least squares, megabytes a minute, over the second half: the first fills caches. */
export function slope(all: readonly Health[]): number {
  const samples = all.slice(Math.floor(all.length / 2));
  const mean = (value: (sample: Health) => number) =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  const [x, y] = [mean(({ seconds }) => seconds), mean(({ megabytes }) => megabytes)];
  const covariance = mean(({ seconds, megabytes }) => (seconds - x) * (megabytes - y));
  return (60 * covariance) / mean(({ seconds }) => (seconds - x) ** 2);
}
