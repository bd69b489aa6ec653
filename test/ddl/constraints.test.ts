/** Keys, checks and references are declared, told and enforced as in PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

/** What pg_constraint, pg_index and information_schema say of the tables of the schema. */
const told = `
  SELECT conrelid::regclass::text, conname, contype, convalidated, conkey, confkey, confrelid::regclass::text,
    confupdtype, confdeltype, confmatchtype, connoinherit, confdelsetcols, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'work'::regnamespace ORDER BY 1, 2;
  SELECT indrelid::regclass::text, c.relname, c.relkind, indisunique, indisprimary, indnullsnotdistinct, indkey, pg_get_indexdef(indexrelid)
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'work'::regnamespace ORDER BY 1, 2;
  SELECT relname, relkind, relchecks FROM pg_class WHERE relnamespace = 'work'::regnamespace ORDER BY 1;
  SELECT constraint_name, table_name, constraint_type, nulls_distinct
  FROM information_schema.table_constraints
  WHERE table_schema = 'work' AND constraint_name NOT LIKE '%not_null' ORDER BY 2, 1;
  SELECT constraint_name, column_name, ordinal_position, position_in_unique_constraint
  FROM information_schema.key_column_usage WHERE table_schema = 'work' ORDER BY 1, 3;
  SELECT constraint_name, unique_constraint_name, match_option, update_rule, delete_rule
  FROM information_schema.referential_constraints WHERE constraint_schema = 'work' ORDER BY 1;
  SELECT table_name, column_name, constraint_name
  FROM information_schema.constraint_column_usage WHERE table_schema = 'work' ORDER BY 3, 1, 2;
  SELECT column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'work' ORDER BY table_name, ordinal_position;`;

