/** Domains, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a domain", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("is a type whose values are tested, wherever they come from", async () => {
    await pair.agree(`
      CREATE DOMAIN pos AS int CHECK (VALUE > 0);
      CREATE DOMAIN pos AS int;
      CREATE DOMAIN code AS varchar(3) NOT NULL DEFAULT 'abc' CONSTRAINT upper_only CHECK (VALUE = upper(VALUE));
      CREATE DOMAIN bad AS int CHECK (x > 0);
      CREATE DOMAIN bad AS nope;
      CREATE DOMAIN bad AS int DEFAULT 'x';
      CREATE DOMAIN bad AS int NOT NULL NULL;
      CREATE DOMAIN bad AS int PRIMARY KEY;
      CREATE DOMAIN bad AS int CHECK (VALUE);
      CREATE DOMAIN pos2 AS pos CHECK (VALUE < 100);
      SELECT 5::pos, '7'::pos, NULL::pos, pg_typeof(5::pos), 5::pos + 1, pg_typeof(5::pos+1);
      SELECT (-5)::pos;
      SELECT '-5'::pos;
      SELECT 'x'::pos;
      SELECT 500::pos2;
      SELECT (-1)::pos2;
      SELECT 'ABCD'::code;
      SELECT 'abc'::code;
      SELECT NULL::code;
      CREATE TABLE t (id int, p pos, c code, ps pos[]);
      INSERT INTO t VALUES (1, 5, 'ABC', '{1,2}');
      INSERT INTO t VALUES (2, -5, 'ABC', '{1,2}');
      INSERT INTO t (id, p) VALUES (3, 5);
      INSERT INTO t VALUES (4, 5, NULL, NULL);
      INSERT INTO t VALUES (5, 5, 'abc', NULL);
      INSERT INTO t VALUES (6, 5, 'ABCD', NULL);
      INSERT INTO t VALUES (7, 5, 'A', '{1,-2}');
      INSERT INTO t SELECT 8, g - 3, 'A', NULL FROM generate_series(1, 5) g;
      INSERT INTO t SELECT 8, g, 'A', ARRAY[g, g] FROM generate_series(1, 2) g;
      UPDATE t SET p = p - 5;
      UPDATE t SET p = p + 5 WHERE id = 1 RETURNING p;
      SELECT * FROM t ORDER BY id, p;
      SELECT p = 10, p > 3, p IN (1, 10), max(p), pg_typeof(max(p)) FROM t GROUP BY p ORDER BY p;
      SELECT coalesce(p, 1), pg_typeof(coalesce(p, 1)), CASE WHEN true THEN p ELSE 3 END FROM t ORDER BY id, p;
      SELECT c || 'x', length(c), upper(c), c::text FROM t ORDER BY id, p;
    `);
  });

  test("is altered, and what is there must meet what is new", async () => {
    await pair.agree(`
      CREATE DOMAIN pos AS int CHECK (VALUE > 0);
      CREATE DOMAIN code AS varchar(3) NOT NULL DEFAULT 'abc' CONSTRAINT upper_only CHECK (VALUE = upper(VALUE));
      CREATE DOMAIN pos2 AS pos CHECK (VALUE < 100);
      CREATE TABLE t (id int, p pos, c code);
      INSERT INTO t VALUES (1, 10, 'ABC'), (8, 1, 'A');
      ALTER DOMAIN pos ADD CONSTRAINT small CHECK (VALUE < 5);
      ALTER DOMAIN pos ADD CONSTRAINT small CHECK (VALUE < 50);
      ALTER DOMAIN pos ADD CONSTRAINT small CHECK (VALUE < 60);
      ALTER DOMAIN pos ADD CHECK (VALUE < 70) NOT VALID;
      SELECT 65::pos;
      SELECT 55::pos;
      ALTER DOMAIN pos DROP CONSTRAINT nope;
      ALTER DOMAIN pos DROP CONSTRAINT IF EXISTS nope;
      ALTER DOMAIN pos DROP CONSTRAINT small;
      SELECT 65::pos;
      ALTER DOMAIN pos VALIDATE CONSTRAINT nope;
      ALTER DOMAIN pos VALIDATE CONSTRAINT pos_check1;
      ALTER DOMAIN pos RENAME CONSTRAINT pos_check1 TO below_seventy;
      ALTER DOMAIN pos SET DEFAULT 9;
      INSERT INTO t (id) VALUES (10);
      INSERT INTO t (id, c) VALUES (10, 'X') RETURNING *;
      ALTER DOMAIN pos DROP DEFAULT;
      INSERT INTO t (id, c) VALUES (11, 'X') RETURNING *;
      ALTER DOMAIN pos SET NOT NULL;
      DELETE FROM t WHERE p IS NULL;
      ALTER DOMAIN pos SET NOT NULL;
      SELECT NULL::pos;
      ALTER DOMAIN pos DROP NOT NULL;
      SELECT NULL::pos;
      SELECT domain_name, data_type, character_maximum_length, numeric_precision, domain_default, udt_name FROM information_schema.domains WHERE domain_schema = 'work' ORDER BY 1;
      SELECT constraint_name, domain_name, is_deferrable, initially_deferred FROM information_schema.domain_constraints WHERE domain_schema = 'work' ORDER BY 1;
      SELECT column_name, data_type, domain_schema, domain_name, udt_name FROM information_schema.columns WHERE table_name = 't' AND table_schema = 'work' ORDER BY ordinal_position;
      SELECT conname, contype, convalidated, pg_get_constraintdef(oid), contypid::regtype FROM pg_constraint WHERE contypid = 'pos'::regtype ORDER BY 1;
      SELECT typname, typtype, typbasetype::regtype, typnotnull, typdefault, typtypmod, typndims, typcategory FROM pg_type WHERE typname IN ('pos', 'code', '_pos', 'pos2') ORDER BY 1;
      CREATE DOMAIN arr AS int[] CHECK (array_length(VALUE, 1) = 2);
      SELECT '{1,2}'::arr, ('{1,2}'::arr)[1], array[1,2]::arr;
      SELECT '{1}'::arr;
      DROP DOMAIN pos;
      DROP TYPE arr;
      ALTER DOMAIN pos RENAME TO positive;
      SELECT 4::positive;
      ALTER TYPE positive RENAME TO pos;
      COMMENT ON DOMAIN pos IS 'greater than zero';
      SELECT obj_description('pos'::regtype, 'pg_type');
      DROP DOMAIN pos CASCADE;
      SELECT * FROM t ORDER BY id;
    `);
  });

  test("tests what COPY brings, and is the same after a restart", async () => {
    const before = await SqlClient.login(pair.server);
    await before.run(
      "CREATE SCHEMA kept",
      "CREATE DOMAIN kept.pos AS int CHECK (VALUE > 0)",
      "CREATE TABLE kept.t (id int, p kept.pos)",
    );
    expect(await before.copyIn("COPY kept.t FROM STDIN", "1\t5\n2\t\\N\n")).toBe("COPY 2");
    await expect(before.copyIn("COPY kept.t FROM STDIN", "3\t-5\n")).rejects.toMatchObject({
      code: "23514",
      message: 'value for domain pos violates check constraint "pos_check"',
    });
    expect((await before.refusal("INSERT INTO kept.t VALUES (4, $1)", -1)).code).toBe("23514");
    await before.end();
    await pair.restart();
    const after = await SqlClient.login(pair.server);
    expect(await after.rows("SELECT * FROM kept.t WHERE p > 4")).toEqual([["1", "5"]]);
    expect((await after.refusal("INSERT INTO kept.t VALUES (4, -1)")).code).toBe("23514");
    await after.end();
  });
});
