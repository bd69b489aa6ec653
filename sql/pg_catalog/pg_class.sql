-- Relations: datasets as tables (r), sequences (S), those of others as foreign tables (f), the catalog's own as views (v), the indexes of keys (i).
-- https://www.postgresql.org/docs/15/catalog-pg-class.html
-- Differs: relpages is 0, for there are no pages, and clients that read a table by pages ask for its ctid.
SELECT
  oid,
  relname,
  relnamespace,
  reltype,
  reloftype,
  relowner,
  relam,
  relfilenode,
  reltablespace,
  relpages,
  coalesce(statistics.rows, reltuples) AS reltuples,
  relallvisible,
  reltoastrelid,
  relhasindex,
  relisshared,
  relpersistence,
  relkind,
  relnatts,
  relchecks,
  relhasrules,
  relhastriggers,
  relhassubclass,
  relrowsecurity,
  relforcerowsecurity,
  relispopulated,
  relreplident,
  relispartition,
  relrewrite,
  relfrozenxid,
  relminmxid,
  CASE WHEN acl_kind IS NOT NULL THEN coalesce(pg_shim._acl(acl_kind, oid, relowner), pg_shim._born_acl(relacl)) END AS relacl,
  reloptions,
  relpartbound
FROM kept.pg_class
LEFT JOIN facts.statistics ON statistics.relation_oid = pg_class.oid
