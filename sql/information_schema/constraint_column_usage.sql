-- Columns that constraints of the asking role's own tables use: a foreign key uses those it refers to.
-- https://www.postgresql.org/docs/15/infoschema-constraint-column-usage.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_constraint, pg_namespace
SELECT
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  attribute.attname AS column_name,
  'lakehouse' AS constraint_catalog,
  key_namespace.nspname AS constraint_schema,
  key.conname AS constraint_name
FROM (
  SELECT
    conname,
    connamespace,
    CASE contype WHEN 'f' THEN confrelid ELSE conrelid END AS relation,
    unnest(CASE contype WHEN 'f' THEN confkey ELSE conkey END) AS number
  FROM pg_shim.pg_constraint
  WHERE contype IN ('p', 'u', 'f', 'c') AND conrelid <> 0
) AS key
JOIN pg_shim.pg_class AS class ON class.oid = key.relation
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_namespace AS key_namespace ON key_namespace.oid = key.connamespace
JOIN pg_shim.pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = key.number
WHERE class.relkind IN ('r', 'p') AND pg_shim._owns(role, class.relowner)
