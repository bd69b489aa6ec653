-- What pg_attribute has.
SELECT
  attribute.relation_oid AS attrelid,
  attribute.name AS attname,
  attribute.type_oid AS atttypid,
  -1 AS attstattarget,
  type.typlen AS attlen,
  attribute.number AS attnum,
  CASE WHEN type.typcategory = 'A' AND NOT attribute.is_view THEN 1 ELSE 0 END AS attndims,
  -1 AS attcacheoff,
  attribute.typmod AS atttypmod,
  type.typbyval AS attbyval,
  type.typalign AS attalign,
  type.typstorage AS attstorage,
  '' AS attcompression,
  attribute.not_null AS attnotnull,
  attribute.default_text IS NOT NULL AS atthasdef,
  false AS atthasmissing,
  attribute.identity AS attidentity,
  attribute.generated AS attgenerated,
  false AS attisdropped,
  true AS attislocal,
  0 AS attinhcount,
  CASE WHEN attribute.is_born AND type.typcollation = 100 THEN 950 ELSE type.typcollation END AS attcollation,
  column_acl.acl AS attacl,
  NULL AS attoptions,
  NULL AS attfdwoptions,
  NULL AS attmissingval
FROM (
  -- PostgreSQL's tables come before its views in the numbering, and compare text as in "C".
  SELECT
    relation_oid,
    number,
    name,
    type_oid,
    typmod,
    not_null,
    NULL AS default_text,
    '' AS identity,
    '' AS generated,
    relation_oid >= 12000 AS is_view,
    relation_oid < 12000 AS is_born
  FROM static.attribute
  UNION ALL
  SELECT
    attribute.relation_oid,
    attribute.number,
    attribute.name,
    attribute.type_oid,
    attribute.typmod,
    attribute.not_null,
    attribute.default_text,
    attribute.identity,
    attribute.generated,
    relation.kind = 'v',
    false
  FROM facts.attribute
  JOIN facts.relation ON relation.oid = attribute.relation_oid
  UNION ALL
  SELECT type_oid - 1, number, name, column_type_oid, typmod, false, NULL, '', '', false, false FROM facts.type_column
  UNION ALL
  SELECT index_oid, number, name, type_oid, typmod, false, NULL, '', '', false, false FROM facts.index_column
  UNION ALL
  -- An index keeps a name as a C string.
  SELECT
    indexed.index_oid,
    indexed.place,
    attribute.name,
    CASE attribute.type_oid WHEN 19 THEN 2275 ELSE attribute.type_oid END,
    attribute.typmod,
    false,
    NULL,
    '',
    '',
    false,
    indexed.relation_oid < 12000
  FROM (
    SELECT
      index_oid,
      relation_oid,
      unnest(list_concat(columns, included)) AS number,
      unnest(range(1, len(columns) + len(included) + 1)) AS place
    FROM facts.constraint
    WHERE type IN ('p', 'u', 'i')
    UNION ALL
    SELECT indexrelid, indrelid, unnest(indkey), unnest(range(1, len(indkey) + 1)) FROM static.pg_index
  ) AS indexed
  JOIN (
    SELECT relation_oid, number, name, type_oid, typmod FROM static.attribute
    UNION ALL
    SELECT relation_oid, number, name, type_oid, typmod FROM facts.attribute
  ) AS attribute ON attribute.relation_oid = indexed.relation_oid AND attribute.number = indexed.number
) AS attribute
JOIN kept.pg_type AS type ON type.oid = attribute.type_oid
LEFT JOIN facts.column_acl ON column_acl.relation_oid = attribute.relation_oid AND column_acl.number = attribute.number
