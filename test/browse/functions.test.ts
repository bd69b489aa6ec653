/**
 * What the catalog's functions say of everything in one schema, on both servers, its names on the search path and off it. Left out:
 * pg_table_is_visible off the path, where every bucket is looked through; that a default or an expression needs the types and
 * columns it names, which pg_depend does not tell; the order of a check's columns; a domain check's conbin, which is its text.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SqlClient } from "../support/sql-client.ts";
import { type Lab, lakewireLab, postgresLab, reader, shop, writer } from "./lab.ts";
import { comparable } from "./shown.ts";

const long = `a_name_of_sixty_bytes_${"x".repeat(38)}`;

const unusual: readonly string[] = [
  `CREATE SCHEMA "Schön ""x"""`,
  `CREATE TABLE "Schön ""x"""."Tablé 'q'" ("Key" int PRIMARY KEY, "from" text DEFAULT 'it''s', "ß" int CHECK ("ß" > 0) UNIQUE)`,
  `CREATE TABLE "Schön ""x""".${long} (${long} int REFERENCES "Schön ""x"""."Tablé 'q'")`,
  `CREATE VIEW "Schön ""x"""."select" AS SELECT "Key" AS "A b", "from" FROM "Schön ""x"""."Tablé 'q'" WHERE "ß" IS NOT NULL`,
  `CREATE TYPE "Schön ""x"""."Mood" AS ENUM ('Glad', 'it''s')`,
  `CREATE SEQUENCE "Schön ""x"""."Counts"`,
  `COMMENT ON TABLE "Schön ""x"""."Tablé 'q'" IS 'naïve'`,
  `COMMENT ON COLUMN "Schön ""x"""."Tablé 'q'"."ß" IS 'sharp'`,
];

const schemas = `('shop', 'Schön "x"')`;
const classes = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ${schemas}`;
const columns = `pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND n.nspname IN ${schemas}`;
const functions = `pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ${schemas}`;
const types = `pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname IN ${schemas}`;
const people = `(VALUES ('${reader}'), ('${writer}')) AS role(name)`;

/** Each gives the same rows on both servers, in any order. */
const questions: readonly string[] = [
  `SELECT '{int,int8,"character varying"}'::regtype[], ARRAY['pg_class'::regclass], '{}'::regtype[]`,
  `SELECT n.nspname, k.tableoid, k.xmin IS NULL FROM pg_namespace n LEFT JOIN pg_constraint k ON k.connamespace = n.oid AND k.conname = 'nobody'
     WHERE n.nspname = 'shop'`,
  "SELECT (-1)::int4::oid, (-2)::int2::oid, (SELECT count(*) FROM pg_type WHERE oid = -1)",
  `SELECT c.relname, pg_get_viewdef(c.oid), pg_get_viewdef(c.oid, true), pg_get_viewdef(c.oid, 30) FROM ${classes} AND relkind IN ('v', 'm')`,
  `SELECT c.relname, pg_get_indexdef(c.oid), pg_get_indexdef(c.oid, 0, true), pg_get_indexdef(c.oid, 1, true), pg_get_indexdef(c.oid, 2, false) FROM ${classes} AND relkind = 'i'`,
  `SELECT c.relname, i.indnatts, i.indnkeyatts, i.indisunique, i.indisprimary, i.indimmediate, i.indisvalid, i.indkey::text, i.indoption::text, i.indclass::text,
     pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid, true) FROM pg_index i JOIN ${classes.replace("WHERE", "ON i.indexrelid = c.oid WHERE").replace("pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ON", "(pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON")}`,
  `SELECT k.conname, k.contype, (SELECT array_agg(n ORDER BY n) FROM unnest(k.conkey) n), k.confkey, k.confupdtype, k.confdeltype, k.confmatchtype, k.convalidated, k.conrelid::regclass, k.confrelid::regclass,
     k.conindid::regclass, k.contypid::regtype, pg_get_constraintdef(k.oid), pg_get_constraintdef(k.oid, true), CASE WHEN k.conrelid <> 0 THEN pg_get_expr(k.conbin, k.conrelid) END
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname IN ${schemas}`,
  `SELECT d.adrelid::regclass, d.adnum, pg_get_expr(d.adbin, d.adrelid), pg_get_expr(d.adbin, d.adrelid, true) FROM pg_attrdef d JOIN ${classes.replace("pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE", "(pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON c.oid = d.adrelid WHERE")}`,
  `SELECT p.proname, pg_get_functiondef(p.oid), pg_get_function_arguments(p.oid), pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid),
     pg_get_function_sqlbody(p.oid), pg_get_function_arg_default(p.oid, 1), pg_get_function_arg_default(p.oid, 2), oidvectortypes(p.proargtypes) FROM ${functions}`,
  `SELECT p.oid::regproc, p.oid::regprocedure, p.prokind, p.provolatile, p.proparallel, p.proisstrict, p.prosecdef, p.proretset, p.procost, p.prorows, p.pronargs, p.pronargdefaults,
     p.proargmodes::text, p.proargnames::text, p.prorettype::regtype, p.provariadic::regtype, p.prosrc, p.proacl::text FROM ${functions}`,
  `SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) FROM ${columns} AND c.relkind IN ('r', 'p')`,
  `SELECT c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.atttypid::regtype, a.attlen, a.attndims, a.atttypmod, a.attbyval, a.attalign, a.attstorage,
     a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated, a.attisdropped, a.attislocal, a.attinhcount FROM ${columns}`,
  `SELECT c.relname, obj_description(c.oid, 'pg_class'), obj_description(c.oid), col_description(c.oid, 1), col_description(c.oid, 3) FROM ${classes}`,
  `SELECT c.relname, c.oid::regclass, c.relkind, c.relnatts, c.relchecks, c.relhasindex, c.relhasrules, c.relhastriggers, c.relispopulated, c.relreplident,
     c.relpersistence, c.reltype::regtype, pg_relation_is_updatable(c.oid, true) FROM ${classes} AND c.relname <> 'unlogged'`,
  `SELECT c.relname, a.attname, pg_column_is_updatable(c.oid, a.attnum, true) FROM ${columns} AND c.relkind IN ('r', 'v')`,
  `SELECT c.relname, pg_table_is_visible(c.oid) FROM ${classes} AND n.nspname = ANY (current_schemas(false))`,
  `SELECT t.oid::regtype, pg_type_is_visible(t.oid), t.typtype, t.typcategory, t.typlen, t.typbyval, t.typdelim, t.typnotnull, t.typbasetype::regtype, t.typtypmod, t.typndims,
     t.typdefault, t.typelem::regtype, t.typarray::regtype, t.typrelid::regclass, t.typinput::regproc, t.typoutput::regproc, t.typreceive::regproc, t.typsend::regproc,
     t.typalign, t.typstorage, t.typispreferred, t.typisdefined, obj_description(t.oid, 'pg_type') FROM ${types} AND t.typname !~ 'unlogged'`,
  `SELECT to_regclass('shop.customer'), to_regclass('customer'), to_regclass('shop.nothing'), to_regclass('no.where'), to_regclass('"Schön ""x"""."Tablé ''q'''),
     to_regclass('"Schön ""x"""."Tablé ''q''"'), to_regtype('shop.mood'), to_regtype('mood[]'), to_regtype('shop.mood[]'), to_regtype('"Schön ""x"""."Mood"'), to_regtype('int4[]'),
     to_regtype('character varying(3)'), to_regproc('shop.add'), to_regproc('nothing'), to_regprocedure('shop.add(int,int)'), to_regprocedure('add(int)'), to_regnamespace('shop'),
     to_regnamespace('nothing'), to_regrole('${reader}'), to_regrole('nobody'), to_regoper('||'), to_regoper('pg_catalog.@@@@'), to_regoperator('+(int4,int4)'), to_regcollation('"C"')`,
  `SELECT name, c.relname, p, has_table_privilege(name, c.oid, p), has_any_column_privilege(name, c.oid, p)
   FROM ${people}, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES', 'SELECT WITH GRANT OPTION', 'INSERT WITH GRANT OPTION']) p, ${classes} AND c.relkind IN ('r', 'v', 'm', 'p')`,
  `SELECT name, c.relname, p, has_table_privilege(name, c.oid, p) FROM ${people}, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) p, ${classes} AND c.relkind IN ('r', 'v', 'm', 'p')`,
  `SELECT name, c.relname, p, has_sequence_privilege(name, c.oid, p) FROM ${people}, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE', 'SELECT, USAGE']) p, ${classes} AND c.relkind = 'S'`,
  `SELECT name, c.relname, a.attname, has_column_privilege(name, c.oid, a.attnum, 'SELECT'), has_column_privilege(name, c.oid, a.attname, 'INSERT, UPDATE') FROM ${people}, ${columns} AND c.relkind = 'r'`,
  `SELECT name, n.nspname, has_schema_privilege(name, n.oid, 'USAGE'), has_schema_privilege(name, n.nspname, 'CREATE') FROM ${people}, pg_namespace n WHERE n.nspname IN ${schemas} OR n.nspname ~ '^(pg_catalog|information_schema)$'`,
  `SELECT name, p.proname, has_function_privilege(name, p.oid, 'EXECUTE') FROM ${people}, ${functions}`,
  `SELECT name, t.typname, has_type_privilege(name, t.oid, 'USAGE') FROM ${people}, ${types}`,
  `SELECT name, has_database_privilege(name, current_database(), p) FROM ${people}, unnest(ARRAY['CONNECT', 'TEMP', 'TEMPORARY', 'CREATE']) p`,
  `SELECT name, has_language_privilege(name, 'sql', 'USAGE'), has_tablespace_privilege(name, 'pg_default', 'CREATE'), pg_has_role(name, '${reader}', 'MEMBER'), pg_has_role(name, '${reader}', 'USAGE'),
     pg_has_role(name, 'pg_read_all_data', 'MEMBER') FROM ${people}`,
  `SELECT has_table_privilege('shop.customer', 'SELECT'), has_table_privilege(0::oid, 'SELECT'), has_schema_privilege(0::oid, 'USAGE'), has_function_privilege(0::oid, 'EXECUTE'), has_column_privilege('shop.customer', 99::int2, 'SELECT')`,
  "SELECT has_table_privilege('shop.nothing', 'SELECT')",
  "SELECT has_table_privilege('shop.customer', 'READ')",
  "SELECT has_column_privilege('shop.customer', 'nothing', 'SELECT')",
  "SELECT has_schema_privilege('nothing', 'USAGE')",
  "SELECT has_table_privilege('nobody', 'shop.customer', 'SELECT')",
  "SELECT has_sequence_privilege('shop.customer'::regclass, 'USAGE')",
  "SELECT has_function_privilege('shop.add(int)', 'EXECUTE')",
  "SELECT pg_get_serial_sequence('shop.customer', 'nothing')",
  "SELECT pg_get_viewdef('shop.customer'::regclass), pg_get_viewdef(0), pg_get_indexdef(0), pg_get_constraintdef(0), pg_get_functiondef(0), pg_get_function_arguments(0), pg_get_triggerdef(0), pg_get_ruledef(0)",
  "SELECT pg_get_userbyid(10) = current_user, pg_get_userbyid(99), pg_get_partkeydef('shop.parted'::regclass), pg_get_partkeydef('shop.customer'::regclass), pg_get_statisticsobjdef(0)",
  `SELECT c.relname, i.* FROM (SELECT * FROM ${classes} AND c.relname <> 'unlogged') c, pg_identify_object('pg_class'::regclass, c.oid, 0) i`.replace(
    "SELECT * FROM pg_class",
    "SELECT c.* FROM pg_class",
  ),
  `SELECT pg_describe_object('pg_class'::regclass, c.oid, a.attnum) FROM ${columns} AND c.relkind IN ('r', 'v', 'm')`,
  `SELECT pg_describe_object('pg_proc'::regclass, p.oid, 0) FROM ${functions}`,
  `SELECT pg_describe_object('pg_type'::regclass, t.oid, 0) FROM ${types}`,
  `SELECT pg_describe_object('pg_constraint'::regclass, k.oid, 0) FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname IN ${schemas}`,
  `SELECT i.* FROM ${functions.replace("WHERE", "CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, p.oid, 0) i WHERE")}`,
  `SELECT i.* FROM ${types.replace("WHERE", "CROSS JOIN LATERAL pg_identify_object('pg_type'::regclass, t.oid, 0) i WHERE")} AND t.typtype <> 'c' AND t.typelem = 0`,
  `SELECT i.* FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace CROSS JOIN LATERAL pg_identify_object('pg_constraint'::regclass, k.oid, 0) i WHERE n.nspname IN ${schemas}`,
  `SELECT i.* FROM pg_namespace n CROSS JOIN LATERAL pg_identify_object('pg_namespace'::regclass, n.oid, 0) i WHERE n.nspname IN ${schemas}`,
  `SELECT d.refclassid::regclass, d.refobjsubid, pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype
   FROM pg_depend d JOIN (SELECT c.oid FROM ${classes}) c ON c.oid = d.objid WHERE d.classid = 'pg_class'::regclass AND NOT (d.objid = 'shop.customer_lower'::regclass AND d.refobjsubid > 0)`,
  `SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype
   FROM pg_depend d JOIN (SELECT k.oid FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname IN ${schemas}) c ON c.oid = d.objid WHERE d.classid = 'pg_constraint'::regclass`,
  `SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype
   FROM pg_depend d WHERE d.classid IN ('pg_attrdef'::regclass, 'pg_rewrite'::regclass) AND d.objid >= 16384
     AND pg_describe_object(d.classid, d.objid, 0) !~ 'column (total|feeling)'`,
  `SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), d.deptype
   FROM pg_depend d JOIN (SELECT t.oid FROM ${types}) t ON t.oid = d.objid WHERE d.classid = 'pg_type'::regclass`,
  `SELECT pg_describe_object(d.classid, d.objid, d.objsubid), d.refobjid::regrole, d.deptype FROM pg_shdepend d WHERE d.classid = 'pg_class'::regclass AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND d.refobjid IN ('${reader}'::regrole, '${writer}'::regrole)`,
  "SELECT s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle FROM pg_sequence s",
  "SELECT p.* FROM pg_sequence_parameters('shop.numbers'::regclass) p",
  `SELECT e.enumtypid::regtype, e.enumlabel, row_number() OVER (PARTITION BY e.enumtypid ORDER BY e.enumsortorder) FROM pg_enum e`,
  `SELECT r.rulename, r.ev_class::regclass, r.ev_type, r.ev_enabled, r.is_instead, pg_get_ruledef(r.oid), pg_get_ruledef(r.oid, true) FROM pg_rewrite r WHERE r.oid >= 16384`,
  `SELECT schemaname, tablename, hasindexes, hasrules, hastriggers, rowsecurity FROM pg_tables WHERE schemaname IN ${schemas} AND tablename <> 'unlogged'`,
  `SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname IN ${schemas}`,
  `SELECT schemaname, matviewname, hasindexes, ispopulated, definition FROM pg_matviews WHERE schemaname IN ${schemas}`,
  `SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname IN ${schemas}`,
  `SELECT schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size FROM pg_sequences WHERE schemaname IN ${schemas}`,
  "SELECT * FROM information_schema.usage_privileges WHERE object_type NOT IN ('COLLATION', 'FOREIGN DATA WRAPPER', 'FOREIGN SERVER')",
  `SELECT grantee, udt_schema, udt_name, privilege_type, is_grantable FROM information_schema.udt_privileges WHERE udt_schema IN ${schemas}`,
  `SELECT * FROM information_schema.column_domain_usage WHERE domain_schema IN ${schemas}`,
  `SELECT * FROM information_schema.column_udt_usage WHERE table_schema IN ${schemas}`,
  `SELECT * FROM information_schema.domain_udt_usage WHERE domain_schema IN ${schemas}`,
  `SELECT object_schema, object_type, dtd_identifier, CASE object_type WHEN 'ROUTINE' THEN '' ELSE object_name END FROM information_schema.data_type_privileges WHERE object_schema IN ${schemas}`,
  "SELECT table_size_is_more FROM (SELECT pg_table_size('shop.customer') > 0 AND pg_total_relation_size('shop.customer') >= pg_relation_size('shop.customer') AS table_size_is_more) s",
  "SELECT pg_relation_size('shop.big'), pg_table_size('shop.numbers') > 0, pg_indexes_size('shop.pair') >= 0, pg_total_relation_size(0), pg_relation_size(0), pg_size_pretty(123456::bigint)",
];

const oracle = await postgresLab([...shop(), ...unusual]);

describe.runIf(oracle)("over one schema", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await lakewireLab([...shop(), ...unusual]);
  });
  afterAll(() => lab?.close());

  for (const path of ["public", "shop, public"]) {
    describe(`search_path = ${path}`, () => {
      let clients: readonly SqlClient[] = [];
      beforeAll(async () => {
        if (oracle === undefined) return;
        clients = [await SqlClient.login(lab), await SqlClient.login(oracle)];
        for (const client of clients) await client.run(`SET search_path = ${path}`);
      });
      afterAll(async () => {
        for (const client of clients) await client.end();
      });
      test.each(questions)("%s", async (sql) => {
        const [ours, theirs] = await Promise.all(clients.map((client) => client.answer(sql)));
        const told = (rows: readonly string[] | undefined, database: string) =>
          (rows ?? []).map((row) => comparable(row.replaceAll(database, "DATABASE"))).sort();
        expect(told(ours, lab.database)).toEqual(told(theirs, oracle?.database ?? ""));
      });
    });
  }
});

afterAll(() => oracle?.close());
