-- Run-time parameters kept for roles and the database: ALTER ROLE … SET, ALTER DATABASE … SET.
-- https://www.postgresql.org/docs/15/catalog-pg-db-role-setting.html
SELECT
  database_oid AS setdatabase,
  role_oid AS setrole,
  settings AS setconfig
FROM facts.db_role_setting
