-- Sequences the asking role has some right on, but for those of identity columns.
-- https://www.postgresql.org/docs/15/infoschema-sequences.html
-- takes: role
SELECT
  'lakehouse' AS sequence_catalog,
  relation.schema AS sequence_schema,
  relation.name AS sequence_name,
  pg_shim.format_type([]::VARCHAR[], sequence.type_oid, NULL) AS data_type,
  pg_shim._pg_numeric_precision(sequence.type_oid, -1) AS numeric_precision,
  2 AS numeric_precision_radix,
  0 AS numeric_scale,
  sequence.start AS start_value,
  sequence.minimum AS minimum_value,
  sequence.maximum AS maximum_value,
  sequence.increment AS increment,
  pg_shim._yes_or_no(sequence.cycles) AS cycle_option
FROM facts.sequence
JOIN facts.relation ON relation.oid = sequence.relation_oid
WHERE NOT sequence.is_identity AND pg_shim._sees_sequence(role, relation.oid, relation.owner)
