-- Run-time parameters: those the server has, with PostgreSQL's own description of them.
-- https://www.postgresql.org/docs/15/view-pg-settings.html
SELECT
  value.name,
  value.setting,
  known.unit,
  coalesce(known.category, 'Customized Options') AS category,
  coalesce(value.description, known.short_desc) AS short_desc,
  known.extra_desc,
  coalesce(known.context, 'user') AS context,
  coalesce(value.variable_type, known.vartype, 'string') AS vartype,
  CASE WHEN value.setting = known.boot_val THEN 'default' ELSE 'configuration file' END AS source,
  known.min_val,
  known.max_val,
  known.enumvals,
  known.boot_val,
  value.setting AS reset_val,
  NULL AS sourcefile,
  NULL AS sourceline,
  false AS pending_restart
FROM facts.setting AS value
LEFT JOIN static.pg_settings AS known ON lower(known.name) = lower(value.name)
