-- Indexes: one stands for each primary key and unique constraint, as clients look for keys here.
-- https://www.postgresql.org/docs/15/catalog-pg-index.html
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
  len(key.columns),
  len(key.columns),
  true,
  key.nulls_not_distinct,
  key.type = 'p',
  false,
  true,
  false,
  true,
  false,
  true,
  true,
  false,
  key.columns,
  list_transform(key.columns, lambda each: 0),
  list_transform(key.columns, lambda each: 0),
  list_transform(key.columns, lambda each: 0),
  NULL,
  NULL
FROM facts.constraint AS key
WHERE key.type IN ('p', 'u', 'i')
