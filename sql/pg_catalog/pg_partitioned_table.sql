-- Partitioned tables. Their partitions are folders, made by the values there are, and no relations.
-- https://www.postgresql.org/docs/15/catalog-pg-partitioned-table.html
-- Differs: partclass and partcollation are 0.
SELECT
  oid AS partrelid,
  lower(left(partition_key, 1)) AS partstrat,
  len(partition_columns) AS partnatts,
  0 AS partdefid,
  partition_columns AS partattrs,
  list_transform(partition_columns, lambda each: 0) AS partclass,
  list_transform(partition_columns, lambda each: 0) AS partcollation,
  NULL AS partexprs
FROM facts.relation
WHERE partition_key IS NOT NULL
