/** The catalog's static part, asked of PostgreSQL 15 too: the same rows, the same spelling of every type, function and name. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuiltinColumn, builtins } from "../../src/catalog/builtins.ts";
import { noFacts } from "../../src/catalog/facts.ts";
import { postgres } from "../support/services.ts";
import { access, type Lake, openLake } from "./lake.ts";

const database = `catalog_oracle_${process.pid}`;
const service = await postgres();

let lake: Lake;
let admin: pg.Client;
let oracle: pg.Client;

/** Rows must be the same, but for what `except` takes out of PostgreSQL's: toast tables, PL/pgSQL. */
const sameRows: Readonly<
  Record<string, { readonly except?: string; readonly without?: string[] }>
> = {
  "pg_catalog.pg_aggregate": {},
  "pg_catalog.pg_am": {},
  "pg_catalog.pg_amop": {},
  "pg_catalog.pg_amproc": {},
  "pg_catalog.pg_attribute": {
    except:
      "attnum < 0 OR attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 99 OR relname LIKE 'pg_toast%')",
    without: ["attacl", "attcollation", "attoptions"],
  },
  "pg_catalog.pg_cast": {},
  "pg_catalog.pg_class": {
    except: "relnamespace = 99",
    without: [
      "relacl",
      "relfilenode",
      "relpages",
      "reltuples",
      "relallvisible",
      "reltoastrelid",
      "relfrozenxid",
      "relminmxid",
      "reloptions",
    ],
  },
  "pg_catalog.pg_constraint": {},
  "pg_catalog.pg_conversion": {},
  "pg_catalog.pg_description": {
    except:
      "classoid = 1255 AND objoid IN (SELECT oid FROM pg_proc WHERE proname LIKE 'binary_upgrade%')",
  },
  "pg_catalog.pg_index": {
    except: "indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 99)",
  },
  "pg_catalog.pg_indexes": {},
  "pg_catalog.pg_language": { except: "lanname = 'plpgsql'" },
  "pg_catalog.pg_opclass": {},
  "pg_catalog.pg_operator": {},
  "pg_catalog.pg_opfamily": {},
  "pg_catalog.pg_proc": {
    except: "proname ~ '^(plpgsql|binary_upgrade)'",
    without: ["procost", "prorows", "proacl", "prosqlbody"],
  },
  "pg_catalog.pg_range": {},
  "pg_catalog.pg_tables": { without: ["tableowner"] },
  "pg_catalog.pg_tablespace": {},
  "pg_catalog.pg_timezone_abbrevs": {},
  "pg_catalog.pg_ts_config": {},
  "pg_catalog.pg_ts_config_map": {},
  "pg_catalog.pg_ts_dict": {},
  "pg_catalog.pg_ts_parser": {},
  "pg_catalog.pg_ts_template": {},
  "pg_catalog.pg_type": {},
  "information_schema.check_constraints": {},
  "information_schema.column_domain_usage": {},
  "information_schema.column_udt_usage": {},
  "information_schema.columns": {
    without: ["is_updatable", "collation_catalog", "collation_schema", "collation_name"],
  },
  "information_schema.constraint_column_usage": {},
  "information_schema.constraint_table_usage": {},
  "information_schema.data_type_privileges": {
    except: "object_name ~ '^(plpgsql|binary_upgrade)'",
  },
  "information_schema.domain_constraints": {},
  "information_schema.domain_udt_usage": {},
  "information_schema.domains": {},
  "information_schema.key_column_usage": {},
  "information_schema.parameters": { except: "specific_name ~ '^(plpgsql|binary_upgrade)'" },
  "information_schema.routines": { except: "specific_name ~ '^(plpgsql|binary_upgrade)'" },
  "information_schema.sql_features": {},
  "information_schema.table_constraints": {},
  "information_schema.udt_privileges": { without: ["grantor", "grantee"] },
  "information_schema.tables": { without: ["is_insertable_into"] },
};

