-- How things are written in SQL.

CREATE MACRO pg_shim.pg_get_userbyid(o) AS
  coalesce(shim_role_name(o::UINTEGER), 'unknown (OID=' || o::UINTEGER || ')');

-- Expressions are kept as SQL text.
CREATE MACRO pg_shim.pg_get_expr(search_path, expression, relation) AS
  CASE WHEN relation IS NOT NULL THEN shim_expression(search_path, expression::VARCHAR, relation::UINTEGER, false) END
, (search_path, expression, relation, pretty) AS
  CASE WHEN relation IS NOT NULL THEN shim_expression(search_path, expression::VARCHAR, relation::UINTEGER, pretty) END;

CREATE MACRO pg_shim.pg_get_constraintdef(search_path, o) AS shim_constraint_definition(search_path, o::UINTEGER, false)
, (search_path, o, pretty) AS shim_constraint_definition(search_path, o::UINTEGER, pretty::BOOLEAN);

CREATE MACRO pg_shim.pg_get_indexdef(search_path, o) AS shim_index_definition(search_path, o::UINTEGER, 0::INTEGER, false)
, (search_path, o, column_, pretty) AS shim_index_definition(search_path, o::UINTEGER, column_::INTEGER, pretty);

CREATE MACRO pg_shim.pg_get_function_arguments(search_path, o) AS shim_function_arguments(search_path, o::UINTEGER, false);
CREATE MACRO pg_shim.pg_get_function_identity_arguments(search_path, o) AS shim_function_arguments(search_path, o::UINTEGER, true);
CREATE MACRO pg_shim.pg_get_function_result(search_path, o) AS shim_function_result(search_path, o::UINTEGER);
CREATE MACRO pg_shim.pg_get_function_arg_default(o, place) AS shim_argument_default(o::UINTEGER, place::INTEGER);
CREATE MACRO pg_shim.pg_get_functiondef(search_path, o) AS shim_function_definition(search_path, o::UINTEGER);
CREATE MACRO pg_shim.pg_get_function_sqlbody(search_path, o) AS shim_function_body(search_path, o::UINTEGER);

-- A view by its OID or its name; `pretty` may be a width instead.
CREATE MACRO pg_shim.pg_get_viewdef(search_path, o) AS shim_view_definition(search_path, o::VARCHAR, 'false')
, (search_path, o, pretty) AS shim_view_definition(search_path, o::VARCHAR, pretty::VARCHAR);

-- The rule that a view is; its OID is three more than the view's.
CREATE MACRO pg_shim._rule_definition(search_path, o, pretty) AS (
  SELECT
    E'CREATE RULE "_RETURN" AS\n    ON SELECT TO '
      || CASE
        WHEN pretty THEN pg_shim.regclass_out(search_path, relation.oid)
        ELSE pg_shim.quote_ident(schema.name) || '.' || pg_shim.quote_ident(relation.name)
      END
      || ' DO INSTEAD ' || pg_shim.pg_get_viewdef(search_path, relation.oid, pretty)
  FROM facts.relation
  JOIN facts.schema ON schema.oid = relation.schema_oid
  WHERE relation.oid = o::BIGINT - 3
);
CREATE MACRO pg_shim.pg_get_ruledef(search_path, o) AS pg_shim._rule_definition(search_path, o, false)
, (search_path, o, pretty) AS pg_shim._rule_definition(search_path, o, pretty);

