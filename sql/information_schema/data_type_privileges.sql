-- What has a data type of its own: columns, attributes, domains, routines and their parameters that the asking role sees.
-- https://www.postgresql.org/docs/15/infoschema-data-type-privileges.html
-- takes: role, path
-- needs: attributes, columns, domains, parameters, routines
SELECT
  'lakehouse' AS object_catalog,
  object_schema,
  object_name,
  object_type,
  dtd_identifier
FROM (
  SELECT udt_schema AS object_schema, udt_name AS object_name, 'USER-DEFINED TYPE' AS object_type, dtd_identifier
  FROM info_shim.attributes(role)
  UNION ALL
  SELECT table_schema, table_name, 'TABLE', dtd_identifier
  FROM info_shim.columns(role, path)
  UNION ALL
  SELECT domain_schema, domain_name, 'DOMAIN', dtd_identifier
  FROM info_shim.domains(role)
  UNION ALL
  SELECT specific_schema, specific_name, 'ROUTINE', dtd_identifier
  FROM info_shim.parameters(role)
  UNION ALL
  SELECT specific_schema, specific_name, 'ROUTINE', dtd_identifier
  FROM info_shim.routines(role)
)
