-- Grants on composite types from or to roles the asking role is a member of.
-- https://www.postgresql.org/docs/15/infoschema-role-udt-grants.html
-- takes: role
-- needs: enabled_roles, udt_privileges
SELECT *
FROM info_shim.udt_privileges(role)
WHERE grantor IN (SELECT role_name FROM info_shim.enabled_roles(role))
  OR grantee IN (SELECT role_name FROM info_shim.enabled_roles(role))
