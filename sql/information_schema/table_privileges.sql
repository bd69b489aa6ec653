-- Grants on tables that concern the asking role, the owner's own rights among them.
-- https://www.postgresql.org/docs/15/infoschema-table-privileges.html
-- takes: role
-- needs: pg_class, pg_namespace
SELECT
  pg_shim._grantee(item.grantor) AS grantor,
  pg_shim._grantee(item.grantee) AS grantee,
  'lakehouse' AS table_catalog,
  namespace.nspname AS table_schema,
  class.relname AS table_name,
  item.privilege_type AS privilege_type,
  pg_shim._yes_or_no(item.is_grantable OR pg_shim._owns(item.grantee, class.relowner)) AS is_grantable,
  pg_shim._yes_or_no(item.privilege_type = 'SELECT') AS with_hierarchy
FROM (
  SELECT
    *,
    unnest(pg_shim.aclexplode(coalesce(relacl, pg_shim.acldefault('r', relowner)))) AS item
  FROM pg_shim.pg_class
  WHERE relkind IN ('r', 'v', 'f', 'p')
) AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE pg_shim._sees_grant(role, item.grantor, item.grantee)
