-- Columns of relations, and of the indexes of keys.
-- https://www.postgresql.org/docs/15/catalog-pg-attribute.html
-- Differs: system columns (ctid, xmin, …) have no rows.
SELECT
  attribute.relation_oid AS attrelid,
  attribute.name AS attname,
  attribute.type_oid AS atttypid,
  -1 AS attstattarget,
  type.typlen AS attlen,
  attribute.number AS attnum,
  CASE WHEN type.typcategory = 'A' AND type.typelem <> 0 AND type.typname LIKE '\_%' ESCAPE '\' THEN 1 ELSE 0 END AS attndims,
  -1 AS attcacheoff,
  attribute.typmod AS atttypmod,
  type.typbyval AS attbyval,
  type.typalign AS attalign,
  type.typstorage AS attstorage,
  '' AS attcompression,
  attribute.not_null AS attnotnull,
  attribute.default_text IS NOT NULL AS atthasdef,
  false AS atthasmissing,
  '' AS attidentity,
  '' AS attgenerated,
  false AS attisdropped,
  true AS attislocal,
  0 AS attinhcount,
  type.typcollation AS attcollation,
  NULL AS attacl,
  NULL AS attoptions,
  NULL AS attfdwoptions,
  NULL AS attmissingval
FROM (
  SELECT relation_oid, number, name, type_oid, typmod, not_null, NULL AS default_text FROM static.attribute
  UNION ALL
  SELECT relation_oid, number, name, type_oid, typmod, not_null, default_text FROM facts.attribute
  UNION ALL
  SELECT indexed.index_oid, indexed.place, attribute.name, attribute.type_oid, attribute.typmod, false, NULL
  FROM (
    SELECT
      index_oid,
      relation_oid,
      unnest(columns) AS number,
      unnest(range(1, len(columns) + 1)) AS place
    FROM facts.constraint
    WHERE type IN ('p', 'u')
    UNION ALL
    SELECT indexrelid, indrelid, unnest(indkey), unnest(range(1, len(indkey) + 1)) FROM static.pg_index
  ) AS indexed
  JOIN (
    SELECT relation_oid, number, name, type_oid, typmod FROM static.attribute
    UNION ALL
    SELECT relation_oid, number, name, type_oid, typmod FROM facts.attribute
  ) AS attribute ON attribute.relation_oid = indexed.relation_oid AND attribute.number = indexed.number
) AS attribute
JOIN static.pg_type AS type ON type.oid = attribute.type_oid
