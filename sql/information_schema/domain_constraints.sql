-- Checks of domains.
-- https://www.postgresql.org/docs/15/infoschema-domain-constraints.html
-- takes: role
-- needs: pg_constraint, pg_namespace, pg_type
SELECT
  'lakehouse' AS constraint_catalog,
  own.nspname AS constraint_schema,
  key.conname AS constraint_name,
  'lakehouse' AS domain_catalog,
  namespace.nspname AS domain_schema,
  type.typname AS domain_name,
  pg_shim._yes_or_no(key.condeferrable) AS is_deferrable,
  pg_shim._yes_or_no(key.condeferred) AS initially_deferred
FROM pg_shim.pg_constraint AS key
JOIN pg_shim.pg_namespace AS own ON own.oid = key.connamespace
JOIN pg_shim.pg_type AS type ON type.oid = key.contypid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = type.typnamespace
WHERE type.oid < 262144
  OR pg_shim._owns(role, type.typowner)
  OR shim_has_privilege('type', role::UINTEGER, type.oid::UINTEGER, 'USAGE')
