-- The tables the statements speak of, on PostgreSQL. setup-engine.sql has the same rows.
CREATE TABLE dept(id int PRIMARY KEY, name text NOT NULL);
INSERT INTO dept VALUES (1, 'Eng'), (2, 'Sales'), (3, 'HR');
CREATE TABLE emp(id int PRIMARY KEY, name text, email text, dept_id int, salary numeric(10,2), hired date, ts timestamp, tz timestamptz, active boolean, tags text[], meta jsonb, score double precision, code char(5), big bigint);
INSERT INTO emp VALUES
  (1, 'Alice', 'alice@x.com', 1, 1000.50, '2020-01-15', '2020-01-15 10:30:00', '2020-01-15 10:30:00+00', true, ARRAY['a','b'], '{"k":1,"a":[1,2,3],"o":{"x":"y"}}', 1.5, 'ab', 9007199254740993),
  (2, 'Bob', 'bob@x.com', 1, 2000.25, '2021-06-30', '2021-06-30 23:59:59.123456', '2021-06-30 23:59:59.123456+00', false, ARRAY['c'], '{"k":2}', 2.25, 'abcde', 2),
  (3, 'Carol', NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'dave', 'd@y.org', 3, 3000, '2019-12-31', '2019-12-31 00:00:00', '2019-12-31 00:00:00+00', true, ARRAY[]::text[], '{}', 0.1, 'x', -1);
CREATE TABLE t(id int, name text DEFAULT 'none', amount numeric(10,2), active boolean, d date, tags int[], v varchar(5), c char(4));
