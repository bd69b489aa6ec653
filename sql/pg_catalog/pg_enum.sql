-- Labels of enum types.
-- https://www.postgresql.org/docs/15/catalog-pg-enum.html
SELECT
  oid,
  type_oid AS enumtypid,
  sort_order AS enumsortorder,
  label AS enumlabel
FROM facts.enum_label
