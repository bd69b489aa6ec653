-- Schemas the asking role owns or may use.
-- https://www.postgresql.org/docs/15/infoschema-schemata.html
-- takes: role
-- needs: pg_namespace
SELECT
  'lakehouse' AS catalog_name,
  nspname AS schema_name,
  pg_shim.pg_get_userbyid(nspowner) AS schema_owner,
  NULL AS default_character_set_catalog,
  NULL AS default_character_set_schema,
  NULL AS default_character_set_name,
  NULL AS sql_path
FROM pg_shim.pg_namespace
WHERE pg_shim._owns(role, nspowner)
  OR shim_has_privilege('schema', role::UINTEGER, oid, 'CREATE, USAGE')
