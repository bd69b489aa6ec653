/** COMMENT ON, as PostgreSQL 15 has it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a comment", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("is made on every kind of thing a schema has", async () => {
    await pair.agree(`
      CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT pos CHECK (a > 0));
      CREATE INDEX plain ON t (a);
      CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > 0);
      CREATE TYPE pair AS (a int, b text);
      COMMENT ON TABLE t IS 'table';
      COMMENT ON COLUMN t.a IS 'column';
      COMMENT ON CONSTRAINT pos ON t IS 'check';
      COMMENT ON CONSTRAINT t_pkey ON t IS 'key';
      COMMENT ON CONSTRAINT nope ON t IS 'key';
      COMMENT ON INDEX t_pkey IS 'key''s index';
      COMMENT ON INDEX plain IS 'plain index';
      COMMENT ON INDEX nope IS 'x';
      COMMENT ON INDEX t IS 'x';
      COMMENT ON DOMAIN d IS 'domain';
      COMMENT ON CONSTRAINT c ON DOMAIN d IS 'domain check';
      COMMENT ON CONSTRAINT nope ON DOMAIN d IS 'domain check';
      COMMENT ON TYPE pair IS 'pair';
      COMMENT ON COLUMN pair.b IS 'attribute';
      COMMENT ON COLUMN pair.z IS 'attribute';
      COMMENT ON SCHEMA work IS 'schema';
      COMMENT ON ROLE nobody_at_all IS 'x';
      SELECT obj_description('t'::regclass, 'pg_class'), col_description('t'::regclass, 2), obj_description('plain'::regclass, 'pg_class'), obj_description('t_pkey'::regclass, 'pg_class');
      SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = 't'::regclass OR contypid = 'd'::regtype ORDER BY 1;
      SELECT obj_description('d'::regtype, 'pg_type'), obj_description('pair'::regtype, 'pg_type'), obj_description('work'::regnamespace, 'pg_namespace');
      SELECT classoid::regclass, objsubid, description FROM pg_description WHERE description IN ('table', 'column', 'check', 'key', 'plain index', 'domain', 'domain check', 'pair', 'attribute', 'schema') ORDER BY 3;
      COMMENT ON CONSTRAINT pos ON t IS NULL;
      COMMENT ON INDEX plain IS '';
      SELECT obj_description('plain'::regclass, 'pg_class');
      BEGIN;
      COMMENT ON TYPE pair IS 'other';
      ROLLBACK;
      SELECT obj_description('pair'::regtype, 'pg_type');
    `);
  });

  test("on the database and on a role is there after a restart", async () => {
    const before = await pair.ours();
    await before.answers(`CREATE ROLE talked_of;
      COMMENT ON ROLE talked_of IS 'a role';
      COMMENT ON DATABASE lakehouse IS 'a database';`);
    await before.end();
    await pair.restart();
    const after = await pair.ours();
    const told = await after.answer(`SELECT description FROM pg_shdescription
      WHERE description LIKE 'a %' ORDER BY 1`);
    expect(told.rows).toEqual([["a database"], ["a role"]]);
    const database = await after.answer("SELECT shobj_description(16384, 'pg_database')");
    expect(database.rows).toEqual([["a database"]]);
    await after.end();
  });
});
