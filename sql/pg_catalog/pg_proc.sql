-- Functions and procedures: PostgreSQL's, and the lakehouse's own.
-- https://www.postgresql.org/docs/15/catalog-pg-proc.html
-- Differs: proargdefaults is SQL text, not a node tree. Not every function of PostgreSQL's that is listed can be called.
SELECT
  oid,
  proname,
  pronamespace,
  proowner,
  prolang,
  procost,
  prorows,
  provariadic,
  prosupport,
  prokind,
  prosecdef,
  proleakproof,
  proisstrict,
  proretset,
  provolatile,
  proparallel,
  pronargs,
  pronargdefaults,
  prorettype,
  proargtypes,
  proallargtypes,
  proargmodes,
  proargnames,
  proargdefaults,
  protrftypes,
  prosrc,
  probin,
  prosqlbody,
  proconfig,
  coalesce(pg_shim._acl('routine', oid, proowner), pg_shim._born_acl(proacl)) AS proacl
FROM static.pg_proc
UNION ALL
SELECT
  routine.oid,
  routine.name,
  schema.oid,
  10,
  12,
  100,
  CASE WHEN routine.kind = 'function' AND outputs > 0 THEN 1000 ELSE 0 END,
  0,
  0,
  routine.kind[1],
  false,
  false,
  false,
  routine.kind = 'function' AND outputs > 0,
  routine.volatility[1],
  'u',
  inputs,
  defaults,
  CASE
    WHEN outputs = 0 THEN 2278
    WHEN outputs = 1 AND routine.kind = 'function' THEN last_type
    ELSE 2249
  END,
  coalesce(input_types, []),
  CASE WHEN outputs > 0 THEN all_types END,
  CASE WHEN outputs > 0 THEN modes END,
  names,
  default_texts,
  NULL,
  routine.name,
  NULL,
  NULL,
  NULL,
  pg_shim._acl('routine', routine.oid, 10)
FROM facts.routine
JOIN facts.schema ON schema.name = routine.schema
LEFT JOIN (
  SELECT
    routine_oid,
    count(*) FILTER (mode = 'i') AS inputs,
    count(*) FILTER (mode <> 'i') AS outputs,
    count(default_text) AS defaults,
    last(type_oid ORDER BY number) AS last_type,
    list(type_oid ORDER BY number) FILTER (mode = 'i') AS input_types,
    list(type_oid ORDER BY number) AS all_types,
    list(mode ORDER BY number) AS modes,
    list(name ORDER BY number) AS names,
    string_agg(default_text, ', ' ORDER BY number) AS default_texts
  FROM facts.routine_argument
  GROUP BY routine_oid
) AS argument ON argument.routine_oid = routine.oid
UNION ALL
SELECT
  oid,
  name,
  schema_oid,
  owner,
  14,
  cost,
  rows,
  variadic_type,
  0,
  kind,
  is_definer,
  is_leakproof,
  is_strict,
  returns_set,
  volatile,
  parallel,
  len(argument_types),
  default_count,
  return_type,
  argument_types,
  all_types,
  modes,
  names,
  defaults,
  NULL,
  source,
  NULL,
  NULL,
  NULL,
  pg_shim._acl('routine', oid, owner)
FROM facts.function
