-- Roles that can log in.
-- https://www.postgresql.org/docs/15/view-pg-user.html
SELECT
  name AS usename,
  oid AS usesysid,
  can_create_database AS usecreatedb,
  is_superuser AS usesuper,
  false AS userepl,
  is_superuser AS usebypassrls,
  '********' AS passwd,
  valid_until AS valuntil,
  settings AS useconfig
FROM facts.role
WHERE can_login
