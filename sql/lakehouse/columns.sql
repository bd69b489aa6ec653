-- Columns of datasets, with the share of NULLs and, once analyzed, how many values differ, as far as the asking role has some right on them.
-- oid: 89002
-- takes: role
SELECT
  relation.schema AS bucket,
  relation.name AS dataset,
  attribute.name AS name,
  attribute.number AS position,
  pg_shim.format_type([]::VARCHAR[], attribute.type_oid, attribute.typmod) AS type,
  NOT attribute.not_null AS is_nullable,
  attribute.default_text AS default_text,
  attribute.comment AS description,
  figures.null_fraction AS null_fraction,
  figures.distinct_values AS distinct_estimate
FROM facts.attribute
JOIN facts.relation ON relation.oid = attribute.relation_oid
LEFT JOIN facts.column_statistics AS figures
  ON figures.relation_oid = attribute.relation_oid AND figures.number = attribute.number
WHERE relation.kind IN ('r', 'p', 'f', 'm') AND pg_shim._sees_table(role, relation.oid, relation.owner)
