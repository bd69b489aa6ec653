-- Databases: there is one, whatever name was given at login.
-- https://www.postgresql.org/docs/15/catalog-pg-database.html
-- Differs: no template databases.
SELECT
  16384 AS oid,
  'lakehouse' AS datname,
  10 AS datdba,
  6 AS encoding,
  'c' AS datlocprovider,
  false AS datistemplate,
  true AS datallowconn,
  -1 AS datconnlimit,
  3 AS datfrozenxid,
  1 AS datminmxid,
  1663 AS dattablespace,
  'C' AS datcollate,
  'C.UTF-8' AS datctype,
  NULL AS daticulocale,
  NULL AS datcollversion,
  pg_shim._acl('database', 16384, 10) AS datacl
