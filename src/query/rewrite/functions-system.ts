/** The server and its objects, where no macro of the catalog's says it. */
export const systemTemplates: Readonly<Record<string, string>> = {
  "timeofday()": "strftime(get_current_timestamp(), '%a %b %d %H:%M:%S.%f %Y %Z')",
  "gen_random_uuid()": "uuid()",
  "pg_sleep(float8)": "pg_shim.sleep($1)",
  "setseed(float8)": "coalesce(CAST(setseed($1) AS VARCHAR), '')",
  "pg_sleep_for(interval)": "pg_shim.sleep(epoch($1))",
  "pg_sleep_until(timestamptz)": "pg_shim.sleep(epoch($1) - epoch(get_current_timestamp()))",
  // There are no triggers, nothing is compiled, and nothing waits for a safe snapshot.
  "pg_trigger_depth()": "0",
  "pg_jit_available()": "false",
  "pg_safe_snapshot_blocking_pids(int4)": "CAST([] AS INTEGER[])",
  "pg_stat_clear_snapshot()": "''",
  // Files are compressed, values are not.
  "pg_column_compression(any)": "CAST(NULL AS VARCHAR)",
  "pg_tablespace_location(oid)": "CASE WHEN $1 IS NOT NULL THEN '' END",
  "pg_encoding_max_length(int4)": "CASE WHEN $1 = 6 THEN 4 END",
};

export const systemMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.sleep(seconds) AS
  CASE WHEN seconds IS NULL THEN NULL ELSE coalesce(CAST(sleep_ms(CAST(greatest(seconds, 0) * 1000 AS BIGINT)) AS VARCHAR), '') END`,
];
