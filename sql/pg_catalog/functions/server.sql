-- What is so for the whole server.

CREATE MACRO pg_shim.pg_is_in_recovery() AS false;
CREATE MACRO pg_shim.pg_is_wal_replay_paused() AS error('recovery is not in progress');

-- `settings`: a JSON object of all of them, by lower-case name. With a constant name the value is known before.
CREATE MACRO pg_shim.current_setting(name, missing_ok, settings) AS
  CASE WHEN name IS NOT NULL AND missing_ok IS NOT NULL THEN
    coalesce(
      json_extract_string(settings, '/' || replace(replace(lower(name), '~', '~0'), '/', '~1')),
      CASE WHEN NOT missing_ok THEN error('PGERR:42704:unrecognized configuration parameter "' || name || '"') END
    )
  END;

CREATE MACRO pg_shim.getdatabaseencoding() AS 'UTF8';

-- Nothing is ever frozen here, so nothing grows old: psql and monitors compare this with autovacuum_freeze_max_age.
CREATE MACRO pg_shim.xid_age(xid) AS CASE WHEN xid IS NOT NULL THEN 0 END;
CREATE MACRO pg_shim.mxid_age(xid) AS CASE WHEN xid IS NOT NULL THEN 0 END;

-- In the order of PostgreSQL's numbers, from 0.
CREATE MACRO pg_shim._encodings() AS [
  'SQL_ASCII', 'EUC_JP', 'EUC_CN', 'EUC_KR', 'EUC_TW', 'EUC_JIS_2004', 'UTF8', 'MULE_INTERNAL', 'LATIN1', 'LATIN2', 'LATIN3',
  'LATIN4', 'LATIN5', 'LATIN6', 'LATIN7', 'LATIN8', 'LATIN9', 'LATIN10', 'WIN1256', 'WIN1258', 'WIN866', 'WIN874', 'KOI8R',
  'WIN1251', 'WIN1252', 'ISO_8859_5', 'ISO_8859_6', 'ISO_8859_7', 'ISO_8859_8', 'WIN1250', 'WIN1253', 'WIN1254', 'WIN1255',
  'WIN1257', 'KOI8U', 'SJIS', 'BIG5', 'GBK', 'UHC', 'GB18030', 'JOHAB', 'SHIFT_JIS_2004'
];
CREATE MACRO pg_shim.pg_encoding_to_char(encoding) AS
  CASE WHEN encoding IS NOT NULL THEN CASE WHEN encoding < 0 THEN '' ELSE coalesce(pg_shim._encodings()[encoding::INTEGER + 1], '') END END;
CREATE MACRO pg_shim.pg_char_to_encoding(name) AS
  CASE WHEN name IS NOT NULL THEN
    coalesce(list_position(
      list_transform(pg_shim._encodings(), lambda each: lower(replace(each, '_', ''))),
      lower(regexp_replace(CASE lower(name::VARCHAR) WHEN 'unicode' THEN 'UTF8' ELSE name::VARCHAR END, '[^A-Za-z0-9]', '', 'g'))
    )::INTEGER, 0) - 1
  END;
