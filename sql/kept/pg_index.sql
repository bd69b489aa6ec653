-- What pg_index has.
SELECT
  indexrelid,
  indrelid,
  indnatts,
  indnkeyatts,
  indisunique,
  indnullsnotdistinct,
  indisprimary,
  indisexclusion,
  indimmediate,
  indisclustered,
  indisvalid,
  indcheckxmin,
  indisready,
  indislive,
  indisreplident,
  indkey,
  indcollation,
  indclass,
  indoption,
  indexprs,
  indpred
FROM static.pg_index
UNION ALL
SELECT
  key.index_oid,
  key.relation_oid,
  len(key.columns) + len(key.included),
  len(key.columns),
  true,
  key.nulls_not_distinct,
  key.type = 'p',
  false,
  NOT key.is_deferrable,
  relation.clustered_on = key.index_oid,
  true,
  false,
  true,
  true,
  false,
  list_concat(key.columns, key.included),
  key.collations,
  key.classes,
  key.options,
  NULL,
  NULL
FROM facts.constraint AS key
JOIN facts.relation ON relation.oid = key.relation_oid
WHERE key.type IN ('p', 'u', 'i')
UNION ALL
SELECT
  index.oid,
  index.relation_oid,
  len(index.columns),
  index.key_count,
  index.is_unique,
  index.nulls_not_distinct,
  false,
  false,
  true,
  relation.clustered_on = index.oid,
  true,
  false,
  true,
  true,
  false,
  index.columns,
  index.collations,
  index.classes,
  index.options,
  index.expressions,
  index.predicate
FROM facts.index
JOIN facts.relation ON relation.oid = index.relation_oid
