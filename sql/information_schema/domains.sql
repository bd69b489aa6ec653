-- Domains.
-- https://www.postgresql.org/docs/15/infoschema-domains.html
-- takes: role
-- needs: pg_namespace, pg_type
SELECT
  'lakehouse' AS domain_catalog,
  namespace.nspname AS domain_schema,
  type.typname AS domain_name,
  pg_shim._data_type(base.typelem, base.typlen, base.typnamespace, base.oid) AS data_type,
  pg_shim._pg_char_max_length(base.oid, type.typtypmod) AS character_maximum_length,
  pg_shim._pg_char_octet_length(base.oid, type.typtypmod) AS character_octet_length,
  NULL AS character_set_catalog,
  NULL AS character_set_schema,
  NULL AS character_set_name,
  CASE WHEN coll.collname IS NOT NULL THEN 'lakehouse' END AS collation_catalog,
  CASE WHEN coll.collname IS NOT NULL THEN 'pg_catalog' END AS collation_schema,
  coll.collname AS collation_name,
  pg_shim._pg_numeric_precision(base.oid, type.typtypmod) AS numeric_precision,
  pg_shim._pg_numeric_precision_radix(base.oid, type.typtypmod) AS numeric_precision_radix,
  pg_shim._pg_numeric_scale(base.oid, type.typtypmod) AS numeric_scale,
  pg_shim._pg_datetime_precision(base.oid, type.typtypmod) AS datetime_precision,
  pg_shim._pg_interval_type(base.oid, type.typtypmod) AS interval_type,
  NULL AS interval_precision,
  type.typdefault AS domain_default,
  'lakehouse' AS udt_catalog,
  base_namespace.nspname AS udt_schema,
  base.typname AS udt_name,
  NULL AS scope_catalog,
  NULL AS scope_schema,
  NULL AS scope_name,
  NULL AS maximum_cardinality,
  '1' AS dtd_identifier
FROM pg_shim.pg_type AS type
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = type.typnamespace
JOIN pg_shim.pg_type AS base ON base.oid = type.typbasetype
JOIN pg_shim.pg_namespace AS base_namespace ON base_namespace.oid = base.typnamespace
LEFT JOIN static.pg_collation AS coll ON coll.oid = type.typcollation AND coll.collname <> 'default'
WHERE type.typtype = 'd'
  AND (
    type.oid < 262144
    OR pg_shim._owns(role, type.typowner)
    OR shim_has_privilege('type', role::UINTEGER, type.oid::UINTEGER, 'USAGE')
  )
