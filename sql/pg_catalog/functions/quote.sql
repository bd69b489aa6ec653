-- Quoting, and options kept as name=value.

CREATE MACRO pg_shim.quote_ident(name) AS shim_quote_ident(name::VARCHAR);

CREATE MACRO pg_shim.quote_literal(value) AS
  CASE WHEN contains(value::VARCHAR, '\') THEN 'E' ELSE '' END
  || '''' || replace(replace(value::VARCHAR, '\', '\\'), '''', '''''') || '''';

CREATE MACRO pg_shim.quote_nullable(value) AS coalesce(pg_shim.quote_literal(value), 'NULL');

-- (option_name, option_value).
CREATE MACRO pg_shim.pg_options_to_table(options) AS
  list_transform(options, lambda option: {
    option_name: split_part(option, '=', 1),
    option_value: CASE WHEN contains(option, '=') THEN substr(option, strpos(option, '=') + 1) END
  });
