-- Memberships the asking role can use.
-- https://www.postgresql.org/docs/15/infoschema-applicable-roles.html
-- takes: role
SELECT
  pg_shim._grantee(membership.member) AS grantee,
  pg_shim._grantee(membership."role") AS role_name,
  pg_shim._yes_or_no(membership.admin) AS is_grantable
FROM facts.membership
WHERE pg_shim._owns(role, membership.member)
