-- Row filters, in words.
-- https://www.postgresql.org/docs/15/view-pg-policies.html
-- takes: path
SELECT
  relation.schema AS schemaname,
  relation.name AS tablename,
  policy.name AS policyname,
  CASE WHEN policy.is_permissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END AS permissive,
  CASE
    WHEN policy.roles = [0] THEN ['public']
    ELSE list_sort(list_transform(policy.roles, lambda one: shim_role_name(one)))
  END AS roles,
  CASE policy.command
    WHEN 'r' THEN 'SELECT'
    WHEN 'a' THEN 'INSERT'
    WHEN 'w' THEN 'UPDATE'
    WHEN 'd' THEN 'DELETE'
    ELSE 'ALL'
  END AS cmd,
  pg_shim.pg_get_expr(path, policy.using_text, policy.relation_oid) AS qual,
  pg_shim.pg_get_expr(path, policy.check_text, policy.relation_oid) AS with_check
FROM facts.policy
JOIN facts.relation ON relation.oid = policy.relation_oid
