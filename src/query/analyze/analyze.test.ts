/** What analysis says of a statement besides its meaning: what it reads, what it can skip, what is known beforehand. */
import { loadModule, parseSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { analyzeColumnDefault, analyzeInsert, analyzeSelect } from "./analyze.ts";
import { dept, emp, target, testContext } from "./testing.ts";

const context = testContext([dept, emp, target]);

beforeAll(() => loadModule());

function tree(sql: string) {
  return must(parseSync(sql).stmts?.[0]?.stmt, "one statement");
}

function select(sql: string, parameterTypes: readonly number[] = []) {
  const node = tree(sql);
  if (!("SelectStmt" in node)) throw new Error("not a query");
  return analyzeSelect(node.SelectStmt, { sql, offset: 0 }, parameterTypes, context);
}

function insert(sql: string) {
  const node = tree(sql);
  if (!("InsertStmt" in node)) throw new Error("not an INSERT");
  return analyzeInsert(node.InsertStmt, { sql, offset: 0 }, [], context);
}

function refusal(step: () => unknown): PgError {
  try {
    step();
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const text = (sql: string) =>
  select(sql)
    .text.pieces.map((piece) => (typeof piece === "string" ? piece : JSON.stringify(piece)))
    .join("");

describe("what is read", () => {
  test("the columns that a statement names, wherever it names them", () => {
    const { relations } = select(
      "SELECT e.name FROM emp e JOIN dept d ON d.id = e.dept_id WHERE e.salary > 1 ORDER BY e.hired",
    );
    expect(relations.map(({ relation, columns }) => [relation.name, columns])).toEqual([
      ["emp", ["dept_id", "name", "salary", "hired"]],
      ["dept", ["id"]],
    ]);
  });

  test("a relation of which only the rows are counted", () => {
    const { relations, text } = select("SELECT count(*) FROM emp");
    expect(relations).toMatchObject([{ privilege: "SELECT", columns: [] }]);
    expect(text.scans[0]?.columns).toEqual(["id"]);
  });

  test("each reference to a relation has a scan of its own, with its own columns", () => {
    const { scans } = select("SELECT a.id, b.name FROM emp a, emp b").text;
    expect(scans.map(({ columns }) => columns)).toEqual([["id"], ["name"]]);
  });

  test("an INSERT writes the columns it lists and RETURNING reads", () => {
    const { source } = insert("INSERT INTO t (id) VALUES (1) RETURNING name");
    expect(source.relations.map(({ privilege, columns }) => [privilege, columns])).toEqual([
      ["INSERT", ["id"]],
      ["SELECT", ["name"]],
    ]);
  });
});

describe("what a scan can skip by", () => {
  const predicates = (sql: string) => select(sql).text.scans[0]?.where;

  test("plain conditions joined by AND", () => {
    expect(
      predicates(
        "SELECT 1 FROM emp WHERE id >= 5 AND 'x' = name AND dept_id IN (1, 2) AND email IS NULL AND big < $1",
      ),
    ).toEqual([
      { column: "id", operator: ">=", values: [{ literal: 5 }] },
      { column: "name", operator: "=", values: [{ literal: "x" }] },
      { column: "dept_id", operator: "in", values: [{ literal: 1 }, { literal: 2 }] },
      { column: "email", operator: "is null", values: [] },
      { column: "big", operator: "<", values: [{ parameter: 0 }] },
    ]);
  });

  test("nothing of an OR, or of a side that an outer join may fill with nulls", () => {
    expect(predicates("SELECT 1 FROM emp WHERE id = 1 OR id = 2")).toEqual([]);
    const { scans } = select(
      "SELECT 1 FROM dept d LEFT JOIN emp e ON e.dept_id = d.id WHERE e.id IS NULL AND d.id = 1",
    ).text;
    expect(scans.map(({ where }) => where.length)).toEqual([1, 0]);
  });
});

describe("what is known beforehand", () => {
  test("values of constants, the session's names among them", () => {
    expect(select("SELECT 1, 'a', NULL, current_user, 2.50, true").constantRow).toEqual([
      "1",
      "a",
      null,
      "postgres",
      "2.50",
      "t",
    ]);
    expect(select("SELECT 1 + 1").constantRow).toBeUndefined();
    expect(select("SELECT 1 FROM emp").constantRow).toBeUndefined();
  });

  test("whether a setting is part of the plan", () => {
    expect(select("SELECT timestamptz '2020-01-01 10:00:00+00'").readsSettings).toBe(false);
    expect(select("SELECT timestamptz '2020-01-01 10:00:00'").readsSettings).toBe(true);
    expect(select("SELECT current_setting('TimeZone')").readsSettings).toBe(true);
  });

  test("a result column's table and number, through subqueries and WITH", () => {
    const { columns } = select(
      "WITH w AS (SELECT name AS n FROM emp) SELECT s.n, upper(s.n) FROM (SELECT * FROM w) s",
    );
    expect(columns.map(({ tableOid, columnNumber }) => [tableOid, columnNumber])).toEqual([
      [emp.oid, 2],
      [0, 0],
    ]);
  });
});

describe("what is printed", () => {
  test("nothing of the client's spelling", () => {
    const printed = text(`SELECT "emp".name AS "a""b" FROM emp WHERE name = 'it''s \\ "x"' -- hi`);
    expect(printed).toBe(
      `SELECT "emp"."name" AS "a""b" FROM {"scan":0} AS "emp" WHERE ("emp"."name" = 'it''s \\ "x"')`,
    );
  });

  test("one name for one thing, whatever scopes the client reuses it in", () => {
    expect(text("SELECT 1 FROM emp WHERE EXISTS (SELECT 1 FROM emp WHERE id = 1)")).toContain(
      'AS "emp_2" WHERE ("emp_2"."id" = 1)',
    );
  });

  test("names that differ by case alone, apart", () => {
    expect(text(`SELECT s.a, s."A" FROM (SELECT 1 AS a, 2 AS "A") s`)).toBe(
      `SELECT "s"."a" AS "a", "s"."A_2" AS "A_2" FROM (SELECT 1 AS "a", 2 AS "A_2") AS "s"`,
    );
  });
});

describe("what is refused", () => {
  test("a place counted from the start of the client's text", () => {
    const sql = "SELECT nosuch FROM emp";
    const node = tree(sql);
    if (!("SelectStmt" in node)) throw new Error("not a query");
    const error = refusal(() => analyzeSelect(node.SelectStmt, { sql, offset: 100 }, [], context));
    expect(error).toMatchObject({ sqlstate: "42703", details: { position: 108 } });
  });

  test("an expression too deep for anybody's stack", () => {
    const sql = `SELECT ${"1 + ".repeat(3000)}1`;
    expect(refusal(() => select(sql)).sqlstate).toBe("54001");
  });

  test("what PostgreSQL has and this server has not, by name", () => {
    expect(refusal(() => select("SELECT pg_export_snapshot()"))).toMatchObject({
      sqlstate: "0A000",
      message: "function pg_export_snapshot() is not supported yet",
    });
  });

  test("a bucket that is not there, with those that are", () => {
    expect(refusal(() => select("SELECT * FROM nosuch.t"))).toMatchObject({
      sqlstate: "42P01",
      details: { hint: 'There is no bucket "nosuch"; valid ones are public.' },
    });
  });

  test("a default that reads a column or has another type", () => {
    const check = (sql: string) => {
      const node = tree(`SELECT ${sql}`);
      const value = "SelectStmt" in node ? node.SelectStmt.targetList?.[0] : undefined;
      const val = value !== undefined && "ResTarget" in value ? value.ResTarget.val : undefined;
      const column = { name: "c", typeOid: 23, typmod: -1 };
      analyzeColumnDefault(must(val, "an expression"), column, { sql, offset: 0 }, context);
    };
    expect(refusal(() => check("id")).sqlstate).toBe("0A000");
    expect(refusal(() => check("true")).sqlstate).toBe("42804");
    expect(() => check("1 + 1")).not.toThrow();
  });
});
