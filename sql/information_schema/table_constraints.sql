-- Keys, checks and not-null constraints of tables the asking role can change.
-- https://www.postgresql.org/docs/15/infoschema-table-constraints.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_constraint, pg_namespace
SELECT
  'lakehouse' AS constraint_catalog,
  key_namespace.nspname AS constraint_schema,
  key.conname AS constraint_name,
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  CASE key.contype
    WHEN 'c' THEN 'CHECK'
    WHEN 'f' THEN 'FOREIGN KEY'
    WHEN 'p' THEN 'PRIMARY KEY'
    WHEN 'u' THEN 'UNIQUE'
  END AS constraint_type,
  pg_shim._yes_or_no(key.condeferrable) AS is_deferrable,
  pg_shim._yes_or_no(key.condeferred) AS initially_deferred,
  'YES' AS enforced,
  CASE
    WHEN key.contype = 'u'
    THEN pg_shim._yes_or_no(NOT coalesce((SELECT bool_or(nulls_not_distinct) FROM facts.constraint WHERE oid = key.oid), false))
  END AS nulls_distinct
FROM pg_shim.pg_constraint AS key
JOIN pg_shim.pg_namespace AS key_namespace ON key_namespace.oid = key.connamespace
JOIN pg_shim.pg_class AS class ON class.oid = key.conrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE key.contype IN ('c', 'f', 'p', 'u') AND pg_shim._changes_table(role, class.oid, class.relowner)
UNION ALL
SELECT
  'lakehouse',
  namespace.nspname,
  class.relnamespace || '_' || class.oid || '_' || attribute.attnum || '_not_null',
  'lakehouse',
  namespace.nspname,
  class.relname,
  'CHECK',
  'NO',
  'NO',
  'YES',
  NULL
FROM pg_shim.pg_attribute AS attribute
JOIN pg_shim.pg_class AS class ON class.oid = attribute.attrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE attribute.attnotnull
  AND attribute.attnum > 0
  AND class.relkind IN ('r', 'p')
  AND pg_shim._changes_table(role, class.oid, class.relowner)
