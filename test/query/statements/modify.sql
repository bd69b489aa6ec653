-- DELETE
DELETE FROM item
DELETE FROM item WHERE id = 2
DELETE FROM item WHERE id = 2 RETURNING *
DELETE FROM item AS i WHERE i.amount > 15 RETURNING i.id, upper(i.name) AS big
DELETE FROM item USING feed WHERE feed.id = item.id
DELETE FROM item USING feed f WHERE f.id = item.id RETURNING item.id, f.name, f.qty + 1 AS more
DELETE FROM item USING feed f WHERE f.id = item.id RETURNING *
DELETE FROM item i USING feed f, plain p WHERE f.id = i.id AND p.a = i.id RETURNING i.id, p.a
DELETE FROM item WHERE id IN (SELECT id FROM feed)
DELETE FROM item WHERE NOT EXISTS (SELECT 1 FROM feed WHERE feed.id = item.id) RETURNING id
WITH gone AS (SELECT id FROM feed WHERE kind = 'd') DELETE FROM item WHERE id IN (SELECT id FROM gone) RETURNING id, name
WITH gone AS (SELECT id, qty FROM feed) DELETE FROM item USING gone WHERE item.id = gone.id RETURNING item.*, gone.qty
DELETE FROM item WHERE name IS NULL RETURNING tags, c, v, d
DELETE FROM item WHERE id = 99 RETURNING id
DELETE FROM ONLY item WHERE id = 1
DELETE FROM item USING (SELECT id AS k FROM feed) q WHERE q.k = item.id RETURNING k
DELETE FROM item USING feed JOIN plain ON feed.id = plain.a WHERE feed.id = item.id RETURNING item.id, feed.name, plain.b IS NULL
DELETE FROM item USING feed JOIN (SELECT 1 AS id, 2 AS z) k USING (id) WHERE feed.id = item.id RETURNING item.id, z
DELETE FROM public.item WHERE public.item.id = 1 RETURNING item.id
DELETE FROM item WHERE (grp, sub) = (1, 2) RETURNING (SELECT max(qty) FROM feed WHERE feed.id = item.id) AS q
DELETE FROM plain WHERE a = 2
DELETE FROM plain WHERE a IS NULL RETURNING a, b
DELETE FROM item WHERE amount = ANY (ARRAY[20, 40]::numeric[]) RETURNING id
DELETE FROM item USING feed WHERE feed.id = item.id AND feed.amount > item.amount RETURNING item, feed.id
DELETE FROM item USING feed f WHERE f.id = item.id RETURNING (f).name, (item).id
DELETE FROM item USING feed f WHERE f.id = item.id RETURNING f
-- UPDATE
UPDATE item SET name = 'x'
UPDATE item SET amount = amount + 1, name = upper(name) WHERE id < 3 RETURNING *
UPDATE item SET id = id + 10 RETURNING id
UPDATE item SET active = NOT active WHERE active IS NOT NULL RETURNING id, active
UPDATE item SET amount = 3.14159 WHERE id = 1 RETURNING amount
UPDATE item SET amount = 7, name = DEFAULT WHERE id = 4 RETURNING id, name, amount
UPDATE item SET amount = DEFAULT RETURNING amount
UPDATE item SET name = id WHERE id = 1 RETURNING name
UPDATE item SET d = '2030-12-31' WHERE id = 1 RETURNING d
UPDATE item SET v = 'abc', c = 'q' WHERE id = 1 RETURNING v, c
UPDATE item SET tags = '{7,8}' WHERE id = 1 RETURNING tags
UPDATE item SET tags = tags || 9 WHERE id = 1 RETURNING tags
UPDATE item SET (name, amount) = ('both', 5) WHERE id = 2 RETURNING name, amount
UPDATE item SET (name, amount) = ROW('both', 5) WHERE id = 2 RETURNING name, amount
UPDATE item SET (name, amount) = (DEFAULT, DEFAULT) WHERE id = 2 RETURNING name, amount
UPDATE item SET (name, amount) = (SELECT f.name, f.amount FROM feed f WHERE f.id = item.id) RETURNING id, name, amount
UPDATE item SET (name) = ROW('solo') WHERE id = 2 RETURNING name
UPDATE item SET (name, amount) = (SELECT 'k', 1), active = true WHERE id = 2 RETURNING name, amount, active
UPDATE item SET name = f.name FROM feed f WHERE f.id = item.id RETURNING item.id, item.name, f.kind
UPDATE item i SET name = f.name, amount = i.amount + f.amount FROM feed f WHERE f.id = i.id RETURNING *
UPDATE item SET name = (SELECT name FROM feed WHERE feed.id = item.id) RETURNING id, name
UPDATE item SET amount = (SELECT sum(amount) FROM feed) WHERE id = 1 RETURNING amount
UPDATE item SET name = q.n FROM (SELECT id, 'q' || name AS n FROM feed) q WHERE q.id = item.id RETURNING item.name
WITH f AS (SELECT * FROM feed WHERE qty > 5) UPDATE item SET name = f.name FROM f WHERE f.id = item.id RETURNING item.id, f.qty
WITH m AS (SELECT max(qty) AS top FROM feed) UPDATE item SET amount = (SELECT top FROM m) WHERE id = 1 RETURNING amount
UPDATE item SET name = 'x' WHERE id = 99 RETURNING id
UPDATE item SET grp = sub, sub = grp RETURNING id, grp, sub
UPDATE item SET amount = CASE WHEN amount > 15 THEN 0 ELSE 1 END RETURNING id, amount
UPDATE plain SET b = coalesce(b, 'n') || a RETURNING *
UPDATE plain SET a = NULL WHERE a = 2 RETURNING a IS NULL AS gone, b
UPDATE item SET active = 'yes' WHERE id = 3 RETURNING active
UPDATE item SET d = d + 1 WHERE d IS NOT NULL RETURNING d
UPDATE item SET name = name || '!' WHERE id = (SELECT min(id) FROM item) RETURNING name
UPDATE item SET name = 'f' FROM feed JOIN plain ON plain.a = feed.id WHERE feed.id = item.id AND plain.b = 'x' RETURNING item.id, plain.b
UPDATE item SET name = k.n FROM (VALUES (1, 'v1'), (2, 'v2')) AS k(id, n) WHERE k.id = item.id RETURNING item.id, n
UPDATE item SET amount = 1.005 WHERE id = 1 RETURNING amount, amount / 3 AS third
UPDATE item SET name = 'r' WHERE id = 1 RETURNING id AS "Id", 1 + 1 AS two, 'lit', NULL
UPDATE item SET sub = 5 WHERE id = 3 RETURNING item.*
UPDATE item SET name = g::text FROM generate_series(1, 2) g WHERE g = item.id RETURNING item.id, g
UPDATE item SET name = 'z' FROM feed LEFT JOIN plain ON plain.a = feed.qty WHERE feed.id = item.id RETURNING item.id, plain.b
-- INSERT … ON CONFLICT
INSERT INTO item (id, name) VALUES (1, 'again') ON CONFLICT DO NOTHING
INSERT INTO item (id, name) VALUES (1, 'again'), (9, 'new') ON CONFLICT (id) DO NOTHING RETURNING id, name
INSERT INTO item (id, name) VALUES (9, 'a'), (9, 'b') ON CONFLICT (id) DO NOTHING RETURNING id, name
INSERT INTO item (id, grp, sub) VALUES (9, 1, 1) ON CONFLICT DO NOTHING RETURNING id
INSERT INTO item (id, grp, sub) VALUES (9, 1, 1) ON CONFLICT (sub, grp) DO NOTHING RETURNING id
INSERT INTO item (id, grp, sub) VALUES (9, NULL, 1), (10, NULL, 1), (11, 2, NULL) ON CONFLICT (grp, sub) DO NOTHING RETURNING id
INSERT INTO item (id, grp, sub) VALUES (9, 7, 7), (10, 7, 7), (11, 8, 8), (11, 9, 9) ON CONFLICT DO NOTHING RETURNING id, grp
INSERT INTO item (id, name) VALUES (1, 'again') ON CONFLICT ON CONSTRAINT item_pkey DO NOTHING RETURNING id
INSERT INTO item (id, name) VALUES (1, 'again'), (9, 'new') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING *
INSERT INTO item (id, name, amount) VALUES (1, 'again', 1), (2, 'too', 2) ON CONFLICT (id) DO UPDATE SET name = item.name || '/' || excluded.name, amount = item.amount + excluded.amount RETURNING id, name, amount
INSERT INTO item AS i (id, name) VALUES (1, 'again') ON CONFLICT (id) DO UPDATE SET name = i.name || '!' WHERE i.active RETURNING i.id, i.name
INSERT INTO item AS i (id, name) VALUES (2, 'again') ON CONFLICT (id) DO UPDATE SET name = i.name || '!' WHERE i.active RETURNING i.id
INSERT INTO item (id, name) SELECT id, name FROM feed WHERE id IS NOT NULL ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name
INSERT INTO item (id, name) SELECT id, name FROM feed WHERE id IS NOT NULL ON CONFLICT DO NOTHING RETURNING id, name
INSERT INTO item (id, name) VALUES (1, 'again') ON CONFLICT ON CONSTRAINT item_pkey DO UPDATE SET (name, amount) = (excluded.name, 77) RETURNING name, amount
INSERT INTO item (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = DEFAULT, d = DEFAULT RETURNING name, d
INSERT INTO item (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = (SELECT max(name) FROM feed) RETURNING name
INSERT INTO item (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET (name, amount) = (SELECT name, amount FROM feed WHERE feed.id = excluded.id) RETURNING name, amount
WITH f AS (SELECT 2 AS id, 'w' AS name) INSERT INTO item (id, name) SELECT * FROM f ON CONFLICT (id) DO UPDATE SET name = excluded.name || (SELECT name FROM f) RETURNING name
INSERT INTO item (id) VALUES (20), (21) ON CONFLICT (id) DO UPDATE SET name = 'no' RETURNING id, name
INSERT INTO item (id, grp, sub) VALUES (9, 1, 2) ON CONFLICT (grp, sub) DO UPDATE SET id = excluded.id RETURNING id, grp, sub
INSERT INTO item (id, name) VALUES (1, 'x') ON CONFLICT (id) WHERE id > 0 DO UPDATE SET name = excluded.name RETURNING name
INSERT INTO plain VALUES (1, 'q') ON CONFLICT DO NOTHING RETURNING *
INSERT INTO item (id, name) VALUES (1, 'a'), (1, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE false
INSERT INTO item (id, name) VALUES (1, 'a'), (1, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE excluded.name = 'b' RETURNING name
INSERT INTO item (id, name) VALUES (1, 'a'), (1, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE excluded.name = 'a' RETURNING name
INSERT INTO item (id, name) VALUES (1, 'a'), (1, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name
INSERT INTO item (id, name) VALUES (30, 'a'), (30, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name
INSERT INTO item (id, grp, sub) VALUES (30, NULL, 5), (31, NULL, 5) ON CONFLICT (grp, sub) DO UPDATE SET name = 'n' RETURNING id, name
INSERT INTO item DEFAULT VALUES ON CONFLICT DO NOTHING
INSERT INTO item (id, name) TABLE plain ON CONFLICT (id) DO NOTHING
INSERT INTO item (id, name) SELECT a, b FROM plain WHERE a IS NOT NULL ORDER BY b DESC ON CONFLICT (id) DO UPDATE SET name = excluded.name
-- MERGE
MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED THEN UPDATE SET name = feed.name
MERGE INTO item i USING feed f ON i.id = f.id WHEN MATCHED THEN DELETE
MERGE INTO item i USING feed f ON i.id = f.id WHEN MATCHED AND f.kind = 'd' THEN DELETE WHEN MATCHED THEN UPDATE SET name = f.name, amount = i.amount + f.qty
MERGE INTO item i USING feed f ON i.id = f.id WHEN MATCHED AND f.kind = 'd' THEN DELETE WHEN MATCHED THEN UPDATE SET amount = 0 WHEN NOT MATCHED AND f.id IS NOT NULL THEN INSERT (id, name) VALUES (f.id, f.name)
MERGE INTO item i USING (SELECT * FROM feed WHERE id IS NOT NULL) f ON i.id = f.id WHEN NOT MATCHED THEN INSERT (id, name, amount) VALUES (f.id, DEFAULT, f.amount)
MERGE INTO item i USING feed f ON i.id = f.id WHEN MATCHED AND f.kind = 'd' THEN DO NOTHING WHEN MATCHED THEN DELETE
MERGE INTO item i USING feed f ON i.id = f.id WHEN NOT MATCHED AND f.id IS NULL THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (f.id, f.name)
MERGE INTO plain p USING feed f ON p.a = f.id WHEN NOT MATCHED THEN INSERT DEFAULT VALUES
MERGE INTO item i USING (VALUES (1, 'v'), (50, 'w')) AS f(id, n) ON i.id = f.id WHEN MATCHED THEN UPDATE SET (name, v) = (f.n, 'm') WHEN NOT MATCHED THEN INSERT (id, name) VALUES (f.id, f.n)
WITH s AS (SELECT id, name FROM feed WHERE qty < 8) MERGE INTO item USING s ON s.id = item.id WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'new ' || s.name)
MERGE INTO item USING plain ON item.id = plain.a AND plain.b = 'x' WHEN MATCHED THEN UPDATE SET name = plain.b
MERGE INTO plain USING feed ON feed.id = plain.a WHEN MATCHED THEN UPDATE SET b = (SELECT max(name) FROM item WHERE item.id = plain.a)
MERGE INTO item i USING (SELECT 1 AS id UNION ALL SELECT 1) f ON i.id = f.id WHEN MATCHED THEN UPDATE SET name = 'twice'
MERGE INTO item i USING (SELECT 1 AS id, true AS ok UNION ALL SELECT 1, false) f ON i.id = f.id WHEN MATCHED AND f.ok THEN UPDATE SET name = 'once'
MERGE INTO item i USING (SELECT 1 AS id UNION ALL SELECT 1) f ON i.id = f.id WHEN MATCHED THEN DELETE
MERGE INTO item i USING feed f ON false WHEN NOT MATCHED AND f.qty > 8 THEN INSERT (id, name) VALUES (f.qty * 10, f.name)
MERGE INTO item i USING feed f ON i.id = f.id WHEN MATCHED AND i.active THEN UPDATE SET active = false WHEN MATCHED AND NOT i.active THEN UPDATE SET active = true
