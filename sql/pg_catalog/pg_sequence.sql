-- Sequences: how their numbers follow each other.
-- https://www.postgresql.org/docs/15/catalog-pg-sequence.html
SELECT
  relation_oid AS seqrelid,
  type_oid AS seqtypid,
  start AS seqstart,
  increment AS seqincrement,
  maximum AS seqmax,
  minimum AS seqmin,
  cache AS seqcache,
  cycles AS seqcycle
FROM facts.sequence
