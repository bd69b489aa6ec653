DELETE FROM nope
DELETE FROM item WHERE nope = 1
DELETE FROM item i WHERE item.id = 1
DELETE FROM item WHERE id
DELETE FROM item WHERE max(id) > 1
DELETE FROM item WHERE row_number() OVER () > 1
DELETE FROM item USING item WHERE true
DELETE FROM item USING feed WHERE id = 1
DELETE FROM item USING (SELECT * FROM feed WHERE feed.id = item.id) q WHERE true
DELETE FROM item USING LATERAL (SELECT * FROM feed WHERE feed.id = item.id) q WHERE true
DELETE FROM item RETURNING nope
DELETE FROM item RETURNING max(id)
DELETE FROM item RETURNING feed.id
DELETE FROM missing.item
UPDATE nope SET a = 1
UPDATE item SET nope = 1
UPDATE item SET name = nope
UPDATE item SET id = 'x'
UPDATE item SET id = name
UPDATE item SET d = 5
UPDATE item SET active = 1
UPDATE item SET name = 'a', name = 'b'
UPDATE item SET (name, name) = ('a', 'b')
UPDATE item SET (name, amount) = ('a')
UPDATE item SET (name, amount) = ROW('a', 1, 2)
UPDATE item SET (name, amount) = (SELECT 1)
UPDATE item SET (name, amount) = (SELECT 'a', 1, 2)
UPDATE item SET (name, amount) = row_to_json(item)
UPDATE item SET item.name = 'x'
UPDATE item SET name = max(name)
UPDATE item SET name = row_number() OVER ()
UPDATE item SET name = generate_series(1, 2)
UPDATE item SET name = feed.name
UPDATE item SET name = feed.name FROM feed WHERE id = 1
UPDATE item SET name = q.name FROM (SELECT feed.name FROM feed WHERE feed.id = item.id) q
UPDATE item SET name = f.name FROM feed f JOIN feed g ON g.id = item.id WHERE true
UPDATE item SET name = 'x' FROM item
UPDATE item i SET name = 'x' FROM feed i
UPDATE item SET name = 'x' WHERE name
UPDATE item SET v = 'abcdefghij'
UPDATE item SET name = 'x' RETURNING nope.*
UPDATE item SET name = 'x' RETURNING count(*)
UPDATE item SET name = 'x' WHERE id = 'abc'
UPDATE item SET ctid = '(0,1)'
UPDATE item i SET name = 'x' WHERE item.id = 1
INSERT INTO item (id) VALUES (1) ON CONFLICT (name) DO NOTHING
INSERT INTO item (id) VALUES (1) ON CONFLICT (id, name) DO NOTHING
INSERT INTO item (id) VALUES (1) ON CONFLICT (grp) DO NOTHING
INSERT INTO item (id) VALUES (1) ON CONFLICT (nope) DO NOTHING
INSERT INTO item (id) VALUES (1) ON CONFLICT (lower(name)) DO NOTHING
INSERT INTO item (id) VALUES (1) ON CONFLICT ON CONSTRAINT nope DO NOTHING
INSERT INTO item (id) VALUES (1) ON CONFLICT DO UPDATE SET name = 'x'
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET nope = 'x'
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = name
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = excluded.nope
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 'x'
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x' RETURNING excluded.id
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'a', name = 'b'
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'a' WHERE id = 1
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'a' WHERE item.name
INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = max(excluded.name)
INSERT INTO item (id) VALUES (1) ON CONFLICT (id DESC) DO NOTHING
INSERT INTO plain VALUES (1) ON CONFLICT (a) DO NOTHING
INSERT INTO item (id, id) VALUES (1, 2)
INSERT INTO item (id, name) VALUES (1)
INSERT INTO item (id) VALUES (1, 2)
INSERT INTO item (nope) VALUES (1)
INSERT INTO item (id, name) SELECT id FROM feed
INSERT INTO item (id) SELECT id, name FROM feed
INSERT INTO item (id) SELECT name FROM feed
INSERT INTO item (id) VALUES ('x')
INSERT INTO item (id) VALUES (1), (1, 2)
INSERT INTO item (id) VALUES (1) RETURNING feed.id
INSERT INTO item AS i (id) VALUES (1) RETURNING item.id
MERGE INTO nope USING feed ON true WHEN MATCHED THEN DELETE
MERGE INTO item USING nope ON true WHEN MATCHED THEN DELETE
MERGE INTO item USING item ON true WHEN MATCHED THEN DELETE
MERGE INTO item USING feed ON item.id = feed.nope WHEN MATCHED THEN DELETE
MERGE INTO item USING feed ON item.id WHEN MATCHED THEN DELETE
MERGE INTO item USING feed ON id = 1 WHEN MATCHED THEN DELETE
MERGE INTO item USING feed ON item.id = feed.id WHEN NOT MATCHED THEN INSERT (id) VALUES (item.id)
MERGE INTO item USING feed ON item.id = feed.id WHEN NOT MATCHED AND item.id = 1 THEN DO NOTHING
MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED THEN UPDATE SET nope = 1
MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED THEN UPDATE SET name = 'a', name = 'b'
MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED AND feed.id THEN DELETE
MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED THEN DELETE WHEN MATCHED THEN DELETE
MERGE INTO item USING feed ON item.id = feed.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (feed.id)
MERGE INTO item USING feed ON item.id = feed.id WHEN NOT MATCHED THEN INSERT (id) VALUES (feed.id, 1)
MERGE INTO item USING feed ON item.id = feed.id WHEN NOT MATCHED THEN INSERT (nope) VALUES (1)
MERGE INTO item USING feed ON item.id = feed.id WHEN MATCHED AND max(feed.id) > 1 THEN DELETE
MERGE INTO item USING feed ON max(feed.id) > 1 WHEN MATCHED THEN DELETE
MERGE INTO item USING feed ON item.id = feed.id WHEN NOT MATCHED THEN INSERT (id) VALUES (feed.name)
MERGE INTO item i USING feed i ON true WHEN MATCHED THEN DELETE
WITH a AS (INSERT INTO plain VALUES (7)) SELECT * FROM a
WITH a AS (DELETE FROM nope) SELECT 1
WITH a AS (DELETE FROM plain WHERE nope = 1 RETURNING a) SELECT * FROM a
WITH a AS (DELETE FROM plain RETURNING a) SELECT nope FROM a
SELECT * FROM (WITH a AS (DELETE FROM plain RETURNING a) SELECT * FROM a) q
INSERT INTO plain WITH a AS (DELETE FROM plain RETURNING a) SELECT a FROM a
WITH RECURSIVE a AS (DELETE FROM plain WHERE a IN (SELECT a FROM a) RETURNING a) SELECT * FROM a
WITH a AS (MERGE INTO plain USING feed ON true WHEN MATCHED THEN DELETE) SELECT 1
WITH a AS (DELETE FROM plain RETURNING a), a AS (SELECT 1) SELECT * FROM a
WITH a (x, y) AS (DELETE FROM plain RETURNING a) SELECT * FROM a
