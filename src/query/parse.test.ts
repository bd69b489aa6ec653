import { beforeAll, expect, test } from "vitest";
import { PgError } from "../base/error.ts";
import { loadParser, parse } from "./parse.ts";

const buckets = new Set(["primary", "testing", "public"]);
beforeAll(loadParser);

function failure(sql: string): { message: string; sqlstate: string; position: number | undefined } {
  try {
    parse(sql, buckets);
  } catch (error) {
    if (error instanceof PgError)
      return {
        message: error.message,
        sqlstate: error.sqlstate,
        position: error.details.position,
      };
    throw error;
  }
  throw new Error("it parsed");
}

/** Every place in a tree, with the text that stands there. */
function places(sql: string, kind: string): string[] {
  const found: string[] = [];
  for (const statement of parse(sql, buckets)) {
    const characters = [...statement.sql];
    const walk = (node: unknown, name: string): void => {
      if (typeof node !== "object" || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key === "location" && name === kind && typeof value === "number")
          found.push(characters.slice(value, value + 3).join(""));
        walk(value, key);
      }
    };
    walk(statement.tree, "");
  }
  return found;
}

test("an empty text has no statements", () => {
  for (const sql of ["", "  ", ";", " ; ;", "-- nothing", "/* no /* thing */ */"])
    expect(parse(sql, buckets), sql).toEqual([]);
});

test("statements are split where PostgreSQL splits them, and know their place", () => {
  const sql = " select 'é;', x ;; -- c;\n select 2";
  expect(parse(sql, buckets).map(({ sql, offset }) => [sql, offset])).toEqual([
    ["select 'é;', x", 1],
    ["select 2", 26],
  ]);
});

test("places in the tree are characters of the statement", () => {
  expect(places("select 'é😀', abc from é😀; select '€', def", "ColumnRef")).toEqual([
    "abc",
    "def",
  ]);
  expect(
    places("select 'é', xyz from é, primary.tab where PRIMARY.tab.uvw = 1", "ColumnRef"),
  ).toEqual(["xyz", "PRI"]);
  expect(places("select 1 from primary.a, primary.b, ccc", "RangeVar")).toEqual([
    "pri",
    "pri",
    "ccc",
  ]);
});

test.each([
  ["selec 1", 'syntax error at or near "selec"', 1],
  ["select 1; selec 1", 'syntax error at or near "selec"', 11],
  ["select 'é😀', x from x where", "syntax error at end of input", 28],
  ["select * from primary.x wher y = 1 = ", 'syntax error at or near "y"', 30],
  ["select primary", 'syntax error at or near "primary"', 8],
  ["select 'é', primary.x from primary.y limit from", 'syntax error at or near "from"', 44],
  ["update t set", "syntax error at end of input", 13],
  ["create table t (a int,)", 'syntax error at or near ")"', 23],
])("%s is refused in PostgreSQL's words", (sql, message, position) => {
  const deferred = () => {
    const [statement] = parse(sql, buckets).filter(({ tree }) => tree === undefined);
    return {
      message: statement?.failure?.message,
      sqlstate: statement?.failure?.sqlstate,
      position: statement?.failure?.details.position,
    };
  };
  let answer: ReturnType<typeof failure> | ReturnType<typeof deferred>;
  try {
    answer = failure(sql);
  } catch {
    answer = deferred();
  }
  expect(answer).toEqual({ message, sqlstate: "42601", position });
});

test("what the parser would not see to its end is refused", () => {
  expect(failure("select 1 \0 from secret").sqlstate).toBe("22021");
  expect(failure("select '\ud800'").sqlstate).toBe("22021");
  expect(failure(`update ${"(".repeat(20_000)}`).sqlstate).toMatch(/^(54001|42601)$/);
});

test("a bucket named by a reserved word needs no quotes before a dot", () => {
  const [statement] = parse("select primary.t.a, t.primary from PRIMARY.t", buckets);
  expect(statement?.sql).toBe("select primary.t.a, t.primary from PRIMARY.t");
  expect(JSON.stringify(statement?.tree)).toContain('"schemaname":"primary"');
});

test("AT (VERSION => n) is cut out and remembered by the relation's place", () => {
  const sql = "select * from primary.t at (version => 3) x, u AT (TIMESTAMP => '2026-01-01')";
  const [statement] = parse(sql, buckets);
  expect([...(statement?.at ?? [])]).toEqual([
    [14, { unit: "version", value: ["3"] }],
    [45, { unit: "timestamp", value: ["'2026-01-01'"] }],
  ]);
});

test("what only DuckDB's grammar takes has no tree, and spoils no neighbour", () => {
  const statements = parse("select 1; from t select a; commit", buckets);
  expect(statements.map(({ tree }) => tree === undefined)).toEqual([false, true, false]);
  expect(statements[1]).toMatchObject({ sql: "from t select a", offset: 10 });
  for (const join of [
    "a asof join b using (x)",
    "a semi join b using (x)",
    "a anti join b using (x)",
  ])
    expect(parse(`select * from ${join}`, buckets)[0]?.tree, join).toBeUndefined();
  for (const join of [
    "a as semi join b using (x)",
    "semi join b using (x)",
    'a "semi" join b using (x)',
  ])
    expect(parse(`select * from ${join}`, buckets)[0]?.tree, join).toBeDefined();
});

test("transaction control is known before analysis", () => {
  const facts = parse("begin; rollback to a; commit; select 1", buckets).map((statement) => [
    statement.isTransactionControl,
    statement.endsTransaction,
  ]);
  expect(facts).toEqual([
    [true, false],
    [true, true],
    [true, true],
    [false, false],
  ]);
});
