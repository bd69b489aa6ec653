-- What pg_type has, but for privileges.
WITH whole AS (
  SELECT * FROM static.pg_type
  UNION ALL BY NAME
  SELECT
    oid,
    name AS typname,
    schema_oid AS typnamespace,
    owner AS typowner,
    4 AS typlen,
    true AS typbyval,
    'e' AS typtype,
    'E' AS typcategory,
    false AS typispreferred,
    true AS typisdefined,
    ',' AS typdelim,
    0 AS typrelid,
    0 AS typsubscript,
    0 AS typelem,
    oid + 1 AS typarray,
    3506 AS typinput,
    3507 AS typoutput,
    3532 AS typreceive,
    3533 AS typsend,
    0 AS typmodin,
    0 AS typmodout,
    0 AS typanalyze,
    'i' AS typalign,
    'p' AS typstorage,
    false AS typnotnull,
    0 AS typbasetype,
    -1 AS typtypmod,
    0 AS typndims,
    0 AS typcollation,
    NULL AS typdefaultbin,
    NULL AS typdefault,
    NULL AS typacl
  FROM facts.type
  WHERE kind = 'e'
  UNION ALL BY NAME
  SELECT
    oid,
    name AS typname,
    schema_oid AS typnamespace,
    owner AS typowner,
    -1 AS typlen,
    false AS typbyval,
    'c' AS typtype,
    'C' AS typcategory,
    false AS typispreferred,
    true AS typisdefined,
    ',' AS typdelim,
    oid - 1 AS typrelid,
    0 AS typsubscript,
    0 AS typelem,
    oid + 1 AS typarray,
    2290 AS typinput,
    2291 AS typoutput,
    2402 AS typreceive,
    2403 AS typsend,
    0 AS typmodin,
    0 AS typmodout,
    0 AS typanalyze,
    'd' AS typalign,
    'x' AS typstorage,
    false AS typnotnull,
    0 AS typbasetype,
    -1 AS typtypmod,
    0 AS typndims,
    0 AS typcollation
  FROM (
    SELECT oid, name, schema_oid, owner FROM facts.type WHERE kind = 'c'
    UNION ALL
    SELECT oid + 1, name, schema_oid, owner FROM facts.relation WHERE source IN ('dataset', 'legacy', 'foreign', 'view')
  ) AS composite
), own AS (
  SELECT * FROM whole
  UNION ALL BY NAME
  SELECT
    base.* REPLACE (
      domain.oid AS oid,
      domain.name AS typname,
      domain.schema_oid AS typnamespace,
      domain.owner AS typowner,
      'd' AS typtype,
      false AS typispreferred,
      0 AS typrelid,
      0 AS typsubscript,
      0 AS typelem,
      domain.oid + 1 AS typarray,
      2597 AS typinput,
      2598 AS typreceive,
      0 AS typmodin,
      0 AS typmodout,
      0 AS typanalyze,
      domain.not_null AS typnotnull,
      domain.base_oid AS typbasetype,
      domain.typmod AS typtypmod,
      CASE WHEN base.typcategory = 'A' THEN 1 ELSE 0 END AS typndims,
      domain.default_text AS typdefaultbin,
      domain.default_text AS typdefault
    )
  FROM facts.type AS domain
  JOIN whole AS base ON base.oid = domain.basic_oid
  WHERE domain.kind = 'd'
)
SELECT * FROM own
UNION ALL BY NAME
SELECT
  element.* REPLACE (
    element.oid + 1 AS oid,
    left('_' || element.typname, 63) AS typname,
    -1 AS typlen,
    false AS typbyval,
    'b' AS typtype,
    'A' AS typcategory,
    0 AS typrelid,
    6179 AS typsubscript,
    element.oid AS typelem,
    0 AS typarray,
    750 AS typinput,
    751 AS typoutput,
    2400 AS typreceive,
    2401 AS typsend,
    0 AS typmodin,
    0 AS typmodout,
    3816 AS typanalyze,
    CASE element.typalign WHEN 'd' THEN 'd' ELSE 'i' END AS typalign,
    'x' AS typstorage,
    false AS typnotnull,
    0 AS typbasetype,
    -1 AS typtypmod,
    0 AS typndims,
    NULL AS typdefault
  )
FROM own AS element
WHERE element.oid >= 262144
