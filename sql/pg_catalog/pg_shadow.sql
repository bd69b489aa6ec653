-- Roles that can log in, with their password verifiers. Only a superuser sees rows.
-- https://www.postgresql.org/docs/15/view-pg-shadow.html
-- takes: role
SELECT
  name AS usename,
  oid AS usesysid,
  can_create_database AS usecreatedb,
  is_superuser AS usesuper,
  false AS userepl,
  bypasses_row_security AS usebypassrls,
  verifier AS passwd,
  valid_until AS valuntil,
  (SELECT kept.settings FROM facts.db_role_setting AS kept WHERE kept.database_oid = 0 AND kept.role_oid = one.oid) AS useconfig
FROM facts.role AS one
WHERE can_login AND EXISTS (FROM facts.role AS asker WHERE asker.oid = role AND asker.is_superuser)
