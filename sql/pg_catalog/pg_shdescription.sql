-- Comments on roles.
-- https://www.postgresql.org/docs/15/catalog-pg-shdescription.html
SELECT
  oid AS objoid,
  1260 AS classoid,
  comment AS description
FROM facts.role
WHERE comment IS NOT NULL
