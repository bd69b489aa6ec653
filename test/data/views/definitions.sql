SELECT * FROM t
SELECT a, b AS bb, a + 1 AS plus FROM t WHERE a > 1 AND b LIKE 'x%' OR c IS NULL
SELECT t.a, u.d FROM t JOIN u ON t.a = u.a LEFT JOIN u u2 ON u2.d = u.d WHERE NOT t.a = 5
SELECT count(*), sum(a) AS total, max(b) FROM t GROUP BY b HAVING count(*) > 1 ORDER BY 2 DESC, max(b)
SELECT DISTINCT a, b FROM t ORDER BY a DESC NULLS LAST LIMIT 10 OFFSET 2
SELECT DISTINCT ON (a) a, b, c FROM t ORDER BY a, b DESC
SELECT a FROM t UNION ALL SELECT a FROM u UNION SELECT 3
SELECT a FROM t EXCEPT (SELECT a FROM u INTERSECT SELECT 4) ORDER BY 1
WITH x AS (SELECT a, count(*) AS n FROM t GROUP BY a), y(p) AS (SELECT n FROM x) SELECT x.a, y.p FROM x, y WHERE x.n = y.p
WITH RECURSIVE r(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r
SELECT CASE WHEN a > 1 THEN 'big' WHEN a = 0 THEN 'none' ELSE b END AS size FROM t
SELECT CASE a WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS word, a FROM t
SELECT a, row_number() OVER (PARTITION BY b ORDER BY a DESC) AS rn, sum(a) OVER w AS running FROM t WINDOW w AS (ORDER BY c ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
SELECT a FROM t WHERE a IN (SELECT u.a FROM u WHERE u.d = t.b) AND EXISTS (SELECT 1 FROM u) AND a NOT IN (1, 2, 3)
SELECT (SELECT max(d) FROM u WHERE u.a = t.a) AS top, ARRAY(SELECT u.a FROM u) AS all_of FROM t
SELECT a::text, b::varchar(5), c::numeric(10, 2), '2020-1-1'::date AS day, 'x' AS lit, NULL AS nothing, 1.5 AS num, true AS yes FROM t
SELECT coalesce(b, 'none') AS b, nullif(a, 0) AS a, greatest(a, 5), least(a, 1, 2) FROM t
SELECT extract(year FROM s) AS y, s AT TIME ZONE 'UTC' AS z, date_trunc('month', s) AS m, s + interval '1 day' AS next FROM t
SELECT upper(b), substring(b FROM 2 FOR 3), trim(both 'x' FROM b), position('a' IN b), overlay(b PLACING 'zz' FROM 1), length(b) FROM t
SELECT t.a FROM t, u, (SELECT a FROM u WHERE d IS NOT NULL) AS sub WHERE t.a = u.a AND sub.a = t.a
SELECT * FROM t JOIN u USING (a)
SELECT a, t.b, d FROM t LEFT JOIN u USING (a)
SELECT * FROM t NATURAL JOIN u
SELECT x.p, x.q FROM t AS x(p, q)
SELECT g, n FROM generate_series(1, 3) AS g, unnest(ARRAY[1, 2]) WITH ORDINALITY AS u(n, o)
SELECT v.k, v.w FROM (VALUES (1, 'one'), (2, 'two')) AS v(k, w)
SELECT current_date AS d, current_user AS u, now() AS n, current_timestamp AS c
SELECT b, c, sum(a), grouping(b, c) FROM t GROUP BY ROLLUP (b, c)
SELECT b, c, count(*) FROM t GROUP BY GROUPING SETS ((b), (c), ())
SELECT string_agg(b, ',' ORDER BY a) AS list, count(DISTINCT b) AS kinds, count(*) FILTER (WHERE a > 1) AS some, percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS median FROM t
SELECT a BETWEEN 1 AND 5 AS inside, b IS DISTINCT FROM 'x' AS other, (a > 1) IS TRUE AS sure, a = ANY (ARRAY[1, 2]) AS any_of, b IS NOT DISTINCT FROM 'y' AS same FROM t
SELECT j -> 'k' AS k, j ->> 'v' AS v, (j #>> '{a,b}') AS deep, j @> '{"a": 1}'::jsonb AS has FROM t
SELECT r[1] AS first, r[1:2] AS part, array_length(r, 1) AS len, r || 5 AS more FROM t
SELECT row(a, b) = row(1, 'x') AS same, (a, b) < (2, 'y') AS before, -a AS neg, -5 AS five, a % 2 AS odd, (a + 1) * 2 - 3 AS math, 2 * (a - (1 - a)) AS nest FROM t
SELECT "Mixed Case", "select" FROM "Odd Table" AS "T1"
SELECT relname, relkind FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND oid = 'pg_class'::regclass
SELECT a, lag(a, 1, 0) OVER (ORDER BY a) AS before, rank() OVER (PARTITION BY b, c ORDER BY a, b RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t
SELECT t.a, l.d FROM t CROSS JOIN LATERAL (SELECT u.d FROM u WHERE u.a = t.a ORDER BY u.d LIMIT 1) AS l
SELECT a, b FROM t WHERE b ~ '^x' AND b !~~ 'y%' AND b ILIKE '%z' AND b SIMILAR TO 'a|b'
SELECT max(a) AS m FROM t WHERE a > (SELECT avg(a) FROM t) FETCH FIRST 3 ROWS ONLY
SELECT a, a::bigint AS big, a / 2.0 AS half, round(a / 3.0, 2) AS third, a || b AS both, to_char(s, 'YYYY-MM-DD') AS iso FROM t ORDER BY lower(b), a + 1
SELECT v1.total, t.b FROM v1 JOIN t ON v1.b = t.b
SELECT a FROM t WHERE a <> ALL (SELECT u.a FROM u) OR (a, b) IN (SELECT a, d FROM u)
SELECT u.a, k.a AS ka FROM (t AS k JOIN u ON k.a = u.a) FULL JOIN u AS w ON w.a = u.a
