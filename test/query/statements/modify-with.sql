WITH gone AS (DELETE FROM item WHERE id < 3 RETURNING *) SELECT id, name FROM gone
WITH gone AS (DELETE FROM item WHERE id < 3 RETURNING id, name) INSERT INTO plain SELECT id, name FROM gone
WITH gone AS (DELETE FROM item WHERE id < 3 RETURNING id AS k, name) INSERT INTO plain (a, b) SELECT k + 100, upper(name) FROM gone RETURNING *
WITH a AS (INSERT INTO plain VALUES (7, 'seven') RETURNING a) SELECT count(*) FROM plain
WITH a AS (INSERT INTO plain VALUES (7, 'seven') RETURNING a) SELECT a.a, (SELECT max(plain.a) FROM plain) FROM a
WITH a AS (INSERT INTO plain VALUES (7, 'seven')) SELECT 1
WITH a AS (INSERT INTO plain VALUES (7, 'seven')) SELECT * FROM feed WHERE id = 1
WITH u AS (UPDATE item SET name = 'u' WHERE id = 1 RETURNING id, name), d AS (DELETE FROM plain WHERE a = 1 RETURNING a) SELECT * FROM u, d
WITH u AS (UPDATE item SET name = 'u' WHERE id = 1 RETURNING id, name) UPDATE plain SET b = u.name FROM u WHERE plain.a = u.id RETURNING plain.*
WITH u AS (UPDATE item SET name = 'u' WHERE id = 1 RETURNING id) DELETE FROM plain USING u WHERE plain.a = u.id
WITH s AS (SELECT id FROM feed WHERE id < 3), d AS (DELETE FROM item USING s WHERE item.id = s.id RETURNING item.id) SELECT count(*) FROM d
WITH moved AS (DELETE FROM plain RETURNING a, b), again AS (INSERT INTO item (id, name) SELECT a + 500, b FROM moved WHERE b = 'x' RETURNING id) SELECT moved.a, again.id FROM moved, again
WITH new (x, y) AS (INSERT INTO plain VALUES (8, 'h'), (9, 'i') RETURNING *) SELECT y, x FROM new ORDER BY x DESC
WITH new AS (INSERT INTO item (id, name) VALUES (1, 'dup'), (70, 'new') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name) SELECT * FROM new
WITH new AS (INSERT INTO item (id, name) VALUES (1, 'dup') ON CONFLICT DO NOTHING RETURNING id) SELECT count(*) FROM new
WITH d AS (DELETE FROM item WHERE id = 1 RETURNING *) INSERT INTO item SELECT id + 200, name, amount, active, d, tags, v, c, grp + 9, sub FROM d RETURNING id, c, amount
WITH d AS (DELETE FROM plain WHERE a = 2) INSERT INTO plain SELECT count(*), 'left' FROM plain RETURNING *
WITH u AS (UPDATE item SET amount = 1 RETURNING amount) SELECT sum(amount), count(*) FROM u
WITH u AS (UPDATE item SET d = '2025-01-01' WHERE id < 3 RETURNING d, tags) MERGE INTO plain USING (SELECT count(*)::int AS n FROM u) s ON plain.a = s.n WHEN MATCHED THEN UPDATE SET b = 'm'
WITH d AS (DELETE FROM item RETURNING item) SELECT count(*) FROM d
