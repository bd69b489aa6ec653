-- Types: base types, domains of information_schema, the row types of PostgreSQL's own relations, and arrays of these. A dataset has no row type.
-- https://www.postgresql.org/docs/15/catalog-pg-type.html
SELECT * FROM static.pg_type
