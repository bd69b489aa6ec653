-- Columns of tables and views the asking role has some right on.
-- https://www.postgresql.org/docs/15/infoschema-columns.html
-- takes: role, path
-- needs: pg_attrdef, pg_attribute, pg_class, pg_namespace, pg_type
SELECT
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  attribute.attname AS column_name,
  attribute.attnum AS ordinal_position,
  CASE WHEN attribute.attgenerated = '' THEN shim_expression(path, attrdef.adbin, attribute.attrelid, false) END AS column_default,
  pg_shim._yes_or_no(NOT (attribute.attnotnull OR (type.typtype = 'd' AND type.typnotnull))) AS is_nullable,
  CASE
    WHEN type.typtype = 'd' THEN pg_shim._data_type(base.typelem, base.typlen, base.typnamespace, base.oid)
    ELSE pg_shim._data_type(type.typelem, type.typlen, type.typnamespace, type.oid)
  END AS data_type,
  pg_shim._pg_char_max_length(true_type, true_typmod) AS character_maximum_length,
  pg_shim._pg_char_octet_length(true_type, true_typmod) AS character_octet_length,
  pg_shim._pg_numeric_precision(true_type, true_typmod) AS numeric_precision,
  pg_shim._pg_numeric_precision_radix(true_type, true_typmod) AS numeric_precision_radix,
  pg_shim._pg_numeric_scale(true_type, true_typmod) AS numeric_scale,
  pg_shim._pg_datetime_precision(true_type, true_typmod) AS datetime_precision,
  pg_shim._pg_interval_type(true_type, true_typmod) AS interval_type,
  NULL AS interval_precision,
  NULL AS character_set_catalog,
  NULL AS character_set_schema,
  NULL AS character_set_name,
  CASE WHEN coll.collname IS NOT NULL THEN 'lakehouse' END AS collation_catalog,
  CASE WHEN coll.collname IS NOT NULL THEN 'pg_catalog' END AS collation_schema,
  coll.collname AS collation_name,
  CASE WHEN type.typtype = 'd' THEN 'lakehouse' END AS domain_catalog,
  CASE WHEN type.typtype = 'd' THEN type_namespace.nspname END AS domain_schema,
  CASE WHEN type.typtype = 'd' THEN type.typname END AS domain_name,
  'lakehouse' AS udt_catalog,
  coalesce(base_namespace.nspname, type_namespace.nspname) AS udt_schema,
  coalesce(base.typname, type.typname) AS udt_name,
  NULL AS scope_catalog,
  NULL AS scope_schema,
  NULL AS scope_name,
  NULL AS maximum_cardinality,
  attribute.attnum AS dtd_identifier,
  'NO' AS is_self_referencing,
  pg_shim._yes_or_no(attribute.attidentity <> '') AS is_identity,
  CASE attribute.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity_generation,
  sequence.start AS identity_start,
  sequence.increment AS identity_increment,
  sequence.maximum AS identity_maximum,
  sequence.minimum AS identity_minimum,
  pg_shim._yes_or_no(coalesce(sequence.cycles, false)) AS identity_cycle,
  CASE WHEN attribute.attgenerated <> '' THEN 'ALWAYS' ELSE 'NEVER' END AS is_generated,
  CASE WHEN attribute.attgenerated <> '' THEN shim_expression(path, attrdef.adbin, attribute.attrelid, false) END AS generation_expression,
  pg_shim._yes_or_no(pg_shim.pg_column_is_updatable(class.oid, attribute.attnum, false)) AS is_updatable
FROM (
  SELECT
    attribute.*,
    pg_shim._pg_truetypid(type.typtype, attribute.atttypid, type.typbasetype) AS true_type,
    pg_shim._pg_truetypmod(type.typtype, attribute.atttypmod, type.typtypmod) AS true_typmod
  FROM pg_shim.pg_attribute AS attribute
  JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid
) AS attribute
LEFT JOIN pg_shim.pg_attrdef AS attrdef ON attrdef.adrelid = attribute.attrelid AND attrdef.adnum = attribute.attnum
LEFT JOIN facts.sequence
  ON sequence.owner_oid = attribute.attrelid AND sequence.owner_column = attribute.attnum AND sequence.is_identity
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_type AS type ON type.oid = attribute.atttypid
JOIN pg_shim.pg_namespace AS type_namespace ON type_namespace.oid = type.typnamespace
LEFT JOIN pg_shim.pg_type AS base ON type.typtype = 'd' AND base.oid = type.typbasetype
LEFT JOIN pg_shim.pg_namespace AS base_namespace ON base_namespace.oid = base.typnamespace
LEFT JOIN static.pg_collation AS coll ON coll.oid = attribute.attcollation AND coll.collname <> 'default'
WHERE attribute.attnum > 0
  AND NOT attribute.attisdropped
  AND class.relkind IN ('r', 'v', 'f', 'p')
  AND pg_shim._sees_table(role, class.oid, class.relowner)
-- Not promised, but what tools that ask for no order have always seen.
ORDER BY attribute.attrelid, attribute.attnum
