/** Composite types and the row types of tables, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a composite type", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("has values with fields; so has every table", async () => {
    await pair.agree(`
      CREATE TABLE dept (id int, name text);
      INSERT INTO dept VALUES (1, 'a b'), (2, 'c');
      SELECT d FROM dept d ORDER BY id;
      SELECT dept FROM dept ORDER BY id;
      SELECT pg_typeof(d), (d).name, d.id FROM dept d ORDER BY id;
      SELECT (d).* FROM dept d ORDER BY id;
      SELECT x.d FROM (SELECT d FROM dept d) x ORDER BY (x.d).id;
      SELECT row_to_json(d), to_jsonb(d), d::text FROM dept d ORDER BY id;
      SELECT json_agg(d ORDER BY id) FROM dept d;
      SELECT array_agg(d ORDER BY id) FROM dept d;
      SELECT * FROM jsonb_populate_record(null::dept, '{"id":7,"name":"z"}');
      SELECT * FROM jsonb_populate_record(ROW(1, 'old')::dept, '{"id":7}');
      SELECT jsonb_populate_record(null::dept, '{"id":7,"name":"z q"}');
      SELECT * FROM json_populate_recordset(null::dept, '[{"id":7,"name":"z"},{"id":8}]');
      CREATE TYPE pair AS (a int, b text);
      CREATE TYPE pair AS (a int);
      CREATE TYPE twice AS (a int, a int);
      SELECT ROW(1, 'x')::pair, (ROW(1, 'x')::pair).b, '(3,"y z")'::pair, ('(3,"y z")'::pair).a;
      SELECT ROW(1)::pair;
      SELECT ROW(1, 2, 3)::pair;
      SELECT '(1)'::pair;
      SELECT '1,2'::pair;
      SELECT '(x,y)'::pair;
      SELECT (ROW(1, 'x')::pair).c;
      SELECT NULL::pair, NULL::pair IS NULL;
      SELECT ROW(1, 'x')::pair = ROW(1, 'x')::pair, ROW(1, 'x')::pair < ROW(2, 'a')::pair;
      ALTER TYPE pair ADD ATTRIBUTE c numeric(5,2);
      SELECT '(1,x,2.345)'::pair;
      ALTER TYPE pair RENAME ATTRIBUTE c TO d;
      ALTER TYPE pair DROP ATTRIBUTE b;
      ALTER TYPE pair DROP ATTRIBUTE nope;
      ALTER TYPE pair ALTER ATTRIBUTE a TYPE text;
      SELECT '(1,2)'::pair, pg_typeof('(1,2)'::pair);
      SELECT typname, typtype, typrelid::regclass, typcategory, typlen FROM pg_type WHERE typname IN ('pair', '_pair', 'dept') ORDER BY 1;
      SELECT relname, relkind, relnatts, reltype::regtype FROM pg_class WHERE relname IN ('pair', 'dept') ORDER BY 1;
      SELECT attname, atttypid::regtype, attnum FROM pg_attribute WHERE attrelid = 'pair'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 3;
      COMMENT ON TYPE pair IS 'two';
      ALTER TABLE pair ADD x int;
      DROP TABLE pair;
      DROP TYPE pair;
      DROP TYPE dept;
    `);
  });

  test("is no type of a column, and says so", async () => {
    const side = await pair.ours();
    await side.answers("CREATE SCHEMA kept;\nCREATE TYPE kept.pair AS (a int, b text);");
    const answer = await side.answer("CREATE TABLE kept.t (p kept.pair)");
    expect(answer.error).toMatchObject({
      sqlstate: "0A000",
      message: "a column of type pair is not supported",
      hint: 'Store "p" as text or jsonb.',
    });
    await side.end();
    await pair.restart();
    const after = await pair.ours();
    expect((await after.answer("SELECT ('(1,x)'::kept.pair).b")).rows).toEqual([["x"]]);
    await after.end();
  });
});
