-- Foreign keys of tables the asking role can change.
-- https://www.postgresql.org/docs/15/infoschema-referential-constraints.html
-- takes: role
-- needs: pg_class, pg_constraint, pg_namespace
SELECT
  'lakehouse' AS constraint_catalog,
  namespace.nspname AS constraint_schema,
  key.conname AS constraint_name,
  CASE WHEN target.conname IS NOT NULL THEN 'lakehouse' END AS unique_constraint_catalog,
  target_namespace.nspname AS unique_constraint_schema,
  target.conname AS unique_constraint_name,
  CASE key.confmatchtype WHEN 'f' THEN 'FULL' WHEN 'p' THEN 'PARTIAL' WHEN 's' THEN 'NONE' END AS match_option,
  CASE key.confupdtype
    WHEN 'c' THEN 'CASCADE'
    WHEN 'n' THEN 'SET NULL'
    WHEN 'd' THEN 'SET DEFAULT'
    WHEN 'r' THEN 'RESTRICT'
    WHEN 'a' THEN 'NO ACTION'
  END AS update_rule,
  CASE key.confdeltype
    WHEN 'c' THEN 'CASCADE'
    WHEN 'n' THEN 'SET NULL'
    WHEN 'd' THEN 'SET DEFAULT'
    WHEN 'r' THEN 'RESTRICT'
    WHEN 'a' THEN 'NO ACTION'
  END AS delete_rule
FROM pg_shim.pg_constraint AS key
JOIN pg_shim.pg_class AS class ON class.oid = key.conrelid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = key.connamespace
LEFT JOIN pg_shim.pg_constraint AS target ON target.conindid = key.conindid AND target.contype IN ('p', 'u')
LEFT JOIN pg_shim.pg_namespace AS target_namespace ON target_namespace.oid = target.connamespace
WHERE key.contype = 'f' AND pg_shim._changes_table(role, class.oid, class.relowner)
