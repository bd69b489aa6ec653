-- Keys and checks.
-- https://www.postgresql.org/docs/15/catalog-pg-constraint.html
-- Differs: conbin is SQL text, not a node tree. A constraint declared NOT ENFORCED is shown as not valid.
SELECT * FROM kept.pg_constraint
