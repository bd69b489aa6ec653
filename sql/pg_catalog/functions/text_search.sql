-- What text search's one parser tells apart.

CREATE MACRO pg_shim.ts_token_type(parser) AS (
  SELECT list({tokid: tokid::INTEGER, alias: alias, description: description} ORDER BY tokid)
  FROM (
    VALUES
      (1, 'asciiword', 'Word, all ASCII'),
      (2, 'word', 'Word, all letters'),
      (3, 'numword', 'Word, letters and digits'),
      (4, 'email', 'Email address'),
      (5, 'url', 'URL'),
      (6, 'host', 'Host'),
      (7, 'sfloat', 'Scientific notation'),
      (8, 'version', 'Version number'),
      (9, 'hword_numpart', 'Hyphenated word part, letters and digits'),
      (10, 'hword_part', 'Hyphenated word part, all letters'),
      (11, 'hword_asciipart', 'Hyphenated word part, all ASCII'),
      (12, 'blank', 'Space symbols'),
      (13, 'tag', 'XML tag'),
      (14, 'protocol', 'Protocol head'),
      (15, 'numhword', 'Hyphenated word, letters and digits'),
      (16, 'asciihword', 'Hyphenated word, all ASCII'),
      (17, 'hword', 'Hyphenated word, all letters'),
      (18, 'url_path', 'URL path'),
      (19, 'file', 'File or path name'),
      (20, 'float', 'Decimal notation'),
      (21, 'int', 'Signed integer'),
      (22, 'uint', 'Unsigned integer'),
      (23, 'entity', 'XML entity')
  ) AS token(tokid, alias, description)
  WHERE parser::VARCHAR IN ('3722', 'default', 'pg_catalog.default')
);
