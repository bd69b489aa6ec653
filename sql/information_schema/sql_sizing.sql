-- Limits of PostgreSQL 15 the SQL standard leaves to implementations.
-- https://www.postgresql.org/docs/15/infoschema-sql-sizing.html
SELECT * FROM static.sql_sizing
