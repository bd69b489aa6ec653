-- What Superset is shown, on both servers.
CREATE SCHEMA shop;
CREATE TABLE shop.sales (
  id int PRIMARY KEY,
  region text,
  product varchar(20),
  amount numeric(10,2),
  units int,
  sold timestamp,
  day date,
  tags text[],
  meta jsonb,
  ok boolean
);
INSERT INTO shop.sales
SELECT
  i,
  (ARRAY['north', 'south', 'east', 'west'])[1 + i % 4],
  'p' || i % 7,
  (i % 97) * 1.25,
  i % 11,
  timestamp '2024-01-01' + i * interval '7 hours',
  date '2024-01-01' + i % 365,
  ARRAY['a', 'b'],
  '{"k":1}',
  i % 2 = 0
FROM generate_series(1, 2000) i;
COMMENT ON TABLE shop.sales IS 'What was sold';
COMMENT ON COLUMN shop.sales.amount IS 'In euros';
CREATE VIEW shop.by_region AS SELECT region, sum(amount) AS amount FROM shop.sales GROUP BY region;
