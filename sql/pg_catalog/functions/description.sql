-- Comments. The one-argument obj_description, which PostgreSQL itself advises against, is that of a relation.

CREATE MACRO pg_shim.obj_description(o) AS shim_description(1259::UINTEGER, o::UINTEGER, 0::INTEGER)
, (o, catalog) AS
  shim_description(shim_to_reg('regclass', ['pg_catalog'], catalog::VARCHAR), o::UINTEGER, 0::INTEGER);

CREATE MACRO pg_shim.col_description(o, number) AS
  shim_description(1259::UINTEGER, o::UINTEGER, number::INTEGER);

CREATE MACRO pg_shim.shobj_description(o, catalog) AS
  shim_description(shim_to_reg('regclass', ['pg_catalog'], catalog::VARCHAR), o::UINTEGER, 0::INTEGER);
