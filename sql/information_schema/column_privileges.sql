-- Grants on columns: those on their tables.
-- https://www.postgresql.org/docs/15/infoschema-column-privileges.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace, table_privileges
SELECT
  granted.grantor,
  granted.grantee,
  granted.table_catalog,
  granted.table_schema,
  granted.table_name,
  attribute.attname AS column_name,
  granted.privilege_type,
  granted.is_grantable
FROM info_shim.table_privileges(role) AS granted
JOIN pg_shim.pg_namespace AS namespace ON namespace.nspname = granted.table_schema
JOIN pg_shim.pg_class AS class ON class.relnamespace = namespace.oid AND class.relname = granted.table_name
JOIN pg_shim.pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0
WHERE granted.privilege_type IN ('INSERT', 'SELECT', 'UPDATE', 'REFERENCES')
