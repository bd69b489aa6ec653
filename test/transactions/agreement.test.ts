/** Scripts of writes and transactions, run here and on PostgreSQL 15: every answer must be the same. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";

const oracle = await postgres();
let server: RunningServer;
let ours: SqlClient;
let theirs: SqlClient;
const schema = "transactions_agreement";

beforeAll(async () => {
  if (!oracle) return;
  server = await startServer();
  ours = await SqlClient.login(server);
  theirs = await SqlClient.login(oracle);
  await ours.run(`CREATE SCHEMA ${schema}`, `SET search_path = ${schema}`);
  await ours.run(`SET lakehouse.bucket = '${schema}'`);
  await theirs.run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`, `CREATE SCHEMA ${schema}`);
  await theirs.run(`SET search_path = ${schema}`);
});

afterAll(async () => {
  await theirs?.run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await theirs?.end();
  await ours?.end();
  await server?.stop();
});

const five = `
  CREATE TABLE t(id int NOT NULL, name text, v float8)
  INSERT INTO t SELECT i, 'n' || i, i * 1.5 FROM generate_series(1, 5) AS i`;
const all = "SELECT * FROM t ORDER BY id, name, v";

const scripts: Readonly<Record<string, string>> = {
  "a transaction reads what it has changed": `${five}
    BEGIN
    UPDATE t SET v = v + 1 WHERE id > 3
    ${all}
    DELETE FROM t WHERE id = 1
    INSERT INTO t VALUES (6, 'n6', NULL)
    ${all}
    SELECT count(*), sum(v) FROM t
    COMMIT
    ${all}`,
  "a row is updated again and again": `${five}
    BEGIN
    UPDATE t SET name = name || 'a' WHERE id < 3
    UPDATE t SET name = name || 'b' WHERE id < 3
    UPDATE t SET name = name || 'c', v = id WHERE name LIKE '%ab'
    ${all}
    DELETE FROM t WHERE name LIKE '%abc' AND id = 2
    ${all}
    COMMIT
    UPDATE t SET name = name || 'd' WHERE id = 1
    UPDATE t SET name = name || 'e' WHERE id = 1
    ${all}`,
  "a row staged by this transaction is updated and deleted": `${five}
    BEGIN
    INSERT INTO t VALUES (6, 'six', 6), (7, 'seven', 7)
    UPDATE t SET v = v * 10 WHERE id > 5
    ${all}
    DELETE FROM t WHERE id = 6
    ${all}
    COMMIT
    ${all}`,
  "a savepoint takes back updates, deletes and inserts": `${five}
    BEGIN
    UPDATE t SET name = 'x' WHERE id = 1
    SAVEPOINT a
    UPDATE t SET name = name || 'y'
    DELETE FROM t WHERE id IN (2, 3)
    INSERT INTO t VALUES (9, 'nine', 9)
    ${all}
    ROLLBACK TO a
    ${all}
    UPDATE t SET name = name || 'z'
    SAVEPOINT b
    DELETE FROM t
    ${all}
    ROLLBACK TO b
    RELEASE b
    ${all}
    COMMIT
    ${all}`,
  "savepoints of one name, nested and released": `${five}
    BEGIN
    SAVEPOINT s
    UPDATE t SET v = 1
    SAVEPOINT s
    UPDATE t SET v = 2
    SAVEPOINT s
    UPDATE t SET v = 3
    ROLLBACK TO s
    ${all}
    RELEASE s
    ROLLBACK TO s
    ${all}
    DELETE FROM t WHERE v = 1 AND id > 2
    RELEASE s
    ROLLBACK TO s
    ${all}
    UPDATE t SET id = id + 10 WHERE id = 5
    COMMIT
    ${all}`,
  "deleting and inserting the same key": `${five}
    BEGIN
    DELETE FROM t WHERE id = 3
    INSERT INTO t VALUES (3, 'three again', 33)
    ${all}
    COMMIT
    DELETE FROM t WHERE id = 3
    INSERT INTO t VALUES (3, 'and again', 333)
    ${all}`,
  "a rollback leaves everything as it was": `${five}
    BEGIN
    UPDATE t SET v = 0
    DELETE FROM t WHERE id > 2
    INSERT INTO t VALUES (8, 'eight', 8)
    ROLLBACK
    ${all}`,
  "a failed statement takes its transaction with it": `${five}
    BEGIN
    DELETE FROM t WHERE id = 1
    UPDATE t SET v = 1 / (id - 3)
    ${all}
    COMMIT
    ${all}`,
  "a failed statement is undone by its savepoint": `${five}
    BEGIN
    DELETE FROM t WHERE id = 1
    SAVEPOINT s
    UPDATE t SET id = NULL WHERE id = 2
    ROLLBACK TO s
    UPDATE t SET v = -v WHERE id = 2
    COMMIT
    ${all}`,
  "null values are refused with the failing row": `${five}
    UPDATE t SET id = NULL WHERE id = 4
    INSERT INTO t VALUES (NULL, 'a long text: ' || repeat('x', 80), 1.25)
    INSERT INTO t(name) VALUES ('no id')
    UPDATE t SET id = CASE WHEN id > 2 THEN id END, v = NULL WHERE id = 2
    ${all}`,
  "RETURNING tells old rows of DELETE and new ones of UPDATE": `${five}
    DELETE FROM t WHERE id = 1 RETURNING *
    UPDATE t SET v = v * 2, name = upper(name) WHERE id = 2 RETURNING id, v, name, v / 2 AS half
    INSERT INTO t VALUES (6, 'six', 6) RETURNING id + 1, name
    UPDATE t SET v = 0 WHERE id = 99 RETURNING *
    DELETE FROM t WHERE id = 3 RETURNING (SELECT count(*) FROM t)
    ${all}`,
  "a statement does not see its own rows": `${five}
    BEGIN
    INSERT INTO t SELECT id + 10, name, v FROM t
    INSERT INTO t SELECT id + 100, name, v FROM t WHERE id > 10 RETURNING id, (SELECT count(*) FROM t)
    UPDATE t SET v = (SELECT count(*) FROM t)
    SELECT DISTINCT v FROM t
    DELETE FROM t WHERE id > (SELECT max(id) FROM t) - 3
    SELECT count(*) FROM t
    COMMIT
    SELECT count(*), sum(id) FROM t`,
  "a row that joins twice is changed once": `${five}
    UPDATE t SET name = 'once' FROM generate_series(1, 3) AS g WHERE id = 2
    DELETE FROM t USING generate_series(1, 3) AS g WHERE id = 3
    UPDATE t SET name = 'again' FROM generate_series(1, 3) AS g WHERE id = 4 RETURNING id, name
    ${all}`,
  "nothing is changed by a condition that nothing meets": `${five}
    UPDATE t SET v = 1 WHERE false
    DELETE FROM t WHERE id > 100
    BEGIN
    DELETE FROM t WHERE id > 100
    UPDATE t SET v = 1 WHERE id > 100
    ${all}
    COMMIT`,
  "a table made in the transaction is changed in it": `
    BEGIN
    CREATE TABLE t(id int, name text, v float8)
    INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)
    UPDATE t SET v = v + 1 WHERE id = 1
    DELETE FROM t WHERE id = 2
    ${all}
    COMMIT
    ${all}`,
  "prepared changes": `${five}
    PREPARE more(int, float8) AS UPDATE t SET v = v + $2 WHERE id = $1 RETURNING id, v
    EXECUTE more(2, 0.5)
    EXECUTE more(2, 0.5)
    BEGIN
    EXECUTE more(3, 1)
    ROLLBACK
    PREPARE less(int) AS DELETE FROM t WHERE id = $1
    EXECUTE less(5)
    DEALLOCATE ALL
    ${all}`,
  "a cursor keeps reading what it was declared over": `${five}
    BEGIN
    UPDATE t SET name = 'before' WHERE id = 1
    DECLARE c CURSOR FOR ${all}
    FETCH 2 FROM c
    UPDATE t SET name = 'after'
    DELETE FROM t WHERE id = 4
    FETCH ALL FROM c
    ${all}
    COMMIT`,
  "a cursor from before a savepoint survives going back to it": `${five}
    BEGIN
    INSERT INTO t VALUES (6, 'six', 6)
    DECLARE c CURSOR FOR ${all}
    FETCH 1 FROM c
    SAVEPOINT s
    DELETE FROM t
    ROLLBACK TO s
    FETCH ALL FROM c
    COMMIT`,
  "nothing is written in a read-only transaction": `${five}
    BEGIN READ ONLY
    UPDATE t SET v = 1
    ROLLBACK
    BEGIN READ ONLY
    DELETE FROM t
    ROLLBACK
    ${all}`,
};

for (const [name, script] of Object.entries(scripts)) {
  test.skipIf(!oracle)(name, async () => {
    const statements = script
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    const run = async (client: SqlClient) => {
      const answers: string[] = [];
      for (const statement of statements) {
        answers.push(`> ${statement}`, ...(await client.answer(statement)));
      }
      await client.run("DROP TABLE IF EXISTS t");
      return answers;
    };
    expect(await run(ours)).toEqual(await run(theirs));
  });
}
