/** Text and bytea. https://www.postgresql.org/docs/15/functions-string.html */
export const stringTemplates: Readonly<Record<string, string>> = {
  "length(text)": "CAST(length($1) AS INTEGER)",
  "length(bpchar)": "CAST(length(rtrim($1, ' ')) AS INTEGER)",
  "length(bytea)": "CAST(octet_length($1) AS INTEGER)",
  "char_length(text)": "CAST(length($1) AS INTEGER)",
  "char_length(bpchar)": "CAST(length(rtrim($1, ' ')) AS INTEGER)",
  "character_length(text)": "CAST(length($1) AS INTEGER)",
  "character_length(bpchar)": "CAST(length(rtrim($1, ' ')) AS INTEGER)",
  "octet_length(text)": "CAST(strlen($1) AS INTEGER)",
  "octet_length(bpchar)": "CAST(strlen($1) AS INTEGER)",
  "octet_length(bytea)": "CAST(octet_length($1) AS INTEGER)",
  "bit_length(text)": "CAST(strlen($1) * 8 AS INTEGER)",
  "bit_length(bytea)": "CAST(octet_length($1) * 8 AS INTEGER)",
  "lower(text)": "lower($1)",
  "upper(text)": "upper($1)",
  "initcap(text)": "pg_shim.initcap($1)",
  "substr(text,int4)": "substring($1, greatest($2, 1))",
  "substring(text,int4)": "substring($1, greatest($2, 1))",
  "substr(text,int4,int4)": "pg_shim.text_substring($1, $2, $3)",
  "substring(text,int4,int4)": "pg_shim.text_substring($1, $2, $3)",
  "left(text,int4)": "left($1, $2)",
  "right(text,int4)": "right($1, $2)",
  "position(text,text)": "CAST(strpos($1, $2) AS INTEGER)",
  "strpos(text,text)": "CAST(strpos($1, $2) AS INTEGER)",
  "btrim(text)": "trim($1, ' ')",
  "btrim(text,text)": "trim($1, $2)",
  "ltrim(text)": "ltrim($1, ' ')",
  "ltrim(text,text)": "ltrim($1, $2)",
  "rtrim(text)": "rtrim($1, ' ')",
  "rtrim(text,text)": "rtrim($1, $2)",
  "lpad(text,int4)": "pg_shim.text_lpad($1, $2, ' ')",
  "lpad(text,int4,text)": "pg_shim.text_lpad($1, $2, $3)",
  "rpad(text,int4)": "pg_shim.text_rpad($1, $2, ' ')",
  "rpad(text,int4,text)": "pg_shim.text_rpad($1, $2, $3)",
  "repeat(text,int4)": "pg_shim.text_repeat($1, $2)",
  "replace(text,text,text)": "pg_shim.text_replace($1, $2, $3)",
  "parse_ident(text,bool)": "shim_parse_ident($1, coalesce($2, true))",
  "reverse(text)": "reverse($1)",
  "translate(text,text,text)": "translate($1, $2, $3)",
  "split_part(text,text,int4)": "pg_shim.text_split_part($1, $2, $3)",
  "ascii(text)": "CASE WHEN $1 = '' THEN 0 ELSE ascii($1) END",
  "chr(int4)": "pg_shim.text_chr($1)",
  "starts_with(text,text)": "starts_with($1, $2)",
  "md5(text)": "md5($1)",
  "md5(bytea)": "md5($1)",
  "sha256(bytea)": "unhex(sha256($1))",
  "to_hex(int4)": "lower(to_hex(CAST($1 & 4294967295 AS BIGINT)))",
  "to_hex(int8)": "lower(to_hex($1))",
  "overlay(text,text,int4)": "pg_shim.text_overlay($1, $2, $3, length($2))",
  "overlay(text,text,int4,int4)": "pg_shim.text_overlay($1, $2, $3, $4)",
  "string_to_array(text,text)": "pg_shim.text_to_array($1, $2)",
  "string_to_array(text,text,text)":
    "list_transform(pg_shim.text_to_array($1, $2), lambda item: nullif(item, $3))",
  "texteq(text,text)": "($1 = $2)",
  "textcat(text,text)": "($1 || $2)",
  "text(name)": "$1",
  "text(bpchar)": "rtrim($1, ' ')",
  "text(char)": "$1",
  "varchar(name)": "$1",
  "bpchar(name)": "$1",
  "bpchar(char)": "$1",
  "name(text)": "left($1, 63)",
  "name(varchar)": "left($1, 63)",
  "name(bpchar)": "left($1, 63)",
};

export const stringMacros: readonly string[] = [
  // A word is letters and digits.
  `CREATE OR REPLACE MACRO pg_shim.initcap(value) AS
  array_to_string(list_transform(
    regexp_extract_all(value, '[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+'),
    lambda word: upper(left(word, 1)) || lower(substr(word, 2))
  ), '')`,
  `CREATE OR REPLACE MACRO pg_shim.text_substring(value, start, size) AS
  CASE
    WHEN size < 0 THEN error('PGERR:22011:negative substring length not allowed')
    ELSE substring(value, greatest(start, 1), greatest(least(start, 1) - 1 + size, 0))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.text_lpad(value, size, padding) AS
  CASE
    WHEN size <= 0 THEN ''
    WHEN padding = '' OR length(value) >= size THEN left(value, size)
    ELSE lpad(value, CAST(pg_shim.text_size_limit(size) AS INTEGER), padding)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.text_rpad(value, size, padding) AS
  CASE
    WHEN size <= 0 THEN ''
    WHEN padding = '' OR length(value) >= size THEN left(value, size)
    ELSE rpad(value, CAST(pg_shim.text_size_limit(size) AS INTEGER), padding)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.text_repeat(value, times) AS
  repeat(value, CASE WHEN pg_shim.text_size_limit(length(value) * greatest(CAST(times AS BIGINT), 0)) IS NULL THEN NULL ELSE times END)`,
  `CREATE OR REPLACE MACRO pg_shim.text_replace(value, old, new) AS
  CASE
    WHEN old = '' THEN value
    ELSE replace(value, old, CASE
      WHEN length(value) * length(new) > pg_shim.value_bytes_max()
      THEN CASE
        WHEN pg_shim.text_size_limit((length(value) - length(replace(value, old, ''))) // length(old) * length(new)) IS NULL
        THEN NULL ELSE new END
      ELSE new END)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.text_split_part(value, separator, field) AS
  CASE
    WHEN field = 0 THEN error('PGERR:22023:field position must not be zero')
    WHEN separator = '' THEN CASE WHEN field IN (1, -1) THEN value ELSE '' END
    ELSE split_part(value, separator, field)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.text_chr(code) AS
  CASE
    WHEN code = 0 THEN error('PGERR:54000:null character not permitted')
    WHEN code < 0 THEN error('PGERR:22023:character number must be positive')
    WHEN code > 1114111 THEN error('PGERR:54000:requested character too large for encoding: ' || code)
    ELSE chr(code)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.text_overlay(value, new, start, size) AS
  CASE
    WHEN start <= 0 THEN error('PGERR:22011:negative substring length not allowed')
    ELSE substr(value, 1, start - 1) || new || substr(value, start + size)
  END`,
  // An empty text has no parts; a null separator parts every character.
  `CREATE OR REPLACE MACRO pg_shim.text_to_array(value, separator) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN value = '' THEN CAST([] AS VARCHAR[])
    WHEN separator IS NULL THEN regexp_extract_all(value, '(?s).')
    WHEN separator = '' THEN [value]
    ELSE string_split(value, separator)
  END`,
];
