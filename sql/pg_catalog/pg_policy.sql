-- Row filters: CREATE POLICY.
-- https://www.postgresql.org/docs/15/catalog-pg-policy.html
-- Differs: polqual and polwithcheck hold what pg_get_expr prints them by, not a node tree.
SELECT
  oid,
  name AS polname,
  relation_oid AS polrelid,
  command AS polcmd,
  is_permissive AS polpermissive,
  roles AS polroles,
  using_text AS polqual,
  check_text AS polwithcheck
FROM facts.policy
