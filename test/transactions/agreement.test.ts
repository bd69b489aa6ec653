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
  "two tables are written in one transaction": `${five}
    CREATE TABLE u(id int, n int)
    INSERT INTO u VALUES (1, 10), (2, 20)
    BEGIN
    UPDATE t SET v = 0 WHERE id = 1
    INSERT INTO u SELECT id, 0 FROM t WHERE v = 0
    DELETE FROM u WHERE n = 20
    SELECT t.id, u.n FROM t JOIN u USING (id) ORDER BY 1, 2
    COMMIT
    ${all}
    SELECT * FROM u ORDER BY id, n
    BEGIN
    DELETE FROM u
    DELETE FROM t
    ROLLBACK
    SELECT count(*) FROM u
    ${all}
    DROP TABLE u`,
  "tables are made, filled, dropped and written together": `${five}
    CREATE TABLE u(id int)
    BEGIN
    CREATE TABLE w AS SELECT id FROM t WHERE id > 3
    INSERT INTO u SELECT * FROM w
    UPDATE t SET name = 'moved' WHERE id IN (SELECT id FROM w)
    ALTER TABLE u RENAME TO uu
    COMMIT
    ${all}
    SELECT * FROM uu ORDER BY id
    SELECT * FROM w ORDER BY id
    BEGIN
    DROP TABLE w
    DELETE FROM uu
    ROLLBACK
    SELECT count(*) FROM uu
    SELECT count(*) FROM w
    BEGIN
    DROP TABLE w
    DROP TABLE uu
    UPDATE t SET v = 7
    COMMIT
    SELECT count(*) FROM uu
    ${all}`,
  "TRUNCATE empties a table and is taken back": `${five}
    BEGIN
    TRUNCATE t
    ${all}
    INSERT INTO t VALUES (1, 'anew', 1)
    ${all}
    UPDATE t SET v = 2
    ROLLBACK
    ${all}
    BEGIN
    INSERT INTO t VALUES (6, 'six', 6)
    SAVEPOINT s
    TRUNCATE t
    INSERT INTO t VALUES (7, 'seven', 7)
    ROLLBACK TO s
    SELECT count(*) FROM t
    TRUNCATE t
    INSERT INTO t VALUES (8, 'eight', 8), (9, 'nine', 9)
    DELETE FROM t WHERE id = 9
    COMMIT
    ${all}
    TRUNCATE TABLE t
    SELECT count(*) FROM t
    INSERT INTO t VALUES (1, 'again', 1)
    ${all}`,
  "TRUNCATE of several tables": `${five}
    CREATE TABLE u(id int)
    INSERT INTO u VALUES (1)
    TRUNCATE t, u
    SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)
    DROP TABLE u`,
  "MERGE inserts, updates and deletes": `${five}
    MERGE INTO t USING (VALUES (1, 'one'), (2, NULL), (9, 'nine')) AS s(id, name) ON t.id = s.id WHEN MATCHED AND s.name IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name, 0)
    ${all}
    MERGE INTO t USING (VALUES (1, 'a'), (1, 'b')) AS s(id, name) ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name
    BEGIN
    INSERT INTO t VALUES (10, 'ten', 10)
    MERGE INTO t USING (VALUES (10), (11)) AS s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = -1 WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)
    ${all}
    COMMIT
    ${all}`,
  "ON CONFLICT, over committed and staged rows": `
    CREATE TABLE t(id int PRIMARY KEY, name text, v float8)
    INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)
    BEGIN
    INSERT INTO t VALUES (3, 'c', 3)
    INSERT INTO t VALUES (2, 'x', 0), (3, 'y', 0), (4, 'd', 4) ON CONFLICT (id) DO UPDATE SET name = t.name || excluded.name, v = t.v + 100
    ${all}
    INSERT INTO t VALUES (1, 'z', 0), (5, 'e', 5) ON CONFLICT DO NOTHING
    INSERT INTO t VALUES (6, 'p', 0), (6, 'q', 0) ON CONFLICT (id) DO UPDATE SET name = excluded.name
    ROLLBACK
    INSERT INTO t VALUES (1, 'z', 0), (5, 'e', 5) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING *
    INSERT INTO t VALUES (1, 'again', 0)
    ${all}`,
  "ON CONFLICT tells its rows in the order in which they were proposed": `
    CREATE TABLE t(id int PRIMARY KEY, name text, v float8)
    INSERT INTO t SELECT i, 'old', i FROM generate_series(0, 2998, 3) i
    INSERT INTO t SELECT (i * 7919) % 3000, 'new', i FROM generate_series(0, 2999) i ON CONFLICT (id) DO UPDATE SET name = t.name || excluded.name RETURNING *
    DELETE FROM t WHERE id % 2 = 0
    INSERT INTO t SELECT (i * 7919) % 3000, 'again', i FROM generate_series(0, 2999) i ON CONFLICT DO NOTHING RETURNING *`,
  "a key can be deleted and inserted again in one transaction": `
    CREATE TABLE t(id int PRIMARY KEY, name text, v float8)
    INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)
    BEGIN
    DELETE FROM t WHERE id = 1
    INSERT INTO t VALUES (1, 'a again', 1)
    UPDATE t SET id = id + 10
    INSERT INTO t VALUES (1, 'and again', 1)
    INSERT INTO t VALUES (11, 'taken', 1)
    COMMIT
    BEGIN
    DELETE FROM t WHERE id = 1
    INSERT INTO t VALUES (1, 'a again', 1)
    COMMIT
    ${all}`,
  "rows inserted one by one are read, undone and changed before anything else is asked of them": `
    CREATE TABLE t(id serial, name text NOT NULL, v float8)
    BEGIN
    INSERT INTO t(name) VALUES ('a')
    INSERT INTO t(name, v) VALUES ('b', 2), ('c', 3)
    SAVEPOINT s
    INSERT INTO t(name) VALUES ('d')
    ROLLBACK TO s
    INSERT INTO t(name) VALUES ('e')
    INSERT INTO t(name) VALUES (NULL)
    ROLLBACK TO s
    INSERT INTO t(name) VALUES ('f')
    ${all}
    INSERT INTO t(name) VALUES ('g')
    UPDATE t SET v = id WHERE name IN ('a', 'g')
    INSERT INTO t(name) VALUES ('h')
    DELETE FROM t WHERE name = 'h' OR name = 'b'
    ALTER TABLE t ADD w int DEFAULT 5
    INSERT INTO t(name, w) VALUES ('i', 1)
    ALTER TABLE t ADD UNIQUE (name)
    INSERT INTO t(name) VALUES ('i')
    ROLLBACK
    ${all}`,
  "rows inserted one by one are committed": `
    CREATE TABLE t(id int, name text, v float8)
    CREATE TABLE u(id int, at date, name varchar(3), n numeric(5, 2))
    BEGIN
    INSERT INTO t VALUES (1, 'a', 1)
    INSERT INTO u VALUES (1, '2024-02-29', 'abc', 1.5)
    INSERT INTO t VALUES (2, NULL, NULL)
    SAVEPOINT s
    INSERT INTO t VALUES (3, 'c', 3)
    INSERT INTO u VALUES (2, NULL, 'abcd', NULL)
    ROLLBACK TO s
    RELEASE s
    INSERT INTO t VALUES (4, 'a text that is longer than twelve bytes', 'NaN')
    COMMIT
    ${all}
    SELECT * FROM u
    BEGIN
    TRUNCATE t
    INSERT INTO t VALUES (5, 'e', 5)
    COMMIT
    ${all}
    BEGIN
    INSERT INTO t VALUES (6, 'f', 6)
    TRUNCATE t
    COMMIT
    ${all}
    BEGIN
    INSERT INTO t VALUES (7, 'g', 7)
    DECLARE k CURSOR FOR SELECT * FROM t
    INSERT INTO t VALUES (8, 'h', 8)
    FETCH ALL FROM k
    ROLLBACK
    BEGIN
    CREATE TABLE w(a int)
    INSERT INTO w VALUES (1)
    INSERT INTO w VALUES (2)
    COMMIT
    SELECT * FROM w ORDER BY a`,
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
      await client.run("DROP TABLE IF EXISTS t, u, w, uu");
      return answers;
    };
    expect(await run(ours)).toEqual(await run(theirs));
  });
}
