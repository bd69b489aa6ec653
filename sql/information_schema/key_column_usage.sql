-- Columns of keys, in tables the asking role can read or change.
-- https://www.postgresql.org/docs/15/infoschema-key-column-usage.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_constraint, pg_index, pg_namespace
SELECT
  'lakehouse' AS constraint_catalog,
  namespace.nspname AS constraint_schema,
  key.conname AS constraint_name,
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  attribute.attname AS column_name,
  key.place AS ordinal_position,
  CASE WHEN key.contype = 'f' THEN list_position(target.indkey, key.foreign_number) END AS position_in_unique_constraint
FROM (
  SELECT
    *,
    unnest(conkey) AS number,
    unnest(coalesce(confkey, list_transform(conkey, lambda each: NULL::SMALLINT))) AS foreign_number,
    unnest(range(1, len(conkey) + 1)) AS place
  FROM pg_shim.pg_constraint
  WHERE contype IN ('p', 'u', 'f')
) AS key
JOIN pg_shim.pg_class AS class ON class.oid = key.conrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum = key.number
LEFT JOIN pg_shim.pg_index AS target ON key.contype = 'f' AND target.indexrelid = key.conindid
WHERE class.relkind IN ('r', 'p') AND pg_shim._sees_table(role, class.oid, class.relowner)
