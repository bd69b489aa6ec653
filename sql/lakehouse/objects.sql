-- Object references: the files that make up a dataset's newest version, with the bucket as it is recorded.
-- oid: 89003
-- takes: role
SELECT
  relation.schema AS bucket,
  relation.name AS dataset,
  object.position AS position,
  object.bucket AS object_bucket,
  object.key AS key,
  object.bytes AS bytes,
  object.rows AS rows
FROM facts.object
JOIN facts.relation ON relation.oid = object.relation_oid
WHERE pg_shim._sees_table(role, relation.oid, relation.owner)
