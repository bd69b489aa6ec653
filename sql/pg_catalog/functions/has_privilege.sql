-- What a role may. The object is an OID, or text: then a name, looked up along the path. The user is an OID or a name; without one, `role`.

CREATE MACRO pg_shim._object_oid(kind, path, object) AS
  CASE WHEN typeof(object) = 'VARCHAR'
    THEN shim_object_oid(kind, path, object::VARCHAR)
    ELSE TRY_CAST(object AS UINTEGER)
  END;

CREATE MACRO pg_shim._role_oid(user_) AS
  CASE WHEN typeof(user_) = 'VARCHAR'
    THEN shim_role_oid(user_::VARCHAR)
    ELSE TRY_CAST(user_ AS UINTEGER)
  END;

CREATE MACRO pg_shim._has_privilege(kind, role_, path, object, privilege) AS
  shim_has_privilege(kind, role_::UINTEGER, pg_shim._object_oid(kind, path, object), privilege::VARCHAR);

CREATE MACRO pg_shim.has_table_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('table', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('table', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_sequence_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('sequence', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('sequence', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_schema_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('schema', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('schema', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_database_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('database', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('database', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_function_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('function', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('function', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_type_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('type', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('type', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_language_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('language', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('language', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_tablespace_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('tablespace', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('tablespace', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_any_column_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('column', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('column', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim._has_column_privilege(role_, path, object, column_, privilege) AS
  shim_has_column_privilege(
    role_::UINTEGER,
    pg_shim._object_oid('table', path, object),
    CASE WHEN typeof(column_) = 'VARCHAR'
      THEN shim_column_number(pg_shim._object_oid('table', path, object), column_::VARCHAR)
      ELSE TRY_CAST(column_ AS INTEGER)
    END,
    privilege::VARCHAR);

CREATE MACRO pg_shim.has_column_privilege(role, path, object, column_, privilege) AS
  pg_shim._has_column_privilege(role, path, object, column_, privilege)
, (role, path, user_, object, column_, privilege) AS
  pg_shim._has_column_privilege(pg_shim._role_oid(user_), path, object, column_, privilege);

CREATE MACRO pg_shim.pg_has_role(role, target, privilege) AS
  shim_has_role(role::UINTEGER, pg_shim._role_oid(target), privilege::VARCHAR)
, (role, user_, target, privilege) AS
  shim_has_role(pg_shim._role_oid(user_), pg_shim._role_oid(target), privilege::VARCHAR);

CREATE MACRO pg_shim.has_foreign_data_wrapper_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('foreign-data wrapper', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('foreign-data wrapper', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.has_server_privilege(role, path, object, privilege) AS
  pg_shim._has_privilege('server', role, path, object, privilege)
, (role, path, user_, object, privilege) AS
  pg_shim._has_privilege('server', pg_shim._role_oid(user_), path, object, privilege);

CREATE MACRO pg_shim.row_security_active(role, path, object) AS
  shim_row_security_active(role::UINTEGER, pg_shim._object_oid('table', path, object));

CREATE MACRO pg_shim.has_parameter_privilege(role, parameter, privilege) AS
  CASE WHEN parameter IS NOT NULL THEN shim_has_parameter_privilege(role::UINTEGER, privilege::VARCHAR) END
, (role, user_, parameter, privilege) AS
  CASE WHEN parameter IS NOT NULL THEN shim_has_parameter_privilege(pg_shim._role_oid(user_)::UINTEGER, privilege::VARCHAR) END;
