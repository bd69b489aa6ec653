/** Engine macros that stand for what PostgreSQL does and the engine does not. Made once at boot, in this order, after pg_shim exists. */

import { duckdbSizeMacros } from "../duckdb/sizes.ts";
import { formatMacros } from "./format.ts";
import { arrayMacros } from "./functions-array.ts";
import { dateMacros } from "./functions-date.ts";
import { jsonMacros } from "./functions-json.ts";
import { mathMacros } from "./functions-math.ts";
import { stringMacros } from "./functions-string.ts";
import { systemMacros } from "./functions-system.ts";
import { setMacros } from "./set-returning.ts";
import { sizeMacros, type ValueLimits } from "./sizes.ts";
import { wholeStatisticMacros } from "./whole-statistics.ts";

const fail = (sqlstate: string, message: string) => `error('PGERR:${sqlstate}:' || ${message})`;

const text = (plain: string) => `'${plain.replaceAll("'", "''")}'`;

const divisionByZero = fail("22012", text("division by zero"));

/** The texts PostgreSQL's input functions take, and its words for those they don't. */
function reader(name: string, type: string, title: string): string {
  return `CREATE OR REPLACE MACRO pg_shim.${name}(value) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN NOT regexp_full_match(value, '\\s*[+-]?\\d+\\s*') THEN ${fail("22P02", `${text(`invalid input syntax for type ${title}: "`)} || value || '"'`)}
    WHEN TRY_CAST(trim(value, E' \\t\\n\\r') AS ${type}) IS NULL THEN ${fail("22003", `'value "' || value || ${text(`" is out of range for type ${title}`)}`)}
    ELSE CAST(trim(value, E' \\t\\n\\r') AS ${type})
  END`;
}

const trimmed = "trim(value, E' \\t\\n\\r')";

function number(name: string, type: string, title: string): string {
  return `CREATE OR REPLACE MACRO pg_shim.${name}(value) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN TRY_CAST(${trimmed} AS DOUBLE) IS NULL OR regexp_matches(value, '_') THEN ${fail("22P02", `${text(`invalid input syntax for type ${title}: "`)} || value || '"'`)}
    ELSE CAST(${trimmed} AS ${type})
  END`;
}

const tooExact = `${text("numeric value has more than 10 digits behind the point")} || chr(30) || ${text("HDeclare the column with a precision and scale, as numeric(38,20), or round the value.")}`;

/** Digits that were given are never dropped in silence. */
const readNumeric = `CREATE OR REPLACE MACRO pg_shim.read_numeric(value) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN TRY_CAST(${trimmed} AS DOUBLE) IS NULL OR regexp_matches(value, '_') THEN ${fail("22P02", `${text('invalid input syntax for type numeric: "')} || value || '"'`)}
    WHEN regexp_matches(value, '\\.\\d{10}\\d*[1-9]|[eE]')
      AND (NOT regexp_matches(value, '[eE]') OR CAST(CAST(${trimmed} AS DECIMAL(38,10)) AS DOUBLE) <> CAST(${trimmed} AS DOUBLE))
      THEN ${fail("22003", tooExact)}
    ELSE CAST(${trimmed} AS DECIMAL(38,10))
  END`;

const reading: readonly string[] = [
  reader("read_int2", "SMALLINT", "smallint"),
  reader("read_int4", "INTEGER", "integer"),
  reader("read_int8", "BIGINT", "bigint"),
  reader("read_oid", "UINTEGER", "oid"),
  number("read_float4", "FLOAT", "real"),
  number("read_float8", "DOUBLE", "double precision"),
  readNumeric,
  `CREATE OR REPLACE MACRO pg_shim.read_bool(value) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN lower(${trimmed}) IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN true
    WHEN lower(${trimmed}) IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN false
    ELSE ${fail("22P02", `'invalid input syntax for type boolean: "' || value || '"'`)}
  END`,
  `CREATE OR REPLACE MACRO pg_shim.read_bytea(value) AS
  CASE WHEN starts_with(value, '\\x') THEN unhex(substr(value, 3)) ELSE encode(value) END`,
  `CREATE OR REPLACE MACRO pg_shim.read_array(value) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN NOT regexp_full_match(value, '\\s*\\{.*\\}\\s*', 's') THEN ${fail("22P02", `'malformed array literal: "' || value || '"'`)}
    ELSE CAST('[' || regexp_replace(regexp_replace(value, '^\\s*\\{', ''), '\\}\\s*$', '') || ']' AS VARCHAR[])
  END`,
];

const fitting: readonly string[] = [
  // Digits that were given are never dropped in silence; a floating value has none of its own.
  `CREATE OR REPLACE MACRO pg_shim.fit_numeric(value) AS
  CASE
    WHEN TRY_CAST(regexp_extract(typeof(value), ',(\\d+)\\)', 1) AS INTEGER) > 10 AND CAST(value AS DECIMAL(38,10)) <> value
      THEN ${fail("22003", tooExact)}
    ELSE CAST(value AS DECIMAL(38,10))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.fit_varchar(value, size) AS
  CASE
    WHEN value IS NULL OR length(value) <= size THEN value
    WHEN trim(substr(value, size + 1), ' ') = '' THEN left(value, size)
    ELSE ${fail("22001", "'value too long for type character varying(' || size || ')'")}
  END`,
  `CREATE OR REPLACE MACRO pg_shim.fit_char(value, size) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN length(rtrim(value, ' ')) <= size THEN rpad(value, size, ' ')
    ELSE ${fail("22001", "'value too long for type character(' || size || ')'")}
  END`,
];

