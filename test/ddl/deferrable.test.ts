/** Deferrable keys and references are checked when PostgreSQL checks them: with their statement, or at COMMIT. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

const tables = `
  CREATE TABLE p (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, u int UNIQUE DEFERRABLE);
  CREATE TABLE k (id int PRIMARY KEY);
  CREATE TABLE c (id int, a int REFERENCES k DEFERRABLE INITIALLY DEFERRED, b int REFERENCES k ON DELETE CASCADE DEFERRABLE);
  INSERT INTO k VALUES (1), (2), (3);`;

const told = `
  SELECT conname, condeferrable, condeferred, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE connamespace = 'work'::regnamespace ORDER BY 1;
  SELECT indexrelid::regclass::text, indimmediate FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
  WHERE relnamespace = 'work'::regnamespace ORDER BY 1;
  SELECT constraint_name, is_deferrable, initially_deferred FROM information_schema.table_constraints
  WHERE table_schema = 'work' AND constraint_name NOT LIKE '%not_null' ORDER BY 1;`;

describe.runIf(service)("deferrable constraints", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("are declared, altered, copied and told", async () => {
    await pair.agree(`${tables}
      CREATE TABLE e (a int UNIQUE NOT DEFERRABLE INITIALLY IMMEDIATE, b int, UNIQUE (b) INITIALLY DEFERRED, UNIQUE (b));
      CREATE TABLE l (LIKE p INCLUDING ALL);
      ALTER TABLE e ADD CONSTRAINT later FOREIGN KEY (a) REFERENCES k DEFERRABLE NOT VALID;
      ALTER TABLE e ADD CONSTRAINT e_pkey PRIMARY KEY (a) DEFERRABLE;
      ${told}
      ALTER TABLE c ALTER CONSTRAINT c_a_fkey NOT DEFERRABLE;
      ALTER TABLE c ALTER CONSTRAINT c_b_fkey DEFERRABLE INITIALLY DEFERRED;
      ${told}
      ALTER TABLE c ALTER CONSTRAINT c_a_fkey INITIALLY DEFERRED;
      ALTER TABLE c ALTER CONSTRAINT c_b_fkey;
      ALTER TABLE c ALTER CONSTRAINT nothing DEFERRABLE;
      ALTER TABLE p ALTER CONSTRAINT p_pkey NOT DEFERRABLE;
      ${told}
    `);
  });

  test("are refused where they cannot stand", async () => {
    await pair.agree(`${tables}
      CREATE TABLE bad (id int REFERENCES p);
      CREATE TABLE bad (id int REFERENCES p (u));
      CREATE TABLE bad (a int NOT DEFERRABLE);
      CREATE TABLE bad (a int UNIQUE NOT DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE bad (a int UNIQUE DEFERRABLE NOT DEFERRABLE);
      CREATE TABLE bad (a int UNIQUE INITIALLY DEFERRED NOT DEFERRABLE);
      CREATE TABLE bad (a int UNIQUE INITIALLY DEFERRED INITIALLY IMMEDIATE);
      CREATE TABLE bad (a int CHECK (a > 0) DEFERRABLE);
      INSERT INTO p VALUES (1, 1) ON CONFLICT DO NOTHING;
      INSERT INTO p VALUES (1, 1) ON CONFLICT (id) DO NOTHING;
      INSERT INTO p VALUES (1, 1) ON CONFLICT ON CONSTRAINT p_u_key DO UPDATE SET u = 3;
      SELECT id, u, count(*) FROM p GROUP BY id;
    `);
  });

  test("hold at COMMIT, whatever was between", async () => {
    await pair.agree(`${tables}
      INSERT INTO p VALUES (1, 1), (1, 2);
      BEGIN;
      INSERT INTO p VALUES (1, 1), (1, 2);
      SELECT * FROM p ORDER BY u;
      COMMIT;
      SELECT * FROM p;
      BEGIN;
      INSERT INTO p VALUES (1, 1), (1, 2);
      UPDATE p SET id = 2 WHERE u = 2;
      COMMIT;
      BEGIN;
      INSERT INTO p VALUES (2, 7);
      DELETE FROM p WHERE u = 2;
      COMMIT;
      INSERT INTO p VALUES (9, 7);
      BEGIN;
      INSERT INTO c VALUES (1, 77, NULL);
      INSERT INTO k VALUES (77);
      COMMIT;
      BEGIN;
      INSERT INTO c VALUES (2, 78, NULL);
      COMMIT;
      BEGIN;
      INSERT INTO c VALUES (2, 78, NULL);
      DELETE FROM c WHERE id = 2;
      COMMIT;
      INSERT INTO c VALUES (3, 1, 99);
      INSERT INTO c VALUES (3, 99, 1);
      SELECT * FROM p ORDER BY id;
      SELECT * FROM c ORDER BY id;
    `);
  });

  test("let a key go and come again before COMMIT", async () => {
    await pair.agree(`${tables}
      INSERT INTO c VALUES (1, 1, NULL), (2, 2, 2), (3, NULL, 3);
      DELETE FROM k WHERE id = 1;
      BEGIN;
      DELETE FROM k WHERE id = 1;
      INSERT INTO k VALUES (1);
      COMMIT;
      BEGIN;
      UPDATE k SET id = 10 WHERE id = 1;
      SELECT * FROM k ORDER BY id;
      UPDATE c SET a = 10 WHERE a = 1;
      COMMIT;
      BEGIN;
      UPDATE k SET id = id + 100;
      ROLLBACK;
      BEGIN;
      DELETE FROM k WHERE id = 2;
      SELECT * FROM c ORDER BY id;
      COMMIT;
      BEGIN;
      SET CONSTRAINTS ALL DEFERRED;
      UPDATE k SET id = 30 WHERE id = 3;
      UPDATE c SET b = 30 WHERE b = 3;
      SAVEPOINT one;
      DELETE FROM k WHERE id = 10;
      ROLLBACK TO one;
      COMMIT;
      SELECT * FROM k ORDER BY id;
      SELECT * FROM c ORDER BY id;
    `);
  });

  test("are put off and called in by SET CONSTRAINTS", async () => {
    await pair.agree(`${tables}
      SET CONSTRAINTS ALL DEFERRED;
      BEGIN;
      SET CONSTRAINTS ALL IMMEDIATE;
      INSERT INTO c VALUES (1, 99, NULL);
      ROLLBACK;
      BEGIN;
      INSERT INTO c VALUES (1, 99, NULL);
      SET CONSTRAINTS ALL IMMEDIATE;
      ROLLBACK;
      BEGIN;
      SET CONSTRAINTS c_b_fkey DEFERRED;
      INSERT INTO c VALUES (1, NULL, 77);
      SET CONSTRAINTS c_a_fkey IMMEDIATE;
      SET CONSTRAINTS work.c_b_fkey IMMEDIATE;
      ROLLBACK;
      BEGIN;
      SET CONSTRAINTS c_a_fkey, nothing DEFERRED;
      ROLLBACK;
      BEGIN;
      SET CONSTRAINTS k_pkey DEFERRED;
      ROLLBACK;
      BEGIN;
      SET CONSTRAINTS k_pkey IMMEDIATE;
      SET CONSTRAINTS nowhere.c_a_fkey IMMEDIATE;
      ROLLBACK;
      BEGIN;
      SAVEPOINT s;
      SET CONSTRAINTS ALL IMMEDIATE;
      ROLLBACK TO s;
      INSERT INTO c VALUES (1, 99, NULL);
      SAVEPOINT s;
      INSERT INTO k VALUES (99);
      SET CONSTRAINTS ALL IMMEDIATE;
      ROLLBACK TO s;
      COMMIT;
      BEGIN;
      SAVEPOINT s;
      INSERT INTO c VALUES (1, 99, NULL);
      ROLLBACK TO s;
      COMMIT;
      BEGIN;
      INSERT INTO c VALUES (1, 99, NULL);
      COMMIT AND CHAIN;
      SELECT count(*) FROM c;
    `);
  });

  test("keep a table as it is while they wait", async () => {
    const attempts = [
      "ALTER TABLE c ADD x int",
      "DROP TABLE c",
      "TRUNCATE c",
      "CREATE INDEX ON c (id)",
      "ALTER TABLE c RENAME TO d",
      "COMMENT ON TABLE c IS 'x'",
      "ALTER TABLE k ADD x int",
    ];
    await pair.agree(
      `${tables}\n${attempts
        .map((sql) => `BEGIN;\nINSERT INTO c VALUES (1, 99, NULL);\n${sql};\nROLLBACK;\n`)
        .join("")}
      BEGIN;
      INSERT INTO p VALUES (5, 5);
      ALTER TABLE p ADD y int;
      INSERT INTO p VALUES (5, 6);
      ALTER TABLE p ADD z int;
      ROLLBACK;
      INSERT INTO c VALUES (1, 1, NULL);
      BEGIN;
      DELETE FROM k WHERE id = 1;
      ALTER TABLE c ADD x int;
      ALTER TABLE k ADD x int;
      ROLLBACK;
    `,
    );
  });

  test("let two tables refer to each other, and to themselves", async () => {
    await pair.agree(`
      CREATE TABLE a (id int PRIMARY KEY, b int);
      CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
      ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;
      BEGIN;
      INSERT INTO a VALUES (1, 1), (2, 2);
      INSERT INTO b VALUES (1, 2), (2, 1);
      COMMIT;
      BEGIN;
      DELETE FROM a;
      DELETE FROM b WHERE id = 1;
      COMMIT;
      BEGIN;
      DELETE FROM a;
      DELETE FROM b;
      COMMIT;
      CREATE TEMP TABLE own (id int PRIMARY KEY, up int REFERENCES own DEFERRABLE INITIALLY DEFERRED);
      INSERT INTO own VALUES (1, 2), (2, 1);
      INSERT INTO own VALUES (3, 4);
      BEGIN;
      INSERT INTO own VALUES (3, 4);
      INSERT INTO own VALUES (4, 5);
      DELETE FROM own WHERE id = 4;
      COMMIT;
      SELECT * FROM own ORDER BY id;
    `);
  });

  test("are there after a restart", async () => {
    const before = await pair.agree(`${tables}\nINSERT INTO c VALUES (1, 1, 1);`);
    expect(before.at(-1)?.tag).toBe("INSERT 1");
    await pair.restart();
    const [ours, theirs] = [await pair.ours(), await pair.theirs()];
    try {
      const script = `SET search_path = work;
        ${told}
        BEGIN;
        DELETE FROM k WHERE id = 1;
        INSERT INTO c VALUES (5, 5, NULL);
        COMMIT;
        SELECT * FROM c;`;
      expect(await ours.answers(script)).toEqual(await theirs.answers(script));
    } finally {
      await ours.end();
      await theirs.end();
    }
  });
});
