/** What a data file itself says it has. */
import { must } from "../base/assert.ts";
import type { Engine } from "../engine/engine.ts";

/** By path, for files are immutable; whoever was asked for last is kept. */
const known = new Map<string, Promise<ReadonlyMap<string, string>>>();
const filesKept = 256;

/** The file's columns, and the engine's names of their types. `path` is quoted. */
export function columnsOf(engine: Engine, path: string): Promise<ReadonlyMap<string, string>> {
  const columns = known.get(path) ?? described(engine, path);
  known.delete(path);
  known.set(path, columns);
  columns.catch(() => known.delete(path));
  if (known.size > filesKept) known.delete(must(known.keys().next().value, "the oldest"));
  return columns;
}

async function described(engine: Engine, path: string): Promise<ReadonlyMap<string, string>> {
  const rows = await engine.system(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet([${path}], hive_partitioning = false))`,
  );
  return new Map(
    rows.map((row) => {
      const type = must(row["column_type"], "a described column has a type");
      return [String(row["column_name"]), alias(String(type))];
    }),
  );
}

/** The engine prints one type's name longer than everybody writes it. */
export function alias(type: string): string {
  return type.replaceAll("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ");
}
