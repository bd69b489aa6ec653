-- Grants on composite types that concern the asking role, the owner's own rights among them.
-- https://www.postgresql.org/docs/15/infoschema-udt-privileges.html
-- takes: role
-- needs: pg_namespace, pg_type
SELECT
  pg_shim._grantee(item.grantor) AS grantor,
  pg_shim._grantee(item.grantee) AS grantee,
  'lakehouse' AS udt_catalog,
  namespace.nspname AS udt_schema,
  type.typname AS udt_name,
  'TYPE USAGE' AS privilege_type,
  pg_shim._yes_or_no(item.is_grantable OR pg_shim._owns(item.grantee, type.typowner)) AS is_grantable
FROM (
  SELECT *, unnest(pg_shim.aclexplode(coalesce(typacl, pg_shim.acldefault('T', typowner)))) AS item
  FROM pg_shim.pg_type
  WHERE typtype = 'c'
) AS type
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = type.typnamespace
WHERE item.privilege_type = 'USAGE' AND pg_shim._sees_grant(role, item.grantor, item.grantee)
