-- Grants on collations, domains, sequences and what reads foreign tables from or to roles the asking role is a member of.
-- https://www.postgresql.org/docs/15/infoschema-role-usage-grants.html
-- takes: role
-- needs: enabled_roles, usage_privileges
SELECT *
FROM info_shim.usage_privileges(role)
WHERE grantor IN (SELECT role_name FROM info_shim.enabled_roles(role))
  OR grantee IN (SELECT role_name FROM info_shim.enabled_roles(role))
