-- What regclass, regproc and their kin print (…_out: OID → text) and read (…_in: text → OID, an error when there is none;
-- to_…: NULL when there is none).

CREATE MACRO pg_shim.regclass_out(search_path, o) AS shim_reg_out('regclass', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regtype_out(search_path, o) AS shim_reg_out('regtype', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regproc_out(search_path, o) AS shim_reg_out('regproc', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regprocedure_out(search_path, o) AS shim_reg_out('regprocedure', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regoper_out(search_path, o) AS shim_reg_out('regoper', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regoperator_out(search_path, o) AS shim_reg_out('regoperator', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regnamespace_out(search_path, o) AS shim_reg_out('regnamespace', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regrole_out(search_path, o) AS shim_reg_out('regrole', search_path, o::UINTEGER);

CREATE MACRO pg_shim.regclass_in(path, name) AS shim_reg_in('regclass', path, name::VARCHAR);
CREATE MACRO pg_shim.regtype_in(path, name) AS shim_reg_in('regtype', path, name::VARCHAR);
CREATE MACRO pg_shim.regproc_in(path, name) AS shim_reg_in('regproc', path, name::VARCHAR);
CREATE MACRO pg_shim.regprocedure_in(path, name) AS shim_reg_in('regprocedure', path, name::VARCHAR);
CREATE MACRO pg_shim.regoper_in(path, name) AS shim_reg_in('regoper', path, name::VARCHAR);
CREATE MACRO pg_shim.regoperator_in(path, name) AS shim_reg_in('regoperator', path, name::VARCHAR);
CREATE MACRO pg_shim.regnamespace_in(path, name) AS shim_reg_in('regnamespace', path, name::VARCHAR);
CREATE MACRO pg_shim.regrole_in(path, name) AS shim_reg_in('regrole', path, name::VARCHAR);

CREATE MACRO pg_shim.to_regclass(path, name) AS shim_to_reg('regclass', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regtype(path, name) AS shim_to_reg('regtype', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regproc(path, name) AS shim_to_reg('regproc', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regprocedure(path, name) AS shim_to_reg('regprocedure', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regoper(path, name) AS shim_to_reg('regoper', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regoperator(path, name) AS shim_to_reg('regoperator', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regnamespace(path, name) AS shim_to_reg('regnamespace', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regrole(path, name) AS shim_to_reg('regrole', path, name::VARCHAR);

CREATE MACRO pg_shim.regconfig_out(search_path, o) AS shim_reg_out('regconfig', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regconfig_in(path, name) AS shim_reg_in('regconfig', path, name::VARCHAR);
CREATE MACRO pg_shim.regdictionary_out(search_path, o) AS shim_reg_out('regdictionary', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regdictionary_in(path, name) AS shim_reg_in('regdictionary', path, name::VARCHAR);
CREATE MACRO pg_shim.regcollation_out(search_path, o) AS shim_reg_out('regcollation', search_path, o::UINTEGER);
CREATE MACRO pg_shim.regcollation_in(path, name) AS shim_reg_in('regcollation', path, name::VARCHAR);
CREATE MACRO pg_shim.to_regcollation(path, name) AS shim_to_reg('regcollation', path, name::VARCHAR);
