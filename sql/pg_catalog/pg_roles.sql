-- Roles, without their passwords.
-- https://www.postgresql.org/docs/15/view-pg-roles.html
SELECT
  name AS rolname,
  is_superuser AS rolsuper,
  inherits AS rolinherit,
  can_create_role AS rolcreaterole,
  can_create_database AS rolcreatedb,
  can_login AS rolcanlogin,
  false AS rolreplication,
  connection_limit AS rolconnlimit,
  '********' AS rolpassword,
  valid_until AS rolvaliduntil,
  bypasses_row_security AS rolbypassrls,
  (SELECT kept.settings FROM facts.db_role_setting AS kept WHERE kept.database_oid = 0 AND kept.role_oid = one.oid) AS rolconfig,
  oid
FROM facts.role AS one
