/** Rows into an engine table, a chunk at a time, all or none. */
import { setImmediate } from "node:timers/promises";
import { BLOB, type DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { AppendBatch, EngineValue } from "../pgtypes/vector.ts";
import { pgError } from "./errors.ts";
import { duckdbType } from "./logical-types.ts";
import { ChunkWriter } from "./vectors.ts";

/** Rows appended at a time; the engine's own vector size. */
const rowsMax = 2048;
/** Appending blocks the event loop: after so long others have their turn. */
const turnMs = 4;

export async function appendBatches(
  connection: DuckDBConnection,
  table: { readonly schema: string; readonly name: string },
  columns: readonly LogicalType[],
  batches: Iterable<AppendBatch> | AsyncIterable<AppendBatch>,
): Promise<number> {
  const appender = await connection.createAppender(table.name, table.schema).catch((error) => {
    throw pgError(error);
  });
  let count = 0;
  try {
    const chunk = DuckDBDataChunk.create(columns.map(duckdbType), rowsMax);
    const writer = new ChunkWriter(chunk, DuckDBDataChunk.create([BLOB], rowsMax), columns);
    let since = performance.now();
    for await (const batch of batches) {
      writer.write(batch);
      appender.appendDataChunk(chunk);
      count += batch.rowCount;
      if (performance.now() - since < turnMs) continue;
      await setImmediate();
      since = performance.now();
    }
    appender.flushSync();
  } catch (error) {
    appender.clear();
    throw pgError(error);
  } finally {
    appender.closeSync();
  }
  return count;
}

/** Rows of values, for who has few. */
export async function* batchesOf(
  rows: Iterable<readonly EngineValue[]> | AsyncIterable<readonly EngineValue[]>,
  columnCount: number,
): AsyncGenerator<AppendBatch> {
  let pending: (readonly EngineValue[])[] = [];
  const batch = (): AppendBatch => {
    const columns = Array.from({ length: columnCount }, (_, at) =>
      pending.map((row) => row[at] ?? null),
    );
    const { length: rowCount } = pending;
    pending = [];
    return { rowCount, columns };
  };
  for await (const row of rows) if (pending.push(row) === rowsMax) yield batch();
  if (pending.length > 0) yield batch();
}
