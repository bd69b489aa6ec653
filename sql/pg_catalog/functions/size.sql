-- Sizes of datasets: the bytes of a version's data files. Nothing has forks, toast or indexes of its own.

CREATE MACRO pg_shim.pg_relation_size(o) AS shim_relation_bytes(o::UINTEGER)
, (o, fork) AS CASE WHEN fork = 'main' THEN shim_relation_bytes(o::UINTEGER) ELSE 0 END;
CREATE MACRO pg_shim.pg_table_size(o) AS shim_relation_bytes(o::UINTEGER);
CREATE MACRO pg_shim.pg_total_relation_size(o) AS shim_relation_bytes(o::UINTEGER);
CREATE MACRO pg_shim.pg_indexes_size(o) AS CASE WHEN shim_relation_bytes(o::UINTEGER) IS NOT NULL THEN 0::BIGINT END;
CREATE MACRO pg_shim.pg_database_size(database) AS
  CASE WHEN database::VARCHAR IN ('16384', 'lakehouse') THEN shim_database_bytes() END;
CREATE MACRO pg_shim.pg_tablespace_size(tablespace) AS
  CASE WHEN tablespace::VARCHAR IN ('1663', 'pg_default') THEN shim_database_bytes() WHEN tablespace IS NOT NULL THEN 0::BIGINT END;
CREATE MACRO pg_shim.pg_tablespace_location(o) AS CASE WHEN o IS NOT NULL THEN '' END;
CREATE MACRO pg_shim.pg_size_pretty(bytes) AS shim_size_pretty(bytes::BIGINT);

-- A dataset's number is its own; its files lie in a folder of its bucket, whose path is told.
CREATE MACRO pg_shim.pg_relation_filenode(o) AS
  (SELECT nullif(relfilenode, 0) FROM kept.pg_class WHERE pg_class.oid = o::UINTEGER);
CREATE MACRO pg_shim.pg_relation_filepath(o) AS shim_relation_path(o::UINTEGER);
CREATE MACRO pg_shim.pg_filenode_relation(space, node) AS
  (SELECT min(pg_class.oid) FROM kept.pg_class WHERE relfilenode = nullif(node::UINTEGER, 0) AND reltablespace = space::UINTEGER);
