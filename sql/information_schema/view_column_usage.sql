-- Columns that views use, where both are the asking role's to know.
-- https://www.postgresql.org/docs/15/infoschema-view-column-usage.html
-- Differs: what the system's views use is not told.
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace
SELECT DISTINCT
  'lakehouse' AS view_catalog,
  view_namespace.nspname AS view_schema,
  view.relname AS view_name,
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  attribute.attname AS column_name
FROM facts.view_read
JOIN pg_shim.pg_class AS view ON view.oid = view_read.view_oid AND view.relkind = 'v'
JOIN pg_shim.pg_namespace AS view_namespace ON view_namespace.oid = view.relnamespace
JOIN pg_shim.pg_class AS class ON class.oid = view_read.relation_oid AND class.relkind IN ('r', 'v', 'f', 'p')
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = view_read.number
WHERE pg_shim._owns(role, class.relowner)
