-- Access methods: heap for every table, btree for the index of every key. The others of PostgreSQL's are listed because its operator classes name them.
-- https://www.postgresql.org/docs/15/catalog-pg-am.html
SELECT * FROM static.pg_am
