-- Roles whose rights the asking role has.
-- https://www.postgresql.org/docs/15/infoschema-enabled-roles.html
-- takes: role
SELECT name AS role_name
FROM facts.role AS one
WHERE pg_shim._owns(role, one.oid)
