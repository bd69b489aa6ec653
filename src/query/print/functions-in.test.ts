/** Which functions a printed text calls. */
import { expect, test } from "vitest";
import { functionsIn } from "./functions-in.ts";

test("names before a parenthesis, ours without their schema, and no words of SQL", () => {
  const sql = `SELECT lower("t"."f(x)"), pg_shim.int_div(1, 2), CAST('g(1)' AS DECIMAL(10,2)) FROM "t" WHERE ("a" IN (SELECT count(*)))`;
  expect(functionsIn(sql)).toEqual(["lower", "int_div", "count"]);
});

test("nothing inside literals and quoted names, however they are quoted", () => {
  expect(functionsIn(`SELECT 'it''s f(1)', "a""b(" FROM "x"`)).toEqual([]);
});
