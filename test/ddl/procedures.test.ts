/** Procedures and functions of several statements, or of some that write, do what PostgreSQL's do. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

const made = `
  CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'd');
  CREATE PROCEDURE pr(x int) LANGUAGE sql AS 'insert into t values (x)';
  CREATE PROCEDURE pr2(INOUT x int, y text DEFAULT 'q') BEGIN ATOMIC INSERT INTO t VALUES (x, y); SELECT x * 2; END;
  CREATE PROCEDURE pr3(x int, OUT y int, OUT z text) LANGUAGE sql AS $$ INSERT INTO t VALUES ($1); SELECT 1, 'a' $$;
  CREATE FUNCTION f1(x int) RETURNS int LANGUAGE sql AS $$ INSERT INTO t VALUES (x) RETURNING a $$;`;

describe.runIf(service)("procedures, and functions that write", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("run their statements in the caller's transaction", async () => {
    await pair.agree(`${made}
      CALL pr(40);
      CALL pr(x => 40 + 1);
      CALL pr2(50);
      CALL pr2(51, 'z');
      CALL pr3(60, NULL, NULL);
      CALL pr3(61);
      CALL pr(40);
      SELECT f1(100), f1(101) AS z;
      SELECT * FROM f1(102);
      SELECT f1(x => length('abc'));
      SELECT * FROM t ORDER BY a;
      BEGIN;
      CALL pr(500);
      SAVEPOINT s;
      CALL pr(501);
      SELECT f1(502);
      ROLLBACK TO s;
      COMMIT;
      SELECT a FROM t WHERE a >= 500;
      PREPARE p AS SELECT f1($1);
      EXECUTE p(601);
      BEGIN READ ONLY;
      SELECT f1(700);
      ROLLBACK;
      SELECT count(*) FROM t;
    `);
  });

  test("give what their last statement gives", async () => {
    await pair.agree(`${made}
      INSERT INTO t SELECT * FROM generate_series(1, 3);
      CREATE FUNCTION m(x int) RETURNS TABLE (q int, w text) LANGUAGE sql AS $$ INSERT INTO t VALUES (x, 'm'); UPDATE t SET b = b || '!' WHERE a = x; SELECT a, b FROM t WHERE a = x; $$;
      SELECT * FROM m(200);
      SELECT q FROM m(202) WHERE w LIKE 'm%';
      CREATE FUNCTION nothing(x int) RETURNS void LANGUAGE sql AS $$ DELETE FROM t WHERE a = x $$;
      SELECT nothing(200) IS NULL;
      SELECT count(*) FROM nothing(201);
      CREATE FUNCTION srow() RETURNS t LANGUAGE sql AS $$ UPDATE t SET b = 's' WHERE a = 2 RETURNING * $$;
      SELECT * FROM srow();
      CREATE FUNCTION sset() RETURNS SETOF t LANGUAGE sql AS $$ UPDATE t SET b = 'ss' WHERE a < 50 RETURNING * $$;
      SELECT a, b FROM sset() ORDER BY a;
      CREATE FUNCTION gone() RETURNS int LANGUAGE sql AS $$ DELETE FROM t WHERE a = -1 RETURNING a $$;
      SELECT gone() IS NULL;
      SELECT * FROM gone();
      CREATE FUNCTION st(x int) RETURNS bigint STRICT LANGUAGE sql AS $$ INSERT INTO t VALUES (x) RETURNING a $$;
      SELECT st(NULL);
      SELECT st(300);
      CREATE FUNCTION vari(VARIADIC x int[]) RETURNS int LANGUAGE sql AS $$ INSERT INTO t SELECT unnest(x); SELECT cardinality(x); $$;
      SELECT vari(401, 402);
      SELECT vari(VARIADIC ARRAY[403]);
      CREATE FUNCTION deff(x int DEFAULT 7, y int DEFAULT 8) RETURNS int LANGUAGE sql AS $$ INSERT INTO t VALUES (x * 1000 + y) RETURNING a $$;
      SELECT deff(y => 9);
      SELECT deff();
      CREATE FUNCTION cur() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$;
      SELECT cur();
      CREATE FUNCTION cte(x int) RETURNS int LANGUAGE sql AS $$ WITH w AS (INSERT INTO t VALUES (x) RETURNING a) SELECT a + 1 FROM w $$;
      SELECT cte(900);
      CREATE PROCEDURE nested(x int) LANGUAGE sql AS $$ CALL pr(x); SELECT f1(x + 1); CALL pr(x + 2) $$;
      CALL nested(800);
      CREATE PROCEDURE ddl() LANGUAGE sql AS $$ CREATE TABLE made (a int); $$;
      CALL ddl();
      SELECT count(*) FROM made;
      SELECT * FROM t ORDER BY a;
    `);
  });

  test("are named, altered, told and dropped by their kind", async () => {
    await pair.agree(`${made}
      SELECT pg_get_functiondef('pr'::regproc), pg_get_function_arguments('pr3'::regproc), pg_get_function_result('pr3'::regproc);
      SELECT proname, prokind, prorettype::regtype, proargtypes, proallargtypes, proargmodes, proargnames, proretset, pronargs FROM pg_proc WHERE pronamespace = 'work'::regnamespace ORDER BY 1;
      SELECT routine_name, routine_type, data_type FROM information_schema.routines WHERE routine_schema = 'work' ORDER BY 1;
      SELECT pr(1);
      CALL f1(2);
      CALL nope(1);
      DROP FUNCTION pr;
      DROP FUNCTION pr(int);
      DROP PROCEDURE f1;
      DROP PROCEDURE f1(int);
      DROP PROCEDURE nope(int);
      DROP ROUTINE nope;
      DROP PROCEDURE IF EXISTS nope(int);
      ALTER PROCEDURE f1(int) RENAME TO g;
      ALTER FUNCTION pr RENAME TO g;
      ALTER PROCEDURE pr RENAME TO prx;
      ALTER ROUTINE prx(int) RENAME TO pr;
      ALTER PROCEDURE pr OWNER TO current_user;
      ALTER PROCEDURE pr SET SCHEMA public;
      ALTER PROCEDURE public.pr SET SCHEMA work;
      COMMENT ON PROCEDURE pr IS 'x';
      COMMENT ON FUNCTION f1(int) IS 'z';
      COMMENT ON FUNCTION pr IS 'y';
      SELECT obj_description('pr'::regproc, 'pg_proc'), obj_description('f1'::regproc, 'pg_proc');
      CREATE OR REPLACE FUNCTION pr(x int) RETURNS int LANGUAGE sql AS 'select 1';
      CREATE OR REPLACE PROCEDURE f1(x int) LANGUAGE sql AS 'select 1';
      CREATE PROCEDURE bad() LANGUAGE sql AS 'commit';
      CALL bad();
      CREATE PROCEDURE bad1() LANGUAGE sql AS 'select nope';
      CREATE PROCEDURE bad3() LANGUAGE sql IMMUTABLE AS 'select 1';
      CREATE FUNCTION bad4() RETURNS int LANGUAGE sql AS 'insert into t values (1)';
      CREATE FUNCTION bad5() RETURNS int LANGUAGE sql AS 'insert into t values (1) returning b';
      CREATE FUNCTION bad6() RETURNS int LANGUAGE sql AS 'insert into t values (1) returning a, b';
      DROP PROCEDURE pr, pr2;
      DROP PROCEDURE pr3(int, int, text);
      DROP ROUTINE f1;
      SELECT count(*) FROM pg_proc WHERE pronamespace = 'work'::regnamespace;
    `);
  });

  test("ask for EXECUTE, and run as their owner where they say so", async () => {
    const caller = `caller_${process.pid}`;
    await pair.agree(`${made}
      CREATE ROLE ${caller};
      GRANT USAGE ON SCHEMA work TO ${caller};
      REVOKE ALL ON PROCEDURE pr FROM PUBLIC;
      SET ROLE ${caller};
      CALL pr(3);
      SELECT f1(4);
      RESET ROLE;
      GRANT EXECUTE ON PROCEDURE pr TO ${caller};
      GRANT EXECUTE ON FUNCTION pr(int) TO ${caller};
      SET ROLE ${caller};
      CALL pr(3);
      RESET ROLE;
      CREATE OR REPLACE PROCEDURE pr(x int) LANGUAGE sql SECURITY DEFINER AS 'insert into t values (x)';
      ALTER FUNCTION f1(int) SECURITY DEFINER;
      SET ROLE ${caller};
      CALL pr(3);
      SELECT f1(4);
      RESET ROLE;
      SELECT * FROM t ORDER BY a;
      DROP SCHEMA work CASCADE;
      DROP ROLE ${caller};
    `);
  });

  test("keep the names that a BEGIN ATOMIC body was made with, over a restart too", async () => {
    await pair.agree(`${made}
      ALTER TABLE t RENAME TO renamed;
      ALTER TABLE renamed RENAME a TO aa;
      CALL pr2(1);
      CALL pr(2);
      SELECT * FROM renamed;
    `);
    await pair.restart();
    const [ours, theirs] = [await pair.ours(), await pair.theirs()];
    try {
      const script = `SET search_path = work;
        CALL pr2(7, 'again');
        SELECT * FROM renamed ORDER BY 1;`;
      expect(await ours.answers(script)).toEqual(await theirs.answers(script));
    } finally {
      await ours.end();
      await theirs.end();
    }
  });
});
