-- Which role is a member of which.
-- https://www.postgresql.org/docs/15/catalog-pg-auth-members.html
-- Differs: the grantor is always the superuser.
SELECT
  role AS roleid,
  member,
  10 AS grantor,
  admin AS admin_option
FROM facts.membership
