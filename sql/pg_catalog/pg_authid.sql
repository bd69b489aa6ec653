-- Roles with their password verifiers. Only a superuser sees rows.
-- https://www.postgresql.org/docs/15/catalog-pg-authid.html
-- takes: role
SELECT
  oid,
  name AS rolname,
  is_superuser AS rolsuper,
  inherits AS rolinherit,
  can_create_role AS rolcreaterole,
  can_create_database AS rolcreatedb,
  can_login AS rolcanlogin,
  false AS rolreplication,
  bypasses_row_security AS rolbypassrls,
  connection_limit AS rolconnlimit,
  verifier AS rolpassword,
  valid_until AS rolvaliduntil
FROM facts.role
WHERE EXISTS (FROM facts.role AS asker WHERE asker.oid = role AND asker.is_superuser)
