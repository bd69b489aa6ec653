-- Time zones that SET TIME ZONE takes, with their offset now.
-- https://www.postgresql.org/docs/15/view-pg-timezone-names.html
SELECT
  name,
  abbrev,
  utc_offset,
  is_dst
FROM pg_timezone_names()
