/** DO, as PostgreSQL 15 has it: as far as PL/pgSQL is there. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("a DO block", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  const agreeOn = (...statements: readonly string[]) => pair.agree(statements);

  test("says what RAISE says", async () => {
    await agreeOn(
      "DO $$ BEGIN RAISE NOTICE 'a % b %% %', 1 + 1, NULL::int; END $$",
      "DO $$ BEGIN RAISE NOTICE $x$it's %$x$, 'x'; RAISE INFO E'i\\n'; RAISE LOG 'l'; RAISE DEBUG 'd'; RAISE WARNING 'w'; END $$",
      "DO $$ BEGIN RAISE NOTICE 'hello' USING ERRCODE = '23505', DETAIL = 'this ' || 'too'; END $$ LANGUAGE plpgsql",
      "DO $$ BEGIN RAISE WARNING USING MESSAGE = 'hello', ERRCODE = 'unique_violation', HINT = 'h'; END $$",
      "DO $$ BEGIN RAISE 'x %', 5 USING ERRCODE = '23505', DETAIL = 'd', HINT = 'h', COLUMN = 'c', TABLE = 't', SCHEMA = 's', CONSTRAINT = 'k'; END $$",
      "DO $$ BEGIN RAISE division_by_zero; END $$",
      "DO $$ BEGIN RAISE SQLSTATE '22012'; END $$",
      "DO $$ BEGIN RAISE EXCEPTION 'é'; END $$",
      "DO $$ BEGIN RAISE foo_bar; END $$",
      "DO $$ BEGIN RAISE NOTICE 'x' USING ERRCODE = 'nope'; END $$",
      "DO $$ BEGIN RAISE NOTICE 'm' USING MESSAGE = 'b'; END $$",
      "DO $$ BEGIN RAISE NOTICE 'a %', 1, 2; END $$",
      "DO $$ BEGIN RAISE NOTICE 'a % b'; END $$",
      "DO $$ BEGIN RAISE; END $$",
      "DO $$ BEGIN RAISE NOTICE 'x' END $$",
    );
  });

  test("runs its steps in order, in the transaction it stands in", async () => {
    await agreeOn(
      `DO $$
       BEGIN
         CREATE TABLE done (id int, word text);
         INSERT INTO done SELECT n, 'n' || n FROM generate_series(1, 3) AS s (n);
         UPDATE done SET word = CASE WHEN id = 2 THEN 'two; 2' ELSE word END;
         PERFORM count(*) FROM done;
         EXECUTE 'INSERT INTO done VALUES (' || 4 || ', ''four''); DELETE FROM done WHERE id = 1';
         BEGIN
           IF (SELECT count(*) FROM done) = 3 THEN
             INSERT INTO done VALUES (5, 'if');
           ELSIF NULL THEN
             RAISE 'no';
           ELSE
             RAISE 'neither';
           END IF;
         END;
         RETURN;
         RAISE 'never';
       END
       $$`,
      "SELECT * FROM done ORDER BY id",
      "DO $$ BEGIN INSERT INTO done VALUES (6, 'gone'); PERFORM 1 / 0; END $$",
      "SELECT count(*) FROM done",
      "BEGIN",
      "DO $$ BEGIN INSERT INTO done VALUES (7, 'rolled back'); END $$",
      "SELECT count(*) FROM done",
      "ROLLBACK",
      "SELECT count(*) FROM done",
      "DO $$ BEGIN SELECT 1; END $$",
      "DO $$ BEGIN INSERT INTO done VALUES (8, 'x') RETURNING id; END $$",
      "DO $$ BEGIN EXECUTE NULL; END $$",
      "DO $$ BEGIN EXECUTE 'commit'; END $$",
      "DO $$ BEGIN INSERT INTO nope VALUES (1); END $$",
      "DO $$ BEGIN null; null END $$",
      "DO $$ BEGIN IF 'foo' THEN null; END IF; END $$",
      "DO $$ DECLARE BEGIN null; END; $$",
      "DO LANGUAGE sql 'select 1'",
      "DO LANGUAGE nope 'x'",
      "DO LANGUAGE plpgsql",
      "DROP TABLE done",
    );
  });

  test("goes on after an error that it handles, without what came before it", async () => {
    await agreeOn(
      "DO $$ BEGIN CREATE TYPE mood AS ENUM ('ok'); EXCEPTION WHEN duplicate_object THEN null; END $$",
      "DO $$ BEGIN CREATE TYPE mood AS ENUM ('ok'); EXCEPTION WHEN duplicate_object THEN null; END $$",
      "CREATE TABLE kept (id int)",
      `DO $$ BEGIN
         INSERT INTO kept VALUES (1);
         BEGIN
           INSERT INTO kept VALUES (2);
           PERFORM 1 / 0;
         EXCEPTION WHEN unique_violation OR data_exception THEN
           INSERT INTO kept VALUES (3);
         WHEN OTHERS THEN
           RAISE 'not this one';
         END;
       END $$`,
      "SELECT * FROM kept ORDER BY id",
      "DO $$ BEGIN PERFORM 1 / 0; EXCEPTION WHEN SQLSTATE '23505' THEN null; END $$",
      "DO $$ BEGIN PERFORM 1 / 0; EXCEPTION WHEN nonsense THEN null; END $$",
      "SELECT count(*) FROM kept",
      "DROP TABLE kept",
      "DROP TYPE mood",
    );
  });

  test("cannot be prepared for later, as no transaction can", async () => {
    await agreeOn(
      "PREPARE TRANSACTION 'x'",
      "BEGIN",
      "PREPARE TRANSACTION 'x'",
      "ROLLBACK",
      "COMMIT PREPARED 'x'",
      "BEGIN",
      "ROLLBACK PREPARED 'x'",
      "ROLLBACK",
    );
  });
});

describe("what PL/pgSQL has besides", () => {
  let server: RunningServer;
  let sql: SqlClient;
  beforeAll(async () => {
    server = await startServer();
    sql = await SqlClient.login(server);
  });
  afterAll(async () => {
    await sql?.end();
    await server?.stop();
  });

  test.each([
    ["DECLARE x int; BEGIN null; END", "a variable"],
    ["BEGIN x := 1; END", "assignment"],
    ["BEGIN FOR i IN 1..3 LOOP null; END LOOP; END", "FOR"],
    ["BEGIN WHILE true LOOP null; END LOOP; END", "WHILE"],
    ["BEGIN EXECUTE 'select 1' INTO x; END", "EXECUTE … INTO"],
    ["BEGIN COMMIT; END", "COMMIT"],
    ["BEGIN RETURN 1; END", "RETURN with a value"],
    ["<<here>> BEGIN null; END", "a label"],
  ])("%s is refused by name", async (body, what) => {
    const answer = await sql.answer(`DO $$ ${body} $$`);
    expect(answer[0]).toBe(`0A000 ${what} in a DO block is not supported`);
  });
});
