-- Grants on columns from or to roles the asking role is a member of.
-- https://www.postgresql.org/docs/15/infoschema-role-column-grants.html
-- takes: role
-- needs: column_privileges, enabled_roles
SELECT *
FROM info_shim.column_privileges(role)
WHERE grantor IN (SELECT role_name FROM info_shim.enabled_roles(role))
  OR grantee IN (SELECT role_name FROM info_shim.enabled_roles(role))
