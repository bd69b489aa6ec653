-- Keys and checks.
-- https://www.postgresql.org/docs/15/catalog-pg-constraint.html
-- Differs: conbin is SQL text, not a node tree. A constraint declared NOT ENFORCED is shown as not valid.
SELECT
  oid,
  conname,
  connamespace,
  contype,
  condeferrable,
  condeferred,
  convalidated,
  conrelid,
  contypid,
  conindid,
  conparentid,
  confrelid,
  confupdtype,
  confdeltype,
  confmatchtype,
  conislocal,
  coninhcount,
  connoinherit,
  conkey,
  confkey,
  conpfeqop,
  conppeqop,
  conffeqop,
  confdelsetcols,
  conexclop,
  conbin
FROM static.pg_constraint
UNION ALL
SELECT
  key.oid,
  key.name,
  relation.schema_oid,
  key.type,
  false,
  false,
  key.is_validated,
  key.relation_oid,
  0,
  key.index_oid,
  0,
  key.foreign_relation_oid,
  key.update_action,
  key.delete_action,
  key.match,
  true,
  0,
  key.no_inherit,
  key.columns,
  CASE key.type WHEN 'f' THEN key.foreign_columns END,
  NULL,
  NULL,
  NULL,
  key.delete_columns,
  NULL,
  key.expression
FROM facts.constraint AS key
JOIN facts.relation ON relation.oid = key.relation_oid
WHERE key.type <> 'i'