-- Of these there are none, so no OID is one of theirs.
CREATE MACRO pg_shim.pg_get_triggerdef(o) AS NULL::VARCHAR
, (o, pretty) AS NULL::VARCHAR;
CREATE MACRO pg_shim.pg_get_partkeydef(o) AS (SELECT partition_key FROM facts.relation WHERE oid = o::UINTEGER);
CREATE MACRO pg_shim.pg_get_partition_constraintdef(o) AS NULL::VARCHAR;
CREATE MACRO pg_shim.pg_get_statisticsobjdef(o) AS NULL::VARCHAR;
CREATE MACRO pg_shim.pg_get_statisticsobjdef_columns(o) AS NULL::VARCHAR;
CREATE MACRO pg_shim.pg_get_statisticsobjdef_expressions(o) AS NULL::VARCHAR[];
-- Partitions are no relations: a partitioned table is all of its tree.
CREATE MACRO pg_shim._partitioned(o) AS EXISTS (SELECT 1 FROM facts.relation WHERE oid = o::UINTEGER AND partition_key IS NOT NULL);
CREATE MACRO pg_shim.pg_partition_ancestors(o) AS CASE WHEN pg_shim._partitioned(o) THEN [o::UINTEGER] ELSE [] END;
CREATE MACRO pg_shim.pg_partition_tree(o) AS
  CASE
    WHEN pg_shim._partitioned(o)
      THEN [{relid: o::UINTEGER, parentrelid: NULL::UINTEGER, isleaf: false, level: 0::INTEGER}]
    ELSE []
  END;
CREATE MACRO pg_shim.pg_relation_is_publishable(o) AS CASE WHEN o IS NOT NULL THEN false END;

CREATE MACRO pg_shim.pg_get_serial_sequence(path, name, column_) AS
  shim_serial_sequence(path, name::VARCHAR, column_::VARCHAR);

CREATE MACRO pg_shim.pg_relation_is_updatable(o, include_triggers) AS shim_updatable_events(o::UINTEGER);
CREATE MACRO pg_shim.pg_column_is_updatable(o, column_, include_triggers) AS
  shim_column_updatable(o::UINTEGER, column_::INTEGER);

CREATE MACRO pg_shim.pg_indexam_has_property(method, property) AS
  shim_method_property(method::UINTEGER, property::VARCHAR);
CREATE MACRO pg_shim.pg_index_has_property(o, property) AS
  shim_index_property(o::UINTEGER, property::VARCHAR);
CREATE MACRO pg_shim.pg_index_column_has_property(o, column_, property) AS
  shim_index_column_property(o::UINTEGER, column_::INTEGER, property::VARCHAR);

CREATE MACRO pg_shim.pg_describe_object(search_path, class, o, part) AS
  shim_describe_object(search_path, class::UINTEGER, o::UINTEGER, part::INTEGER);

-- (type, schema, name, identity); all but the type are NULL where there is no such thing, and the name where more than it tells one from others.
CREATE MACRO pg_shim._identity(parts) AS
  row(parts[1], nullif(parts[2], ''), nullif(parts[3], ''), nullif(parts[4], ''))
    ::STRUCT("type" VARCHAR, "schema" VARCHAR, "name" VARCHAR, "identity" VARCHAR);
CREATE MACRO pg_shim.pg_identify_object(class, o, part) AS
  pg_shim._identity(shim_identify_object(class::UINTEGER, o::UINTEGER, part::INTEGER));

-- (type, object_names, object_args)
CREATE MACRO pg_shim._address(parts) AS
  row(
    parts[1],
    CASE WHEN len(parts) > 1 THEN parts[3:2 + parts[2]::INTEGER] END,
    CASE WHEN len(parts) > 1 THEN parts[3 + parts[2]::INTEGER:] END
  )::STRUCT("type" VARCHAR, "object_names" VARCHAR[], "object_args" VARCHAR[]);
CREATE MACRO pg_shim.pg_identify_object_as_address(class, o, part) AS
  pg_shim._address(shim_address_object(class::UINTEGER, o::UINTEGER, part::INTEGER));

-- (word, catcode, barelabel, catdesc, baredesc) of every key word.
CREATE MACRO pg_shim.pg_get_keywords() AS (SELECT list(keyword ORDER BY word) FROM static.keyword);

CREATE MACRO pg_shim.pg_sequence_parameters(o) AS (
  SELECT {
    start_value: start,
    minimum_value: minimum,
    maximum_value: maximum,
    increment: increment,
    cycle_option: cycles,
    cache_size: cache,
    data_type: type_oid
  }
  FROM facts.sequence
  WHERE relation_oid = o::UINTEGER
);
