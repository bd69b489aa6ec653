/** Materialized views are made, filled, read and dropped as in PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("materialized views", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("show what they were last filled with", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b text);
      INSERT INTO t VALUES (1, 'x'), (2, 'y');
      CREATE MATERIALIZED VIEW m AS SELECT a, b, a * 2 AS twice FROM t;
      CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 1;
      CREATE MATERIALIZED VIEW m AS SELECT 1;
      CREATE MATERIALIZED VIEW e(x) AS SELECT a FROM t WITH NO DATA;
      CREATE MATERIALIZED VIEW f(x, y) AS SELECT a FROM t;
      SELECT * FROM m ORDER BY 1;
      SELECT * FROM e;
      INSERT INTO t VALUES (3, 'z');
      SELECT * FROM m ORDER BY 1;
      REFRESH MATERIALIZED VIEW m;
      REFRESH MATERIALIZED VIEW e;
      SELECT * FROM m ORDER BY 1;
      SELECT * FROM e ORDER BY 1;
      REFRESH MATERIALIZED VIEW e WITH NO DATA;
      SELECT * FROM e;
      REFRESH MATERIALIZED VIEW t;
      REFRESH MATERIALIZED VIEW nope;
      REFRESH MATERIALIZED VIEW CONCURRENTLY m;
      REFRESH MATERIALIZED VIEW CONCURRENTLY e;
      REFRESH MATERIALIZED VIEW CONCURRENTLY m WITH NO DATA;
      CREATE UNIQUE INDEX mi ON m (a);
      REFRESH MATERIALIZED VIEW CONCURRENTLY m;
      SELECT * FROM m ORDER BY 1;
      INSERT INTO m VALUES (1);
      UPDATE m SET a = 1;
      DELETE FROM m;
      TRUNCATE m;
      ALTER TABLE m ADD COLUMN z int;
      ALTER TABLE t DROP COLUMN b;
      ALTER TABLE t ALTER a TYPE bigint;
      DROP TABLE t;
      DROP VIEW m;
      DROP TABLE m;
      CREATE VIEW v AS SELECT a FROM m;
      SELECT * FROM v ORDER BY 1;
      DROP MATERIALIZED VIEW m;
      ALTER MATERIALIZED VIEW m RENAME TO mm;
      ALTER MATERIALIZED VIEW mm RENAME COLUMN twice TO double;
      ALTER TABLE t RENAME TO tt;
      SELECT pg_get_viewdef('mm'::regclass, true);
      SELECT matviewname, hasindexes, ispopulated, definition FROM pg_matviews WHERE schemaname = 'work' ORDER BY 1;
      SELECT relname, relkind, relispopulated, relhasrules FROM pg_class WHERE relnamespace = 'work'::regnamespace ORDER BY 1;
      COMMENT ON MATERIALIZED VIEW mm IS 'kept';
      SELECT obj_description('mm'::regclass);
      CREATE TEMP TABLE tmp (a int);
      CREATE MATERIALIZED VIEW bad AS SELECT * FROM tmp;
      DROP MATERIALIZED VIEW mm, e CASCADE;
      SELECT relname FROM pg_class WHERE relnamespace = 'work'::regnamespace ORDER BY 1;
    `);
  });

  test("are filled and emptied with their transaction, as their owner", async () => {
    const reader = `mat_reader_${process.pid}`;
    await pair.agree(`
      CREATE TABLE t (a int);
      INSERT INTO t VALUES (1);
      CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
      BEGIN;
      INSERT INTO t VALUES (2);
      REFRESH MATERIALIZED VIEW m;
      SELECT * FROM m ORDER BY 1;
      ROLLBACK;
      SELECT * FROM m ORDER BY 1;
      CREATE ROLE ${reader};
      GRANT USAGE ON SCHEMA work TO ${reader};
      SET ROLE ${reader};
      SELECT * FROM m;
      REFRESH MATERIALIZED VIEW m;
      SET ROLE NONE;
      GRANT SELECT ON m TO ${reader};
      SET ROLE ${reader};
      SELECT * FROM m;
      SET ROLE NONE;
      DROP SCHEMA work CASCADE;
      DROP ROLE ${reader};
    `);
  });

  test("are datasets that outlive the server", async () => {
    const side = await pair.ours();
    await side.answer(
      "CREATE MATERIALIZED VIEW primary.kept AS SELECT n FROM generate_series(1, 3) AS n",
    );
    const history = await side.answer("SELECT count(*) FROM dataset_history('primary.kept')");
    expect(history.rows).toEqual([["1"]]);
    await side.end();
    await pair.restart();
    const again = await pair.ours();
    expect((await again.answer("SELECT sum(n) FROM primary.kept")).rows).toEqual([["6"]]);
    expect((await again.answer("REFRESH MATERIALIZED VIEW primary.kept")).error).toBeUndefined();
    await again.answer("DROP MATERIALIZED VIEW primary.kept");
    await again.end();
  });
});
