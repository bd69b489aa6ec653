-- Run-time parameters kept for a role: ALTER ROLE … SET. None is kept for a database.
-- https://www.postgresql.org/docs/15/catalog-pg-db-role-setting.html
SELECT
  0 AS setdatabase,
  oid AS setrole,
  settings AS setconfig
FROM facts.role
WHERE settings IS NOT NULL