const writing: readonly string[] = [
  // 1.0 is 1, 1e+20 stays.
  `CREATE OR REPLACE MACRO pg_shim.float_text(value) AS
  CASE
    WHEN isnan(value) THEN 'NaN'
    WHEN isinf(value) THEN CASE WHEN value > 0 THEN 'Infinity' ELSE '-Infinity' END
    ELSE regexp_replace(CAST(value AS VARCHAR), '\\.0$', '')
  END`,
  `CREATE OR REPLACE MACRO pg_shim.numeric_text(value) AS
  CASE typeof(value)
    WHEN 'DOUBLE' THEN regexp_replace(CAST(value AS VARCHAR), '\\.0$', '')
    WHEN 'DECIMAL(38,10)' THEN regexp_replace(regexp_replace(CAST(value AS VARCHAR), '(\\.\\d*?)0+$', '\\1'), '\\.$', '')
    ELSE CAST(value AS VARCHAR)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.bare_numeric_text(value) AS
  CASE WHEN typeof(value) LIKE 'DECIMAL(%' AND typeof(value) NOT LIKE '%,0)'
    THEN rtrim(rtrim(CAST(value AS VARCHAR), '0'), '.')
    ELSE pg_shim.numeric_text(value)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.interval_text(value) AS
  regexp_replace(CAST(value AS VARCHAR), 'month', 'mon')`,
  `CREATE OR REPLACE MACRO pg_shim.quoted_item(item) AS
  CASE
    WHEN item IS NULL THEN 'NULL'
    WHEN item = '' OR lower(item) = 'null' OR regexp_matches(item, '[\\s\\v{}",\\\\]')
      THEN '"' || replace(replace(item, '\\', '\\\\'), '"', '\\"') || '"'
    ELSE item
  END`,
  `CREATE OR REPLACE MACRO pg_shim.array_text(items) AS
  CASE WHEN items IS NOT NULL
    THEN '{' || coalesce(array_to_string(list_transform(items, lambda item: pg_shim.quoted_item(item)), ','), '') || '}'
  END`,
  `CREATE OR REPLACE MACRO pg_shim.quoted_field(field) AS
  CASE
    WHEN field IS NULL THEN ''
    WHEN field = '' OR regexp_matches(field, '[\\s\\v(),"\\\\]')
      THEN '"' || replace(replace(field, '\\', '\\\\'), '"', '""') || '"'
    ELSE field
  END`,
  `CREATE OR REPLACE MACRO pg_shim.record_text(fields) AS
  '(' || array_to_string(list_transform(fields, lambda field: pg_shim.quoted_field(field)), ',') || ')'`,
];

const arithmetic: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.int_div(a, b) AS
  CASE WHEN b = 0 THEN ${divisionByZero} ELSE a // b END`,
  `CREATE OR REPLACE MACRO pg_shim.int_mod(a, b) AS
  CASE WHEN b = 0 THEN ${divisionByZero} WHEN b = -1 THEN a * 0 ELSE a % b END`,
  `CREATE OR REPLACE MACRO pg_shim.float_div(a, b) AS
  CASE WHEN b = 0 AND NOT isnan(a) THEN ${divisionByZero} ELSE system.main."/"(a, b) END`,
  `CREATE OR REPLACE MACRO pg_shim.numeric_div(a, b) AS
  CASE WHEN b = 0 THEN ${divisionByZero} ELSE system.main."/"(CAST(a AS DOUBLE), CAST(b AS DOUBLE)) END`,
  `CREATE OR REPLACE MACRO pg_shim.numeric_mod(a, b) AS
  CASE WHEN b = 0 THEN ${divisionByZero} ELSE a % b END`,
];

const counts: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.limit_count(value) AS
  CASE WHEN value < 0 THEN ${fail("2201W", text("LIMIT must not be negative"))} ELSE value END`,
  `CREATE OR REPLACE MACRO pg_shim.offset_count(value) AS
  CASE WHEN value < 0 THEN ${fail("2201X", text("OFFSET must not be negative"))} ELSE value END`,
  `CREATE OR REPLACE MACRO pg_shim.sample_percent(value) AS
  CASE
    WHEN value IS NULL THEN ${fail("2202H", text("TABLESAMPLE parameter cannot be null"))}
    WHEN value < 0 OR value > 100 OR isnan(value) THEN ${fail("2202H", text("sample percentage must be between 0 and 100"))}
    ELSE value
  END`,
  `CREATE OR REPLACE MACRO pg_shim.sample_seed(value) AS
  CASE
    WHEN value IS NULL THEN ${fail("2202G", text("TABLESAMPLE REPEATABLE parameter cannot be null"))}
    ELSE value
  END`,
];

/** x = ANY (array): NULL where neither the answer yes nor the answer no is certain. */
const arrays: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.any_equal(value, items) AS
  CASE
    WHEN items IS NULL THEN NULL
    WHEN len(items) = 0 THEN false
    WHEN value IS NULL THEN NULL
    WHEN list_contains(items, value) THEN true
    WHEN list_count(items) < len(items) THEN NULL
    ELSE false
  END`,
  `CREATE OR REPLACE MACRO pg_shim.any_true(items) AS
  CASE
    WHEN items IS NULL THEN NULL
    WHEN list_contains(items, true) THEN true
    WHEN list_count(items) < len(items) THEN NULL
    ELSE false
  END`,
];

export const engineMacros = (limits: ValueLimits): readonly string[] => [
  "CREATE SCHEMA IF NOT EXISTS pg_shim",
  ...sizeMacros(limits),
  ...reading,
  ...fitting,
  ...writing,
  ...dateMacros,
  ...arithmetic,
  ...counts,
  ...arrays,
  ...arrayMacros,
  ...stringMacros,
  ...formatMacros,
  ...mathMacros,
  ...wholeStatisticMacros,
  ...jsonMacros,
  ...setMacros,
  ...systemMacros,
  ...duckdbSizeMacros(limits),
];
