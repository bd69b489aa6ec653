-- Columns of the foreign tables the asking role sees, with their options.
-- https://www.postgresql.org/docs/15/information-schema.html
-- takes: role
-- needs: pg_attribute, pg_class, pg_namespace
SELECT
  namespace.nspname,
  class.relname,
  attribute.attname,
  attribute.attfdwoptions
FROM pg_shim.pg_class AS class
JOIN pg_shim.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_shim.pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE class.relkind = 'f' AND attribute.attnum > 0 AND pg_shim._sees_table(role, class.oid, class.relowner)
