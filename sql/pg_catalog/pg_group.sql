-- Roles that cannot log in, with their members.
-- https://www.postgresql.org/docs/15/view-pg-group.html
SELECT
  name AS groname,
  oid AS grosysid,
  coalesce((SELECT list(member ORDER BY member) FROM facts.membership WHERE membership.role = one.oid), []) AS grolist
FROM facts.role AS one
WHERE NOT can_login
