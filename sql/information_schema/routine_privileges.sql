-- Grants on functions and procedures that concern the asking role.
-- https://www.postgresql.org/docs/15/infoschema-routine-privileges.html
-- takes: role
-- needs: pg_namespace, pg_proc
SELECT
  pg_shim._grantee(item.grantor) AS grantor,
  pg_shim._grantee(item.grantee) AS grantee,
  'lakehouse' AS specific_catalog,
  namespace.nspname AS specific_schema,
  proc.proname || '_' || proc.oid AS specific_name,
  'lakehouse' AS routine_catalog,
  namespace.nspname AS routine_schema,
  proc.proname AS routine_name,
  'EXECUTE' AS privilege_type,
  pg_shim._yes_or_no(item.is_grantable OR pg_shim._owns(item.grantee, proc.proowner)) AS is_grantable
FROM (
  SELECT
    *,
    unnest(pg_shim.aclexplode(coalesce(proacl, pg_shim.acldefault('f', proowner)))) AS item
  FROM pg_shim.pg_proc
) AS proc
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = proc.pronamespace
WHERE pg_shim._sees_grant(role, item.grantor, item.grantee)
