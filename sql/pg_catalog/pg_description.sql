-- Comments on relations, columns, types, constraints, indexes, schemas and routines, and PostgreSQL's on its own.
-- https://www.postgresql.org/docs/15/catalog-pg-description.html
SELECT
  objoid,
  classoid,
  objsubid,
  description
FROM static.pg_description
UNION ALL
SELECT oid, 1259, 0, comment FROM facts.relation WHERE comment IS NOT NULL
UNION ALL
SELECT relation_oid, 1259, number, comment FROM facts.attribute WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 2615, 0, comment FROM facts.schema WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 1255, 0, summary FROM facts.routine
UNION ALL
SELECT oid, 1255, 0, comment FROM facts.function WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 1247, 0, comment FROM facts.type WHERE comment IS NOT NULL
UNION ALL
SELECT type_oid - 1, 1259, number, comment FROM facts.type_column WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 3256, 0, comment FROM facts.policy WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 2606, 0, comment FROM facts.constraint WHERE comment IS NOT NULL
UNION ALL
SELECT index_oid, 1259, 0, index_comment FROM facts.constraint WHERE index_comment IS NOT NULL
UNION ALL
SELECT oid, 1259, 0, comment FROM facts.index WHERE comment IS NOT NULL
UNION ALL
SELECT oid, 2606, 0, comment FROM facts.domain_check WHERE comment IS NOT NULL
