import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOf, type roles } from "../../../test/support/query-context.ts";
import { PgError } from "../../base/error.ts";
import { type Engine, openEngine } from "../../engine/engine.ts";
import type { AnalyzedQuery } from "../analyze/analyze.ts";
import { readJson, writeJson } from "./json.ts";
import { analyzeByDuckdb } from "./query.ts";

let engine: Engine;
beforeAll(async () => {
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lakewire-query-"));
  engine = await openEngine({ temporaryDirectory });
  await engine.system(
    "CREATE TABLE rows (id INTEGER, name VARCHAR, city VARCHAR, pay DECIMAL(9,2))",
  );
  await engine.system("INSERT INTO rows VALUES (1, 'Ann', 'Bern', 10), (2, 'Bob', 'Chur', 20)");
  await engine.system("CREATE TABLE secret AS SELECT 42 AS amount");
});
afterAll(() => engine.close());

const analyze = (sql: string, as: keyof typeof roles = "ann", types: readonly number[] = []) =>
  analyzeByDuckdb(sql, types, contextOf(as, engine));

/** The text with a table of the test's own where a scan stands. */
function runnable({ text }: AnalyzedQuery): string {
  return text.pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      if ("scan" in piece) {
        const { relation, columns } = text.scans[piece.scan] ?? {
          relation: { name: "" },
          columns: [],
        };
        const from = relation.name === "candidates" ? "rows" : "(SELECT 1 AS id, 'x' AS name)";
        return `(SELECT ${columns.map((name) => `"${name}"`).join(", ")} FROM ${from})`;
      }
      return "missing";
    })
    .join("");
}

async function rows(sql: string): Promise<unknown[][]> {
  const result = await engine.system(runnable(await analyze(sql)));
  return result.map((row) => Object.values(row));
}

async function failure(sql: string, as: keyof typeof roles = "bob"): Promise<string> {
  try {
    const analyzed = await analyze(sql, as);
    const read = analyzed.relations.map(({ relation }) => relation.name);
    return `reads ${read.join(", ") || "nothing"}`;
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    return `${error.sqlstate} ${error.message}`;
  }
}

test("numbers come back as they were", () => {
  const text =
    '{"a":9007199254740993,"b":[18446744073709551615,-1.50,1e400],"c":"17","d":"#:\\"5\\\\"}';
  expect(writeJson(readJson(text))).toBe(text);
});

test.each([
  ["from candidates select name order by id", [["Ann"], ["Bob"]]],
  ["from primary.candidates select city where primary.candidates.id = 1", undefined],
  [
    "from candidates c select c.* exclude (pay, city) order by all",
    [
      [1, "Ann"],
      [2, "Bob"],
    ],
  ],
  ["select id from candidates qualify row_number() over (order by id desc) = 1", [[2]]],
  [
    "select city, count(*) from candidates group by all order by all",
    [
      ["Bern", 1n],
      ["Chur", 1n],
    ],
  ],
  [
    "from (pivot candidates on city in ('Bern', 'Chur') using sum(pay) group by id) select * exclude (id) order by all",
    [
      ["10.00", null],
      [null, "20.00"],
    ],
  ],
  ["with c as (from candidates), d as (from c where id = 1) from d select name", [["Ann"]]],
  ["with candidates as (from candidates where id = 2) from candidates select name", [["Bob"]]],
  [
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) from n",
    [[1], [2], [3]],
  ],
  ["select [x * 2 for x in [1, 2, 3] if x > 1]", undefined],
  ["from candidates a semi join candidates b on a.id = b.id + 1 select a.name", [["Bob"]]],
  ["from candidates a positional join candidates b select b.name order by 1", [["Ann"], ["Bob"]]],
  ["select columns('na.*') from candidates order by all", [["Ann"], ["Bob"]]],
  ["select 9007199254740993 as n, 99999999999999999999 as m from candidates limit 50%", undefined],
  ["from Candidates select Name order by 1 limit 1", [["Ann"]]],
  ["select {'a': 1}.a, ('x').upper(), try_cast('z' as int)", [[1, "X", null]]],
])("%s", async (sql, expected) => {
  const text = sql.replaceAll("primary.", '"primary".');
  const result = await rows(text);
  if (expected !== undefined) expect(result).toEqual(expected);
  else expect(result.length).toBeGreaterThan(0);
});

test("DESCRIBE and SUMMARIZE say what the relation is", async () => {
  expect((await rows("describe candidates")).map(([name]) => name)).toEqual([
    "id",
    "name",
    "city",
    "pay",
  ]);
  expect(await rows("summarize candidates")).toHaveLength(4);
  expect(await rows("select column_name from (describe candidates) limit 1")).toEqual([["id"]]);
});

