/** json and jsonb. https://www.postgresql.org/docs/15/functions-json.html */
/** Keys are looked up as they are, whatever they hold: a quoted step of a path. */
export const jsonMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.json_step(key) AS
  CASE WHEN key = '' THEN '/' ELSE '$."' || replace(replace(key, '\\', '\\\\'), '"', '\\"') || '"' END`,
  `CREATE OR REPLACE MACRO pg_shim.json_field(value, key) AS
  CASE WHEN json_type(value) = 'OBJECT' THEN json_extract(value, pg_shim.json_step(key)) END`,
  `CREATE OR REPLACE MACRO pg_shim.json_field_text(value, key) AS
  CASE WHEN json_type(value) = 'OBJECT' THEN json_extract_string(value, pg_shim.json_step(key)) END`,
  `CREATE OR REPLACE MACRO pg_shim.json_item(value, place) AS
  CASE WHEN json_type(value) = 'ARRAY' AND place < json_array_length(value) AND place >= -CAST(json_array_length(value) AS BIGINT)
    THEN json_extract(value, '$[' || CASE WHEN place < 0 THEN '#' ELSE '' END || place || ']') END`,
  `CREATE OR REPLACE MACRO pg_shim.json_item_text(value, place) AS
  CASE WHEN json_type(value) = 'ARRAY' AND place < json_array_length(value) AND place >= -CAST(json_array_length(value) AS BIGINT)
    THEN json_extract_string(value, '$[' || CASE WHEN place < 0 THEN '#' ELSE '' END || place || ']') END`,
];