describe.skipIf(service === undefined)("beside PostgreSQL 15", () => {
  beforeAll(async () => {
    if (service === undefined) return;
    admin = new pg.Client({ ...service });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${database} TEMPLATE template0`);
    oracle = new pg.Client({ ...service, database });
    await oracle.connect();
    await oracle.query("SET TimeZone = 'UTC'");
    lake = await openLake();
    await lake.publisher.publish({ ...access("1"), catalog: noFacts.catalog });
  });
  afterAll(async () => {
    await oracle?.end();
    await admin?.query(`DROP DATABASE IF EXISTS ${database}`);
    await admin?.end();
    await lake?.close();
  });

  test.each(Object.entries(sameRows))(
    "%s has PostgreSQL's rows",
    async (name, { except, without }) => {
      const columns = (builtins().relations.get(name)?.columns ?? []).filter(
        (column) => !without?.includes(column.name),
      );
      const ours = columns.map(engineText).join(" || '|' || ");
      const theirs = columns.map(postgresText).join(" || '|' || ");
      const here = (await lake.rows(`SELECT ${ours} FROM ${lake.from(name)}`)).flat();
      const { rows } = await oracle.query<{ row: string }>(
        `SELECT ${theirs} AS row FROM ${name} WHERE NOT (${except ?? "false"})`,
      );
      const there = rows.map(({ row }) => row.replaceAll(database, "lakehouse"));
      expect(here.length).toBeGreaterThan(0);
      expect(here.sort()).toEqual(there.sort());
    },
  );

  /** What a function gives for every row of a catalog; `@` is the row's OID, `path` the search path. */
  const functions: readonly (readonly [catalog: string, ours: string, theirs: string])[] = [
    ["pg_type", "format_type(path, @, -1)", "format_type(@, -1)"],
    ["pg_type", "format_type(path, @, NULL)", "format_type(@, NULL)"],
    [
      "pg_type",
      "format_type(path, @, 5)",
      "CASE WHEN typname ~ 'interval' THEN NULL ELSE format_type(@, 5) END",
    ],
    [
      "pg_type",
      "format_type(path, @, 786438)",
      "CASE WHEN typname ~ 'interval' THEN NULL ELSE format_type(@, 786438) END",
    ],
    ["pg_type", "regtype_out(path, @)", "@::regtype"],
    ["pg_type", "pg_type_is_visible(path, @)", "pg_type_is_visible(@)"],
    ["pg_proc", "regproc_out(path, @)", "@::regproc"],
    ["pg_proc", "regprocedure_out(path, @)", "@::regprocedure"],
    ["pg_proc", "pg_function_is_visible(path, @)", "pg_function_is_visible(@)"],
    ["pg_proc", "pg_get_function_arguments(path, @)", "pg_get_function_arguments(@)"],
    [
      "pg_proc",
      "pg_get_function_identity_arguments(path, @)",
      "pg_get_function_identity_arguments(@)",
    ],
    ["pg_proc", "pg_get_function_result(path, @)", "pg_get_function_result(@)"],
    ["pg_proc", "oidvectortypes(path, proargtypes)", "oidvectortypes(proargtypes)"],
    ["pg_proc", "obj_description(@, 'pg_proc')", "obj_description(@, 'pg_proc')"],
    ["pg_operator", "regoper_out(path, @)", "@::regoper"],
    ["pg_operator", "regoperator_out(path, @)", "@::regoperator"],
    ["pg_class", "regclass_out(path, @)", "@::regclass"],
    ["pg_class", "pg_table_is_visible(path, @)", "pg_table_is_visible(@)"],
    ["pg_class", "pg_get_indexdef(path, @)", "CASE relkind WHEN 'i' THEN pg_get_indexdef(@) END"],
    [
      "pg_constraint",
      "pg_get_constraintdef(path, @)",
      "CASE WHEN contype <> 'c' THEN pg_get_constraintdef(@) END",
    ],
  ];

  test.each(functions)("over %s: %s", async (relation, ours, theirs) => {
    const call = ours.replaceAll("@", "oid").replace("path", "['pg_catalog', 'public']");
    const here = new Map(
      (await lake.rows(`SELECT oid, pg_shim.${call}::VARCHAR FROM pg_shim.${relation}`)).map(
        ([oid, value]) => [oid, value],
      ),
    );
    const { rows } = await oracle.query<{ oid: string; value: string | null }>(
      `SELECT oid::text, (${theirs.replaceAll("@", "oid")})::text AS value FROM ${relation} WHERE oid < 16384`,
    );
    const differences = rows.filter(({ oid, value }) => {
      // An interval's modifier is not an arbitrary number.
      const isAsked = value !== null || !theirs.startsWith("CASE");
      return here.has(oid) && isAsked && here.get(oid) !== value;
    });
    expect(rows.length).toBeGreaterThan(100);
    expect(differences.slice(0, 5)).toEqual([]);
  });

  const expressions: readonly string[] = [
    ...["a", "A b", "select", "int", "between", 'x"y', "1a", "a$", "é", "_a", ""].map(
      (name) => `quote_ident('${name}')`,
    ),
    "quote_literal('it''s')",
    "quote_literal('a\\b')",
    "quote_nullable(NULL)",
    ...[
      0, 10_239, 10_240, 20_479, 1_048_575, 20_970_000, 20_971_520, -12_345, 5_368_709_120, 9e15,
    ].map((bytes) => `pg_size_pretty(${bytes}::bigint)`),
    "pg_encoding_to_char(6)",
    "pg_encoding_to_char(8)",
    "pg_encoding_to_char(99)",
    "pg_char_to_encoding('utf-8')",
    "pg_char_to_encoding('nonsense')",
    "array_length(ARRAY[1, 2, 3], 1)",
    "array_length(ARRAY[ARRAY[1, 2, 3]], 2)",
    "array_upper(ARRAY[1, 2], 2)",
    "array_lower(ARRAY[1, 2], 1)",
    "array_ndims(ARRAY[ARRAY[1], ARRAY[2]])",
    "obj_description(11, 'pg_namespace')",
  ];

  test.each(expressions)("%s", async (expression) => {
    const { rows } = await oracle.query<{ value: string | null }>(
      `SELECT (${expression})::text AS value`,
    );
    expect(await lake.value(`SELECT (pg_shim.${expression})::VARCHAR`)).toBe(rows[0]?.value);
  });
});

/** A column as text both engines agree on; lists as PostgreSQL writes arrays without quotes. */
function engineText({ name, typeOid }: BuiltinColumn): string {
  const type = builtins().typesByOid.get(typeOid);
  const isList = type?.typcategory === "A" || typeOid === 22 || typeOid === 30;
  const text = isList ? `'{' || array_to_string("${name}", ',') || '}'` : `"${name}"::VARCHAR`;
  return `coalesce(${text}, '-')`;
}

function postgresText({ name, typeOid }: BuiltinColumn): string {
  if (typeOid === 16) return `coalesce(CASE WHEN "${name}" THEN 'true' ELSE 'false' END, '-')`;
  if (typeOid === 24) return `coalesce("${name}"::oid::text, '-')`;
  if (typeOid === 22 || typeOid === 30)
    return `coalesce('{' || replace("${name}"::text, ' ', ',') || '}', '-')`;
  if (typeOid === 194) return `coalesce(pg_get_expr("${name}", 0), '-')`;
  const isArray = builtins().typesByOid.get(typeOid)?.typcategory === "A";
  return isArray
    ? `coalesce('{' || array_to_string("${name}", ',') || '}', '-')`
    : `coalesce("${name}"::text, '-')`;
}
