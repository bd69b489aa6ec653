-- Arguments of functions and procedures the asking role may call.
-- https://www.postgresql.org/docs/15/infoschema-parameters.html
-- takes: role
-- needs: pg_namespace, pg_proc, pg_type
SELECT
  'lakehouse' AS specific_catalog,
  namespace.nspname AS specific_schema,
  proc.proname || '_' || proc.oid AS specific_name,
  argument.n AS ordinal_position,
  CASE proc.proargmodes[argument.n]
    WHEN 'o' THEN 'OUT'
    WHEN 'b' THEN 'INOUT'
    WHEN 't' THEN 'OUT'
    ELSE 'IN'
  END AS parameter_mode,
  'NO' AS is_result,
  'NO' AS as_locator,
  nullif(proc.proargnames[argument.n], '') AS parameter_name,
  pg_shim._data_type(type.typelem, type.typlen, type.typnamespace, type.oid) AS data_type,
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
  'lakehouse' AS udt_catalog,
  type_namespace.nspname AS udt_schema,
  type.typname AS udt_name,
  NULL AS scope_catalog,
  NULL AS scope_schema,
  NULL AS scope_name,
  NULL AS maximum_cardinality,
  argument.n AS dtd_identifier,
  CASE WHEN pg_shim._owns(role, proc.proowner) THEN shim_argument_default(proc.oid, argument.n) END AS parameter_default
FROM (
  SELECT
    oid,
    proname,
    proowner,
    pronamespace,
    proargnames,
    proargmodes,
    unnest(pg_shim._pg_expandarray(coalesce(proallargtypes, proargtypes))) AS argument
  FROM pg_shim.pg_proc
) AS proc
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = proc.pronamespace
JOIN pg_shim.pg_type AS type ON type.oid = argument.x
JOIN static.pg_namespace AS type_namespace ON type_namespace.oid = type.typnamespace
WHERE pg_shim._sees_function(role, proc.oid, proc.proowner)
