-- What of the SQL standard PostgreSQL 15 has. It says nothing of the lakehouse.
-- https://www.postgresql.org/docs/15/infoschema-sql-features.html
SELECT * FROM static.sql_features
