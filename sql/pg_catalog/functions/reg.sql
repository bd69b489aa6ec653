-- What regclass, regproc and their kin print (…_out: OID → text) and read (…_in: text → OID, an error when there is none;
-- to_…: NULL when there is none).

CREATE MACRO pg_shim.regclass_out(path, o) AS shim_reg_out('regclass', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regtype_out(path, o) AS shim_reg_out('regtype', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regproc_out(path, o) AS shim_reg_out('regproc', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regprocedure_out(path, o) AS shim_reg_out('regprocedure', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regoper_out(path, o) AS shim_reg_out('regoper', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regoperator_out(path, o) AS shim_reg_out('regoperator', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regnamespace_out(path, o) AS shim_reg_out('regnamespace', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regrole_out(path, o) AS shim_reg_out('regrole', path, o::UINTEGER, txid_current());

CREATE MACRO pg_shim.regclass_in(path, name) AS shim_reg_in('regclass', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regtype_in(path, name) AS shim_reg_in('regtype', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regproc_in(path, name) AS shim_reg_in('regproc', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regprocedure_in(path, name) AS shim_reg_in('regprocedure', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regoper_in(path, name) AS shim_reg_in('regoper', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regoperator_in(path, name) AS shim_reg_in('regoperator', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regnamespace_in(path, name) AS shim_reg_in('regnamespace', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regrole_in(path, name) AS shim_reg_in('regrole', path, name::VARCHAR, txid_current());

CREATE MACRO pg_shim.to_regclass(path, name) AS shim_to_reg('regclass', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regtype(path, name) AS shim_to_reg('regtype', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regproc(path, name) AS shim_to_reg('regproc', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regprocedure(path, name) AS shim_to_reg('regprocedure', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regoper(path, name) AS shim_to_reg('regoper', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regoperator(path, name) AS shim_to_reg('regoperator', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regnamespace(path, name) AS shim_to_reg('regnamespace', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regrole(path, name) AS shim_to_reg('regrole', path, name::VARCHAR, txid_current());

CREATE MACRO pg_shim.regconfig_out(path, o) AS shim_reg_out('regconfig', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regconfig_in(path, name) AS shim_reg_in('regconfig', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regdictionary_out(path, o) AS shim_reg_out('regdictionary', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regdictionary_in(path, name) AS shim_reg_in('regdictionary', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.regcollation_out(path, o) AS shim_reg_out('regcollation', path, o::UINTEGER, txid_current());
CREATE MACRO pg_shim.regcollation_in(path, name) AS shim_reg_in('regcollation', path, name::VARCHAR, txid_current());
CREATE MACRO pg_shim.to_regcollation(path, name) AS shim_to_reg('regcollation', path, name::VARCHAR, txid_current());
