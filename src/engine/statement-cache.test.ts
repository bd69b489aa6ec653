import type { DuckDBPreparedStatement } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { LastingResults, LongTexts, StatementCache } from "./statement-cache.ts";

/** Only what the cache calls. */
function statement(): { readonly statement: DuckDBPreparedStatement; isDestroyed(): boolean } {
  let isDestroyed = false;
  const destroySync = () => {
    isDestroyed = true;
  };
  return { statement: { destroySync } as never, isDestroyed: () => isDestroyed };
}

test("a text that is used between new ones stays, and those used once go", () => {
  const cache = new StatementCache(new LongTexts(), new LastingResults());
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
  const cache = new StatementCache(new LongTexts(), new LastingResults());
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

test("a long text is kept when it comes again, two of a connection at most", () => {
  const cache = new StatementCache(new LongTexts(), new LastingResults());
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(100_000));
  const kept = texts.map((text) => {
    expect(cache.keep(text, statement().statement)).toBe(false);
    expect(cache.get(text)).toBeUndefined();
    const again = statement();
    expect(cache.keep(text, again.statement)).toBe(true);
    expect(cache.get(text)).toBe(again.statement);
    return again;
  });
  expect(kept.map((each) => each.isDestroyed())).toEqual([true, false, false]);
  cache.clear();
  expect(kept.map((each) => each.isDestroyed())).toEqual([true, true, true]);
});

test("the connections of an engine share what long texts may take, and get it back", () => {
  const shared = new LongTexts();
  const caches = Array.from({ length: 30 }, () => new StatementCache(shared, new LastingResults()));
  const text = "a".repeat(100_000);
  const keeps = (cache: StatementCache) =>
    [1, 2].map(() => cache.keep(text, statement().statement))[1];
  const kept = caches.filter(keeps);
  expect(kept).toHaveLength(20);
  kept[7]?.clear();
  expect(caches.filter((cache) => !kept.includes(cache)).filter(keeps)).toHaveLength(1);
});
