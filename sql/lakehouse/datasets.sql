-- Datasets: the tables of every bucket, with their size and age, as far as the asking role has some right on them.
-- oid: 89001
-- takes: role
SELECT
  relation.schema AS bucket,
  relation.name AS name,
  pg_shim.pg_get_userbyid(relation.owner) AS owner,
  relation.comment AS description,
  statistics.rows AS rows,
  statistics.bytes AS bytes,
  statistics.files AS files,
  statistics.version AS version,
  statistics.created AS created,
  statistics.updated AS updated,
  now() - statistics.updated AS freshness,
  CASE relation.source WHEN 'legacy' THEN 'legacy catalog' WHEN 'foreign' THEN 'foreign ' || relation.format ELSE 'delta' END AS source
FROM facts.relation
LEFT JOIN facts.statistics ON statistics.relation_oid = relation.oid
WHERE relation.kind IN ('r', 'p', 'f', 'm') AND pg_shim._sees_table(role, relation.oid, relation.owner)
