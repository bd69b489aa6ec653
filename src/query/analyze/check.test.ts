/** CHECK expressions and defaults, as declared and as engine text. SQLSTATEs and words are PostgreSQL 15's. */
import { loadModule, parseSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../base/assert.ts";
import type { EngineText } from "../plan.ts";
import { analyzeCheck, checkText, defaultText } from "./analyze.ts";
import { emp, target, testContext } from "./testing.ts";

const context = testContext([emp, target]);

beforeAll(() => loadModule());

function declared(expression: string): readonly number[] {
  const sql = `SELECT ${expression}`;
  const statement = must(parseSync(sql).stmts?.[0]?.stmt, "one statement");
  const [node] = "SelectStmt" in statement ? (statement.SelectStmt.targetList ?? []) : [];
  const value = node !== undefined && "ResTarget" in node ? node.ResTarget.val : undefined;
  return analyzeCheck(must(value, "an expression"), emp, { sql, offset: 0 }, context);
}

const sqlOf = (text: EngineText) =>
  text.pieces.map((piece) => (typeof piece === "string" ? piece : "{written}")).join("");

describe("a declared check", () => {
  test("tells the columns that it reads", () => {
    expect(declared("salary > 0 AND (name <> '' OR emp.id = 1) AND id > 0")).toEqual([1, 2, 5]);
  });

  test.each([
    ["name", "42804", "argument of CHECK must be type boolean, not type text"],
    ["nope > 1", "42703", 'column "nope" does not exist'],
    ["max(id) > 1", "42803", "aggregate functions are not allowed in check constraints"],
    ["row_number() OVER () > 1", "42P20", "window functions are not allowed in check constraints"],
    ["(SELECT true)", "0A000", "cannot use subquery in check constraint"],
    [
      "generate_series(1, 2) > 1",
      "0A000",
      "set-returning functions are not allowed in check constraints",
    ],
    ["id > 'x'", "22P02", 'invalid input syntax for type integer: "x"'],
  ])("%s is refused as %s", (expression, sqlstate, message) => {
    expect(() => declared(expression)).toThrow(expect.objectContaining({ sqlstate, message }));
  });
});

test("a stored check becomes a condition beside each row written", () => {
  const text = checkText(target, "id > 0 AND v <> ''", context);
  expect(sqlOf(text)).toMatch(
    /^SELECT \(.*"t"\."id" > 0.*\) AS "@holds", "t"\."id" AS "id", .* FROM \{written\} AS "t"$/,
  );
});

test("a stored default becomes a value of its column's type", () => {
  const name = must(target.columns[1], "a column with a default");
  expect(sqlOf(defaultText(name, context))).toBe(`SELECT 'none' AS "name"`);
  const amount = must(target.columns[2], "a column without");
  expect(sqlOf(defaultText(amount, context))).toBe(
    'SELECT CAST(NULL AS DECIMAL(10,2)) AS "amount"',
  );
});