describe.runIf(service)("constraints", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("are declared with CREATE TABLE, and told by the catalog", async () => {
    await pair.agree(`
      CREATE TABLE p (id int PRIMARY KEY, n text UNIQUE, a int, b int, UNIQUE (a, b), UNIQUE (n), UNIQUE NULLS NOT DISTINCT (b));
      CREATE TABLE c (
        id int CHECK (id > 0) CHECK (id < 100), a int, b int CONSTRAINT named CHECK (b <> 5) NO INHERIT,
        pid int NOT NULL REFERENCES p ON DELETE CASCADE ON UPDATE SET NULL,
        n text REFERENCES p (n) MATCH FULL ON DELETE SET DEFAULT,
        CONSTRAINT c_b_check CHECK (a > 1),
        CHECK (a > b), CHECK (b > 0),
        PRIMARY KEY (id, a),
        FOREIGN KEY (b, a) REFERENCES p (b, a) ON DELETE SET NULL (a) ON UPDATE RESTRICT,
        UNIQUE (b) NOT DEFERRABLE INITIALLY IMMEDIATE
      );
      CREATE TABLE itself (id int PRIMARY KEY, up int REFERENCES itself, other int, FOREIGN KEY (other) REFERENCES itself (id));
      ${told}
    `);
  });

  test("are called as PostgreSQL calls them, however long the names are", async () => {
    await pair.agree(`
      CREATE TABLE averyveryverylongtablenamethatgoesonandonandonforeveronandon (
        anotherverylongcolumnnamethatgoesonandonandon int UNIQUE CHECK (anotherverylongcolumnnamethatgoesonandonandon>0),
        b int PRIMARY KEY);
      CREATE TABLE t (a int, CHECK (a>0), CHECK (a<5), CONSTRAINT t_b_check CHECK (a<>3), b int CHECK (b>0),
        CONSTRAINT t_pkey1 UNIQUE (a), PRIMARY KEY (b));
      CREATE TABLE "Ünïcödé täblé" ("spält€" int UNIQUE, "x y" int CHECK ("x y" > 1), PRIMARY KEY ("spält€", "x y"));
      ${told}
    `);
  });

  test("are refused at their declaration where PostgreSQL refuses them", async () => {
    await pair.agree(`
      CREATE TABLE p (id int, n text UNIQUE, m bigint UNIQUE);
      CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY);
      CREATE TABLE t (a int, PRIMARY KEY (a, a));
      CREATE TABLE t (a int, UNIQUE (a, a));
      CREATE TABLE t (a int, PRIMARY KEY (x));
      CREATE TABLE t (a int CHECK (b > 0));
      CREATE TABLE t (a int CHECK (a));
      CREATE TABLE t (a int CHECK (a > (SELECT 1)));
      CREATE TABLE t (a int CHECK (max(a) > 0));
      CREATE TABLE t (a int CHECK (t2.a > 0));
      CREATE TABLE t (a int, CHECK (a), PRIMARY KEY (x));
      CREATE TABLE t (a int, CONSTRAINT x CHECK (a>0), CONSTRAINT x CHECK (a<10));
      CREATE TABLE t (a int, CONSTRAINT x UNIQUE (a), CONSTRAINT x CHECK (a>1));
      CREATE TABLE t (a int, CONSTRAINT q CHECK (a > 1), CONSTRAINT q PRIMARY KEY (a));
      CREATE TABLE t (a int, CONSTRAINT p PRIMARY KEY (a));
      CREATE TABLE t (a int, CONSTRAINT t PRIMARY KEY (a));
      CREATE TABLE t (a int REFERENCES nope);
      CREATE TABLE t (a int REFERENCES p);
      CREATE TABLE t (a int REFERENCES p (id));
      CREATE TABLE t (a int REFERENCES p (n));
      CREATE TABLE t (a text REFERENCES p (m));
      CREATE TABLE t (a int REFERENCES p (zz));
      CREATE TABLE t (a int REFERENCES p (id, n));
      CREATE TABLE t (a int, FOREIGN KEY (zz) REFERENCES p (n));
      CREATE TABLE t (a text REFERENCES p (n, n));
      CREATE TABLE t (a text, b text, FOREIGN KEY (a, b) REFERENCES p (n));
      CREATE TABLE t (a text, b text, FOREIGN KEY (a) REFERENCES p (n) ON DELETE SET NULL (b));
      CREATE TABLE t (j json UNIQUE);
      CREATE TABLE t (a int CHECK (a > 0) DEFERRABLE);
      CREATE TABLE t (a int, b int REFERENCES t (a));
      CREATE TABLE p (a int PRIMARY KEY, a2 int PRIMARY KEY);
      CREATE TABLE IF NOT EXISTS p (a int PRIMARY KEY, a2 int PRIMARY KEY);
      CREATE TABLE p_n_key (a int);
      CREATE TABLE IF NOT EXISTS p_n_key (a int);
      CREATE TABLE fine (a smallint REFERENCES p (m), b varchar(5) REFERENCES p (n));
    `);
  });

  test("NOT NULL is asked of every row proposed, kept or not", async () => {
    await pair.agree(`
      CREATE TABLE asked (id int UNIQUE, n int NOT NULL, word text NOT NULL DEFAULT 'w');
      INSERT INTO asked VALUES (1, 1);
      INSERT INTO asked VALUES (1, NULL) ON CONFLICT DO NOTHING;
      INSERT INTO asked VALUES (2, 2), (2, NULL) ON CONFLICT (id) DO NOTHING;
      INSERT INTO asked VALUES (1, NULL) ON CONFLICT (id) DO UPDATE SET n = 5;
      INSERT INTO asked VALUES (3, 3, NULL) ON CONFLICT (id) DO UPDATE SET n = 5;
      INSERT INTO asked VALUES (3, NULL, repeat('long ', 20)) ON CONFLICT (id) DO NOTHING;
      INSERT INTO asked SELECT g, nullif(g, 6) FROM generate_series(1, 6) AS g ON CONFLICT (id) DO NOTHING;
      INSERT INTO asked SELECT g, g FROM generate_series(1, 3) AS g ON CONFLICT (id) DO UPDATE SET n = -excluded.n;
      SELECT * FROM asked ORDER BY id;
    `);
  });

  test("CHECK, domains and generated columns are asked of every row proposed, kept or not", async () => {
    await pair.agree(`
      CREATE DOMAIN pos AS int CHECK (value > 0);
      CREATE TABLE judged (id int PRIMARY KEY, a int NOT NULL CHECK (a > 0), b int CONSTRAINT zz CHECK (b < 10),
        g int GENERATED ALWAYS AS (a * 100 / nullif(b, 0)) STORED CHECK (g < 1000), d pos, e text CHECK (judged IS NOT NULL OR b > -9));
      INSERT INTO judged VALUES (1, 1, 1, DEFAULT, 1, 'x');
      INSERT INTO judged VALUES (1, -1, 1, DEFAULT, 1) ON CONFLICT DO NOTHING;
      INSERT INTO judged VALUES (1, -1, 1, DEFAULT, 1) ON CONFLICT (id) DO UPDATE SET a = 5;
      INSERT INTO judged VALUES (1, -1, 20, DEFAULT, 1) ON CONFLICT (id) DO UPDATE SET a = 5;
      INSERT INTO judged VALUES (1, 100, 1, DEFAULT, 1) ON CONFLICT (id) DO UPDATE SET a = 5;
      INSERT INTO judged VALUES (1, NULL, 20, DEFAULT, 1) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (1, 1, 1), (1, 2, 30) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (2, 1, 1, DEFAULT, 1), (1, 1, 1, DEFAULT, -1) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (1, 1, 1, DEFAULT, -1) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (1, -1, 1), (1, NULL, 1) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (1, NULL, 1), (1, -1, 1) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (1, 1, -10, DEFAULT, NULL, repeat('x', 70)) ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (5, 1, 1), (5, -1, 1) ON CONFLICT (id) DO UPDATE SET a = -5;
      INSERT INTO judged SELECT * FROM (VALUES (1, 1, 1), (5, -1, 1), (6, NULL, 1)) AS v ON CONFLICT (id) DO NOTHING;
      INSERT INTO judged VALUES (1, -1, 1) ON CONFLICT (id) DO UPDATE SET a = 3 WHERE false;
      INSERT INTO judged VALUES (1, 1, 1) ON CONFLICT (id) DO UPDATE SET a = -3;
      INSERT INTO judged VALUES (1, 3, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.g % 10, a = 2 RETURNING *;
      INSERT INTO judged VALUES (1, 1, NULL), (7, 1, NULL, DEFAULT, 3, 'kept') ON CONFLICT DO NOTHING RETURNING *;
      SELECT * FROM judged ORDER BY id;
    `);
  });

  test("hold for INSERT, UPDATE and COPY, and say what breaks them", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, CHECK (a>0), CHECK (a<5), CONSTRAINT third CHECK (a<>3), b int CHECK (b>0), UNIQUE (a), PRIMARY KEY (b));
      INSERT INTO t VALUES (0, 9);
      INSERT INTO t VALUES (6, 9);
      INSERT INTO t VALUES (3, 9);
      INSERT INTO t VALUES (1, NULL);
      INSERT INTO t VALUES (1, 1), (2, 1);
      INSERT INTO t VALUES (1, 1), (NULL, 2), (NULL, 3);
      INSERT INTO t VALUES (2, 1);
      INSERT INTO t VALUES (1, 9) RETURNING *;
      INSERT INTO t SELECT 4, 5 UNION ALL SELECT 2, 3;
      UPDATE t SET b = 1 WHERE b = 2;
      UPDATE t SET b = -b WHERE b = 2;
      UPDATE t SET a = 1 WHERE b = 3;
      UPDATE t SET a = a, b = b;
      UPDATE t SET b = b + 10;
      SELECT * FROM t ORDER BY b;
      DELETE FROM t WHERE b = 11;
      INSERT INTO t VALUES (1, 11);
      BEGIN;
      INSERT INTO t VALUES (4, 40);
      SAVEPOINT s;
      DELETE FROM t WHERE b = 40;
      INSERT INTO t VALUES (2, 40);
      ROLLBACK TO s;
      INSERT INTO t VALUES (2, 40);
      ROLLBACK TO s;
      UPDATE t SET a = 2 WHERE b = 40;
      INSERT INTO t VALUES (4, 41);
      COMMIT;
      INSERT INTO t VALUES (2, 50);
      SELECT * FROM t ORDER BY b;
      INSERT INTO t VALUES (4, 41), (3, 42) ON CONFLICT DO NOTHING;
      INSERT INTO t VALUES (4, 41) ON CONFLICT (b) DO UPDATE SET a = 0;
      CREATE TABLE w (id int PRIMARY KEY, t text, d timestamptz, f float8, x bytea, arr int[], j jsonb, n numeric(8, 2), CHECK (id < 10));
      INSERT INTO w VALUES (99, repeat('ä', 70), '2020-01-01 00:00:00+00', 0.1, '\\xdead', '{1,2}', '{"a":1}', 1.5);
      INSERT INTO w (id) VALUES (100);
    `);
  });

  test.each([
    ["text", "'a'", "'b'", "'a'"],
    ["char(3)", "'a'", "'b'", "'a '"],
    ["numeric(6,2)", "1.0", "1.5", "1.00"],
    ["float8", "'NaN'", "'-0'", "0"],
    ["timestamptz", "'2020-01-01 00:00:00+00'", "'2020-01-02'", "'2020-01-01 01:00:00+01'"],
    ["date", "'2020-01-01'", "'infinity'", "'infinity'"],
    [
      "uuid",
      "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
      "gen_random_uuid()",
      "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
    ],
    ["interval", "'1 month'", "'2 hours'", "'30 days'"],
    ["bytea", "'\\xdead'", "''", "'\\xDEAD'"],
    ["boolean", "true", "false", "'t'"],
    ["int[]", "'{1,2}'", "'{}'", "array[1,2]"],
    ["jsonb", `'{"a": 1, "b": 2}'`, "'[]'", `'{"b":2,"a":1}'`],
  ])("a key of type %s is told equal as PostgreSQL tells it", async (type, one, other, again) => {
    await pair.agree(`
      CREATE TABLE k (id ${type} PRIMARY KEY);
      INSERT INTO k VALUES (${one}), (${other});
      INSERT INTO k VALUES (${again});
      SELECT count(*) FROM k;
    `);
  });

  test("references hold from both ends", async () => {
    await pair.agree(`
      CREATE TABLE f (a int, b int, CONSTRAINT fpk PRIMARY KEY (a, b));
      CREATE TABLE g (a int, b int, FOREIGN KEY (a, b) REFERENCES f MATCH FULL);
      CREATE TABLE s (a int, b int, FOREIGN KEY (a, b) REFERENCES f);
      INSERT INTO g VALUES (1, NULL);
      INSERT INTO g VALUES (1, 2);
      INSERT INTO s VALUES (1, NULL), (NULL, NULL);
      INSERT INTO s VALUES (1, 2);
      INSERT INTO f VALUES (1, 1), (2, 2), (3, 3);
      INSERT INTO g VALUES (1, 1);
      UPDATE g SET b = 2;
      DELETE FROM f WHERE a < 3;
      UPDATE f SET a = 9 WHERE a = 1;
      UPDATE f SET a = a;
      DELETE FROM f WHERE a = 2;
      BEGIN;
      DELETE FROM g;
      DELETE FROM f WHERE a = 1;
      COMMIT;
      SELECT * FROM f;
      TRUNCATE f;
      TRUNCATE f, g;
      TRUNCATE f, g, s;
      INSERT INTO f VALUES (1, 1);
      INSERT INTO g VALUES (1, 1);
      TRUNCATE f CASCADE;
      SELECT * FROM g;
      CREATE TABLE h (id int PRIMARY KEY, up int REFERENCES h);
      INSERT INTO h VALUES (1, 2), (2, NULL), (3, 3);
      DELETE FROM h WHERE id = 2;
      UPDATE h SET id = 22 WHERE id = 2;
      DELETE FROM h WHERE id IN (1, 2);
      DELETE FROM h;
      SELECT * FROM h;
    `);
  });

  test("references do what ON DELETE and ON UPDATE say, as deep as it goes", async () => {
    await pair.agree(`
      CREATE TABLE p (id int PRIMARY KEY, n int UNIQUE);
      INSERT INTO p SELECT i, i * 10 FROM generate_series(1, 6) i;
      CREATE TABLE c (id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
      CREATE TABLE d (id int PRIMARY KEY, cid int REFERENCES c ON DELETE SET NULL ON UPDATE CASCADE);
      CREATE TABLE e (pid int DEFAULT 6 REFERENCES p ON DELETE SET DEFAULT ON UPDATE SET NULL, n int REFERENCES p (n) ON DELETE RESTRICT);
      INSERT INTO c SELECT i + 100, i FROM generate_series(1, 6) i;
      INSERT INTO d SELECT i + 1000, i + 100 FROM generate_series(1, 6) i;
      INSERT INTO e VALUES (1, NULL), (2, NULL), (3, 30);
      DELETE FROM p WHERE id = 1;
      DELETE FROM p WHERE id = 3;
      UPDATE p SET id = 7 WHERE id = 2;
      SELECT * FROM c ORDER BY 1;
      SELECT * FROM d ORDER BY 1;
      SELECT * FROM e ORDER BY 1, 2;
      DELETE FROM p WHERE id = 6;
      SELECT * FROM e ORDER BY 1, 2;
      CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree ON DELETE CASCADE);
      INSERT INTO tree SELECT i, nullif(i / 2, 0) FROM generate_series(1, 40) i;
      DELETE FROM tree WHERE id = 2;
      SELECT count(*), sum(id) FROM tree;
      BEGIN;
      DELETE FROM p WHERE id = 4;
      ROLLBACK;
      SELECT count(*) FROM c;
    `);
  });

  test("ALTER TABLE adds, drops, renames and validates them", async () => {
    await pair.agree(`
      CREATE TABLE p (id int PRIMARY KEY, b int UNIQUE, c int);
      CREATE TABLE c (id int PRIMARY KEY, pid int REFERENCES p, pb int REFERENCES p(b), CHECK (id > 0 AND pid > 0), CONSTRAINT only_id CHECK (c.id < 100));
      ALTER TABLE p DROP COLUMN id;
      ALTER TABLE p DROP COLUMN id CASCADE;
      ALTER TABLE c DROP COLUMN pid;
      ALTER TABLE c RENAME COLUMN id TO "Key";
      ALTER TABLE c RENAME TO cc;
      INSERT INTO cc VALUES (0, 1);
      INSERT INTO cc VALUES (1000, 1);
      ALTER TABLE cc ADD COLUMN n int UNIQUE DEFAULT 7 CHECK (n > 5);
      INSERT INTO cc VALUES (5, NULL, 6), (6, NULL, 6);
      INSERT INTO cc VALUES (5, NULL, 4);
      INSERT INTO cc VALUES (5, NULL, 6), (6, NULL, 7);
      ALTER TABLE cc ADD COLUMN m int PRIMARY KEY;
      ALTER TABLE cc DROP CONSTRAINT c_pkey, ADD COLUMN m int PRIMARY KEY;
      ALTER TABLE cc DROP CONSTRAINT c_pkey, ADD COLUMN m int UNIQUE DEFAULT 3;
      ALTER TABLE cc ADD CONSTRAINT x CHECK (n > 6);
      ALTER TABLE cc ADD CONSTRAINT x CHECK (n > 6) NOT VALID;
      INSERT INTO cc VALUES (8, NULL, 6);
      ALTER TABLE cc VALIDATE CONSTRAINT x;
      UPDATE cc SET n = 60 WHERE n = 6;
      ALTER TABLE cc VALIDATE CONSTRAINT x;
      ALTER TABLE cc VALIDATE CONSTRAINT nope;
      ALTER TABLE cc ADD PRIMARY KEY ("Key");
      ALTER TABLE cc ADD CONSTRAINT x UNIQUE (n);
      ALTER TABLE cc ADD CONSTRAINT y FOREIGN KEY (n) REFERENCES p(b) NOT VALID;
      UPDATE cc SET n = 7 WHERE n = 70;
      ${told}
      DELETE FROM cc WHERE n = 60;
      ALTER TABLE cc VALIDATE CONSTRAINT y;
      INSERT INTO p VALUES (7, 1);
      ALTER TABLE cc VALIDATE CONSTRAINT y;
      ALTER TABLE cc DROP CONSTRAINT y;
      ALTER TABLE cc ADD FOREIGN KEY (n) REFERENCES p(b) ON DELETE CASCADE;
      ALTER TABLE p DROP CONSTRAINT p_b_key;
      ALTER TABLE p DROP CONSTRAINT p_b_key CASCADE;
      ALTER TABLE cc ALTER COLUMN n TYPE bigint;
      ALTER TABLE cc RENAME CONSTRAINT x TO c_pkey;
      ALTER TABLE cc RENAME CONSTRAINT x TO xx;
      ALTER TABLE cc RENAME CONSTRAINT nope TO yy;
      ALTER TABLE cc DROP CONSTRAINT nope;
      ALTER TABLE cc DROP CONSTRAINT IF EXISTS nope, DROP CONSTRAINT cc_n_key;
      INSERT INTO cc VALUES (1, NULL, 7);
      ${told}
      CREATE TABLE t (a int, b int);
      INSERT INTO t VALUES (1, NULL), (2, 3), (2, 4);
      ALTER TABLE t ADD PRIMARY KEY (a);
      ALTER TABLE t ADD PRIMARY KEY (b);
      ALTER TABLE t ADD UNIQUE (a);
      ALTER TABLE t ADD UNIQUE (b);
      ALTER TABLE t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a);
      ALTER TABLE t ADD CHECK (a > b);
      ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES cc;
      BEGIN;
      DELETE FROM t WHERE b = 4;
      ALTER TABLE t ADD PRIMARY KEY (a);
      INSERT INTO t VALUES (2, 9);
      ROLLBACK;
      ALTER TABLE t DROP COLUMN b, ADD CHECK (a < 100);
      ${told}
    `);
  });

  test("a unique index is a key that is no constraint", async () => {
    await pair.agree(`
      CREATE TABLE t (a int, b int);
      INSERT INTO t VALUES (1, 1), (2, 1);
      CREATE UNIQUE INDEX ON t (b);
      CREATE UNIQUE INDEX ON t (a, b);
      CREATE UNIQUE INDEX t_a_b_idx ON t (a);
      CREATE UNIQUE INDEX IF NOT EXISTS t_a_b_idx ON t (a);
      CREATE UNIQUE INDEX u ON t (zz);
      INSERT INTO t VALUES (1, 1);
      CREATE TABLE r (a int, b int, FOREIGN KEY (a, b) REFERENCES t (a, b));
      ${told}
      DROP INDEX t_a_b_idx;
      DROP TABLE r;
      ALTER TABLE t ADD CONSTRAINT both UNIQUE USING INDEX t_a_b_idx;
      ALTER TABLE t ADD CONSTRAINT both2 UNIQUE USING INDEX t_a_b_idx;
      DROP INDEX both;
      DROP INDEX nope;
      DROP INDEX IF EXISTS nope;
      DROP INDEX t;
      ${told}
      CREATE UNIQUE INDEX v ON t (a);
      DROP INDEX v;
      INSERT INTO t VALUES (1, 2);
    `);
  });

  test("tables that others refer to go with CASCADE alone", async () => {
    await pair.agree(`
      CREATE TABLE p (id int PRIMARY KEY);
      CREATE TABLE q (id int PRIMARY KEY REFERENCES p);
      CREATE TABLE r (id int REFERENCES p, o int REFERENCES q);
      DROP TABLE p;
      DROP TABLE p, q;
      DROP TABLE q, r;
      DROP TABLE p CASCADE;
      CREATE TABLE p (id int PRIMARY KEY);
      CREATE TABLE q (id int PRIMARY KEY REFERENCES p);
      CREATE TABLE r (id int REFERENCES p, o int REFERENCES q);
      DROP TABLE p CASCADE;
      INSERT INTO r VALUES (5, NULL);
      DROP TABLE q CASCADE;
      ${told}
    `);
  });

  test("are there after a restart", async () => {
    const [ours] = [await pair.ours()];
    await ours.answers(`CREATE TABLE public.kept (id int PRIMARY KEY, b int CHECK (b > 1));
      INSERT INTO public.kept VALUES (1, 2);`);
    await ours.end();
    await pair.restart();
    const again = await pair.ours();
    const answers = await again.answers(`INSERT INTO public.kept VALUES (1, 2);
      INSERT INTO public.kept VALUES (2, 0);
      DROP TABLE public.kept;`);
    await again.end();
    expect(answers.map(({ error, tag }) => error?.sqlstate ?? tag)).toEqual([
      "23505",
      "23514",
      "DROP null",
    ]);
  });
});
