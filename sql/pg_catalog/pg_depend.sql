-- What goes when something else goes: a default or a constraint with its column, an index with its constraint.
-- https://www.postgresql.org/docs/15/catalog-pg-depend.html
-- needs: pg_attrdef
SELECT
  2604 AS classid,
  oid AS objid,
  0 AS objsubid,
  1259 AS refclassid,
  adrelid AS refobjid,
  adnum AS refobjsubid,
  'a' AS deptype
FROM pg_shim.pg_attrdef
UNION ALL
-- A default needs the sequences it names.
SELECT 2604, oid, 0, 1259, unnest(regexp_extract_all(adbin, '''(\d+)''::regclass', 1))::UINTEGER, 0, 'n' FROM pg_shim.pg_attrdef
UNION ALL
SELECT 1259, relation_oid, 0, 1259, owner_oid, owner_column, CASE WHEN is_identity THEN 'i' ELSE 'a' END
FROM facts.sequence
WHERE owner_oid <> 0
UNION ALL
SELECT 2606, oid, 0, 1259, relation_oid, unnest(columns), 'a' FROM facts.constraint WHERE type <> 'i'
UNION ALL
SELECT 1259, index_oid, 0, 1259, relation_oid, unnest(columns), 'a' FROM facts.constraint WHERE type = 'i'
UNION ALL
SELECT 1259, index_oid, 0, 2606, oid, 0, 'i' FROM facts.constraint WHERE type IN ('p', 'u')
UNION ALL
SELECT 2606, oid, 0, 1259, foreign_relation_oid, unnest(foreign_columns), 'n' FROM facts.constraint WHERE type = 'f'
