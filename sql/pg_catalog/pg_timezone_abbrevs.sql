-- Abbreviations of time zones that are understood in input.
-- https://www.postgresql.org/docs/15/view-pg-timezone-abbrevs.html
SELECT * FROM static.pg_timezone_abbrevs
