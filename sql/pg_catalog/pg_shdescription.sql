-- Comments on roles and the database.
-- https://www.postgresql.org/docs/15/catalog-pg-shdescription.html
SELECT
  oid AS objoid,
  1260 AS classoid,
  comment AS description
FROM facts.role
WHERE comment IS NOT NULL
UNION ALL
SELECT 16384, 1262, database_comment FROM facts.schema WHERE database_comment IS NOT NULL
