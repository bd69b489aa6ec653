-- The functions behind information_schema, after PostgreSQL's information_schema.sql.

-- The type whose facts count: a domain's base. Given the columns they need of pg_attribute and pg_type.
CREATE MACRO pg_shim._pg_truetypid(typtype, atttypid, typbasetype) AS
  CASE WHEN typtype = 'd' THEN typbasetype ELSE atttypid END;
CREATE MACRO pg_shim._pg_truetypmod(typtype, atttypmod, typtypmod) AS
  CASE WHEN typtype = 'd' THEN typtypmod ELSE atttypmod END;

CREATE MACRO pg_shim._pg_char_max_length(type_oid, typmod) AS
  CASE
    WHEN typmod = -1 THEN NULL
    WHEN type_oid IN (1042, 1043) THEN typmod - 4
    WHEN type_oid IN (1560, 1562) THEN typmod
  END;
CREATE MACRO pg_shim._pg_char_octet_length(type_oid, typmod) AS
  CASE
    WHEN type_oid IN (25, 1042, 1043) THEN
      CASE WHEN typmod = -1 THEN 1073741824 ELSE (typmod - 4) * 4 END
  END;
CREATE MACRO pg_shim._pg_numeric_precision(type_oid, typmod) AS
  CASE type_oid
    WHEN 21 THEN 16
    WHEN 23 THEN 32
    WHEN 20 THEN 64
    WHEN 1700 THEN CASE WHEN typmod = -1 THEN NULL ELSE ((typmod - 4) >> 16) & 65535 END
    WHEN 700 THEN 24
    WHEN 701 THEN 53
  END;
CREATE MACRO pg_shim._pg_numeric_precision_radix(type_oid, typmod) AS
  CASE
    WHEN type_oid IN (21, 23, 20, 700, 701) THEN 2
    WHEN type_oid = 1700 THEN 10
  END;
CREATE MACRO pg_shim._pg_numeric_scale(type_oid, typmod) AS
  CASE
    WHEN type_oid IN (21, 23, 20) THEN 0
    WHEN type_oid = 1700 THEN CASE WHEN typmod = -1 THEN NULL ELSE (typmod - 4) & 65535 END
  END;
CREATE MACRO pg_shim._pg_datetime_precision(type_oid, typmod) AS
  CASE
    WHEN type_oid = 1082 THEN 0
    WHEN type_oid IN (1083, 1114, 1184, 1266) THEN CASE WHEN typmod < 0 THEN 6 ELSE typmod END
    WHEN type_oid = 1186 THEN CASE WHEN typmod < 0 OR (typmod & 65535) = 65535 THEN 6 ELSE typmod & 65535 END
  END;
CREATE MACRO pg_shim._pg_interval_type(type_oid, typmod) AS
  CASE WHEN type_oid = 1186
    THEN nullif(upper(trim(regexp_replace(shim_format_type([]::VARCHAR[], 1186::UINTEGER, typmod::INTEGER), '^interval|\(\d+\)', '', 'g'))), '')
  END;

-- Who owns a thing, or has a right on it, sees that it is there.
CREATE MACRO pg_shim._owns(role_, owner_) AS shim_has_role(role_::UINTEGER, owner_::UINTEGER, 'USAGE');
CREATE MACRO pg_shim._sees_table(role_, o, owner_) AS
  pg_shim._owns(role_, owner_)
  OR shim_has_privilege('table', role_::UINTEGER, o::UINTEGER, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');
CREATE MACRO pg_shim._changes_table(role_, o, owner_) AS
  pg_shim._owns(role_, owner_)
  OR shim_has_privilege('table', role_::UINTEGER, o::UINTEGER, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER');
CREATE MACRO pg_shim._sees_sequence(role_, o, owner_) AS
  pg_shim._owns(role_, owner_)
  OR shim_has_privilege('relation as sequence', role_::UINTEGER, o::UINTEGER, 'SELECT, UPDATE, USAGE');
CREATE MACRO pg_shim._sees_function(role_, o, owner_) AS
  pg_shim._owns(role_, owner_) OR shim_has_privilege('function', role_::UINTEGER, o::UINTEGER, 'EXECUTE');

-- data_type of a column or argument: only pg_catalog's types are named, others are in udt_name.
CREATE MACRO pg_shim._data_type(typelem, typlen, typnamespace, type_oid) AS
  CASE
    WHEN typelem <> 0 AND typlen = -1 THEN 'ARRAY'
    WHEN typnamespace = 11 THEN pg_shim.format_type([]::VARCHAR[], type_oid, NULL)
    ELSE 'USER-DEFINED'
  END;

CREATE MACRO pg_shim._yes_or_no(value) AS CASE WHEN value THEN 'YES' ELSE 'NO' END;

-- A role's name as information_schema has it: PUBLIC is 0.
CREATE MACRO pg_shim._grantee(o) AS CASE WHEN o = 0 THEN 'PUBLIC' ELSE shim_role_name(o::UINTEGER) END;
-- A grant is shown to those whom it concerns: members of the grantor or the grantee, and everybody for PUBLIC's.
CREATE MACRO pg_shim._sees_grant(role_, grantor_, grantee_) AS
  grantee_ = 0 OR pg_shim._owns(role_, grantor_) OR pg_shim._owns(role_, grantee_);
