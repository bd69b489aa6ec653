-- Default privileges: ALTER DEFAULT PRIVILEGES.
-- https://www.postgresql.org/docs/15/catalog-pg-default-acl.html
SELECT
  oid,
  role_oid AS defaclrole,
  schema_oid AS defaclnamespace,
  kind AS defaclobjtype,
  acl AS defaclacl
FROM facts.default_acl
WHERE schema_oid = 0
  OR schema_oid IN (SELECT oid FROM facts.schema)
