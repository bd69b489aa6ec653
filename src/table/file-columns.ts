/** What a data file itself says it has. */
import { must } from "../base/assert.ts";
import type { Engine } from "../engine/engine.ts";
import type { Add } from "./actions.ts";

/** By file: they are immutable. */
const known = new WeakMap<Add, Promise<ReadonlyMap<string, string>>>();

/** The file's columns, and the engine's names of their types. `path` is quoted. */
export function columnsOf(
  engine: Engine,
  add: Add,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const before = known.get(add);
  if (before !== undefined) return before;
  const columns = described(engine, path);
  known.set(add, columns);
  columns.catch(() => known.delete(add));
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
function alias(type: string): string {
  return type.replaceAll("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ");
}
