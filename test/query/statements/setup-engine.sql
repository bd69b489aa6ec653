CREATE TABLE dept(id INTEGER, name VARCHAR);
INSERT INTO dept VALUES (1, 'Eng'), (2, 'Sales'), (3, 'HR');
CREATE TABLE emp(id INTEGER, name VARCHAR, email VARCHAR, dept_id INTEGER, salary DECIMAL(10,2), hired DATE, ts TIMESTAMP, tz TIMESTAMPTZ, active BOOLEAN, tags VARCHAR[], meta JSON, score DOUBLE, code VARCHAR, big BIGINT);
INSERT INTO emp VALUES
  (1, 'Alice', 'alice@x.com', 1, 1000.50, '2020-01-15', '2020-01-15 10:30:00', '2020-01-15 10:30:00+00', true, ['a','b'], '{"a": [1, 2, 3], "k": 1, "o": {"x": "y"}}', 1.5, 'ab   ', 9007199254740993),
  (2, 'Bob', 'bob@x.com', 1, 2000.25, '2021-06-30', '2021-06-30 23:59:59.123456', '2021-06-30 23:59:59.123456+00', false, ['c'], '{"k": 2}', 2.25, 'abcde', 2),
  (3, 'Carol', NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'dave', 'd@y.org', 3, 3000, '2019-12-31', '2019-12-31 00:00:00', '2019-12-31 00:00:00+00', true, CAST([] AS VARCHAR[]), '{}', 0.1, 'x    ', -1);
