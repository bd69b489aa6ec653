-- Character sets: UTF8.
-- https://www.postgresql.org/docs/15/infoschema-character-sets.html
SELECT
  NULL AS character_set_catalog,
  NULL AS character_set_schema,
  'UTF8' AS character_set_name,
  'UCS' AS character_repertoire,
  'UTF8' AS form_of_use,
  'lakehouse' AS default_collate_catalog,
  NULL AS default_collate_schema,
  NULL AS default_collate_name
