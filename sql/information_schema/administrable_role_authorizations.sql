-- Memberships the asking role can give on.
-- https://www.postgresql.org/docs/15/infoschema-administrable-role-authorizations.html
-- takes: role
-- needs: applicable_roles
SELECT *
FROM info_shim.applicable_roles(role)
WHERE is_grantable = 'YES'
