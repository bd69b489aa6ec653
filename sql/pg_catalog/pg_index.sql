-- Indexes: one stands for each primary key and unique constraint; others enforce nothing, and are what CLUSTER goes by.
-- https://www.postgresql.org/docs/15/catalog-pg-index.html
SELECT * FROM kept.pg_index
