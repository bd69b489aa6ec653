-- Checks of information_schema's own domains.
-- https://www.postgresql.org/docs/15/infoschema-domain-constraints.html
-- needs: pg_type
SELECT
  'lakehouse' AS constraint_catalog,
  'information_schema' AS constraint_schema,
  key.conname AS constraint_name,
  'lakehouse' AS domain_catalog,
  'information_schema' AS domain_schema,
  type.typname AS domain_name,
  pg_shim._yes_or_no(key.condeferrable) AS is_deferrable,
  pg_shim._yes_or_no(key.condeferred) AS initially_deferred
FROM static.pg_constraint AS key
JOIN pg_shim.pg_type AS type ON type.oid = key.contypid
