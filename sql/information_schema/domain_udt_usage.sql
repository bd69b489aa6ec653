-- Domains over types that the asking role owns.
-- https://www.postgresql.org/docs/15/infoschema-domain-udt-usage.html
-- takes: role
-- needs: pg_namespace, pg_type
SELECT
  'lakehouse' AS udt_catalog,
  base_namespace.nspname AS udt_schema,
  base.typname AS udt_name,
  'lakehouse' AS domain_catalog,
  namespace.nspname AS domain_schema,
  type.typname AS domain_name
FROM pg_shim.pg_type AS type
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = type.typnamespace
JOIN pg_shim.pg_type AS base ON base.oid = type.typbasetype
JOIN pg_shim.pg_namespace AS base_namespace ON base_namespace.oid = base.typnamespace
WHERE type.typtype = 'd' AND pg_shim._owns(role, base.typowner)
