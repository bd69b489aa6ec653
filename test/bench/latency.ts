/** Round trips of one statement, ours beside PostgreSQL's. */
import type { RunningServer } from "../support/server.ts";
import { onOneCore } from "./placement.ts";
import { RawConnection, type Target } from "./raw.ts";
import { line, median } from "./report.ts";

/** Statements before the clock starts: after a few thousand the server's code is compiled, as it is in one that serves. */
const warmUp = 5_000;

/** Medians of one statement's round trip, client and both servers on one core, in turns. */
export async function latency(
  name: string,
  goal: string,
  ours: RunningServer,
  theirs: Target,
  prepare: Buffer | undefined,
  message: Buffer,
  count: number,
): Promise<void> {
  const connections = await Promise.all([RawConnection.open(ours), RawConnection.open(theirs)]);
  const times: [number[], number[]] = [[], []];
  const release = onOneCore([process.pid, ours.pid, connections[1].backendPid]);
  for (const connection of connections) {
    if (prepare) await connection.exchange(prepare);
    for (let i = 0; i < warmUp; i++) await connection.exchange(message);
  }
  for (let block = 0; block < 10; block++) {
    for (const [at, connection] of connections.entries()) {
      for (let i = 0; i < count / 10; i++)
        times[at === 0 ? 0 : 1].push((await connection.exchange(message)).ms);
    }
  }
  release();
  for (const connection of connections) connection.end();
  const [mine, other] = [median(times[0]) * 1000, median(times[1]) * 1000];
  line(
    `${name}, ours / PostgreSQL`,
    mine / other,
    "x",
    goal,
    `${mine.toFixed(0)} us / ${other.toFixed(0)} us`,
  );
}
