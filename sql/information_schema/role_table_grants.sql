-- Grants on tables from or to roles the asking role is a member of.
-- https://www.postgresql.org/docs/15/infoschema-role-table-grants.html
-- takes: role
-- needs: enabled_roles, table_privileges
SELECT *
FROM info_shim.table_privileges(role)
WHERE grantor IN (SELECT role_name FROM info_shim.enabled_roles(role))
  OR grantee IN (SELECT role_name FROM info_shim.enabled_roles(role))
