import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { candidates, catalog, contextOf } from "../../test/support/query-context.ts";
import { must } from "../base/assert.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import type { Draft } from "./draft.ts";
import type { Piece } from "./plan.ts";
import { verify } from "./verify.ts";

let engine: Engine;
beforeAll(async () => {
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lakewire-verify-"));
  engine = await openEngine({ temporaryDirectory });
});
afterAll(() => engine.close());

const shadow = must(catalog.relation("pg_catalog", "pg_class"), "the fixture has pg_class");

function draft(pieces: readonly Piece[], functions: readonly string[] = []): Draft {
  return {
    plan: {
      kind: "select",
      text: { pieces, scans: [], calls: [], parameters: [], readsCatalog: true },
    },
    uses: [
      { relation: candidates, privilege: "SELECT", columns: [] },
      { relation: shadow, privilege: "SELECT", columns: [] },
    ],
    functions,
    isReadOnly: true,
  };
}

const asBob = (pieces: readonly Piece[], functions?: readonly string[]) =>
  verify(draft(pieces, functions), contextOf("bob", engine));

test.each<[string, readonly Piece[], (readonly string[])?]>([
  ["a scan under an alias", ['SELECT e."id" FROM ', { scan: 0 }, ' AS e("id") WHERE e."id" > 1']],
  ["a call's rows", ["SELECT * FROM ", { call: 0 }, " AS c"]],
  ["rows just written", ["SELECT * FROM ", { written: true }, " AS c"]],
  ["a system relation that the analysis names", ['SELECT * FROM "pg_shim"."pg_class" AS c']],
  ["the same with the role it asks for", ['SELECT * FROM "pg_shim"."pg_class"(10) AS c']],
  ["a WITH query", ["WITH a AS (SELECT 1 AS x), b AS (SELECT * FROM a) SELECT * FROM b, a"]],
  [
    "a recursive one",
    ["WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT * FROM a"],
  ],
  [
    "functions that only compute",
    ["SELECT upper('a') || lower('B'), sum(1) OVER () FROM generate_series(1, 3)"],
  ],
  ["functions of ours", ['SELECT shim_round(1), "pg_shim".shim_now()'], ["shim_round", "shim_now"]],
  [
    "syntax that is a function underneath",
    [
      "SELECT {'a': 1}, [1, 2][1], '1 day'::INTERVAL, EXTRACT(year FROM DATE '2026-01-01'), 'a' LIKE 'b' ESCAPE 'c', (1, 2), ARRAY(SELECT 1), 'a' SIMILAR TO 'b', 1 IN (1, 2), x -> 'a' FROM (SELECT '{}'::JSON AS x)",
    ],
  ],
  [
    "parameters and casts",
    ["SELECT $1::DECIMAL(10, 2), CAST($2 AS TIMESTAMP WITH TIME ZONE), $3::VARCHAR[]"],
  ],
])("%s may run", async (_, pieces, functions) => {
  await expect(asBob(pieces, functions)).resolves.toBeUndefined();
});

test.each([
  "SELECT * FROM secret",
  "SELECT * FROM main.placeholder2",
  'SELECT * FROM "pg_shim"."pg_authid"',
  "SELECT * FROM other.pg_shim.pg_class",
  "SELECT * FROM 'file.parquet'",
  "SELECT * FROM read_parquet('file.parquet')",
  "SELECT * FROM duckdb_tables()",
  "SELECT * FROM query('SELECT 1')",
  "SELECT current_setting('x')",
  "SELECT pg_shim.f(1)",
  "WITH secret AS (SELECT * FROM secret) SELECT 1",
  "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
  "SELECT (SELECT max(x) FROM secret)",
  "SELECT 1 ORDER BY (SELECT x FROM secret)",
  "SELECT 1; SELECT 2",
  "SELECT * FROM placeholder AT (VERSION => 1)",
  "SHOW ALL TABLES",
])("%s is our own fault, never run", async (sql) => {
  await expect(asBob([sql])).rejects.toThrow();
});

test("what the engine does not even parse is not run", async () => {
  await expect(asBob(["SELEC 1"])).rejects.toThrow();
});

test("a superuser's text is not parsed again", async () => {
  const nothing = {
    serialize: () => Promise.reject(new Error("asked")),
    deserialize: engine.deserialize,
  };
  await expect(verify(draft(["SELECT 1"]), contextOf("admin", nothing))).resolves.toBeUndefined();
});
