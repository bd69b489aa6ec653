-- Statistics of columns that ANALYZE has looked at, of the tables that the asking role may read.
-- https://www.postgresql.org/docs/15/view-pg-stats.html
-- Differs: there are no common values and no histograms: data files carry bounds of their own.
-- takes: role
SELECT
  relation.schema AS schemaname,
  relation.name AS tablename,
  attribute.name AS attname,
  false AS inherited,
  figures.null_fraction AS null_frac,
  figures.width AS avg_width,
  figures.n_distinct,
  NULL AS most_common_vals,
  NULL AS most_common_freqs,
  NULL AS histogram_bounds,
  NULL AS correlation,
  NULL AS most_common_elems,
  NULL AS most_common_elem_freqs,
  NULL AS elem_count_histogram
FROM facts.column_statistics AS figures
JOIN facts.relation ON relation.oid = figures.relation_oid
JOIN facts.attribute ON attribute.relation_oid = figures.relation_oid AND attribute.number = figures.number
WHERE figures.n_distinct IS NOT NULL
  AND NOT shim_row_security_active(role::UINTEGER, relation.oid::UINTEGER)
  AND (
    pg_shim._owns(role, relation.owner)
    OR shim_has_privilege('table', role::UINTEGER, relation.oid::UINTEGER, 'SELECT')
  )
