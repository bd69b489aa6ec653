/** A child process of the benchmark: reads one result and says how long it took, so that reader and server do not share a loop. */
import { bind, executeAll, parse, query, RawConnection, sync, type Target } from "./raw.ts";

interface Order {
  readonly target: Target;
  readonly sql: string;
  readonly binary: boolean;
  /** Wait this long after each chunk: a slow reader. */
  readonly pauseMs?: number;
}

const order: Order = JSON.parse(process.argv[2] ?? "{}");
const connection = await RawConnection.open(order.target);
if (order.pauseMs !== undefined) {
  const { pauseMs } = order;
  connection.socket.on("data", () => {
    connection.socket.pause();
    setTimeout(() => connection.socket.resume(), pauseMs);
  });
}
const bytes = order.binary
  ? Buffer.concat([parse("", order.sql), bind("", [], true), executeAll, sync])
  : query(order.sql);
process.stdout.write(JSON.stringify(await connection.exchange(bytes)));
connection.end();
