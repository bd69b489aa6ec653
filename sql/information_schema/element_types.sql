-- Element types of array columns in tables the asking role has some right on.
-- https://www.postgresql.org/docs/15/infoschema-element-types.html
-- Differs: element types of functions' arguments and of domains are not told.
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace, pg_type
SELECT
  'lakehouse' AS object_catalog,
  namespace.nspname AS object_schema,
  class.relname AS object_name,
  CASE WHEN class.relkind = 'v' THEN 'VIEW' ELSE 'TABLE' END AS object_type,
  attribute.attnum AS collection_type_identifier,
  pg_shim._data_type(element.typelem, element.typlen, element.typnamespace, element.oid) AS data_type,
  NULL AS character_maximum_length,
  NULL AS character_octet_length,
  NULL AS character_set_catalog,
  NULL AS character_set_schema,
  NULL AS character_set_name,
  NULL AS collation_catalog,
  NULL AS collation_schema,
  NULL AS collation_name,
  NULL AS numeric_precision,
  NULL AS numeric_precision_radix,
  NULL AS numeric_scale,
  NULL AS datetime_precision,
  NULL AS interval_type,
  NULL AS interval_precision,
  NULL AS domain_default,
  'lakehouse' AS udt_catalog,
  element_namespace.nspname AS udt_schema,
  element.typname AS udt_name,
  NULL AS scope_catalog,
  NULL AS scope_schema,
  NULL AS scope_name,
  NULL AS maximum_cardinality,
  'a' || attribute.attnum AS dtd_identifier
FROM pg_shim.pg_attribute AS attribute
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid AND type.typelem <> 0 AND type.typlen = -1
JOIN pg_shim.pg_type AS element ON element.oid = type.typelem
JOIN pg_shim.pg_namespace AS element_namespace ON element_namespace.oid = element.typnamespace
WHERE attribute.attnum > 0
  AND class.relkind IN ('r', 'v', 'f', 'p')
  AND pg_shim._sees_table(role, class.oid, class.relowner)
