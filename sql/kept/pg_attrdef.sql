-- What pg_attrdef has.
SELECT
  1000000000 + (relation_oid::BIGINT * 1600 + number) % 1000000000 AS oid,
  relation_oid AS adrelid,
  number AS adnum,
  default_text AS adbin
FROM facts.attribute
WHERE default_text IS NOT NULL
