-- Attributes of composite types the asking role owns or may use.
-- https://www.postgresql.org/docs/15/infoschema-attributes.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace, pg_type
SELECT
  'lakehouse' AS udt_catalog,
  namespace.nspname AS udt_schema,
  class.relname AS udt_name,
  attribute.attname AS attribute_name,
  attribute.attnum AS ordinal_position,
  NULL AS attribute_default,
  pg_shim._yes_or_no(NOT (attribute.attnotnull OR (type.typtype = 'd' AND type.typnotnull))) AS is_nullable,
  pg_shim._data_type(type.typelem, type.typlen, type.typnamespace, type.oid) AS data_type,
  pg_shim._pg_char_max_length(true_type, true_typmod) AS character_maximum_length,
  pg_shim._pg_char_octet_length(true_type, true_typmod) AS character_octet_length,
  NULL AS character_set_catalog,
  NULL AS character_set_schema,
  NULL AS character_set_name,
  CASE WHEN coll.collname IS NOT NULL THEN 'lakehouse' END AS collation_catalog,
  CASE WHEN coll.collname IS NOT NULL THEN 'pg_catalog' END AS collation_schema,
  coll.collname AS collation_name,
  pg_shim._pg_numeric_precision(true_type, true_typmod) AS numeric_precision,
  pg_shim._pg_numeric_precision_radix(true_type, true_typmod) AS numeric_precision_radix,
  pg_shim._pg_numeric_scale(true_type, true_typmod) AS numeric_scale,
  pg_shim._pg_datetime_precision(true_type, true_typmod) AS datetime_precision,
  pg_shim._pg_interval_type(true_type, true_typmod) AS interval_type,
  NULL AS interval_precision,
  'lakehouse' AS attribute_udt_catalog,
  type_namespace.nspname AS attribute_udt_schema,
  type.typname AS attribute_udt_name,
  NULL AS scope_catalog,
  NULL AS scope_schema,
  NULL AS scope_name,
  NULL AS maximum_cardinality,
  attribute.attnum AS dtd_identifier,
  'NO' AS is_derived_reference_attribute
FROM (
  SELECT
    attribute.*,
    pg_shim._pg_truetypid(type.typtype, attribute.atttypid, type.typbasetype) AS true_type,
    pg_shim._pg_truetypmod(type.typtype, attribute.atttypmod, type.typtypmod) AS true_typmod
  FROM pg_shim.pg_attribute AS attribute
  JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid
) AS attribute
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid
JOIN pg_shim.pg_namespace AS type_namespace ON type_namespace.oid = type.typnamespace
LEFT JOIN static.pg_collation AS coll ON coll.oid = attribute.attcollation AND coll.collname <> 'default'
WHERE attribute.attnum > 0
  AND NOT attribute.attisdropped
  AND class.relkind = 'c'
  AND (
    pg_shim._owns(role, class.relowner)
    OR shim_has_privilege('type', role::UINTEGER, class.reltype::UINTEGER, 'USAGE')
  )
