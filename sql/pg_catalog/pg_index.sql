-- Indexes: one stands for each primary key and unique constraint; others enforce nothing, and are what CLUSTER goes by.
-- https://www.postgresql.org/docs/15/catalog-pg-index.html
-- needs: pg_type
WITH class AS (
  SELECT
    kept.index_oid,
    list(coalesce(opclass.oid, 0) ORDER BY kept.place) AS oids
  FROM (
    SELECT index_oid, relation_oid, unnest(columns) AS number, unnest(range(1, len(columns) + 1)) AS place
    FROM facts.constraint
    WHERE type IN ('p', 'u', 'i')
    UNION ALL
    SELECT oid, relation_oid, unnest(columns[1:key_count]), unnest(range(1, key_count + 1)) FROM facts.index
  ) AS kept
  LEFT JOIN facts.attribute AS attribute
    ON attribute.relation_oid = kept.relation_oid AND attribute.number = kept.number
  LEFT JOIN pg_shim.pg_type AS type ON type.oid = attribute.type_oid
  LEFT JOIN static.pg_opclass AS opclass
    ON opclass.opcmethod = 403
    AND opclass.opcdefault
    -- What a type without a class of its own is compared as.
    AND opclass.opcintype = CASE
      WHEN type.oid = 1043 THEN 25
      WHEN type.oid = 650 THEN 869
      WHEN type.typcategory = 'A' THEN 2277
      WHEN type.typcategory = 'E' THEN 3500
      WHEN type.typcategory = 'R' THEN 3831
      ELSE type.oid
    END
  GROUP BY kept.index_oid
)
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
  list_transform(key.columns, lambda each: 0),
  class.oids,
  list_transform(key.columns, lambda each: 0),
  NULL,
  NULL
FROM facts.constraint AS key
JOIN facts.relation ON relation.oid = key.relation_oid
LEFT JOIN class ON class.index_oid = key.index_oid
WHERE key.type IN ('p', 'u', 'i')
UNION ALL
SELECT
  index.oid,
  index.relation_oid,
  len(index.columns),
  index.key_count,
  false,
  false,
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
  list_transform(index.options, lambda each: 0),
  class.oids,
  index.options,
  index.expressions,
  index.predicate
FROM facts.index
JOIN facts.relation ON relation.oid = index.relation_oid
LEFT JOIN class ON class.index_oid = index.oid
