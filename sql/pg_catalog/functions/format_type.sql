-- Types as text: format_type, and the columns of a function's arguments.
-- -2147483648 stands for a modifier that is NULL, which format_type tells from -1.

CREATE MACRO pg_shim.format_type(search_path, type_oid, typmod) AS
  shim_format_type(search_path, type_oid::UINTEGER, coalesce(typmod::INTEGER, (-2147483648)::INTEGER));

CREATE MACRO pg_shim.oidvectortypes(search_path, types) AS
  array_to_string(
    list_transform(types, lambda each: shim_format_type(search_path, each::UINTEGER, (-2147483648)::INTEGER)),
    ', ');
