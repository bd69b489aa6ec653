-- Foreign tables: Delta tables and folders of Parquet files that somebody else writes.
-- https://www.postgresql.org/docs/15/catalog-pg-foreign-table.html
SELECT
  oid AS ftrelid,
  88902 AS ftserver,
  foreign_options AS ftoptions
FROM facts.relation
WHERE kind = 'f'
