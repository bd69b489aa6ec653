/** What PostgreSQL 15 prints of a view, and tells of it in its catalogs, is what we do. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();
const definitions = readFileSync("test/data/views/definitions.sql", "utf8")
  .split("\n")
  .filter((line) => line !== "");

const tables = `
  CREATE TABLE t (a int, b text, c int, s timestamp, j jsonb, r int[]);
  CREATE TABLE u (a int, d text);
  CREATE TABLE "Odd Table" ("Mixed Case" int, "select" text);
  CREATE VIEW v1 AS SELECT b, sum(a) AS total FROM t GROUP BY b;`;

describe.runIf(service)("definitions of views", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("are printed byte for byte, plain, pretty and wrapped", async () => {
    const each = definitions.map(
      (query, i) => `
      CREATE VIEW w${i} AS ${query};
      SELECT pg_get_viewdef('w${i}'::regclass);
      SELECT pg_get_viewdef('w${i}'::regclass, true);
      SELECT pg_get_viewdef('w${i}', true);
      SELECT pg_get_viewdef('w${i}'::regclass, 60);`,
    );
    await pair.agree(`${tables}${each.join("")}`);
  });

  test("follow what is renamed, and are made again as they are printed", async () => {
    await pair.agree(`${tables}
      CREATE VIEW v AS SELECT a, x.b, (SELECT max(d) FROM u WHERE u.a = x.a) FROM t x JOIN u USING (a);
      CREATE VIEW w(p, q) AS SELECT * FROM v;
      ALTER TABLE t RENAME b TO bb;
      ALTER TABLE u RENAME TO uu;
      ALTER TABLE u RENAME TO uuu;
      ALTER VIEW v RENAME COLUMN b TO beta;
      ALTER VIEW v RENAME TO vv;
      SELECT pg_get_viewdef('vv'::regclass);
      SELECT pg_get_viewdef('w'::regclass, true);
      CREATE SCHEMA IF NOT EXISTS elsewhere;
      ALTER TABLE t SET SCHEMA elsewhere;
      SELECT pg_get_viewdef('uu'::regclass);
      SELECT * FROM w;
      SELECT pg_get_viewdef('nope');
      DROP VIEW vv CASCADE;
      DROP VIEW v1;
      DROP TABLE elsewhere.t;
      DROP SCHEMA elsewhere;
    `);
  });

  test("are told by the catalogs", async () => {
    await pair.agree(`${tables}
      CREATE VIEW v AS SELECT a, b, a + 1 AS x FROM t WHERE a > 0 WITH CHECK OPTION;
      CREATE VIEW w WITH (check_option = local) AS SELECT a, b FROM v;
      CREATE VIEW n AS SELECT count(*) FROM w;
      SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname = 'work' ORDER BY 2;
      SELECT table_schema, table_name, view_definition, check_option, is_updatable, is_insertable_into, is_trigger_updatable FROM information_schema.views WHERE table_schema = 'work' ORDER BY 2;
      SELECT view_schema, view_name, table_schema, table_name FROM information_schema.view_table_usage WHERE view_schema = 'work' ORDER BY 2, 4;
      SELECT view_name, table_name, column_name FROM information_schema.view_column_usage WHERE view_schema = 'work' ORDER BY 1, 2, 3;
      SELECT table_name, table_type, is_insertable_into FROM information_schema.tables WHERE table_schema = 'work' ORDER BY 1;
      SELECT table_name, column_name, is_updatable FROM information_schema.columns WHERE table_schema = 'work' ORDER BY 1, 2;
      SELECT c.relname, r.rulename, r.ev_type, r.ev_enabled, r.is_instead FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = 'work'::regnamespace ORDER BY 1;
      SELECT v.relname, d.deptype, t.relname, d.refobjsubid FROM pg_depend d JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid JOIN pg_class v ON v.oid = r.ev_class JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid WHERE v.relnamespace = 'work'::regnamespace ORDER BY 1, 2, 3, 4;
      SELECT relname, relkind, relhasrules, relam, reloptions FROM pg_class WHERE relnamespace = 'work'::regnamespace AND relkind = 'v' ORDER BY 1;
      SELECT attname, format_type(atttypid, atttypmod), attnum, attnotnull FROM pg_attribute WHERE attrelid = 'v'::regclass ORDER BY 3;
      SELECT pg_relation_is_updatable('v'::regclass, false), pg_relation_is_updatable('n'::regclass, false), pg_column_is_updatable('v'::regclass, 3::smallint, false);
    `);
  });
});
