-- Relations: datasets as tables (r), sequences (S), those of others as foreign tables (f), the catalog's own as views (v), the indexes of keys (i).
-- https://www.postgresql.org/docs/15/catalog-pg-class.html
-- Differs: relpages is the data files' bytes over 8192.
SELECT
  oid,
  relname,
  relnamespace,
  reltype,
  reloftype,
  relowner,
  relam,
  relfilenode,
  reltablespace,
  relpages,
  reltuples,
  relallvisible,
  reltoastrelid,
  relhasindex,
  relisshared,
  relpersistence,
  relkind,
  relnatts,
  relchecks,
  relhasrules,
  relhastriggers,
  relhassubclass,
  relrowsecurity,
  relforcerowsecurity,
  relispopulated,
  relreplident,
  relispartition,
  relrewrite,
  relfrozenxid,
  relminmxid,
  CASE WHEN relkind <> 'i' THEN coalesce(pg_shim._acl('table', oid, relowner), pg_shim._born_acl(relacl)) END AS relacl,
  reloptions,
  relpartbound
FROM static.pg_class
UNION ALL
SELECT
  relation.oid,
  relation.name,
  relation.schema_oid,
  CASE WHEN relation.source IN ('dataset', 'legacy', 'foreign', 'view') THEN relation.oid + 1 ELSE 0 END,
  0,
  relation.owner,
  CASE WHEN relation.kind IN ('r', 'm') THEN 2 ELSE 0 END,
  CASE WHEN relation.kind IN ('r', 'S', 'm') THEN relation.oid ELSE 0 END,
  0,
  CASE
    WHEN relation.kind IN ('r', 'f', 'p', 'm') THEN coalesce((statistics.bytes + 8191) // 8192, 0)
    WHEN relation.kind = 'S' THEN 1
    ELSE 0
  END,
  CASE
    WHEN relation.kind IN ('r', 'f', 'p', 'm') THEN coalesce(statistics.rows, -1)
    WHEN relation.kind = 'S' THEN 1
    ELSE -1
  END,
  0,
  0,
  EXISTS (FROM facts.constraint AS key WHERE key.relation_oid = relation.oid AND key.type IN ('p', 'u', 'i'))
    OR EXISTS (FROM facts.index WHERE index.relation_oid = relation.oid),
  false,
  relation.persistence,
  relation.kind,
  relation.column_count,
  (SELECT count(*) FROM facts.constraint AS checked WHERE checked.relation_oid = relation.oid AND checked.type = 'c'),
  relation.kind IN ('v', 'm'),
  EXISTS (
    FROM facts.constraint AS reference
    WHERE reference.type = 'f' AND relation.oid IN (reference.relation_oid, reference.foreign_relation_oid)
  ),
  false,
  false,
  false,
  relation.is_populated,
  CASE WHEN relation.kind IN ('r', 'p', 'm') THEN 'd' ELSE 'n' END,
  false,
  0,
  CASE WHEN relation.kind IN ('r', 'm') THEN 3 ELSE 0 END,
  CASE WHEN relation.kind IN ('r', 'm') THEN 1 ELSE 0 END,
  pg_shim._acl(CASE relation.kind WHEN 'S' THEN 'sequence' ELSE 'table' END, relation.oid, relation.owner),
  relation.options,
  NULL
FROM facts.relation
LEFT JOIN facts.statistics ON statistics.relation_oid = relation.oid
UNION ALL
SELECT
  key.index_oid,
  key.name,
  relation.schema_oid,
  0,
  0,
  relation.owner,
  403,
  key.index_oid,
  0,
  0,
  0,
  0,
  0,
  false,
  false,
  relation.persistence,
  'i',
  len(key.columns) + len(key.included),
  0,
  false,
  false,
  false,
  false,
  false,
  true,
  'n',
  false,
  0,
  0,
  0,
  NULL,
  NULL,
  NULL
FROM facts.constraint AS key
JOIN facts.relation ON relation.oid = key.relation_oid
WHERE key.type IN ('p', 'u', 'i')
UNION ALL
SELECT
  oid - 1,
  name,
  schema_oid,
  oid,
  0,
  owner,
  0,
  0,
  0,
  0,
  -1,
  0,
  0,
  false,
  false,
  'p',
  'c',
  column_count,
  0,
  false,
  false,
  false,
  false,
  false,
  true,
  'n',
  false,
  0,
  0,
  0,
  NULL,
  NULL,
  NULL
FROM facts.type
WHERE kind = 'c'
UNION ALL
SELECT
  index.oid,
  index.name,
  relation.schema_oid,
  0,
  0,
  relation.owner,
  index.method,
  index.oid,
  0,
  0,
  0,
  0,
  0,
  false,
  false,
  relation.persistence,
  'i',
  len(index.columns),
  0,
  false,
  false,
  false,
  false,
  false,
  true,
  'n',
  false,
  0,
  0,
  0,
  NULL,
  index.parameters,
  NULL
FROM facts.index
JOIN facts.relation ON relation.oid = index.relation_oid
