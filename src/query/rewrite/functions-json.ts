/** json and jsonb. https://www.postgresql.org/docs/15/functions-json.html */
const both = (name: string, template: string) => ({
  [`json_${name}(json)`]: template,
  [`jsonb_${name}(jsonb)`]: template,
});

export const jsonTemplates: Readonly<Record<string, string>> = {
  ...both("array_length", "pg_shim.json_length($1)"),
  ...both("strip_nulls", "CAST(shim_json_without_nulls(CAST($1 AS VARCHAR)) AS JSON)"),
  ...both("typeof", "pg_shim.json_kind($1)"),
  "jsonb_pretty(jsonb)": "json_pretty($1)",
};

/** Keys are looked up as they are, whatever they hold: a quoted step of a path. */
export const jsonMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.json_step(key) AS '."' || replace(replace(key, '\\', '\\\\'), '"', '\\"') || '"'`,
  `CREATE OR REPLACE MACRO pg_shim.json_field(value, key) AS
  CASE WHEN json_type(value) = 'OBJECT' THEN json_extract(value, '$' || pg_shim.json_step(key)) END`,
  `CREATE OR REPLACE MACRO pg_shim.json_field_text(value, key) AS
  CASE WHEN json_type(value) = 'OBJECT' THEN json_extract_string(value, '$' || pg_shim.json_step(key)) END`,
  `CREATE OR REPLACE MACRO pg_shim.json_item(value, place) AS
  CASE WHEN json_type(value) = 'ARRAY' AND place < json_array_length(value) AND place >= -CAST(json_array_length(value) AS BIGINT)
    THEN json_extract(value, '$[' || CASE WHEN place < 0 THEN '#' ELSE '' END || place || ']') END`,
  `CREATE OR REPLACE MACRO pg_shim.json_item_text(value, place) AS
  CASE WHEN json_type(value) = 'ARRAY' AND place < json_array_length(value) AND place >= -CAST(json_array_length(value) AS BIGINT)
    THEN json_extract_string(value, '$[' || CASE WHEN place < 0 THEN '#' ELSE '' END || place || ']') END`,
  // A number is a place in an array and a key of an object.
  `CREATE OR REPLACE MACRO pg_shim.json_steps(path) AS
  array_to_string(list_transform(path, lambda item:
    CASE
      WHEN regexp_full_match(item, '\\d+') THEN '[' || item || ']'
      WHEN regexp_full_match(item, '-\\d+') THEN '[#' || item || ']'
      ELSE pg_shim.json_step(item)
    END), '')`,
  `CREATE OR REPLACE MACRO pg_shim.json_key_steps(path) AS
  array_to_string(list_transform(path, lambda item: pg_shim.json_step(item)), '')`,
  `CREATE OR REPLACE MACRO pg_shim.json_path(value, path) AS
  coalesce(json_extract(value, '$' || pg_shim.json_steps(path)), json_extract(value, '$' || pg_shim.json_key_steps(path)))`,
  `CREATE OR REPLACE MACRO pg_shim.json_path_text(value, path) AS
  CASE WHEN json_exists(value, '$' || pg_shim.json_steps(path))
    THEN json_extract_string(value, '$' || pg_shim.json_steps(path))
    ELSE json_extract_string(value, '$' || pg_shim.json_key_steps(path))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.json_has(value, key) AS
  CASE
    WHEN value IS NULL OR key IS NULL THEN NULL
    WHEN json_type(value) = 'OBJECT' THEN list_contains(json_keys(value), key)
    WHEN json_type(value) = 'ARRAY' THEN list_contains(json_extract_string(value, '$[*]'), key)
    WHEN json_type(value) = 'VARCHAR' THEN json_extract_string(value, '$') = key
    ELSE false
  END`,
  `CREATE OR REPLACE MACRO pg_shim.json_kind(value) AS
  CASE json_type(value)
    WHEN 'OBJECT' THEN 'object'
    WHEN 'ARRAY' THEN 'array'
    WHEN 'VARCHAR' THEN 'string'
    WHEN 'BOOLEAN' THEN 'boolean'
    WHEN 'NULL' THEN 'null'
    WHEN NULL THEN NULL
    ELSE CASE WHEN value IS NULL THEN NULL ELSE 'number' END
  END`,
  `CREATE OR REPLACE MACRO pg_shim.json_length(value) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN json_type(value) = 'ARRAY' THEN CAST(json_array_length(value) AS INTEGER)
    WHEN json_type(value) = 'OBJECT' THEN error('PGERR:22023:cannot get array length of a non-array')
    ELSE error('PGERR:22023:cannot get array length of a scalar')
  END`,
  // A key of an object, a place in an array; a place past the end is the end.
  `CREATE OR REPLACE MACRO pg_shim.jsonb_put(value, step, new, creates) AS
  CASE
    WHEN json_type(value) = 'OBJECT' THEN
      CASE WHEN creates OR list_contains(json_keys(value), step)
        THEN to_json(map_concat(CAST(value AS MAP(VARCHAR, JSON)), map([step], [CAST(new AS JSON)])))
        ELSE value END
    WHEN json_type(value) = 'ARRAY' AND regexp_full_match(step, '\\d+') THEN
      CASE
        WHEN CAST(step AS BIGINT) < json_array_length(value)
          THEN to_json(list_transform(CAST(value AS JSON[]), lambda item, place: CASE WHEN place = CAST(step AS BIGINT) + 1 THEN CAST(new AS JSON) ELSE item END))
        WHEN creates THEN to_json(list_append(CAST(value AS JSON[]), CAST(new AS JSON)))
        ELSE value END
    ELSE value
  END`,
  // Keys of an object, texts in an array.
  `CREATE OR REPLACE MACRO pg_shim.jsonb_without(value, keys) AS
  CASE
    WHEN value IS NULL OR keys IS NULL THEN NULL
    WHEN json_type(value) = 'OBJECT'
      THEN to_json(map_from_entries(list_filter(map_entries(CAST(value AS MAP(VARCHAR, JSON))), lambda item: NOT list_contains(keys, item.key))))
    WHEN json_type(value) = 'ARRAY'
      THEN to_json(list_filter(CAST(value AS JSON[]), lambda item: NOT (json_type(item) = 'VARCHAR' AND list_contains(keys, json_extract_string(item, '$')))))
    ELSE error('PGERR:22023:cannot delete from scalar')
  END`,
  `CREATE OR REPLACE MACRO pg_shim.jsonb_without_place(value, place) AS
  CASE
    WHEN value IS NULL OR place IS NULL THEN NULL
    WHEN json_type(value) = 'ARRAY'
      THEN to_json(list_filter(CAST(value AS JSON[]), lambda item, position: position - 1 <> CASE WHEN place < 0 THEN CAST(json_array_length(value) AS BIGINT) + place ELSE place END))
    WHEN json_type(value) = 'OBJECT' THEN error('PGERR:22023:cannot delete from object using integer index')
    ELSE error('PGERR:22023:cannot delete from scalar')
  END`,
  `CREATE OR REPLACE MACRO pg_shim.jsonb_concat(a, b) AS
  CASE
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN json_type(a) = 'OBJECT' AND json_type(b) = 'OBJECT'
      THEN to_json(map_concat(CAST(a AS MAP(VARCHAR, JSON)), CAST(b AS MAP(VARCHAR, JSON))))
    ELSE to_json(list_concat(
      CASE WHEN json_type(a) = 'ARRAY' THEN CAST(a AS JSON[]) ELSE [a] END,
      CASE WHEN json_type(b) = 'ARRAY' THEN CAST(b AS JSON[]) ELSE [b] END))
  END`,
];
