-- Parts of the SQL standard PostgreSQL 15 has.
-- https://www.postgresql.org/docs/15/infoschema-sql-parts.html
SELECT * FROM static.sql_parts
