import type { DuckDBPreparedStatement } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { StatementCache } from "./statement-cache.ts";

/** Only what the cache calls. */
function statement(): { readonly statement: DuckDBPreparedStatement; isDestroyed(): boolean } {
  let isDestroyed = false;
  const destroySync = () => {
    isDestroyed = true;
  };
  return { statement: { destroySync } as never, isDestroyed: () => isDestroyed };
}

test("a text that is used between new ones stays, and those used once go", () => {
  const cache = new StatementCache();
  const used = statement();
  const once = statement();
  cache.keep("used", used.statement);
  cache.keep("once", once.statement);
  for (let i = 0; i < 100; i++) {
    expect(cache.get("used")).toBe(used.statement);
    cache.keep(`new ${i}`, statement().statement);
  }
  expect(used.isDestroyed()).toBe(false);
  expect(once.isDestroyed()).toBe(true);
  expect(cache.get("once")).toBeUndefined();
});

test("columns are remembered with their statement, and go with it", () => {
  const cache = new StatementCache();
  const columns = [{ name: "a", type: { id: "INTEGER" } }] as const;
  cache.rememberColumns("unknown", columns);
  expect(cache.columns("unknown")).toBeUndefined();
  const known = statement();
  cache.keep("known", known.statement);
  cache.rememberColumns("known", columns);
  expect(cache.get("known")).toBe(known.statement);
  expect(cache.columns("known")).toBe(columns);
  cache.drop("known");
  expect([known.isDestroyed(), cache.get("known"), cache.columns("known")]).toEqual([
    true,
    undefined,
    undefined,
  ]);
});
