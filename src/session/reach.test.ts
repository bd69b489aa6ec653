import { describe, expect, test } from "vitest";
import type { EngineText } from "../query/plan.ts";
import { reachOf } from "./reach.ts";

const text = (sql: string, more: Partial<EngineText> = {}): EngineText => ({
  pieces: [sql],
  scans: [],
  calls: [],
  parameters: [],
  readsCatalog: false,
  ...more,
});

describe("how much of the engine a text needs", () => {
  test("the engine's own functions over nothing are small", () => {
    expect(reachOf(text("SELECT (CAST($1 AS INTEGER) + 1) AS a"))).toBe("small");
  });

  test("what uses a macro of ours, or the catalog, is one row of the whole engine", () => {
    expect(reachOf(text("SELECT pg_shim.int4(value) AS a"))).toBe("few rows");
    expect(reachOf(text("SELECT shim_quote_ident($1) AS a"))).toBe("few rows");
    expect(reachOf(text("SELECT 1", { readsCatalog: true }))).toBe("few rows");
  });

  test("what cannot give more than a batch is no stream", () => {
    expect(reachOf(text("SELECT a FROM t LIMIT 10", { rowsMax: 10 }))).toBe("few rows");
    expect(reachOf(text("SELECT a FROM t LIMIT 10000", { rowsMax: 10_000 }))).toBe("rows");
  });

  test.each([
    "SELECT 1 UNION SELECT 2",
    "SELECT unnest([1, 2])",
    "SELECT (SELECT a FROM t)",
    "VALUES (1)",
    "WITH a AS (SELECT 1) SELECT 2",
    'SELECT 1 AS "from"',
  ])("rows may come of %s", (sql) => {
    expect(reachOf(text(sql))).toBe("rows");
  });
});
