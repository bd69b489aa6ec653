-- What goes when something else goes: a default or a constraint with its column, an index with its constraint.
-- https://www.postgresql.org/docs/15/catalog-pg-depend.html
-- needs: pg_attrdef, pg_class, pg_foreign_data_wrapper, pg_rewrite
SELECT
  2604 AS classid,
  default_value.oid AS objid,
  0 AS objsubid,
  1259 AS refclassid,
  default_value.adrelid AS refobjid,
  default_value.adnum AS refobjsubid,
  CASE attribute.generated WHEN 's' THEN 'i' ELSE 'a' END AS deptype
FROM pg_shim.pg_attrdef AS default_value
LEFT JOIN facts.attribute ON attribute.relation_oid = default_value.adrelid AND attribute.number = default_value.adnum
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
SELECT 3256, oid, 0, 1259, relation_oid, 0, 'a' FROM facts.policy
UNION ALL
SELECT 2606, oid, 0, 1259, foreign_relation_oid, unnest(foreign_columns), 'n' FROM facts.constraint WHERE type = 'f'
UNION ALL
SELECT 2606, oid, 0, 1259, index_oid, 0, 'n' FROM facts.constraint WHERE type = 'f' AND index_oid <> 0
UNION ALL
-- What a check reads, beside what it is a part of.
SELECT 2606, oid, 0, 1259, relation_oid, unnest(columns), 'n' FROM facts.constraint WHERE type = 'c'
UNION ALL
SELECT 1259, oid, 0, 2615, schema_oid, 0, 'n' FROM facts.relation WHERE oid >= 262144 AND kind <> 'c'
UNION ALL
SELECT 1255, oid, 0, 2615, schema_oid, 0, 'n' FROM facts.function
UNION ALL
-- A relation's row type, and the type of arrays of it.
SELECT 1247, reltype, 0, 1259, oid, 0, 'i' FROM pg_shim.pg_class WHERE oid >= 262144 AND reltype <> 0 AND relkind <> 'c'
UNION ALL
SELECT 1247, reltype + 1, 0, 1247, reltype, 0, 'i' FROM pg_shim.pg_class WHERE oid >= 262144 AND reltype <> 0 AND relkind <> 'c'
UNION ALL
SELECT 1247, oid, 0, 2615, schema_oid, 0, 'n' FROM facts.type
UNION ALL
SELECT 1247, oid + 1, 0, 1247, oid, 0, 'i' FROM facts.type
UNION ALL
SELECT 1259, oid - 1, 0, 1247, oid, 0, 'i' FROM facts.type WHERE kind = 'c'
UNION ALL
SELECT 1247, oid, 0, 1247, base_oid, 0, 'n' FROM facts.type WHERE kind = 'd' AND base_oid >= 262144
UNION ALL
SELECT 1259, relation_oid, number, 1247, type_oid, 0, 'n' FROM facts.attribute WHERE type_oid >= 262144
UNION ALL
SELECT 2606, oid, 0, 1247, type_oid, 0, 'a' FROM facts.domain_check
UNION ALL
-- A view's rule goes with the view, and needs what the view reads.
SELECT 2618, oid, 0, 1259, ev_class, 0, unnest(['i', 'n']) FROM pg_shim.pg_rewrite
UNION ALL
SELECT 2618, view_oid + 3, 0, CASE WHEN relation_oid IN (SELECT oid FROM facts.function) THEN 1255 ELSE 1259 END, relation_oid, number, 'n'
FROM facts.view_read
UNION ALL
SELECT 1259, oid, 0, 1259, relation_oid, number, 'a'
FROM (SELECT oid, relation_oid, unnest(list_filter(columns, lambda each: each > 0)) AS number FROM facts.index) AS indexed
UNION ALL
-- An index of expressions alone needs the table whole; what a table is partitioned by cannot go before it.
SELECT 1259, oid, 0, 1259, relation_oid, 0, 'a' FROM facts.index WHERE list_max(columns) = 0
UNION ALL
SELECT 1259, oid, unnest(partition_columns), 1259, oid, 0, 'i' FROM facts.relation WHERE kind = 'p'
UNION ALL
-- Schemas of ours, and what is in them, belong to the extension.
SELECT 2615, oid, 0, 3079, 88902, 0, 'e' FROM facts.schema WHERE oid BETWEEN 88001 AND 89999
UNION ALL
SELECT 1259, oid, 0, 3079, 88902, 0, 'e' FROM facts.relation WHERE schema_oid BETWEEN 88001 AND 89999
UNION ALL
SELECT 1255, oid, 0, 3079, 88902, 0, 'e' FROM facts.routine
UNION ALL
SELECT 2328, oid, 0, 3079, 88902, 0, 'e' FROM pg_shim.pg_foreign_data_wrapper
