/** Loading what can be read and counting what cannot: lines of a CSV file that the engine rejects. */
import type { Engine, EngineConnection } from "../engine/engine.ts";
import { readValue } from "../pgtypes/read-value.ts";

export interface Rejected {
  readonly count: number;
  /** The first few, as "line 3: …". */
  readonly first: readonly string[];
}

/** Added to read_csv's options: the engine keeps what it rejects in two tables of the connection. */
export const rejectOptions =
  "ignore_errors=true, store_rejects=true, rejects_table='lakewire_rejects', rejects_scan='lakewire_reject_scans'";

const shownMax = 5;
let serial = 0;

/** Runs `select` into a table of its own, and hands on a SELECT of what was kept. */
export async function withoutRejected<T>(
  select: string,
  engine: Engine,
  signal: AbortSignal,
  work: (kept: string, rejected: Rejected) => Promise<T>,
): Promise<T> {
  const table = `ingest.kept${++serial}`;
  await engine.system("CREATE SCHEMA IF NOT EXISTS ingest");
  const connection = await engine.connect();
  try {
    await connection.run(`CREATE TABLE ${table} AS ${select}`, [], signal);
    return await work(`SELECT * FROM ${table}`, await rejectedBy(connection, signal));
  } finally {
    await connection.run("DROP TABLE IF EXISTS lakewire_rejects", [], never).catch(() => 0);
    await connection.run("DROP TABLE IF EXISTS lakewire_reject_scans", [], never).catch(() => 0);
    connection.release();
    await engine.system(`DROP TABLE IF EXISTS ${table}`);
  }
}

async function rejectedBy(connection: EngineConnection, signal: AbortSignal): Promise<Rejected> {
  const sql = `SELECT line, min(error_message), count(*) OVER () FROM lakewire_rejects GROUP BY line ORDER BY line LIMIT ${shownMax}`;
  const stream = await connection.stream(sql, [], signal);
  const first: string[] = [];
  let count = 0;
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    for (let row = 0; row < batch.rowCount; row++) {
      const [line, message, all] = batch.vectors.map((vector) => readValue(vector, row));
      const reason = String(message).split("\n")[0] ?? "";
      first.push(`line ${String(line)}: ${reason}`);
      count = Number(all);
    }
  }
  return { count, first };
}

const never = new AbortController().signal;
