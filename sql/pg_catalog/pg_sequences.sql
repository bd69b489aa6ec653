-- Sequences; the last value is told by the session, which stands in for this relation.
-- https://www.postgresql.org/docs/15/view-pg-sequences.html
-- needs: pg_namespace
SELECT
  namespace.nspname AS schemaname,
  relation.name AS sequencename,
  pg_shim.pg_get_userbyid(relation.owner) AS sequenceowner,
  sequence.type_oid AS data_type,
  sequence.start AS start_value,
  sequence.minimum AS min_value,
  sequence.maximum AS max_value,
  sequence.increment AS increment_by,
  sequence.cycles AS cycle,
  sequence.cache AS cache_size,
  NULL AS last_value
FROM facts.sequence
JOIN facts.relation ON relation.oid = sequence.relation_oid
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = relation.schema_oid
