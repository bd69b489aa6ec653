-- Columns of relations, and of the indexes of keys.
-- https://www.postgresql.org/docs/15/catalog-pg-attribute.html
-- Differs: system columns (ctid, xmin, …) have no rows.
SELECT
  attrelid,
  attname,
  atttypid,
  attstattarget,
  attlen,
  attnum,
  attndims,
  attcacheoff,
  atttypmod,
  attbyval,
  attalign,
  attstorage,
  attcompression,
  attnotnull,
  atthasdef,
  atthasmissing,
  attidentity,
  attgenerated,
  attisdropped,
  attislocal,
  attinhcount,
  attcollation,
  attacl,
  attoptions,
  attfdwoptions,
  attmissingval
FROM kept.pg_attribute
