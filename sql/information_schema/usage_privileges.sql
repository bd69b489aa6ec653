-- USAGE of collations, domains, sequences, the foreign-data wrapper and its server, as far as the grant concerns the asking role.
-- https://www.postgresql.org/docs/15/infoschema-usage-privileges.html
-- takes: role
-- needs: pg_class, pg_foreign_data_wrapper, pg_foreign_server, pg_namespace, pg_type
SELECT
  pg_shim.pg_get_userbyid(collowner) AS grantor,
  'PUBLIC' AS grantee,
  'lakehouse' AS object_catalog,
  'pg_catalog' AS object_schema,
  collname AS object_name,
  'COLLATION' AS object_type,
  'USAGE' AS privilege_type,
  'NO' AS is_grantable
FROM static.pg_collation
WHERE collencoding IN (-1, 6)
UNION ALL
SELECT
  pg_shim._grantee(item.grantor),
  pg_shim._grantee(item.grantee),
  'lakehouse',
  coalesce(namespace.nspname, ''),
  object.name,
  object.kind,
  'USAGE',
  pg_shim._yes_or_no(item.is_grantable OR pg_shim._owns(item.grantee, object.owner))
FROM (
  SELECT *, unnest(pg_shim.aclexplode(coalesce(acl, pg_shim.acldefault(letter, owner)))) AS item
  FROM (
    SELECT typname AS name, typnamespace AS namespace, typowner AS owner, typacl AS acl, 'T' AS letter, 'DOMAIN' AS kind
    FROM pg_shim.pg_type
    WHERE typtype = 'd'
    UNION ALL
    -- As PostgreSQL does: what a table is born with has no USAGE, so that a sequence is told once somebody has granted it.
    SELECT relname, relnamespace, relowner, relacl, 'r', 'SEQUENCE'
    FROM pg_shim.pg_class
    WHERE relkind = 'S'
    UNION ALL
    SELECT fdwname, NULL, fdwowner, fdwacl, 'F', 'FOREIGN DATA WRAPPER'
    FROM pg_shim.pg_foreign_data_wrapper
    UNION ALL
    SELECT srvname, NULL, srvowner, srvacl, 'S', 'FOREIGN SERVER'
    FROM pg_shim.pg_foreign_server
  )
) AS object
LEFT JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = object.namespace
WHERE item.privilege_type = 'USAGE' AND pg_shim._sees_grant(role, item.grantor, item.grantee)
