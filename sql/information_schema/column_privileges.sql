-- Grants on columns that concern the asking role, those on their tables among them.
-- https://www.postgresql.org/docs/15/infoschema-column-privileges.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace, table_privileges
SELECT DISTINCT
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
UNION
SELECT
  pg_shim._grantee(item.grantor),
  pg_shim._grantee(item.grantee),
  'lakehouse',
  schema,
  name,
  column_name,
  item.privilege_type,
  pg_shim._yes_or_no(item.is_grantable OR pg_shim._owns(item.grantee, owner))
FROM (
  SELECT
    relation.schema,
    relation.name,
    relation.owner,
    attribute.name AS column_name,
    unnest(pg_shim.aclexplode(column_acl.acl)) AS item
  FROM facts.column_acl
  JOIN facts.relation ON relation.oid = column_acl.relation_oid
  JOIN facts.attribute ON attribute.relation_oid = column_acl.relation_oid AND attribute.number = column_acl.number
)
WHERE pg_shim._sees_grant(role, item.grantor, item.grantee)