test("a scan gives every column of its relation, whatever is used", async () => {
  const { text, relations, columns } = await analyze("from candidates select 1");
  expect(text.scans).toMatchObject([{ columns: ["id", "name", "city", "pay"] }]);
  expect(relations).toMatchObject([{ privilege: "SELECT", relation: { name: "candidates" } }]);
  expect(columns).toEqual([]);
});

test("AT becomes the scan's version", async () => {
  const { text } = await analyze(
    "from candidates at (version => 3) union all by name from candidates",
  );
  expect(text.scans.map(({ at }) => at)).toEqual([{ version: 3 }, undefined]);
  const byTime = await analyze("from candidates at (timestamp => '2026-01-01 00:00:00+01')");
  expect(byTime.text.scans[0]?.at).toEqual({ timestamp: new Date("2025-12-31T23:00:00Z") });
  expect(await failure("from candidates at (version => id)", "ann")).toMatch(/^0A000/);
});

test("parameters are those used, text unless said", async () => {
  const analyzed = await analyze("from candidates select $3 where id = $1", "ann", [23]);
  expect(analyzed.text.parameters).toEqual([
    { kind: "client", index: 0, typeOid: 23 },
    { kind: "client", index: 2, typeOid: 25 },
  ]);
  expect(analyzed.parameterTypes).toEqual([23, 25, 25]);
  expect(analyzed.text.pieces.filter((piece) => typeof piece === "string").join("")).toMatch(
    /\$2.*\$1/,
  );
  expect(await failure("from candidates select $name")).toMatch(/^0A000/);
});

test.each([
  "from read_parquet('x.parquet')",
  "from 'x.parquet'",
  'from "x.parquet"',
  "from read_csv('/etc/passwd')",
  "from read_text('/etc/passwd')",
  "from glob('/*')",
  "from query('from secret')",
  "from query_table('secret')",
  "from json_execute_serialized_sql(json_serialize_sql('from secret'))",
  "select json_serialize_sql('from secret')",
  "from secret",
  "from memory.main.secret",
  "from main.secret",
  "from sqlite_master",
  "from duckdb_tables()",
  "from duckdb_settings()",
  "from duckdb_secrets()",
  "from pragma_storage_info('secret')",
  "from pragma_table_info('secret')",
  "from duckdb_table_sample('secret')",
  "from sql_auto_complete('from s')",
  "from seq_scan('secret')",
  "from summary((from secret))",
  "from repeat(1, 1000000000)",
  "from histogram('secret', amount)",
  "select stats(name) from candidates",
  "select current_setting('temp_directory')",
  "select getvariable('x')",
  "select nextval('x')",
  "select version()",
  "select current_user",
  "select write_log('x')",
  "select sleep_ms(100000)",
  "select main.getenv('HOME')",
  "select system.main.getenv('HOME')",
  "select pg_catalog.pg_get_viewdef(1)",
  "select shim.f(1)",
  "with secret as (from secret) from secret",
  "with recursive secret as (from secret) from secret",
  "with a as (with secret as (select 1) from secret) from secret",
  "with a as (select 1), b as (from c), c as (select 2) from b, secret",
  "select (from secret)",
  "select exists (from secret)",
  "select 1 in (from secret)",
  "select array(from secret)",
  "select [x for x in (select list(amount) from secret)]",
  "from candidates, lateral (from secret)",
  "from candidates where pay > (select max(amount) from secret)",
  "from candidates order by (select amount from secret)",
  "from candidates limit (select amount from secret)",
  "from candidates qualify (select amount from secret) > 1",
  "values ((from secret select amount))",
  "pivot secret on amount in (42) using count(*)",
  "unpivot secret on amount",
  "from (pivot (from secret) on amount in (42))",
  "describe secret",
  "summarize secret",
  "describe (from secret)",
  "show tables",
  "show all tables",
  "select cast(1 as other.t)",
  "select sum(amount) over () from secret",
  "from candidates union all by name from secret",
  "table secret",
  "from (table secret)",
  "from candidates as of join secret",
  "from candidates at (version => (select amount from secret))",
  "select /* from candidates */ amount from secret -- candidates",
  "select amount from\u00a0secret",
  "select amount\u00a0from\u00a0secret",
  "from candidates tablesample reservoir(10 rows), secret",
  "from recurring.secret",
  "with recursive r(n) using key (n) as (select 1 union select n from recurring.secret) from r",
])("nothing is read by %s", async (sql) => {
  expect(await failure(sql)).toMatch(
    /^(42P01|42883|42501|0A000|42601) |^reads (nothing|candidates)$/,
  );
  expect(await failure(sql)).not.toMatch(/^reads .*(secret|salaries)/);
});

test("a relation of another role's is found, and left to authorization", async () => {
  expect(await failure("from hidden.salaries")).toBe("reads salaries");
});

test("files are for superusers", async () => {
  expect(await failure("from read_csv('/etc/passwd')")).toMatch(/^42501/);
  expect(await failure("from read_csv('/etc/passwd')", "admin")).toBe("reads nothing");
});
