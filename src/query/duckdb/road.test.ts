import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { candidates, contextOf, type roles } from "../../../test/support/query-context.ts";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { type Engine, openEngine } from "../../engine/engine.ts";
import { loadParser, parse } from "../parse.ts";
import type { PlannedStatement } from "../plan.ts";
import { plan } from "../statement.ts";

let engine: Engine;
beforeAll(async () => {
  await loadParser();
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lakewire-road-"));
  engine = await openEngine({ temporaryDirectory });
});
afterAll(() => engine.close());

function planned(sql: string, as: keyof typeof roles = "ann"): Promise<PlannedStatement> {
  const context = contextOf(as, engine);
  const [statement] = parse(sql, new Set(context.catalog.buckets));
  return plan(must(statement, "a statement"), [], context);
}

async function failure(sql: string, as: keyof typeof roles = "ann"): Promise<PgError> {
  try {
    await planned(sql, as);
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error(`planned: ${sql}`);
}

test("a query of DuckDB's goes the second road, its columns left to the engine", async () => {
  const {
    plan: made,
    columns,
    relations,
    isReadOnly,
  } = await planned("from PRIMARY.candidates select name");
  expect(made).toMatchObject({ kind: "select", text: { scans: [{ relation: candidates }] } });
  expect(columns).toEqual([]);
  expect(relations).toEqual([candidates]);
  expect(isReadOnly).toBe(true);
});

test.each<[string, object]>([
  [
    "create table t as from candidates with no data",
    { kind: "create table", name: "t", as: { withData: false, text: { scans: [{}] } } },
  ],
  [
    "create table if not exists testing.t (a, b) as (from candidates select id, name)",
    { kind: "create table", schema: "testing", ifNotExists: true, as: { withData: true } },
  ],
  [
    "copy (from candidates select id) to stdout (format csv, header)",
    { kind: "copy out", options: { format: "csv", header: true } },
  ],
  [
    "explain analyze from candidates",
    { kind: "explain", options: { analyze: true }, statement: { plan: { kind: "select" } } },
  ],
  ["explain (format json) from candidates", { kind: "explain", options: { format: "json" } }],
  [
    "declare c cursor with hold for from candidates",
    { kind: "declare", hold: true, query: { plan: { kind: "select" } } },
  ],
  [
    "prepare p (int) as from candidates where id = $1",
    { kind: "prepare", sql: "from candidates where id = $1" },
  ],
])("what stands round it is PostgreSQL's: %s", async (sql, expected) => {
  expect((await planned(sql)).plan).toMatchObject(expected);
});

test("CREATE TABLE AS names the columns of a query that only the engine knows", async () => {
  const { plan: made } = await planned("create table t (a, b) as from candidates select id, name");
  const pieces = made.kind === "create table" ? (made.as?.text.pieces ?? []) : [];
  expect(pieces.at(-1)).toBe(') AS as_query("a", "b")');
});

test("INSERT casts such a query to the target's columns", async () => {
  const { plan: made, relations } = await planned(
    "insert into candidates (id, name) from testing.people select id, name where id > $1",
  );
  expect(made).toMatchObject({ kind: "insert", target: candidates, returning: undefined });
  expect(relations.map(({ name }) => name).sort()).toEqual(["candidates", "people"]);
  const text = must(made.kind === "insert" ? made.source : undefined, "an insert");
  expect(text.scans).toMatchObject([{ relation: { name: "people" } }]);
  const sql = text.pieces.map((piece) =>
    typeof piece === "string" ? piece : "(SELECT 7 AS id, 'x' AS name)",
  );
  expect(await engine.system(sql.join("").replace("$1", "1"))).toMatchObject([
    { id: 7, name: "x" },
  ]);
});

test("what neither grammar takes is PostgreSQL's syntax error, at its place", async () => {
  expect(await failure("select * fro candidates c d")).toMatchObject({
    sqlstate: "42601",
    message: 'syntax error at or near "fro"',
    details: { position: 10 },
  });
  expect(await failure("select 1 +")).toMatchObject({ message: "syntax error at end of input" });
  expect((await failure("pivot candidates on city using count(*)")).message).toMatch(
    /^PIVOT without IN/,
  );
  expect((await failure("create table t as frm candidates")).sqlstate).toBe("42601");
  expect((await failure("explain (nope) from candidates")).message).toBe(
    'unrecognized EXPLAIN option "nope"',
  );
});

test.each<[string, string]>([
  ["from testing.people", "permission denied for table people"],
  ["from hidden.salaries", "permission denied for schema hidden"],
  ["create table testing.t as from candidates", "permission denied for schema testing"],
  ["copy (from testing.people) to stdout", "permission denied for table people"],
  ["explain from testing.people", "permission denied for table people"],
  ["declare c cursor for from testing.people", "permission denied for table people"],
  [
    "insert into testing.people (id) from candidates select id",
    "permission denied for table people",
  ],
  ["from pg_authid", "permission denied for table pg_authid"],
  ["from candidates semi join testing.people using (id)", "permission denied for table people"],
])("privileges are asked on the second road too: %s", async (sql, message) => {
  expect(await failure(sql, "bob")).toMatchObject({ sqlstate: "42501", message });
});

test("one who may, may; the text is verified", async () => {
  expect((await planned("from candidates qualify row_number() over () = 1", "bob")).plan.kind).toBe(
    "select",
  );
  expect((await planned("from pg_class", "bob")).plan.kind).toBe("select");
  expect((await planned("summarize candidates", "bob")).plan.kind).toBe("select");
});
