-- Defaults of columns.
-- https://www.postgresql.org/docs/15/catalog-pg-attrdef.html
-- Differs: adbin is SQL text, not a node tree. The OID is made of the table's and the column's number.
SELECT * FROM kept.pg_attrdef
