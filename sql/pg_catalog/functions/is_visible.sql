-- Whether an unqualified name would find it; of types as format_type writes them, for who asks the one goes by the other. Kinds that only PostgreSQL's own schema has are visible where that schema is looked through.

CREATE MACRO pg_shim.pg_table_is_visible(path, o) AS shim_table_is_visible(path, o::UINTEGER);
CREATE MACRO pg_shim.pg_function_is_visible(path, o) AS shim_function_is_visible(path, o::UINTEGER);
CREATE MACRO pg_shim.pg_type_is_visible(search_path, o) AS shim_type_is_visible(search_path, o::UINTEGER);
CREATE MACRO pg_shim.pg_operator_is_visible(path, o) AS shim_operator_is_visible(path, o::UINTEGER);

CREATE MACRO pg_shim.pg_opclass_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_opfamily_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_collation_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_conversion_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_ts_config_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_ts_dict_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_ts_parser_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_ts_template_is_visible(path, o) AS CASE WHEN o IS NOT NULL THEN list_contains(path, 'pg_catalog') END;
CREATE MACRO pg_shim.pg_statistics_obj_is_visible(path, o) AS NULL::BOOLEAN;
CREATE MACRO pg_shim.pg_is_other_temp_schema(o) AS CASE WHEN o IS NOT NULL THEN false END;
CREATE MACRO pg_shim.pg_my_temp_schema() AS 0::UINTEGER;
