-- The name of the database.
-- https://www.postgresql.org/docs/15/infoschema-information-schema-catalog-name.html
SELECT 'lakehouse' AS catalog_name
