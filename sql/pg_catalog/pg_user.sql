-- Roles that can log in.
-- https://www.postgresql.org/docs/15/view-pg-user.html
SELECT
  name AS usename,
  oid AS usesysid,
  can_create_database AS usecreatedb,
  is_superuser AS usesuper,
  false AS userepl,
  bypasses_row_security AS usebypassrls,
  '********' AS passwd,
  valid_until AS valuntil,
  (SELECT kept.settings FROM facts.db_role_setting AS kept WHERE kept.database_oid = 0 AND kept.role_oid = one.oid) AS useconfig
FROM facts.role AS one
WHERE can_login
