-- What depends on roles: what they own, and what something was granted on to them.
-- https://www.postgresql.org/docs/15/catalog-pg-shdepend.html
-- needs: pg_class, pg_namespace, pg_proc, pg_type
WITH object AS (
  SELECT 1259 AS class, oid, relowner AS owner, relacl AS acl FROM pg_shim.pg_class WHERE oid >= 262144 AND relkind <> 'i'
  UNION ALL
  SELECT 2615, oid, nspowner, nspacl FROM pg_shim.pg_namespace
  UNION ALL
  SELECT 1255, oid, proowner, proacl FROM pg_shim.pg_proc WHERE oid >= 262144
  UNION ALL
  -- A row type, and a type of arrays, goes with what it is of.
  SELECT 1247, oid, typowner, typacl FROM pg_shim.pg_type WHERE oid >= 262144 AND typelem = 0 AND typrelid = 0
)
SELECT
  16384 AS dbid,
  class AS classid,
  oid AS objid,
  0 AS objsubid,
  1260 AS refclassid,
  owner AS refobjid,
  'o' AS deptype
FROM object
WHERE owner <> 10
UNION ALL
SELECT DISTINCT 16384, class, oid, 0, 1260, grantee, 'a'
FROM (SELECT class, oid, owner, unnest(pg_shim.aclexplode(acl)).grantee AS grantee FROM object)
WHERE grantee NOT IN (0, 10, owner)
