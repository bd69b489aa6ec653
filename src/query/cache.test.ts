import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { access, catalog, contextOf } from "../../test/support/query-context.ts";
import { must } from "../base/assert.ts";
import { type Engine, openEngine } from "../engine/engine.ts";
import { PlanCache } from "./cache.ts";
import { loadParser, parse } from "./parse.ts";
import type { QueryContext } from "./query.ts";

let engine: Engine;
beforeAll(async () => {
  await loadParser();
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lakewire-cache-"));
  engine = await openEngine({ temporaryDirectory });
});
afterAll(() => engine.close());

const statement = (sql: string) => must(parse(sql, new Set())[0], "a statement");

async function isHit(
  sql: string,
  first: Partial<QueryContext>,
  second: Partial<QueryContext>,
  types: readonly (readonly number[])[] = [[], []],
): Promise<boolean> {
  const cache = new PlanCache();
  const base = contextOf("ann", engine);
  await cache.plan(statement(sql), types[0] ?? [], { ...base, ...first });
  await cache.plan(statement(sql), types[1] ?? [], { ...base, ...second });
  return cache.hits === 1;
}

const text = "from candidates select id";

test("the same text in the same circumstances is planned once", async () => {
  expect(await isHit(text, {}, {})).toBe(true);
});

test.each<[string, Partial<QueryContext>]>([
  ["another role", { role: contextOf("admin", { serialize: fail, deserialize: fail }).role }],
  [
    "another session role",
    { sessionRole: contextOf("bob", { serialize: fail, deserialize: fail }).role },
  ],
  ["another catalog", { catalog: { ...catalog, id: "c2" } }],
  ["other grants", { access: { ...access, id: "a2" } }],
  ["another search path", { searchPath: ["primary"] }],
])("%s plans anew", async (_, change) => {
  expect(await isHit(text, {}, { ...change, engine })).toBe(false);
});

test("other parameter types plan anew", async () => {
  expect(await isHit("from candidates select $1", {}, {}, [[23], [25]])).toBe(false);
});

test.each(["select 1", "select $1::int + 1, 'x'::text, array[1, 2]", "begin"])(
  "%s stands on its text alone",
  async (sql) => {
    const cache = new PlanCache();
    const plan = await cache.plan(statement(sql), [], contextOf("ann", engine));
    expect(cache.standalone(statement(sql), [], false)).toBe(plan);
  },
);

test("what names a dataset does not stand on its text alone", async () => {
  const cache = new PlanCache();
  await cache.plan(statement(text), [], contextOf("ann", engine));
  expect(cache.standalone(statement(text), [], false)).toBeUndefined();
});

test("a setting that planning read plans anew when it changes, and no other does", async () => {
  const settings = (values: Record<string, string>) => ({
    setting: (name: string) => values[name],
  });
  const sql = "create table t (a int)";
  expect(await isHit(sql, settings({}), settings({ "lakehouse.bucket": "primary" }))).toBe(false);
  expect(await isHit(sql, settings({}), settings({ "x.y": "1" }))).toBe(true);
});

test("what stands on a cursor or a prepared statement is never kept", async () => {
  const cursor = await new PlanCache().plan(statement(text), [], contextOf("ann", engine));
  expect(await isHit("fetch c", { cursor: () => cursor }, { cursor: () => cursor })).toBe(false);
});

test("long texts are not kept, and the cache keeps within its bytes", async () => {
  expect(await isHit(`from candidates select '${"x".repeat(70_000)}'`, {}, {})).toBe(false);
  const cache = new PlanCache({ bytesMax: 20_000 });
  for (let i = 0; i < 50; i++)
    await cache.plan(statement(`set x.y = ${i}`), [], contextOf("ann", engine));
  expect(cache.bytes).toBeLessThanOrEqual(20_000);
  expect(cache.bytes).toBeGreaterThan(5_000);
});

test("an error is not kept", async () => {
  const cache = new PlanCache();
  await expect(
    cache.plan(statement("from nowhere"), [], contextOf("ann", engine)),
  ).rejects.toThrow();
  expect(cache.bytes).toBe(0);
});

function fail(): never {
  throw new Error("no engine here");
}
