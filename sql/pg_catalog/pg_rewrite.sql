-- Rewrite rules: the one that a view is.
-- https://www.postgresql.org/docs/15/catalog-pg-rewrite.html
-- Differs: ev_qual and ev_action hold no node trees; what a view means is kept elsewhere.
SELECT
  oid + 3 AS oid,
  '_RETURN' AS rulename,
  oid AS ev_class,
  '1' AS ev_type,
  'O' AS ev_enabled,
  true AS is_instead,
  '<>' AS ev_qual,
  '<>' AS ev_action
FROM facts.relation
WHERE source = 'view' OR kind = 'm'
