-- Defaults of columns.
-- https://www.postgresql.org/docs/15/catalog-pg-attrdef.html
-- Differs: adbin is SQL text, not a node tree. The OID is made of the table's and the column's number.
SELECT
  1000000000 + (relation_oid::BIGINT * 1600 + number) % 1000000000 AS oid,
  relation_oid AS adrelid,
  number AS adnum,
  default_text AS adbin
FROM facts.attribute
WHERE default_text IS NOT NULL
