-- Columns of datasets, as far as the asking role has some right on them.
-- oid: 89002
-- takes: role
SELECT
  relation.schema AS bucket,
  relation.name AS dataset,
  attribute.name AS name,
  attribute.number AS position,
  pg_shim.format_type(attribute.type_oid, attribute.typmod) AS type,
  NOT attribute.not_null AS is_nullable,
  attribute.default_text AS default_text,
  attribute.comment AS description
FROM facts.attribute
JOIN facts.relation ON relation.oid = attribute.relation_oid
WHERE relation.kind IN ('r', 'f') AND pg_shim._sees_table(role, relation.oid, relation.owner)
